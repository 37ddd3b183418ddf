/** What a text may do to a terminal is nothing: what would move, colour, link or hide is printed as its code. */
const CONTROLS = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu;

const escaped = (character: string): string => {
  const point = character.codePointAt(0) ?? 0;
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${point.toString(16).padStart(4, '0')}` : `\\u{${point.toString(16)}}`;
};

/** Text from elsewhere, for a terminal (trust.md, C4): line feeds and tabs stay, every other control is written out. */
export const forTerminal = (text: string): string => text.replace(CONTROLS, escaped);

/** The same for a place in a line: line feeds are written out as well, so that no text can fake a line of its own. */
export const forTerminalLine = (text: string): string =>
  forTerminal(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');

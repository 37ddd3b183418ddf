/**
 * Finds what a text hides from the eye: characters that show nothing or turn the direction, and words that mix
 * alphabets to look like others. An agent (or whoever fed it) can use both to show one value and run another.
 */

export type TextMark =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'hidden'; readonly text: string; readonly code: string; readonly name: string }
  | { readonly kind: 'mixed'; readonly text: string; readonly why: string };

/**
 * Format, control, private and unassigned characters, separators other than the space, and letters that show nothing
 * (Unicode 16, general categories and "Default_Ignorable_Code_Point"). Line feeds are shown as what they are.
 */
const HIDDEN =
  /[\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u0000-\u0009\u000B-\u001F\u007F-\u009F\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000\u2800]/u;

/** Joins that belong to emoji: a variation selector or a joiner after a pictograph. */
const EMOJI_JOIN = /\p{Extended_Pictographic}\p{Emoji_Modifier}?[\uFE0F\u200D]+$/u;

const NAMES: Readonly<Record<string, string>> = {
  '0009': 'tab',
  '000D': 'carriage return',
  '00A0': 'no-break space',
  '00AD': 'soft hyphen',
  '200B': 'zero-width space',
  '200C': 'zero-width non-joiner',
  '200D': 'zero-width joiner',
  '200E': 'left-to-right mark',
  '200F': 'right-to-left mark',
  '2028': 'line separator',
  '2029': 'paragraph separator',
  '202A': 'left-to-right embedding',
  '202B': 'right-to-left embedding',
  '202C': 'end of embedding',
  '202D': 'left-to-right override',
  '202E': 'right-to-left override',
  '202F': 'narrow no-break space',
  '2060': 'word joiner',
  '2066': 'left-to-right isolate',
  '2067': 'right-to-left isolate',
  '2068': 'first strong isolate',
  '2069': 'end of isolate',
  '3000': 'ideographic space',
  '3164': 'Hangul filler',
  FEFF: 'zero-width no-break space',
};

const nameOf = (code: string, codePoint: number): string =>
  NAMES[code] ??
  (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)
    ? 'control character'
    : codePoint >= 0xe0000 && codePoint < 0xe0080
      ? 'tag character'
      : 'invisible character');

const SCRIPTS = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Coptic', /\p{Script=Coptic}/u],
] as const;

/** Letters and digits that stand for plain ones: mathematical alphabets, full-width forms, enclosed letters. */
const STYLED = /[\u{1D400}-\u{1D7FF}\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\u24B6-\u24E9]/u;

/** Cyrillic letters that look like Latin ones in most fonts. */
const LATIN_TWINS = /^[асеорхуіјѕһԁԛԝьАВЕКМНОРСТХУІЈЅ]+$/u;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

const mixed = (word: string, textHasLatin: boolean): string | undefined => {
  if (STYLED.test(word)) return 'styled letters that stand for plain ones';
  const scripts = SCRIPTS.filter(([, pattern]) => pattern.test(word)).map(([name]) => name);
  if (scripts.length > 1) return `${scripts.join(' and ')} letters in one word`;
  if (textHasLatin && scripts[0] === 'Cyrillic' && LATIN_TWINS.test(word))
    return 'Cyrillic letters that look like Latin ones';
  return undefined;
};

const markWords = (text: string, textHasLatin: boolean): TextMark[] => {
  const marks: TextMark[] = [];
  let done = 0;
  for (const match of text.matchAll(WORD)) {
    const why = mixed(match[0], textHasLatin);
    if (why === undefined) continue;
    if (match.index > done) marks.push({ kind: 'plain', text: text.slice(done, match.index) });
    marks.push({ kind: 'mixed', text: match[0], why });
    done = match.index + match[0].length;
  }
  if (done < text.length) marks.push({ kind: 'plain', text: text.slice(done) });
  return marks;
};

/** Splits a text into what can be shown as it is and what must be pointed out. Nothing is left out. */
export const markText = (text: string): readonly TextMark[] => {
  const textHasLatin = /\p{Script=Latin}/u.test(text);
  const marks: TextMark[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') marks.push(...markWords(plain, textHasLatin));
    plain = '';
  };
  for (const character of text) {
    if (!HIDDEN.test(character) || EMOJI_JOIN.test(plain + character)) {
      plain += character;
      continue;
    }
    flush();
    const codePoint = character.codePointAt(0) ?? 0;
    const code = codePoint.toString(16).toUpperCase().padStart(4, '0');
    marks.push({ kind: 'hidden', text: character, code: `U+${code}`, name: nameOf(code, codePoint) });
  }
  flush();
  return marks;
};

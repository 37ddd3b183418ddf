import { markText } from '@countersign/core';

/** A text from elsewhere with nothing hidden in it: what shows nothing or turns the direction is written as its code (trust.md, C1). */
export const visible = (text: string): string =>
  markText(text)
    .map((mark) => (mark.kind === 'hidden' ? `[${mark.code}]` : mark.kind === 'host' ? ` [${mark.ascii}]` : mark.text))
    .join('');

/** The same on one line: for headers, where a line's end would begin another (trust.md, C6). */
export const oneLine = (text: string, max = 200): string => {
  const line = visible(text.replace(/[\r\n\t]+/g, ' '))
    .replace(/[^\P{Cc}]/gu, ' ')
    .trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
};

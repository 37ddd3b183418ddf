/**
 * Text that Discord reads none of its markup in: every character that could begin a mention, a link, a timestamp or a style is
 * escaped, and addresses are broken so that they do not become links (trust.md, C5). Hidden characters are shown as their code.
 */
import { visible } from '../visible.ts';

const MARKUP = /[\\*_~`|>#\-+[\](){}<@&:!.=]/g;

export const plainText = (text: string): string => visible(text).replace(MARKUP, String.raw`\$&`);

/** The same, cut at what a field holds, and never in the middle of an escape. */
export const plainWithin = (text: string, max: number): string => {
  let written = '';
  for (const character of visible(text)) {
    const next = character.replace(MARKUP, String.raw`\$&`);
    if (written.length + next.length > max - 1) return `${written}…`;
    written += next;
  }
  return written;
};

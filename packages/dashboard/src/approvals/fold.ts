/** Where a long text folds. Nothing is ever cut: what is folded is counted, and opens. */

const FOLD_LINES = 40;
/** A line for folding: a text without line feeds wraps at about this many characters. */
const LINE_LENGTH = 90;

export type Fold = { readonly end: number; readonly restLines: number };

/** A fold must not fall between the two halves of one character. */
const wholeCharacters = (text: string, end: number): number =>
  /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) && end < text.length ? end - 1 : end;

/** Where the fold is: after 40 lines as they would wrap. `null` where everything fits. */
export const foldAt = (text: string): Fold | null => {
  let lines = 0;
  let end = 0;
  let start = 0;
  while (start <= text.length) {
    const stop = text.indexOf('\n', start);
    const lineEnd = stop === -1 ? text.length : stop;
    const wraps = Math.max(1, Math.ceil((lineEnd - start) / LINE_LENGTH));
    if (lines + wraps > FOLD_LINES && end === 0) end = Math.min(lineEnd, start + (FOLD_LINES - lines) * LINE_LENGTH);
    lines += wraps;
    if (stop === -1) break;
    start = stop + 1;
  }
  if (lines <= FOLD_LINES + 4) return null;
  return { end: Math.max(1, wholeCharacters(text, end)), restLines: lines - FOLD_LINES };
};

/** What an agent says about its own request is short at first (trust.md, T23). */
const CLAIM_LENGTH = 280;

export const claimFold = (text: string): Fold | null =>
  text.length <= CLAIM_LENGTH
    ? foldAt(text)
    : {
        end: Math.min(wholeCharacters(text, CLAIM_LENGTH), foldAt(text)?.end ?? CLAIM_LENGTH),
        restLines: Math.ceil((text.length - CLAIM_LENGTH) / LINE_LENGTH),
      };

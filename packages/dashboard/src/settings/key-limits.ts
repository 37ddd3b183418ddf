/** What a key is limited to, as text that somebody types: separated by commas, spaces or lines; nothing means anything. */

// Whether the numbers are in range the server says: with its check came zod, which the content security policy stops.
const RANGE = /^([\d.]{7,15}|[\da-f:.]*:[\da-f:.]*)\/\d{1,3}$/i;

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

type Networks =
  | { readonly ok: true; readonly networks: string[] | null }
  | { readonly ok: false; readonly wrong: string };

/** Address ranges such as 10.0.0.0/8; the first that can't be one is named. */
export const networksOf = (text: string): Networks => {
  const words = wordsOf(text);
  const wrong = words.find((word) => !RANGE.test(word));
  if (wrong !== undefined) return { ok: false, wrong };
  return { ok: true, networks: words.length === 0 ? null : words };
};

/** What was ticked and what was typed, each once; `null`: no limit. */
export const limitOf = (ticked: ReadonlySet<string>, typed: string): string[] | null => {
  const names = new Set([...ticked, ...wordsOf(typed)]);
  return names.size === 0 ? null : [...names];
};

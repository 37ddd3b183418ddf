/** The difference of two texts by lines (longest common subsequence). Pure. */

export type DiffLine = {
  readonly kind: 'same' | 'gone' | 'new';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
};

/** Beyond this many pairs of lines the middle is shown as replaced whole, so that no text can hang the page. */
const CELLS_MAX = 4_000_000;

const split = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');

export const diffLines = (before: string, after: string): readonly DiffLine[] => {
  const a = split(before);
  const b = split(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  const same = (text: string): void =>
    void lines.push({
      kind: 'same',
      text,
      before: lines.filter((line) => line.kind !== 'new').length + 1,
      after: lines.filter((line) => line.kind !== 'gone').length + 1,
    });
  const gone = (text: string): void =>
    void lines.push({
      kind: 'gone',
      text,
      before: lines.filter((line) => line.kind !== 'new').length + 1,
      after: null,
    });
  const fresh = (text: string): void =>
    void lines.push({
      kind: 'new',
      text,
      before: null,
      after: lines.filter((line) => line.kind !== 'gone').length + 1,
    });
  for (const text of a.slice(0, start)) same(text);
  const lengths = left.length * right.length > CELLS_MAX ? null : table(left, right);
  while (i < left.length || j < right.length) {
    const x = left[i];
    const y = right[j];
    if (x !== undefined && x === y) {
      same(x);
      i += 1;
      j += 1;
    } else if (
      x !== undefined &&
      (y === undefined || lengths === null || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))
    ) {
      gone(x);
      i += 1;
    } else if (y !== undefined) {
      fresh(y);
      j += 1;
    }
  }
  for (const text of a.slice(a.length - end)) same(text);
  return lines;
};

/** Lengths of the longest common subsequence of what follows each pair of places. */
const table = (left: readonly string[], right: readonly string[]): readonly (readonly number[])[] => {
  const rows: number[][] = Array.from({ length: left.length + 1 }, () =>
    Array.from({ length: right.length + 1 }, () => 0),
  );
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const row = rows[i];
      if (row !== undefined)
        row[j] =
          left[i] === right[j] ? (rows[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(rows[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  return rows;
};

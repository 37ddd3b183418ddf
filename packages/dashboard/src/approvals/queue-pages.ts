/** Loaded pages of the queue, and what changed since: only the rows that changed are asked for again. Pure. */
import type { WireApprovalSummary } from '@countersign/contract';
import type { Sort } from '../search.ts';

type Row = WireApprovalSummary;
export type QueuePage = { readonly data: readonly Row[]; readonly next_cursor: string | null };

/** As the server's index has it: due in so many seconds since 1970, with a head start by priority. */
const HEAD_START: Readonly<Record<Row['priority'], number>> = { critical: 14_400, high: 3600, medium: 0, low: -3600 };
const ORDER: Readonly<Record<Row['priority'], number>> = { critical: 0, high: 1, medium: 2, low: 3 };
const WEEK_SECONDS = 604_800;

const secondsOf = (at: string): number => Date.parse(at) / 1000;
const urgencyOf = ({ expires_at: due, created_at: asked, priority }: Row): number =>
  (due === null ? secondsOf(asked) + WEEK_SECONDS : secondsOf(due)) - HEAD_START[priority];

const KEYS: Readonly<Record<Sort, (row: Row) => readonly number[]>> = {
  urgency: (row) => [urgencyOf(row)],
  priority: (row) => [ORDER[row.priority], urgencyOf(row)],
  time_left: ({ expires_at: due }) => [due === null ? Infinity : secondsOf(due)],
  newest: ({ created_at: asked }) => [-secondsOf(asked)],
  oldest: ({ created_at: asked }) => [secondsOf(asked)],
};

/** The server's order: negative where `a` comes first. */
export const compareRows =
  (sort: Sort) =>
  (a: Row, b: Row): number => {
    const [left, right] = [KEYS[sort](a), KEYS[sort](b)];
    for (const [index, key] of left.entries()) {
      const other = right[index] ?? 0;
      if (key !== other) return key < other ? -1 : 1;
    }
    const byId = a.id < b.id ? -1 : Number(a.id > b.id);
    return sort === 'newest' ? -byId : byId;
  };

/**
 * The pages with what is true now of the rows that changed. Their number and their cursors stay, so that the next page
 * goes on where the last one ends.
 *
 * @param changed every id that was asked about
 * @param found those of them that belong here now, as they are now
 */
export const patchPages = (
  pages: readonly QueuePage[],
  changed: ReadonlySet<string>,
  found: readonly Row[],
  sort: Sort,
): readonly QueuePage[] => {
  const compare = compareRows(sort);
  const known = new Set(pages.flatMap(({ data }) => data.map(({ id }) => id)));
  const kept = pages.map((page) => ({ ...page, data: page.data.filter(({ id }) => !changed.has(id)) }));
  for (const row of found) {
    const at = kept.findIndex(({ data }) => {
      const last = data.at(-1);
      return last !== undefined && compare(row, last) < 0;
    });
    const isEnd = kept.at(-1)?.next_cursor === null;
    // Beyond what is loaded it comes with its page; one that was on screen stays with us all the same.
    const page = at === -1 && !isEnd && !known.has(row.id) ? undefined : kept.at(at);
    if (page === undefined) continue;
    const place = page.data.findIndex((other) => compare(row, other) < 0);
    page.data.splice(place === -1 ? page.data.length : place, 0, row);
  }
  return kept;
};

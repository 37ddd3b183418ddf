/** How the queue changes without moving what is on screen. Its order is the server's. Pure. */
import type { WireApprovalSummary } from '@countersign/contract';

/** A row on screen. `goneAt`: since when it is no longer waiting, by this machine's clock. */
export type QueueRow = { readonly approval: WireApprovalSummary; readonly goneAt: number | null };

export type QueueView = { readonly rows: readonly QueueRow[]; readonly fresh: readonly WireApprovalSummary[] };

/** How long a request that somebody else decided stays as a line that says so. */
export const TOMBSTONE_MS = 4000;

/** What the server last said: its first pages, in its order. */
export type Latest = {
  readonly items: readonly WireApprovalSummary[];
  /** There are more, further down than what was asked for. */
  readonly hasMore: boolean;
  /** The reader scrolled on: rows after the last one shown are the next page, and no arrivals. */
  readonly isLonger: boolean;
};

/** The latest answer laid over what is on screen: rows stay where they are, arrivals wait, decided ones become tombstones. */
export const settle = (view: QueueView, latest: Latest, now: number): QueueView => {
  if (view.rows.length === 0) return reveal(latest.items);
  const waiting = new Map(latest.items.map((approval) => [approval.id, approval]));
  // Rows further down than the answer reaches: it says nothing about them.
  const reach = latest.hasMore ? view.rows.findLastIndex((row) => waiting.has(row.approval.id)) : Infinity;
  const rows = view.rows
    .map((row, index) => {
      const current = waiting.get(row.approval.id);
      // The same row as before, where nothing of it changed: it is not drawn anew.
      if (current !== undefined)
        return current === row.approval && row.goneAt === null ? row : { approval: current, goneAt: null };
      return index > reach ? row : { approval: row.approval, goneAt: row.goneAt ?? now };
    })
    .filter((row) => row.goneAt === null || now - row.goneAt < TOMBSTONE_MS);
  const shown = new Set(rows.map((row) => row.approval.id));
  const last = latest.items.findLastIndex((approval) => shown.has(approval.id));
  const isNext = (index: number): boolean => latest.isLonger && index > last;
  const unseen = latest.items
    .map((approval, index) => ({ approval, index }))
    .filter(({ approval }) => !shown.has(approval.id));
  const next = unseen.filter(({ index }) => isNext(index)).map(({ approval }) => ({ approval, goneAt: null }));
  const fresh = unseen.filter(({ index }) => !isNext(index)).map(({ approval }) => approval);
  return { rows: [...rows, ...next], fresh };
};

/** Everything that waits: after a change of filter, or when somebody asks for the new arrivals. */
export const reveal = (latest: readonly WireApprovalSummary[]): QueueView => ({
  rows: latest.map((approval) => ({ approval, goneAt: null })),
  fresh: [],
});

export const without = (view: QueueView, id: string): QueueView => ({
  ...view,
  rows: view.rows.filter((row) => row.approval.id !== id),
});

/** The next open row after (or, at the end, before) one; itself left out. */
export const neighbour = (rows: readonly QueueRow[], id: string | undefined, step: 1 | -1): string | undefined => {
  const open = (row: QueueRow | undefined): row is QueueRow => row !== undefined && row.goneAt === null;
  const at = rows.findIndex((row) => row.approval.id === id);
  if (at === -1) return rows.find(open)?.approval.id;
  for (let index = at + step; index >= 0 && index < rows.length; index += step) {
    const row = rows[index];
    if (open(row)) return row.approval.id;
  }
  return undefined;
};

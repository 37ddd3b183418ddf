/** The order of the queue, and how it changes without moving what is on screen. Pure. */
import type { WireApprovalSummary } from '@countersign/contract';

const MINUTE = 60_000;

/** How much sooner than its deadline a request is treated, so that a critical one comes before a low one that is due a little earlier. */
const HEAD_START_MS: Readonly<Record<WireApprovalSummary['priority'], number>> = {
  critical: 240 * MINUTE,
  high: 60 * MINUTE,
  medium: 0,
  low: -60 * MINUTE,
};

/** A request without a deadline is treated as due a week after it was made, so that it can't starve. */
const NO_DEADLINE_MS = 7 * 24 * 60 * MINUTE;

const rank = (approval: WireApprovalSummary): number =>
  (approval.expires_at === null ? Date.parse(approval.created_at) + NO_DEADLINE_MS : Date.parse(approval.expires_at)) -
  HEAD_START_MS[approval.priority];

/** By deadline, weighted by priority; the oldest first among equals. It depends on no clock, so it never changes by itself. */
export const inOrder = (items: readonly WireApprovalSummary[]): WireApprovalSummary[] =>
  items.toSorted(
    (a, b) => rank(a) - rank(b) || Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1),
  );

/** A row on screen. `goneAt`: since when it is no longer waiting, by this machine's clock. */
export type QueueRow = { readonly approval: WireApprovalSummary; readonly goneAt: number | null };

export type QueueView = { readonly rows: readonly QueueRow[]; readonly fresh: readonly WireApprovalSummary[] };

/** How long a request that somebody else decided stays as a line that says so. */
export const TOMBSTONE_MS = 4000;

/** The latest answer laid over what is on screen: rows stay where they are, arrivals wait, decided ones become tombstones. */
export const settle = (view: QueueView, latest: readonly WireApprovalSummary[], now: number): QueueView => {
  const waiting = new Map(latest.map((approval) => [approval.id, approval]));
  const rows = view.rows
    .map((row) => {
      const current = waiting.get(row.approval.id);
      if (current !== undefined) return { approval: current, goneAt: null };
      return { approval: row.approval, goneAt: row.goneAt ?? now };
    })
    .filter((row) => row.goneAt === null || now - row.goneAt < TOMBSTONE_MS);
  const shown = new Set(rows.map((row) => row.approval.id));
  const fresh = latest.filter((approval) => !shown.has(approval.id));
  return rows.length === 0 ? reveal(latest) : { rows, fresh };
};

/** Everything that waits, in order: after a change of filter, or when somebody asks for the new arrivals. */
export const reveal = (latest: readonly WireApprovalSummary[]): QueueView => ({
  rows: inOrder(latest).map((approval) => ({ approval, goneAt: null })),
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

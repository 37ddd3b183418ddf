import type { WireApprovalSummary } from '@countersign/contract';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type QueueView, TOMBSTONE_MS, reveal, settle, without } from './queue-order.ts';

const EMPTY: QueueView = { rows: [], fresh: [] };

export type ShownQueue = QueueView & { readonly showFresh: () => void; readonly drop: (id: string) => void };

/** Pages of the queue as they were last answered. */
export type Pages = {
  readonly items: readonly WireApprovalSummary[];
  readonly count: number;
  readonly hasMore: boolean;
};

/**
 * The rows on screen over time. `filterKey` names what is being looked at: another one starts anew, while new answers
 * for the same one never move a row.
 */
export const useQueue = (latest: Pages | undefined, filterKey: string): ShownQueue => {
  const [view, setView] = useState<QueueView>(EMPTY);
  const shown = useRef<{ readonly key: string | null; readonly pages: number }>({ key: null, pages: 0 });
  const latestItems = useRef<readonly WireApprovalSummary[]>([]);

  useEffect(() => {
    if (latest === undefined) return undefined;
    latestItems.current = latest.items;
    const isAnew = shown.current.key !== filterKey;
    const isLonger = !isAnew && latest.count > shown.current.pages;
    shown.current = { key: filterKey, pages: latest.count };
    const over = (longer: boolean) => (before: QueueView) =>
      settle(before, { items: latest.items, hasMore: latest.hasMore, isLonger: longer }, performance.now());
    setView(isAnew ? reveal(latest.items) : over(isLonger));
    // Tombstones close up by themselves.
    const timer = setTimeout(() => setView(over(false)), TOMBSTONE_MS + 50);
    return () => clearTimeout(timer);
  }, [latest, filterKey]);

  const showFresh = useCallback(() => setView(reveal(latestItems.current)), []);
  const drop = useCallback((id: string) => {
    latestItems.current = latestItems.current.filter((approval) => approval.id !== id);
    setView((before) => without(before, id));
  }, []);
  return { ...view, showFresh, drop };
};

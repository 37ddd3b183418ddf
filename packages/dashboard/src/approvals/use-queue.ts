import type { WireApprovalSummary } from '@countersign/contract';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type QueueView, TOMBSTONE_MS, reveal, settle, without } from './queue-order.ts';

const EMPTY: QueueView = { rows: [], fresh: [] };

export type ShownQueue = QueueView & { readonly showFresh: () => void; readonly drop: (id: string) => void };

/**
 * The rows on screen over time. `filterKey` names what is being looked at: another one starts anew, while new answers
 * for the same one never move a row.
 */
export const useQueue = (latest: readonly WireApprovalSummary[] | undefined, filterKey: string): ShownQueue => {
  const [view, setView] = useState<QueueView>(EMPTY);
  const shownKey = useRef<string | null>(null);
  const latestItems = useRef<readonly WireApprovalSummary[]>([]);

  useEffect(() => {
    if (latest === undefined) return undefined;
    latestItems.current = latest;
    const anew = shownKey.current !== filterKey;
    shownKey.current = filterKey;
    setView((before) => (anew ? reveal(latest) : settle(before, latest, performance.now())));
    // Tombstones close up by themselves.
    const timer = setTimeout(() => setView((before) => settle(before, latest, performance.now())), TOMBSTONE_MS + 50);
    return () => clearTimeout(timer);
  }, [latest, filterKey]);

  const showFresh = useCallback(() => setView(reveal(latestItems.current)), []);
  const drop = useCallback((id: string) => {
    latestItems.current = latestItems.current.filter((approval) => approval.id !== id);
    setView((before) => without(before, id));
  }, []);
  return { ...view, showFresh, drop };
};

import type { WireApprovalSummary } from '@countersign/contract';
import { useEffect, useRef } from 'react';
import { announce, announceNow } from '../ui/announce.ts';

/** So that a busy queue does not talk without end. */
const PAUSE_MS = 10_000;

/** Says that something new waits: in one summary at most every ten seconds; of each that is critical once, and at once. */
export const useArrivals = (fresh: readonly WireApprovalSummary[]): void => {
  const saidAt = useRef(-PAUSE_MS);
  const told = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const critical = fresh.filter(({ priority }) => priority === 'critical');
    const news = critical.filter(({ id }) => !told.current.has(id));
    if (news.length > 0) {
      told.current = new Set([...told.current, ...news.map(({ id }) => id)]);
      announceNow(news.length === 1 ? `Critical: ${news[0]?.title}` : `${news.length} critical requests`);
    }
    if (fresh.length === 0 || performance.now() - saidAt.current < PAUSE_MS) return;
    saidAt.current = performance.now();
    announce(`${fresh.length} new${critical.length > 0 ? `, ${critical.length} critical` : ''}`);
  }, [fresh]);
};

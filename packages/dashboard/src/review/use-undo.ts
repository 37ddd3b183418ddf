import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { call } from '../api.ts';
import { askAgain } from '../approvals/live-queue.ts';
import { useHotkey } from '../keys/hotkeys.ts';
import { announce } from '../ui/announce.ts';
import { errorLine } from '../ui/states.tsx';
import { paceWords, withDecision } from './pace.ts';
import type { LastDecision } from './undo-bar.tsx';

export type Undo = {
  readonly last: LastDecision | null;
  readonly busy: boolean;
  readonly note: (decision: Omit<LastDecision, 'failed'>) => void;
  readonly undo: () => void;
  /** What there is to say about how fast they decide. */
  readonly pace: string | null;
  /** The time to take it back is over. */
  readonly over: () => void;
};

/** The last decision made here, and Z, which takes it back. @param onBack it waits again: go on with it */
export const useUndo = (onBack: (id: string) => void): Undo => {
  const client = useQueryClient();
  const [last, setLast] = useState<LastDecision | null>(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef({ last, busy });
  latest.current = { last, busy };

  const [moments, setMoments] = useState<readonly number[]>([]);
  const note = useCallback((decision: Omit<LastDecision, 'failed'>) => {
    setLast({ ...decision, failed: null });
    setMoments((before) => withDecision(before, performance.now()));
  }, []);
  const over = useCallback(() => setLast((before) => before && { ...before, held: null }), []);
  const undo = useCallback(() => {
    const { last: decision, busy: already } = latest.current;
    if (decision === null || decision.held === null || already) return;
    setBusy(true);
    call('recallApproval', { id: decision.id })
      .then(async () => {
        await askAgain(client, decision.id);
        setLast(null);
        announce('Taken back. It waits again.');
        onBack(decision.id);
      })
      .catch((error: unknown) => setLast({ ...decision, held: null, failed: `Not taken back. ${errorLine(error)}` }))
      .finally(() => setBusy(false));
  }, [client, onBack]);
  useHotkey({ keys: ['z'], label: 'Take the last decision back', group: 'Decision', run: undo });
  return { last, busy, note, undo, over, pace: paceWords(moments) };
};

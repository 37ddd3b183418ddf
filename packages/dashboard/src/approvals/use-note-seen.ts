import type { WireApproval } from '@countersign/contract';
import { useEffect } from 'react';
import { call } from '../api.ts';
import { foldedTexts } from '../review/seen.ts';

/** Tells the server that a pending request is before its reader, and again when nothing of it is folded any more. Decides nothing. */
export const useNoteSeen = (approval: WireApproval, opened: ReadonlySet<string>): void => {
  const { id, status } = approval;
  const whole = foldedTexts(approval).every((text) => opened.has(text));
  useEffect(() => {
    // Whether it is known is of no weight for who reads: a failure is not shown.
    if (status === 'pending') call('noteSeen', { id, body: { whole } }).catch(() => undefined);
  }, [id, status, whole]);
};

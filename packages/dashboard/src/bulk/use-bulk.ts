/** Deciding several requests in one call; each has its own outcome, and none is lost. */
import type { WireApproval, WireBulkOutcome } from '@countersign/contract';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { call } from '../api.ts';
import { refreshQueue } from '../approvals/live-queue.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { recallSecondsFor } from '../review/recall.ts';
import { announce } from '../ui/announce.ts';
import type { Verdict } from './together.ts';

/** As the server takes them at once. */
export const BULK_MAX = 50;

export type BulkItem = Pick<WireApproval, 'id' | 'digest' | 'priority'> & { readonly decision: Verdict };
type BulkInput = {
  readonly items: readonly BulkItem[];
  /** Of what is rejected. */
  readonly reason: string;
};

export const useBulk = (): UseMutationResult<readonly WireBulkOutcome[], Error, BulkInput> => {
  const client = useQueryClient();
  const sent = useRef<{ body: string; key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ items, reason }: BulkInput) => {
      const body = {
        items: items.map(({ id, digest, decision }) => ({
          id,
          digest,
          decision,
          ...(decision === 'approved' || reason.trim() === '' ? {} : { reason: reason.trim() }),
        })),
        recall_seconds: Math.max(0, ...items.map(({ priority }) => recallSecondsFor(priority))),
      };
      // A repeat of the same decisions finds the first answer, even if that was lost on the way.
      const text = JSON.stringify(body);
      if (sent.current?.body !== text) sent.current = { body: text, key: newIdempotencyKey() };
      return (await call('bulkDecide', { body }, { idempotencyKey: sent.current.key })).data;
    },
    onSuccess: (outcomes) => {
      const done = outcomes.filter((outcome) => outcome.ok).length;
      announce(`${done} of ${outcomes.length} done`);
    },
    onSettled: (_outcomes, _error, { items }) => {
      void refreshQueue(
        client,
        items.map(({ id }) => id),
      );
      void client.invalidateQueries({ queryKey: ['approval'] });
    },
  });
};

/** What became of one, in words. */
export const outcomeWords = (outcome: WireBulkOutcome, asked: Verdict): string => {
  if (!outcome.ok) return outcome.problem?.detail ?? 'Not done';
  if (outcome.held_until !== null) return asked === 'approved' ? 'Approved' : 'Rejected';
  if (outcome.status === 'pending') return 'Your vote is recorded; more are needed';
  return outcome.status ?? asked;
};

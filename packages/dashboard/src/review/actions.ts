/** What one can do with a request besides deciding it. */
import type { WireApproval } from '@countersign/contract';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { askAgain } from '../approvals/live-queue.ts';
import { announce } from '../ui/announce.ts';

/** @param done what to announce once it is done */
export const useApprovalAction = <V, A>(
  id: string,
  act: (input: V) => Promise<A>,
  done: string,
): UseMutationResult<A, Error, V> => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      announce(done);
      await askAgain(client, id);
    },
    // Somebody may have been quicker: what is on screen is then out of date.
    onError: () => askAgain(client, id),
  });
};

/** Why it can't be done, as a sentence; `null` if it can. */
export const whyNot = (can: WireApproval['can']['claim']): string | null =>
  can.ok ? null : (can.why ?? 'You may not do this');

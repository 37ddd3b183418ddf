/** Decides every held call through the public API, with the reviewer's key. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';
import type { Json } from '@countersign/core';
import { type Api, ApiRefusal } from './api.ts';

export type Verdict = { readonly decision: 'approved' } | { readonly decision: 'rejected'; readonly reason: string };

export type Decided = {
  readonly approvalId: string;
  readonly executionId: string | null;
  readonly tool: string;
  readonly arguments: Json;
  readonly outcome: string;
  /** When the server decided, milliseconds since 1970. */
  readonly atMs: number;
};

export type Reviewer = {
  /** To be told of an approval as soon as it is asked for; the list of pending ones is read besides. */
  readonly notice: (approvalId: string) => void;
  readonly decided: () => readonly Decided[];
  /** Rejects when a decision could not be made. */
  readonly done: Promise<void>;
};

const LIST_EVERY_MS = 1_000;

export const startReviewer = (
  api: Api,
  judge: (approval: WireApproval) => Verdict,
  onDecided: () => void,
  signal: AbortSignal,
): Reviewer => {
  const seen = new Set<string>();
  const decided: Decided[] = [];
  const failure = Promise.withResolvers<void>();

  const notice = (approvalId: string): void => {
    if (seen.has(approvalId)) return;
    seen.add(approvalId);
    review(api, approvalId, judge).then(
      (result) => {
        if (!result) return;
        decided.push(result);
        onDecided();
      },
      (error: unknown) => failure.reject(error),
    );
  };

  /** The safety net under the event stream. */
  const readPending = async (): Promise<void> => {
    while (!signal.aborted) {
      const list = await api.call<{ data: WireApprovalSummary[] }>({
        as: 'reviewer',
        method: 'GET',
        path: '/v1/approvals?status=pending&limit=200',
      });
      for (const { id } of list.data) notice(id);
      await delay(LIST_EVERY_MS);
    }
  };

  return { notice, decided: () => decided, done: Promise.race([readPending(), failure.promise]) };
};

const review = async (
  api: Api,
  id: string,
  judge: (approval: WireApproval) => Verdict,
): Promise<Decided | undefined> => {
  const read = (): Promise<WireApproval> => api.call({ as: 'reviewer', method: 'GET', path: `/v1/approvals/${id}` });
  const asked = await read();
  if (asked.kind !== 'tool_call' || asked.status !== 'pending') return undefined;
  const body = { ...judge(asked), digest: asked.digest };
  const answered = await api
    .call<WireApproval>({
      as: 'reviewer',
      method: 'POST',
      path: `/v1/approvals/${id}/decide`,
      key: `replay-${id}`,
      body,
    })
    .catch((error: unknown) => {
      // The other ends of an approval are not ours; what became of it is in the approval.
      if (error instanceof ApiRefusal && error.status === 409) return read();
      throw error;
    });
  if (!answered.decision) return undefined;
  return {
    approvalId: id,
    executionId: answered.execution_id,
    tool: answered.tool ?? '',
    arguments: answered.arguments,
    outcome: answered.decision.outcome,
    atMs: Date.parse(answered.decision.at),
  };
};

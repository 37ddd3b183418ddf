import type { Answer, Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';
import { type WaitOptions, waitForApproval } from '../wait.ts';

export const approvalMethods = (call: Call) => ({
  /** Asks for an approval. Needs `approvals:create`. To ask and wait and act, see `gate`. */
  ask: (body: Body<'askApproval'>, options?: CallOptions) => call('askApproval', { body }, options),
  /** One page, newest first. */
  list: (query: Query<'listApprovals'> = {}, options?: CallOptions) => call('listApprovals', { query }, options),
  /** Every approval that the filter lets through, newest first, page after page. */
  iterate: (query: Omit<Query<'listApprovals'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listApprovals', { query: { ...query, ...cursor } }, options)),
  /** One approval, whole. */
  get: (id: string, options?: CallOptions) => call('getApproval', { id }, options),
  /**
   * Waits until it is decided, through restarts of the server and broken connections.
   * @throws TimeoutError when `timeoutSeconds` are over; the approval stays as it is.
   */
  wait: (id: string, options?: WaitOptions): Promise<Answer<'waitForApproval'>> => waitForApproval(call, id, options),
  /** Approves, approves with edits, or rejects. `body.digest` is the digest of what the decider saw. Needs `approvals:decide`. */
  decide: (id: string, body: Body<'decideApproval'>, options?: CallOptions) => call('decideApproval', { id, body }, options),
  /** Withdraws what was asked for. */
  cancel: (id: string, body: Body<'cancelApproval'> = {}, options?: CallOptions) => call('cancelApproval', { id, body }, options),
  /** What happened to it, oldest first. */
  timeline: (id: string, options?: CallOptions) => call('getTimeline', { id }, options),
  /** Figures for the queue. */
  summary: (options?: CallOptions) => call('countApprovals', {}, options),
});

export const gateMethods = (call: Call) => ({
  /** The plain question: may this call go ahead? `gate` also waits for the answer and checks it. */
  call: (body: Body<'callGate'>, options?: CallOptions) => call('callGate', { body }, options),
});

export const receiptMethods = (call: Call) => ({
  /** Takes an approved call for execution, once: right before acting. */
  consume: (body: Body<'consumeReceipt'>, options?: CallOptions) => call('consumeReceipt', { body }, options),
});

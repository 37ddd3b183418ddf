import type { Answer, Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { ReceiptKeys } from '../receipt/keys.ts';
import { type CallOptions, type Transport, request } from '../transport.ts';
import { type WaitOptions, waitForApproval } from '../wait.ts';

export const approvalMethods = (call: Call) => ({
  /** Asks for an approval. Needs `approvals:create`. To ask and wait and act, see `gate`; to ask a question, `askHuman`. */
  ask: (body: Body<'askApproval'>, options?: CallOptions) => call('askApproval', { body }, options),
  /** Who was told of it, where, and how far each has come. */
  notified: (id: string, options?: CallOptions) => call('listNotified', { id }, options),
  /** Says that one has it before one: all of it, if `whole`. Decides nothing. */
  seen: (id: string, body: Body<'noteSeen'> = {}, options?: CallOptions) => call('noteSeen', { id, body }, options),
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
  /**
   * Approves, approves with edits, answers (`response`), or rejects. `body.digest` is the digest of what the decider saw. It
   * may stay pending, where more people must agree. Needs `approvals:decide`.
   */
  decide: (id: string, body: Body<'decideApproval'>, options?: CallOptions) =>
    call('decideApproval', { id, body }, options),
  /** What a person would sign to decide so, for `navigator.credentials.get`; then `decide` with the `signature`. */
  prepareSignature: (id: string, body: Body<'prepareSignature'>, options?: CallOptions) =>
    call('prepareSignature', { id, body }, options),
  /** Takes your decision back, while it is held back (`held`): the approval waits as it did before. */
  recall: (id: string, options?: CallOptions) => call('recallApproval', { id }, options),
  /** Withdraws what was asked for. */
  cancel: (id: string, body: Body<'cancelApproval'> = {}, options?: CallOptions) =>
    call('cancelApproval', { id, body }, options),
  /** Decides up to 50; each has its own outcome, in the order of the items, and one that fails holds up no other. */
  bulkDecide: (body: Body<'bulkDecide'>, options?: CallOptions) => call('bulkDecide', { body }, options),
  /** Says that you are looking at it: nobody else can decide it for a quarter of an hour. */
  claim: (id: string, body: Body<'claimApproval'> = {}, options?: CallOptions) =>
    call('claimApproval', { id, body }, options),
  /** Gives a claim back. */
  release: (id: string, options?: CallOptions) => call('releaseApproval', { id }, options),
  /** Puts it off in your own queue until a moment, after which it is back by itself; for everybody else nothing changes. */
  snooze: (id: string, body: Body<'snoozeApproval'>, options?: CallOptions) =>
    call('snoozeApproval', { id, body }, options),
  /** Has it back in your queue at once. */
  unsnooze: (id: string, options?: CallOptions) => call('unsnoozeApproval', { id }, options),
  /** Gives it to other people, who then are asked instead. */
  reassign: (id: string, body: Body<'reassignApproval'>, options?: CallOptions) =>
    call('reassignApproval', { id, body }, options),
  /** Asks the next level as well: the policy's, or the one named. */
  escalate: (id: string, body: Body<'escalateApproval'> = {}, options?: CallOptions) =>
    call('escalateApproval', { id, body }, options),
  /** Gives it more time. */
  extend: (id: string, body: Body<'extendApproval'>, options?: CallOptions) =>
    call('extendApproval', { id, body }, options),
  /** Takes up an expired one again: a fresh approval about the same content. */
  reopen: (id: string, options?: CallOptions) => call('reopenApproval', { id }, options),
  /** What was said about it. */
  comments: (id: string, options?: CallOptions) => call('listComments', { id }, options),
  /** Comments, or asks back (`is_question`). */
  comment: (id: string, body: Body<'createComment'>, options?: CallOptions) =>
    call('createComment', { id, body }, options),
  /** Pending calls of the same tool and shape, with what differs. */
  alike: (options?: CallOptions) => call('listAlike', {}, options),
  /** Outcomes and times by agent, tool, approver, group, day, hour of the week, or this period and the one before. */
  stats: (query: Query<'getApprovalStats'> = {}, options?: CallOptions) => call('getApprovalStats', { query }, options),
  /** How the queue is doing. */
  health: (query: Query<'getApprovalHealth'> = {}, options?: CallOptions) =>
    call('getApprovalHealth', { query }, options),
  /** What happened to it, oldest first. */
  timeline: (id: string, options?: CallOptions) => call('getTimeline', { id }, options),
  /** The signed statement of its decision. @throws ApiError `no_receipt_yet` while it is pending */
  receipt: (id: string, options?: CallOptions) => call('getReceipt', { id }, options),
  /** Takes the use of an approved call away, before it is taken for execution. For owners. */
  revoke: (id: string, body: Body<'revokeApproval'> = {}, options?: CallOptions) =>
    call('revokeApproval', { id, body }, options),
  /** Figures for the queue. */
  summary: (query: Query<'countApprovals'> = {}, options?: CallOptions) => call('countApprovals', { query }, options),
});

export const gateMethods = (call: Call) => ({
  /** The plain question: may this call go ahead? `gate` also waits for the answer and checks it. */
  call: (body: Body<'callGate'>, options?: CallOptions) => call('callGate', { body }, options),
});

export const receiptMethods = (call: Call, transport: Transport) => ({
  /** Takes an approved call for execution, once: right before acting. */
  consume: (body: Body<'consumeReceipt'>, options?: CallOptions) => call('consumeReceipt', { body }, options),
  /** The public keys that receipts are signed with, current and retired: for `verifyReceipt`, and to be kept. */
  keys: async (options: CallOptions = {}): Promise<ReceiptKeys> =>
    (await request(transport, { method: 'GET', path: '/.well-known/jwks.json' }, options)) as ReceiptKeys, // Checked when used.
});

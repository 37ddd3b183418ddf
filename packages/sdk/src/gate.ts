/** Ask, wait, check, take for execution: the way of a tool call that runs outside the server. */
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import { type AskOptions, askOnce, idempotencyKeyOf, untilApproved } from './ask-and-wait.ts';
import type { Body } from './call.ts';
import { isSameJson } from './canonical.ts';
import type { Client } from './client.ts';
import { ApiError } from './errors.ts';
import { BlockedError, DigestError, RejectedError } from './gate-errors.ts';
import { hasMarkers } from './redactions.ts';
import { type TakeOptions, takeApproved } from './take-approved.ts';
import type { CallOptions } from './transport.ts';

/** The parts of a client that a gate needs: the key's scopes are `gate:call`, `approvals:read`, `approvals:create`, `receipts:consume`. */
export type GateClient = Pick<Client, 'approvals' | 'gate' | 'receipts'>;

export type GateCall<A extends object> = Omit<Body<'callGate'>, 'arguments'> & {
  /** JSON only: what JSON has no word for, such as a `Date`, is refused. */
  readonly arguments: A;
};

export type GateOptions = AskOptions & TakeOptions;

export type Passed<A extends object> = {
  /** What to act on: the reviewer's, where they edited it. */
  readonly arguments: A;
  /** Null where the gate let the call go ahead without asking. */
  readonly approval: WireApproval | null;
};

/**
 * Asks whether a tool call may go ahead and, if it is held, waits for a person's decision. Returns only when the call may
 * be made now, with the arguments to make it with. A held call is let through once, however often it is asked for.
 *
 * When the caller stops waiting (aborted, out of time), the approval is withdrawn, so that nobody approves for nobody.
 *
 * @throws BlockedError, RejectedError, ExpiredError, CancelledError, AlreadyConsumedError, DigestError, UnprovenError (all `GateError`:
 * must not act); TimeoutError after `timeoutSeconds`; ApiError, ConnectionError; the signal's reason.
 *
 * @example
 * const { arguments: refund } = await gate(client, { tool: 'refund', arguments: { order: 'A17', amount: '40.00' } });
 */
export const gate = async <A extends object>(
  client: GateClient,
  call: GateCall<A>,
  options: GateOptions = {},
): Promise<Passed<A>> => {
  if (!isSameJson(call.arguments, JSON.parse(JSON.stringify(call.arguments))))
    throw new TypeError('arguments must be plain JSON');
  const answer = await ask(client, call, options, await idempotencyKeyOf('gate', options.key));
  if (answer.outcome === 'proceed') return { arguments: call.arguments, approval: null };
  if (answer.outcome === 'block' || !answer.approval) throw new BlockedError(answer.reason);
  const approval = await untilApproved(client, answer.approval.id, options);
  checkAsked(call, approval);
  const { arguments: real } = await takeApproved(client, approval, options);
  // Only now is it known what the markers stand for.
  if (!wasEdited(approval) && !isSameJson(call.arguments, real))
    throw new DigestError(`${approval.id}: the arguments are not those that were asked for`, approval);
  return { arguments: real as A, approval }; // Checked against the schema by the server, where one was given.
};

export type GateState =
  | { readonly outcome: 'proceed' }
  | { readonly outcome: 'block'; readonly reason: string }
  /** The approval as it is now: decided, perhaps. */
  | { readonly outcome: 'hold'; readonly approval: WireApproval };

/**
 * Asks as `gate` does, and comes back at once: for a program that stops while people decide, and later calls `gate` with the
 * same key. Takes nothing: what is approved must still go through `gate` before it is acted on.
 *
 * @throws RejectedError where the same was rejected lately; ApiError, ConnectionError; the signal's reason
 */
export const lookAtGate = async <A extends object>(
  client: GateClient,
  call: GateCall<A>,
  options: Pick<AskOptions, 'signal' | 'onAsked'> & { readonly key: string },
): Promise<GateState> => {
  const answer = await ask(client, call, options, await idempotencyKeyOf('gate', options.key));
  if (answer.outcome === 'proceed') return { outcome: 'proceed' };
  if (answer.outcome === 'block' || !answer.approval) return { outcome: 'block', reason: answer.reason };
  const approval = await client.approvals.get(answer.approval.id, { signal: options.signal });
  return { outcome: 'hold', approval };
};

const ask = async <A extends object>(
  client: GateClient,
  call: GateCall<A>,
  options: GateOptions,
  idempotencyKey: string,
): Promise<WireGateAnswer> => {
  const body = call as GateCall<A> & Body<'callGate'>; // An interface has no index signature, though its members are JSON.
  const send = (sending: CallOptions): Promise<WireGateAnswer> =>
    client.gate.call(body, { ...sending, idempotencyKey });
  try {
    return await askOnce(client, send, ({ approval }) => approval, options);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'already_rejected') throw new RejectedError(reasonIn(error), null);
    throw error;
  }
};

const reasonIn = (error: ApiError): string => {
  const decision = error.facts['decision'];
  const reason = typeof decision === 'object' && decision !== null && 'reason' in decision ? decision.reason : null;
  return typeof reason === 'string' ? reason : error.detail;
};

/**
 * What is about to run must be what was asked for or what a reviewer made of it. Stops answers that were mixed up or
 * changed on the way here; that it is what was approved, byte for byte, is checked as it is taken.
 */
const checkAsked = <A extends object>(call: GateCall<A>, approval: WireApproval): void => {
  const fail = (what: string): never => {
    throw new DigestError(`${approval.id}: ${what}`, approval);
  };
  const tool = approval.action['tool'];
  if (typeof tool !== 'object' || tool === null || !('name' in tool) || tool.name !== call.tool)
    fail('the action is of another tool');
  if (approval.arguments === null) fail('the arguments are not those of the action');
  if (!wasEdited(approval) && !hasMarkers(approval.arguments) && !isSameJson(call.arguments, approval.arguments))
    fail('the arguments are not those that were asked for');
};

const wasEdited = (approval: WireApproval): boolean => (approval.decision?.edits.length ?? 0) > 0;

/** Ask, wait, check, take for execution: the way of a tool call that runs outside the server. */
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import { type AskOptions, askOnce, idempotencyKeyOf, untilApproved } from './ask-and-wait.ts';
import type { Body } from './call.ts';
import { checkReceipt } from './check-receipt.ts';
import { digestJson, isSameJson } from './canonical.ts';
import type { Client } from './client.ts';
import { ApiError } from './errors.ts';
import {
  AlreadyConsumedError,
  BlockedError,
  CancelledError,
  DigestError,
  ExpiredError,
  RejectedError,
  UnprovenError,
} from './gate-errors.ts';
import type { ReceiptKeys } from './receipt/keys.ts';
import { hasMarkers, putBack } from './redactions.ts';
import type { CallOptions } from './transport.ts';

/** The parts of a client that a gate needs: the key's scopes are `gate:call`, `approvals:read`, `approvals:create`, `receipts:consume`. */
export type GateClient = Pick<Client, 'approvals' | 'gate' | 'receipts'>;

export type GateCall<A extends object> = Omit<Body<'callGate'>, 'arguments'> & {
  /** JSON only: what JSON has no word for, such as a `Date`, is refused. */
  readonly arguments: A;
};

export type GateOptions = AskOptions & {
  /**
   * Doing it twice does no harm, for instance because the receiver is given the approval's id as its idempotency key. With a
   * `key`, a program that was restarted between taking the approval and acting then gets its arguments again, instead of
   * `AlreadyConsumedError`.
   */
  readonly isRepeatable?: boolean | undefined;
  /**
   * The keys of the receipts that are trusted, kept from what `client.receipts.keys()` once answered. Without them it is
   * the server that says which they are.
   */
  readonly keys?: ReceiptKeys | undefined;
};

export type Passed<A extends object> = {
  /** What to act on: the reviewer's, where they edited it. */
  readonly arguments: A;
  /** Null where the gate let the call go ahead without asking. */
  readonly approval: WireApproval | null;
};

/** Together about a minute: an approval that took hours is not lost to a restart of the server. */
const CONSUME_RETRIES = 14;

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
  await checkContent(call, approval);
  await checkReceipt(client, approval, options.keys);
  const consumeKey = await idempotencyKeyOf('consume', options.isRepeatable ? options.key : undefined);
  // The last thing before the caller acts (trust.md, T8).
  const real = await consume(client, approval, consumeKey, options.signal);
  // Only now is it known what the markers stand for.
  if (!wasEdited(approval) && !isSameJson(call.arguments, real))
    throw new DigestError(`${approval.id}: the arguments are not those that were asked for`, approval);
  return { arguments: real as A, approval }; // Checked against the schema by the server, where one was given.
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
 * What is about to run must be what was asked for and what was approved, byte for byte in canonical form. Stops answers
 * that were mixed up or changed between the reviewer and here.
 */
const checkContent = async <A extends object>(call: GateCall<A>, approval: WireApproval): Promise<void> => {
  const { action, digest } = approval;
  const fail = (what: string): never => {
    throw new DigestError(`${approval.id}: ${what}`, approval);
  };
  if ((await digestJson(action)) !== digest) fail('the digest is not that of the action');
  if (action['approval'] !== approval.id) fail('the action belongs to another approval');
  const tool = action['tool'];
  if (typeof tool !== 'object' || tool === null || !('name' in tool) || tool.name !== call.tool)
    fail('the action is of another tool');
  if (approval.arguments === null || !isSameJson(action['arguments'], approval.arguments))
    fail('the arguments are not those of the action');
  if (!wasEdited(approval) && !hasMarkers(approval.arguments) && !isSameJson(call.arguments, approval.arguments))
    fail('the arguments are not those that were asked for');
};

const wasEdited = (approval: WireApproval): boolean => (approval.decision?.edits.length ?? 0) > 0;

/** @returns the arguments to act on, with what was redacted put back */
const consume = async (
  client: GateClient,
  approval: WireApproval,
  idempotencyKey: string,
  signal: AbortSignal | undefined,
): Promise<unknown> => {
  try {
    const body = {
      approval_id: approval.id,
      digest: approval.digest,
      ...(approval.receipt === null ? {} : { receipt: approval.receipt }),
    };
    const consumed = await client.receipts.consume(body, { idempotencyKey, signal, retries: CONSUME_RETRIES });
    const real = putBack(approval.arguments, consumed.redactions ?? []);
    if (consumed.digest !== approval.digest || !isSameJson(consumed.arguments, real))
      throw new DigestError(`${approval.id}: another call was taken for execution than the one approved`, approval);
    return real;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    switch (error.code) {
      case 'already_consumed':
        throw new AlreadyConsumedError(
          'Already taken for execution: whether it was done is known to who took it',
          approval,
        );
      case 'approval_expired':
        throw new ExpiredError('Approved, but not used in time', approval);
      case 'receipt_revoked':
        throw new CancelledError('Approved, and revoked before it was used', approval);
      case 'receipt_invalid':
        throw new UnprovenError(`${approval.id}: ${error.detail}`, approval);
      case 'policy_blocked':
        throw new BlockedError(error.detail);
      case 'digest_stale':
        throw new DigestError(error.message, approval);
      default:
        throw error;
    }
  }
};

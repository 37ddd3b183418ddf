/** The last step before acting: what was approved is checked, and taken for execution, once. */
import type { WireApproval } from '@countersign/contract';
import { type AskOptions, idempotencyKeyOf } from './ask-and-wait.ts';
import { digestJson, isSameJson } from './canonical.ts';
import { checkReceipt } from './check-receipt.ts';
import type { Client } from './client.ts';
import { ApiError } from './errors.ts';
import {
  AlreadyConsumedError,
  BlockedError,
  CancelledError,
  DigestError,
  ExpiredError,
  UnprovenError,
} from './gate-errors.ts';
import type { ReceiptKeys } from './receipt/keys.ts';
import { putBack } from './redactions.ts';

export type TakeOptions = Pick<AskOptions, 'key' | 'signal'> & {
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

/** What to act on: the reviewer's, where they edited it, with what was redacted put back. */
export type Taken = { readonly arguments: unknown; readonly output: unknown };

type TakeClient = Pick<Client, 'receipts'>;

/** Together about a minute: an approval that took hours is not lost to a restart of the server. */
const CONSUME_RETRIES = 14;

/**
 * Checks that an approved approval is what its digest and its receipt say, and takes it for execution: once, however often
 * it is called. `gate` and `confirm` do it by themselves; this is for who waited in another way.
 *
 * @throws AlreadyConsumedError, ExpiredError (not used in time), CancelledError (revoked), BlockedError, DigestError,
 * UnprovenError (all `GateError`: must not act); ApiError, ConnectionError; the signal's reason
 */
export const takeApproved = async (
  client: TakeClient,
  approval: WireApproval,
  options: TakeOptions = {},
): Promise<Taken> => {
  const { action, digest } = approval;
  const fail = (what: string): never => {
    throw new DigestError(`${approval.id}: ${what}`, approval);
  };
  if ((await digestJson(action)) !== digest) fail('the digest is not that of the action');
  if (action['approval'] !== approval.id) fail('the action belongs to another approval');
  if (!isSameJson(action['arguments'], approval.arguments)) fail('the arguments are not those of the action');
  if (!isSameJson(action['output'] ?? null, approval.output)) fail('the output is not that of the action');
  await checkReceipt(client, approval, options.keys);
  const consumeKey = await idempotencyKeyOf('consume', options.isRepeatable ? options.key : undefined);
  // The last thing before the caller acts (trust.md, T8).
  return consume(client, approval, consumeKey, options.signal);
};

const consume = async (
  client: TakeClient,
  approval: WireApproval,
  idempotencyKey: string,
  signal: AbortSignal | undefined,
): Promise<Taken> => {
  try {
    const body = {
      approval_id: approval.id,
      digest: approval.digest,
      ...(approval.receipt === null ? {} : { receipt: approval.receipt }),
    };
    const consumed = await client.receipts.consume(body, { idempotencyKey, signal, retries: CONSUME_RETRIES });
    const redactions = consumed.redactions ?? [];
    const real = { arguments: putBack(approval.arguments, redactions), output: putBack(approval.output, redactions) };
    const given = { arguments: consumed.arguments, output: consumed.output ?? null };
    if (consumed.digest !== approval.digest || !isSameJson(given, real))
      throw new DigestError(`${approval.id}: another call was taken for execution than the one approved`, approval);
    return real;
  } catch (error) {
    throw error instanceof ApiError ? refusalOf(error, approval) : error;
  }
};

const refusalOf = (error: ApiError, approval: WireApproval): Error => {
  switch (error.code) {
    case 'already_consumed':
      return new AlreadyConsumedError(
        'Already taken for execution: whether it was done is known to who took it',
        approval,
      );
    case 'approval_expired':
      return new ExpiredError('Approved, but not used in time', approval);
    case 'receipt_revoked':
      return new CancelledError('Approved, and revoked before it was used', approval);
    case 'receipt_invalid':
      return new UnprovenError(`${approval.id}: ${error.detail}`, approval);
    case 'policy_blocked':
      return new BlockedError(error.detail);
    case 'digest_stale':
      return new DigestError(error.message, approval);
    default:
      return error;
  }
};

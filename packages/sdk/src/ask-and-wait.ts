/** What `gate` and `askHuman` have in common: asking once, waiting for the decision, withdrawing when the caller leaves. */
import type { WireApproval } from '@countersign/contract';
import { sha256Hex } from './canonical.ts';
import type { Client } from './client.ts';
import { TimeoutError } from './errors.ts';
import { CancelledError, ExpiredError, RejectedError } from './gate-errors.ts';
import { unlessAborted, within } from './timing.ts';
import type { CallOptions } from './transport.ts';

export type AskOptions = {
  /**
   * The caller's own name for this one request, such as `refund-order-17`. A program that was restarted and asks again with
   * the same key and the same content gets the same approval and goes on waiting (for 7 days). Without one, it asks anew.
   */
  readonly key?: string | undefined;
  /** How long this caller waits for the decision, 0 to look once; without it, as long as the approval lives (`timeout_seconds` of what is asked). */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Leave the approval in the queue when this caller stops waiting, for a later one with the same `key`. */
  readonly leavePending?: boolean | undefined;
  /** Told of the approval as soon as it is there, before anybody decided: to send its link to somebody, for instance. */
  readonly onAsked?: ((approval: WireApproval) => void) | undefined;
};

type WaitClient = Pick<Client, 'approvals'>;

/** For withdrawing, when the caller is gone already. */
const WITHDRAW_SECONDS = 5;

export const idempotencyKeyOf = async (purpose: 'gate' | 'ask' | 'consume', key: string | undefined): Promise<string> =>
  key === undefined ? crypto.randomUUID() : `${purpose}_${await sha256Hex(key)}`;

/** Sends the question; withdraws the approval that came of it, if the caller left meanwhile. */
export const askOnce = async <T>(
  client: WaitClient,
  send: (options: CallOptions) => Promise<T>,
  approvalIn: (answer: T) => WireApproval | null,
  options: AskOptions,
): Promise<T> => {
  const { signal } = options;
  signal?.throwIfAborted();
  const gaveUp = new AbortController();
  // Not given the caller's signal: a request that is cut may have arrived, and its approval could not be withdrawn.
  const asked = send({ signal: gaveUp.signal });
  try {
    const answer = await unlessAborted(asked, signal);
    const approval = approvalIn(answer);
    if (approval) options.onAsked?.(approval);
    return answer;
  } catch (error) {
    if (signal?.aborted) await withdrawAsked(client, asked.then(approvalIn), options).finally(() => gaveUp.abort());
    throw error;
  }
};

const withdrawAsked = async (
  client: WaitClient,
  asked: Promise<{ readonly id: string } | null>,
  options: AskOptions,
): Promise<void> => {
  if (options.leavePending) return;
  const late = asked.then((approval) => approval && withdraw(client, approval.id, options));
  await within(WITHDRAW_SECONDS, undefined, () => late).catch(() => undefined);
};

/** As well as it goes: whoever is leaving is not held up, and an approval that stays is never executed without us. */
const withdraw = async (client: WaitClient, id: string, { leavePending }: AskOptions): Promise<void> => {
  if (leavePending) return;
  const reason = 'The caller stopped waiting.';
  const withdrawn = client.approvals.cancel(id, { reason }, { timeoutSeconds: WITHDRAW_SECONDS, retries: 1 });
  await withdrawn.catch(() => undefined);
};

/** @returns the approval once it is approved. @throws RejectedError, ExpiredError, CancelledError; what waiting throws */
export const untilApproved = async (client: WaitClient, id: string, options: AskOptions): Promise<WireApproval> => {
  let approval: WireApproval;
  try {
    approval = await client.approvals.wait(id, { timeoutSeconds: options.timeoutSeconds, signal: options.signal });
  } catch (error) {
    if (options.signal?.aborted || error instanceof TimeoutError) await withdraw(client, id, options);
    throw error;
  }
  const reason = approval.decision?.reason ?? null;
  switch (approval.status) {
    case 'approved':
      return approval;
    case 'rejected':
      throw new RejectedError(reason, approval);
    case 'expired':
      throw new ExpiredError('Nobody decided in time', approval);
    default:
      throw new CancelledError(reason === null ? 'Withdrawn' : `Withdrawn: ${reason}`, approval);
  }
};

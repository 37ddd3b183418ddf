/** What became of a request, as an exit code, a sentence and JSON. */
import {
  AlreadyConsumedError,
  ApiError,
  type Approval,
  BlockedError,
  CancelledError,
  ConnectionError,
  DigestError,
  ExpiredError,
  GateError,
  RejectedError,
  TimeoutError,
  UnprovenError,
} from '@countersign/sdk';
import { plain } from '../plain.ts';
import { EXIT } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';

export type Outcome = {
  readonly outcome:
    | 'approved'
    | 'allowed'
    | 'rejected'
    | 'expired'
    | 'withdrawn'
    | 'blocked'
    | 'undecided'
    | 'taken_already'
    | 'not_what_was_approved'
    | 'interrupted'
    | 'failed';
  readonly exitCode: number;
  /** For people. */
  readonly sentence: string;
  readonly approval: Approval | null;
  /** What to act on: of a tool call. */
  readonly arguments?: unknown;
  /** The answer to a question. */
  readonly response?: unknown;
};

const byWhom = (approval: Approval | null): string => {
  const decision = approval?.decision;
  if (!decision) return '';
  return ` by ${plain(decision.by.name)}${decision.reason === null ? '' : `: ${plain(decision.reason)}`}`;
};

export const approved = (approval: Approval, content: Pick<Outcome, 'arguments' | 'response'> = {}): Outcome => {
  const edited = approval.decision?.edits.length ? ', with changes' : '';
  return {
    outcome: 'approved',
    exitCode: EXIT.goAhead,
    sentence: `Approved${edited}${byWhom(approval)}`,
    approval,
    ...content,
  };
};

/** What an approval that is over, or still waits, says by itself. */
export const ended = (approval: Approval): Outcome => {
  switch (approval.status) {
    case 'approved':
      return approved(approval);
    case 'rejected':
      return failure(new RejectedError(approval.decision?.reason ?? null, approval));
    case 'expired':
      return failure(new ExpiredError('Nobody decided in time', approval));
    case 'cancelled':
      return failure(new CancelledError('Withdrawn', approval));
    case 'pending':
      return { outcome: 'undecided', exitCode: EXIT.undecided, sentence: 'Not decided yet', approval };
  }
};

/** An error as an outcome. @throws what is a bug */
export const failure = (error: unknown, leftPending: Approval | null = null): Outcome => {
  const of = (outcome: Outcome['outcome'], exitCode: number, sentence: string, approval: Approval | null): Outcome => ({
    outcome,
    exitCode,
    sentence,
    approval,
  });
  if (error instanceof Interrupted) return of('interrupted', error.exitCode, 'Interrupted', leftPending);
  if (error instanceof TimeoutError) {
    const approval = error.approval ?? leftPending;
    return of('undecided', EXIT.undecided, 'Not decided yet', approval);
  }
  if (error instanceof GateError) return ofRefusal(error, of);
  if (error instanceof ApiError) {
    const isOurs = error.code === 'invalid' || error.code === 'idempotency_key_reused';
    const fields = error.errors.map(({ pointer, detail }) => `\n  ${plain(`${pointer} ${detail}`)}`).join('');
    return of('failed', isOurs ? EXIT.usage : EXIT.failed, `${error.title}: ${plain(error.detail)}${fields}`, null);
  }
  if (error instanceof ConnectionError) return of('failed', EXIT.failed, error.message, null);
  throw error;
};

const ofRefusal = (
  error: GateError,
  of: (outcome: Outcome['outcome'], exitCode: number, sentence: string, approval: Approval | null) => Outcome,
): Outcome => {
  const { approval, message } = error;
  if (error instanceof RejectedError)
    return of('rejected', EXIT.rejected, approval ? `Rejected${byWhom(approval)}` : plain(message), approval);
  if (error instanceof ExpiredError) return of('expired', EXIT.expired, message, approval);
  if (error instanceof CancelledError)
    return of('withdrawn', EXIT.withdrawn, approval ? `Withdrawn${byWhom(approval)}` : plain(message), approval);
  if (error instanceof BlockedError) return of('blocked', EXIT.blocked, plain(message), approval);
  if (error instanceof AlreadyConsumedError)
    return of('taken_already', EXIT.takenAlready, 'Approved, and used already', approval);
  if (error instanceof DigestError || error instanceof UnprovenError)
    return of('not_what_was_approved', EXIT.notWhatWasApproved, plain(message), approval);
  throw error;
};

/** One line of JSON. Names that stay: scripts read them. */
export const outcomeJson = ({ outcome, exitCode, approval, ...content }: Outcome): string => {
  const decision = approval?.decision ?? null;
  return JSON.stringify({
    outcome,
    exit_code: exitCode,
    message: content.sentence,
    approval_id: approval?.id ?? null,
    title: approval?.title ?? null,
    digest: approval?.digest ?? null,
    arguments: content.arguments ?? null,
    response: content.response ?? null,
    reason: decision?.reason ?? null,
    decided_by: decision?.by.name ?? null,
    decided_at: decision?.at ?? null,
  });
};

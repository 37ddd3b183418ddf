/** What a model is told of a call that people decided on. */
import {
  AlreadyConsumedError,
  type Approval,
  BlockedError,
  CancelledError,
  ExpiredError,
  RejectedError,
} from '@countersign/sdk';

const NOT_MADE = 'The call was not made.';

/** In words, why a call is not made; null for an error that no model can do anything about. */
export const refusalWords = (error: unknown): string | null => {
  if (error instanceof RejectedError)
    return `Rejected by a reviewer: ${error.reason ?? 'no reason given'}. ${NOT_MADE} Do not repeat it unchanged; propose something else.`;
  if (error instanceof BlockedError) return `Not allowed: ${error.reason}. ${NOT_MADE} Nobody was asked.`;
  if (error instanceof ExpiredError) return `Nobody decided on this call in time. ${NOT_MADE}`;
  if (error instanceof CancelledError) return `The request to approve this call was withdrawn. ${NOT_MADE}`;
  if (error instanceof AlreadyConsumedError)
    return 'This call was approved and begun before. Whether it was finished is not known here; it is not made a second time.';
  return null;
};

/** Why an approval that is over does not let its call go ahead; null where it does. */
export const endingWords = (approval: Approval): string | null => {
  switch (approval.status) {
    case 'rejected':
      return refusalWords(new RejectedError(approval.decision?.reason ?? null, approval));
    case 'expired':
      return refusalWords(new ExpiredError('', approval));
    case 'cancelled':
      return refusalWords(new CancelledError('', approval));
    default:
      return null;
  }
};

/** A model believes that its own call ran, unless it is told that another one did. */
export const editWords = (approval: Approval | null, args: object): string | null =>
  approval && (approval.decision?.edits.length ?? 0) > 0
    ? `[A reviewer changed the arguments to ${JSON.stringify(args)} before approving. This is the result of that call.]`
    : null;

/** Puts the note where the model sees it and a program still finds the tool's own members. */
export const withNote = (note: string | null, result: unknown): unknown => {
  if (note === null) return result;
  if (typeof result === 'string') return `${note}\n${result}`;
  const isPlain = typeof result === 'object' && result !== null && !Array.isArray(result);
  return isPlain ? { ...result, reviewer_note: note } : { reviewer_note: note, result };
};

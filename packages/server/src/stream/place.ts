/** How far a reader of a conversation's stream has come: the id of each of its events. */
import { createHash } from 'node:crypto';

export type Place = {
  /** Of the last message. */
  readonly position: number;
  /** The execution that was shown last. */
  readonly execution: string | null;
  /** Whose text was shown last, of which attempt and how much of it. */
  readonly text: {
    readonly step: string;
    readonly attempt: number;
    readonly length: number;
    readonly sum: string;
  } | null;
};

export const BEGINNING: Place = { position: 0, execution: null, text: null };

/** Tells a text from another one of the same length. */
export const sumOfText = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

export const textPlace = (step: string, attempt: number, text: string): Place['text'] => ({
  step,
  attempt,
  length: text.length,
  sum: sumOfText(text),
});

export const placeToId = ({ position, execution, text }: Place): string =>
  [position, execution ?? '', ...(text ? [text.step, text.attempt, text.length, text.sum] : [])].join('.');

const FORM = /^(\d{1,15})\.(exe_[0-9A-Za-z]{27})?(?:\.(stp_[0-9A-Za-z]{27})\.(\d{1,9})\.(\d{1,9})\.([0-9a-f]{12}))?$/;

/** @returns undefined if it is no id of such an event */
export const placeFromId = (id: string): Place | undefined => {
  const match = FORM.exec(id);
  if (!match) return undefined;
  const [, position, execution, step, attempt, length, sum] = match;
  return {
    position: Number(position),
    execution: execution ?? null,
    text:
      step === undefined || sum === undefined ? null : { step, attempt: Number(attempt), length: Number(length), sum },
  };
};

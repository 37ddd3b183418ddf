import { CountersignError } from '../errors.ts';

/** It is not a receipt that can be relied on: changed, of another key, or of another approval than the one meant. */
export class ReceiptError extends CountersignError {
  override name = 'ReceiptError';
}

export const fail = (what: string): never => {
  throw new ReceiptError(what);
};

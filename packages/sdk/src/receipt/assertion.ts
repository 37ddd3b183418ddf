import type { ReceiptVote } from '@countersign/core';
import { fail } from './error.ts';

/** Checks the signature of a person's passkey over the intent of their vote. @throws ReceiptError */
export const checkAssertion = async (vote: ReceiptVote): Promise<void> => {
  if (vote.webauthn !== null) fail(`the vote of ${vote.person.id} is signed in a way that this version does not know`);
};

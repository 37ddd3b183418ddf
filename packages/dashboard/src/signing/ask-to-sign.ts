/** Decisions that a person has to sign: asked for once the server says so, with whatever shows the sheet. */
import type { RouteInput, Routes, WireApproval } from '@countersign/contract';
import { call, isProblem } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';

export type DecisionBody = RouteInput<Routes['prepareSignature']>['body'];
export type Signature = NonNullable<RouteInput<Routes['decideApproval']>['body']['signature']>;
export type ToSign = { readonly approvalId: string; readonly body: DecisionBody };

type Asker = (what: ToSign) => Promise<Signature | null>;
let asker: Asker | null = null;

/** @param ask shows what is signed; null: nobody does any more */
export const onSignatureRequired = (ask: Asker | null): void => {
  asker = ask;
};

/**
 * Decides, and has it signed where that is asked for. A decision with a signature is another request than the one that
 * was refused: it has a key of its own.
 */
export const decideAndSign = async (
  approvalId: string,
  body: DecisionBody,
  idempotencyKey: string,
): Promise<WireApproval> => {
  try {
    return await call('decideApproval', { id: approvalId, body }, { idempotencyKey });
  } catch (failure) {
    if (asker === null || !isProblem(failure, 'signature_required')) throw failure;
    const signature = await asker({ approvalId, body });
    if (signature === null) throw new Error('It was not signed.', { cause: failure });
    return call(
      'decideApproval',
      { id: approvalId, body: { ...body, signature } },
      { idempotencyKey: newIdempotencyKey() },
    );
  }
};

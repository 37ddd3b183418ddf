/** Receipts: reading one, using what was approved once, and taking that use away. */
import { type JsonObject, putBack } from '@countersign/core';
import { RECEIPT_VALID_SECONDS, consume, revoke } from '@countersign/engine';
import { getApproval, getReceipt as readReceipt } from '@countersign/store';
import { holdApprovalToLimits } from '../auth/limits.ts';
import { actorOf } from '../auth/principal.ts';
import type { FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, notFound } from '../http/problem.ts';
import { isAsker } from '../present/approval.ts';
import { mustRead } from './read-approval.ts';

export const receiptHandlers = {
  consumeReceipt: async ({ engine, principal, body }, scope) => {
    const row = await getApproval(scope, body.approval_id);
    if (!row) throw notFound('approval');
    await holdApprovalToLimits(scope, principal, row.id);
    if (row.execution_id) throw new Problem('forbidden', 'It belongs to an execution, which takes it itself.');
    if (!isAsker(row, principal)) throw new Problem('forbidden', 'Only who asked for it can take it for execution.');
    // Anybody can write a statement; the one that we signed is known to the letter.
    if (body.receipt !== undefined && (await readReceipt(scope, row.id))?.jws !== body.receipt)
      throw new Problem('receipt_invalid', 'This is not the receipt that was issued for the approval.');
    const result = await consume(engine, scope, row.id, body.digest, actorOf(principal), RECEIPT_VALID_SECONDS);
    if (!result.ok) return fromRefusal(result.refusal);
    const action = JSON.parse(result.value.row.action) as JsonObject;
    const content = { arguments: (action['arguments'] ?? null) as JsonObject | null, output: action['output'] ?? null };
    // What was approved shows markers; who acts gets what they stand for, and can tell that the one fits the other.
    const secrets = await engine.redaction.open(scope, row.id, [content, row.decision?.response ?? null]);
    return {
      approval_id: row.id,
      digest: result.value.row.digest,
      ...putBack(content, (marker) => secrets.get(marker)),
      redactions: [...secrets].map(([marker, value]) => ({ marker, value })),
      consumed_at: result.value.at.toISOString(),
    };
  },

  revokeApproval: async ({ engine, params, principal, body }, scope) => {
    const result = await revoke(
      engine,
      scope,
      params.id,
      actorOf(principal),
      await engine.redaction.mask(scope, body.reason ?? null),
    );
    return result.ok ? mustRead(scope, params.id, principal) : fromRefusal(result.refusal);
  },
} satisfies Partial<Handlers>;

const WHY_NONE = {
  pending: 'It is not decided yet: there is nothing to sign.',
  decided: 'Its receipt is being made. Try again in a moment.',
} as const;

/** The answer is canonical JSON, whose members are sorted: a byte that changes is seen. */
export const getReceipt: FreeHandlers['getReceipt'] = async ({ engine, params, request, reading, json }) => {
  const receipt = await reading(async (scope) => {
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    const found = await readReceipt(scope, params.id);
    if (found) return found;
    throw row.status === 'pending'
      ? new Problem('no_receipt_yet', WHY_NONE.pending)
      : new Problem('no_receipt_yet', WHY_NONE.decided, {}, { 'Retry-After': '1' });
  });
  if (wantsCompact(request))
    return new Response(receipt.jws, {
      headers: { 'content-type': 'application/jose', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
  const key = (await engine.signing.published('receipt')).find(({ kid }) => kid === receipt.kid);
  if (!key) throw new Error(`no key ${receipt.kid}`);
  const { crv, kty, x } = key.publicJwk;
  const payload = Buffer.from(receipt.jws.split('.')[1] ?? '', 'base64url').toString();
  return json({
    approval_id: params.id,
    jws: receipt.jws,
    key: { alg: 'EdDSA', crv, kid: key.kid, kty, x },
    statement: JSON.parse(payload) as JsonObject,
  });
};

const wantsCompact = (request: Request): boolean =>
  (request.headers.get('accept') ?? '').split(',').some((type) => type.split(';')[0]?.trim() === 'application/jose');

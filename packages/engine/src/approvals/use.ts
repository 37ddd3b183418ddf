/** The one use of an approved call: taking it for execution, or taking that away. One transaction, which the caller commits. */
import { type Actor, PLAN_TOOL, type Result, decideApproval, ok, refuse } from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  getConsumption,
  getRevocation,
  insertConsumption,
  insertRevocation,
  lockApproval,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { whyBlockedNow } from '../policies/judge-again.ts';
import type { Refusal } from '../refusal.ts';
import { withDifference } from './difference.ts';
import { toState } from './state.ts';

const PLAN_IS_USED_BY_LINES = {
  pointer: '/approval_id',
  detail: 'is a plan: name it when you ask the gate about a call',
};

/**
 * Takes an approved call for execution: digest checked, once, by whoever acts, right before acting. `by` is kept, so
 * that the same taker may see its own taking again.
 */
export const consume = async (
  engine: Pick<Engine, 'wake' | 'redaction'>,
  scope: Scope,
  id: string,
  digest: string,
  by: Actor,
  validSeconds: number | null,
): Promise<Result<{ row: ApprovalRow; at: Date }, Refusal>> => {
  // Sent together: the others look when the first has its lock.
  const [locked, before, revoked] = await Promise.all([
    lockApproval(scope, id),
    getConsumption(scope, id),
    getRevocation(scope, id),
  ]);
  if (!locked) return refuse({ type: 'not_found' });
  const { row, now } = locked;
  if (row.tool === PLAN_TOOL) return refuse({ type: 'invalid', errors: [PLAN_IS_USED_BY_LINES] });
  const validUntilMs = validSeconds === null || !row.decided_at ? null : row.decided_at.getTime() + validSeconds * 1000;
  const result = decideApproval(toState(row, [], before?.at ?? null, revoked?.at ?? null), {
    type: 'consume',
    atMs: now.getTime(),
    digest,
    validUntilMs,
  });
  if (!result.ok) return refuse(await withDifference(scope, row, result.refusal));
  // T17: what is blocked by now is not done, whoever approved it before.
  const blocked = await whyBlockedNow(engine, scope, row, now);
  if (blocked !== null) return refuse({ type: 'policy_blocked', reason: blocked });
  if (!(await insertConsumption(scope, id, digest, by, now)))
    throw new Error(`the approval ${id} was consumed under its lock`);
  await appendEvent(scope, { type: 'approval.consumed', subject: id, actor: by, data: { digest } });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return ok({ row, at: now });
};

/** Takes the use of an approved call away, as long as nobody has taken it (trust.md, T22). */
export const revoke = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  id: string,
  by: Actor,
  reason: string | null,
): Promise<Result<null, Refusal>> => {
  const [locked, consumed, before] = await Promise.all([
    lockApproval(scope, id),
    getConsumption(scope, id),
    getRevocation(scope, id),
  ]);
  if (!locked) return refuse({ type: 'not_found' });
  const { row, now } = locked;
  const state = toState(row, [], consumed?.at ?? null, before?.at ?? null);
  const result = decideApproval(state, { type: 'revoke', atMs: now.getTime(), by, reason });
  if (!result.ok) return result;
  insertRevocation(scope, id, { revoked_by: by, reason, at: now });
  await appendEvent(scope, {
    type: 'approval.revoked',
    subject: id,
    actor: by,
    data: { execution_id: row.execution_id },
    detail: { reason },
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return ok(null);
};

/** An edit is a new call: the policies are asked again about what would run (trust.md, T6, T17). */
import { type JsonObject, type Result, ok, refuse } from '@countersign/core';
import { type Scope, livePolicies } from '@countersign/store';
import type { Locked } from '../approvals/apply.ts';
import type { Refusal } from '../refusal.ts';
import { planOf } from './hold-plan.ts';
import { applyPolicies } from './judge.ts';

/**
 * Refuses an edit to something that a policy blocks. Where another rule holds the edited call, its approvers are needed,
 * not those of the call as it was asked.
 *
 * @returns the approval with the requirement that then holds
 */
export const judgeEdit = async (scope: Scope, locked: Locked, args: JsonObject): Promise<Result<Locked, Refusal>> => {
  const { row, state, now } = locked;
  if (row.kind !== 'tool_call' || row.tool === null) return ok(locked);
  const request = {
    tool: row.tool,
    arguments: args,
    risk: row.risk ?? 'irreversible',
    agent: { id: row.agent_id, name: row.agent?.name ?? null },
    caller: row.requested_by.id,
    now: now.toISOString(),
  };
  const { verdict, by } = await applyPolicies(scope, await livePolicies(scope), request);
  if (verdict.outcome === 'block' || verdict.outcome === 'deny')
    return refuse({ type: 'policy_blocked', reason: verdict.reason });
  if (!verdict.hold || !by || verdict.rule === null || verdict.rule === row.policy?.rule) return ok(locked);
  const policy = { id: by.id, name: by.name, version: by.version, rule: verdict.rule };
  const { requirement } = planOf(verdict.hold, request, policy, null);
  return ok({ ...locked, row: { ...row, requirement, policy }, state: { ...state, requirement } });
};

/**
 * The policies are asked again about what is being approved: an edit is a new call (trust.md, T6), and what was asked under
 * an old policy is decided and taken under the present one as well (T17).
 */
import {
  type JsonObject,
  type PolicyRequest,
  type PolicyVerdict,
  type Requirement,
  type Result,
  type Stage,
  canonicalize,
  isArray,
  isObject,
  ok,
  refuse,
  stricterAssurance,
} from '@countersign/core';
import { type ApprovalRow, type LivePolicy, type Scope, getExecution, livePolicies } from '@countersign/store';
import type { Locked } from '../approvals/apply.ts';
import { placeOfRow } from '../approvals/ask.ts';
import type { Engine } from '../engine.ts';
import type { Refusal } from '../refusal.ts';
import { planOf } from './hold-plan.ts';
import { applyPolicies } from './judge.ts';

/** Policies see what would run, secrets and all. */
type Redacting = Pick<Engine, 'redaction'>;

const requestOf = async (
  { redaction }: Redacting,
  scope: Scope,
  row: ApprovalRow,
  action: JsonObject,
  tool: string,
  now: Date,
): Promise<PolicyRequest> => ({
  tool,
  arguments: await redaction.restore(scope, placeOfRow(row), (action['arguments'] ?? {}) as JsonObject),
  risk: row.risk ?? 'irreversible',
  agent: { id: row.agent_id, name: row.agent?.name ?? null },
  // The caller of what an execution asks for is who started it.
  caller:
    row.execution_id === null
      ? row.requested_by.id
      : ((await getExecution(scope, row.execution_id))?.started_by.id ?? row.requested_by.id),
  now: now.toISOString(),
});

type Judged = { readonly verdict: PolicyVerdict; readonly by: LivePolicy | null; readonly request: PolicyRequest };

const judgeNow = async (
  engine: Redacting,
  scope: Scope,
  row: ApprovalRow,
  action: JsonObject,
  now: Date,
  policies: readonly LivePolicy[],
): Promise<Judged | Refusal> => {
  const request = await requestOf(engine, scope, row, action, row.tool ?? '', now);
  const { verdict, by } = await applyPolicies(scope, policies, request);
  if (verdict.outcome === 'block' || verdict.outcome === 'deny')
    return { type: 'policy_blocked', reason: verdict.reason };
  return { verdict, by, request };
};

/**
 * How the rule that matches now holds it, if that is another way than before: by another rule, or by the same one whose
 * approvers depend on what was edited (`asked` is the request before the edit).
 */
const otherHold = ({ verdict, by, request }: Judged, before: ApprovalRow['policy'], asked: PolicyRequest | null) => {
  if (!verdict.hold || !by || verdict.rule === null) return null;
  const policy = { id: by.id, name: by.name, version: by.version, rule: verdict.rule };
  const { requirement } = planOf(verdict.hold, request, policy, null);
  if (before && policy.rule === before.rule && policy.id === before.id && policy.version === before.version) {
    // The row's own requirement may be one to which people gave it since: the rule is compared with itself.
    const ofAsked = asked && planOf(verdict.hold, asked, policy, null).requirement;
    if (ofAsked === null || isSameRequirement(ofAsked, requirement)) return null;
  }
  return { policy, requirement };
};

const isSameRequirement = (one: Requirement, other: Requirement): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const under = (locked: Locked, held: { policy: NonNullable<ApprovalRow['policy']>; requirement: Requirement }) => ({
  ...locked,
  row: { ...locked.row, ...held },
  state: { ...locked.state, requirement: held.requirement },
});

/**
 * Refuses an edit to something that a policy blocks. Where another rule holds the edited call, or the same one names others
 * for it, their approval is needed, not that of those who were asked about the call as it was.
 *
 * @returns the approval with the requirement that then holds
 */
export const judgeEdit = async (
  engine: Redacting,
  scope: Scope,
  locked: Locked,
  action: JsonObject,
): Promise<Result<Locked, Refusal>> => {
  const { row, now } = locked;
  if (row.kind !== 'tool_call' || row.tool === null) return ok(locked);
  const judged = await judgeNow(engine, scope, row, action, now, await livePolicies(scope));
  if ('type' in judged) return refuse(judged);
  const before = JSON.parse(row.action) as JsonObject;
  const held = otherHold(judged, row.policy, await requestOf(engine, scope, row, before, row.tool, now));
  return ok(held ? under(locked, held) : locked);
};

/**
 * Before a vote that approves: what a policy blocks by now is not approved, and where a changed policy holds it otherwise,
 * the stricter of both holds, which is both.
 */
export const judgeVote = async (engine: Redacting, scope: Scope, locked: Locked): Promise<Result<Locked, Refusal>> => {
  const { row, state, now } = locked;
  if (row.kind !== 'tool_call' || row.tool === null) return ok(locked);
  const policies = await livePolicies(scope);
  const action = JSON.parse(row.action) as JsonObject;
  const isSame = isSamePolicies(policies, action);
  if (isSame && !canRefuse(policies)) return ok(locked);
  const judged = await judgeNow(engine, scope, row, action, now, policies);
  if ('type' in judged) return refuse(judged);
  const held = isSame ? null : otherHold(judged, row.policy, null);
  if (!held) return ok(locked);
  return ok(under(locked, { ...held, requirement: bothOf(state.requirement, held.requirement) }));
};

/** @returns why an approved call may not be made any more by the policies as they are now, or null */
export const whyBlockedNow = async (
  engine: Redacting,
  scope: Scope,
  row: ApprovalRow,
  now: Date,
): Promise<string | null> => {
  if (row.kind !== 'tool_call' || row.tool === null) return null;
  const policies = await livePolicies(scope);
  if (!canRefuse(policies)) return null;
  const judged = await judgeNow(engine, scope, row, JSON.parse(row.action) as JsonObject, now, policies);
  return 'type' in judged && judged.type === 'policy_blocked' ? judged.reason : null;
};

/** Only such a rule can turn against what was asked: where there is none, nothing has to be evaluated. */
const canRefuse = (policies: readonly LivePolicy[]): boolean =>
  policies.some(({ definition }) => definition.rules.some(({ outcome }) => outcome === 'block' || outcome === 'deny'));

const isSamePolicies = (policies: readonly LivePolicy[], action: JsonObject): boolean => {
  const asked = action['policies'] ?? null;
  if (!isArray(asked) || asked.length !== policies.length) return false;
  return policies.every(({ id, version }, index) => {
    const one = asked[index];
    return isObject(one) && one['id'] === id && one['version'] === version;
  });
};

/** Both requirements as one: what asks the same people is asked once, of as many as the stricter wants. */
const bothOf = (before: Requirement, now: Requirement): Requirement => {
  const assurance = stricterAssurance(before.assurance, now.assurance);
  const stages: Stage[] = [...before.stages];
  for (const stage of now.stages) {
    const at = stages.findIndex((known) => setKey(known) === setKey(stage));
    const known = stages[at];
    if (known) stages[at] = stricter(known, stage);
    else stages.push(stage);
  }
  return {
    stages,
    isDistinctAcrossStages: before.isDistinctAcrossStages || now.isDistinctAcrossStages,
    isReasonRequired: before.isReasonRequired || now.isReasonRequired,
    ...(assurance ? { assurance } : {}),
  };
};

const setKey = ({ rule }: Stage): string =>
  rule.type === 'count' ? canonicalize({ ...rule.of }) : canonicalize(JSON.parse(JSON.stringify(rule)) as JsonObject);

const stricter = (one: Stage, other: Stage): Stage => ({
  ...one,
  rule:
    one.rule.type === 'count' && other.rule.type === 'count'
      ? { ...one.rule, count: Math.max(one.rule.count, other.rule.count) }
      : one.rule,
  rejections: Math.min(one.rejections, other.rejections),
});

/** Later calls under a plan: one that a line covers takes a use of it, in the transaction that records the call. */
import {
  type DepartureWords,
  type Digest,
  type JsonObject,
  type Plan,
  PlanSchema,
  type PlanToolReference,
  type PlanVote,
  canonicalize,
  departureWords,
  digestText,
  matchPlan,
  whyNotEnough,
} from '@countersign/core';
import {
  type PlanRow,
  type Scope,
  appendEvent,
  listVotes,
  lockPlan,
  lockPlansOf,
  planUses,
  readClock,
  toolsByName,
  usePlan,
} from '@countersign/store';
import { placeOfRow } from '../approvals/ask.ts';
import { toVote } from '../approvals/state.ts';
import type { Engine } from '../engine.ts';
import type { HoldPlan } from '../policies/hold-plan.ts';

/** Whose plans may let a call through: those of its execution, or one that its program names and has asked for itself. */
export type PlansOf = { readonly redaction: Engine['redaction'] } & (
  | { readonly type: 'execution'; readonly id: string }
  | { readonly type: 'named'; readonly approvalId: string; readonly askerId: string }
);

export type CallToTake = {
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Without their secrets. */
  readonly storedArguments: JsonObject;
  /** The execution or asker that makes it. */
  readonly subject: string;
  /** How it would be held. */
  readonly hold: HoldPlan;
};

export type LineUse = { readonly approval_id: string; readonly line: number; readonly use: number };
export type PlanDeparture = DepartureWords & { readonly plan: string };

export type TakenLine =
  | { readonly type: 'used'; readonly use: LineUse; readonly reason: string }
  /** Null: there is no plan at all. */
  | { readonly type: 'departs'; readonly departures: readonly PlanDeparture[] | null };

export const takeLine = async (scope: Scope, plans: PlansOf, call: CallToTake): Promise<TakenLine> => {
  const departures: PlanDeparture[] = [];
  const rows = await plansOf(scope, plans);
  for (const row of rows) {
    const taken = await tryPlan(scope, plans.redaction, row, call);
    if ('use' in taken) return { type: 'used', ...taken };
    departures.push(...taken.departures.map((departure) => ({ plan: row.id, ...departure })));
  }
  return { type: 'departs', departures: rows.length === 0 ? null : departures };
};

const plansOf = async (scope: Scope, plans: PlansOf): Promise<readonly PlanRow[]> => {
  if (plans.type === 'execution') return lockPlansOf(scope, plans.id);
  const row = await lockPlan(scope, plans.approvalId);
  return row?.status === 'approved' && row.requested_by.id === plans.askerId ? [row] : [];
};

/** The plan as it was approved: what its digest covers. */
export const planIn = (row: Pick<PlanRow, 'id' | 'action' | 'digest'>): { plan: Plan; tools: PlanToolReference[] } => {
  // I6: whatever somebody wrote into the row since, this is what was approved, or nothing is.
  if (digestText(row.action) !== (row.digest as Digest)) throw new Error(`the plan ${row.id} is not what was approved`);
  const action = JSON.parse(row.action) as JsonObject;
  return {
    plan: PlanSchema.parse(action['arguments']),
    tools: (action['plan_tools'] ?? []) as unknown as PlanToolReference[],
  };
};

export const planEndsAt = (row: Pick<PlanRow, 'decided_at'>, plan: Plan): Date =>
  new Date((row.decided_at?.getTime() ?? 0) + plan.valid_for_seconds * 1000);

const tryPlan = async (
  scope: Scope,
  redaction: Engine['redaction'],
  row: PlanRow,
  call: CallToTake,
): Promise<{ use: LineUse; reason: string } | { departures: DepartureWords[] }> => {
  const { plan: shown, tools } = planIn(row);
  const [uses, now, votes, [tool]] = await Promise.all([
    planUses(scope, row.id, shown.lines.length),
    readClock(scope),
    listVotes(scope, row.id),
    toolsByName(scope, [call.tool]),
  ]);
  // Compared as it runs, secrets and all; told as it is stored.
  const plan = (await redaction.restore(scope, placeOfRow(row), shown as unknown as JsonObject)) as unknown as Plan;
  const asProposed = tools.find(({ name }) => name === call.tool);
  const isChanged = asProposed?.id !== (tool?.id ?? null) || asProposed.version !== (tool?.version ?? null);
  const answer = matchPlan(
    {
      plan,
      endsAtMs: planEndsAt(row, plan).getTime(),
      isRevoked: row.revoked_at !== null,
      uses,
      changedTools: isChanged ? [call.tool] : [],
    },
    { tool: call.tool, arguments: call.arguments },
    now.getTime(),
  );
  const asShown = { tool: call.tool, arguments: call.storedArguments };
  if (!answer.matches)
    return { departures: answer.departures.map((departure) => departureWords(departure, shown, asShown)) };
  const { line } = answer;
  const { requirement, priority, policy } = call.hold;
  const cast = votes
    .filter(({ digest }) => digest === row.digest)
    .map((vote): PlanVote => ({ ...toVote(vote), assurance: vote.assurance, isByKey: vote.key_id !== null }));
  const why = whyNotEnough({ requirement, priority, rule: policy?.rule ?? null }, cast);
  if (why !== null) {
    const text = `line ${line} covers it, but ${why}`;
    return { departures: [{ line, argument: null, allowed: null, asked: null, text }] };
  }
  return takeUse(scope, row, call, line, (uses[line - 1] ?? 0) + 1, plan.lines[line - 1]?.uses_max ?? 0);
};

const takeUse = async (
  scope: Scope,
  row: PlanRow,
  call: CallToTake,
  line: number,
  use: number,
  most: number,
): Promise<{ use: LineUse; reason: string }> => {
  await usePlan(scope, {
    approvalId: row.id,
    line,
    number: use,
    subject: call.subject,
    arguments: canonicalize(call.storedArguments),
  });
  await appendEvent(scope, {
    type: 'plan.used',
    subject: row.id,
    actor: { kind: 'system', id: 'system', name: 'Countersign' },
    data: { line, use, tool: call.tool, used_by: call.subject },
    detail: { arguments: call.storedArguments },
  });
  return {
    use: { approval_id: row.id, line, use },
    reason: `line ${line} of the plan ${row.id} covers it, use ${use} of ${most}`,
  };
};

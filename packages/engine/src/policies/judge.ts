/** What a gate answers to a call: the mode, the policies, the grants; and how it is held if it is. */
import {
  type Actor,
  type GateVerdict,
  type HistoryCondition,
  type JsonObject,
  type Policy,
  type PolicyRequest,
  type PolicyVerdict,
  type RiskClass,
  canonicalize,
  combine,
  coveredBy,
  evaluatePolicy,
  historyAsked,
} from '@countersign/core';
import {
  type LivePolicy,
  type Scope,
  appendEvent,
  figuresLately,
  livePolicies,
  lockLiveGrants,
  readClock,
  useGrant,
} from '@countersign/store';
import { type CallToTake, type LineUse, type PlanDeparture, type PlansOf, takeLine } from '../plans/take-line.ts';
import { type HoldPlan, plainPlan, planOf } from './hold-plan.ts';

export type JudgedCall = {
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Without their secrets: what grants are compared with, and what is written down. The same unless given. */
  readonly storedArguments?: JsonObject;
  readonly risk: RiskClass;
  readonly agent: { readonly id: string | null; readonly name: string | null };
  readonly caller: string;
  /** What the mode alone says. */
  readonly mode: GateVerdict;
  readonly isRelaxationAllowed: boolean;
  readonly timeoutSeconds: number | null;
  /** The execution or asker that would use a grant. */
  readonly subject: string;
  /** Whose plans may let it through; none unless given. */
  readonly plans?: PlansOf;
  /** Whether a grant may let it through; yes unless said otherwise. */
  readonly takesGrants?: boolean;
  /** The policies that hold and the time, where this transaction has read them already. */
  readonly known?: {
    readonly policies: readonly LivePolicy[];
    /** What was read of the past in this transaction: calls that are judged in it together see the same. */
    readonly figures: Map<string, Promise<Figures>>;
    readonly now: Date;
  };
};

type Figures = { readonly calls: number; readonly sum: number };

export type Judgement = {
  readonly verdict: GateVerdict;
  readonly plan: HoldPlan;
  readonly grantId: string | null;
  /** The line of a plan that lets it through. */
  readonly planUse: LineUse | null;
  /** How it departs from the plans of who asks; null where there are none. */
  readonly departures: readonly PlanDeparture[] | null;
  /** Whether it goes ahead under a rule that wants its arguments and its result in the audit log. */
  readonly isAudited: boolean;
};

/** The rules of several policies as one list; a rule is named with its policy, so that the record says which. */
const joined = (policies: readonly LivePolicy[]): { policy: Policy; owners: Map<string, LivePolicy> } => {
  const owners = new Map<string, LivePolicy>();
  const rules = policies.flatMap((live) =>
    live.definition.rules.map((rule) => {
      const name = policies.length > 1 ? `${live.name} / ${rule.name}` : rule.name;
      owners.set(name, live);
      return { ...rule, name };
    }),
  );
  return { policy: { rules }, owners };
};

export type AppliedPolicies = { readonly verdict: PolicyVerdict; readonly by: LivePolicy | null };

type Known = {
  /** Whether the mode holds the call, or is not known here. */
  readonly isHeldByMode?: boolean;
  /** What was read already. */
  readonly figures?: Map<string, Promise<Figures>> | undefined;
};

/** Evaluates policies on a call; figures about the past are read only where the verdict hangs on them. */
export const applyPolicies = async (
  scope: Scope,
  policies: readonly LivePolicy[],
  request: PolicyRequest,
  { isHeldByMode = true, figures: read = new Map() }: Known = {},
): Promise<AppliedPolicies> => {
  const { policy, owners } = joined(policies);
  const figures = new Map<HistoryCondition, Figures>();
  for (const history of historyAsked(policy, request, isHeldByMode)) {
    const key = JSON.stringify([request.tool, request.agent.id, history]);
    const figure = read.get(key) ?? figuresLately(scope, request.tool, request.agent.id, history);
    read.set(key, figure);
    figures.set(history, await figure);
  }
  const verdict = evaluatePolicy(policy, request, (condition) => figures.get(condition) ?? { calls: 0, sum: 0 });
  return { verdict, by: verdict.rule === null ? null : (owners.get(verdict.rule) ?? null) };
};

type PlannedCall = Omit<JudgedCall, 'mode' | 'isRelaxationAllowed' | 'subject'>;

/** What the policies say of a call, and how it would be held. */
const evaluate = async (
  scope: Scope,
  call: PlannedCall,
  isHeldByMode: boolean,
): Promise<{ policy: PolicyVerdict; plan: HoldPlan }> => {
  // Sent together: a round trip less while locks are held.
  const [policies, now] = await Promise.all([
    call.known?.policies ?? livePolicies(scope),
    call.known?.now ?? readClock(scope),
  ]);
  const request: PolicyRequest = {
    tool: call.tool,
    arguments: call.arguments,
    risk: call.risk,
    agent: call.agent,
    caller: call.caller,
    now: now.toISOString(),
  };
  const { verdict: policy, by } = await applyPolicies(scope, policies, request, {
    isHeldByMode,
    figures: call.known?.figures,
  });
  const reference = by && policy.rule ? { id: by.id, name: by.name, version: by.version, rule: policy.rule } : null;
  const plan =
    policy.hold && reference
      ? planOf(policy.hold, request, reference, call.timeoutSeconds)
      : { ...plainPlan(call.risk, call.timeoutSeconds), policy: reference };
  return { policy, plan: { ...plan, policies: policies.map(({ id, version }) => ({ id, version })) } };
};

/** How a call is held that is held for another reason than the gate's, such as an unknown result. */
export const planFor = async (scope: Scope, call: PlannedCall): Promise<HoldPlan> =>
  (await evaluate(scope, call, true)).plan;

export const judge = async (scope: Scope, call: JudgedCall): Promise<Judgement> => {
  const { policy, plan } = await evaluate(scope, call, call.mode.outcome === 'hold');
  const verdict = combine(call.mode, policy, call.isRelaxationAllowed);
  const isAudited = policy.outcome === 'audit' && verdict.outcome === 'proceed';
  const judged = { verdict, plan, grantId: null, planUse: null, departures: null, isAudited };
  if (verdict.outcome !== 'hold') return judged;
  const line = call.plans ? await takeLine(scope, call.plans, toTake(call, plan)) : null;
  if (line?.type === 'used')
    return { ...judged, verdict: { outcome: 'proceed', reason: line.reason }, planUse: line.use };
  const mayUseGrant =
    call.takesGrants !== false && (call.risk !== 'irreversible' || policy.hold?.grants_allowed === true);
  const grant = mayUseGrant ? await takeGrant(scope, call) : null;
  if (grant === null) return { ...judged, departures: line?.departures ?? null };
  return { ...judged, verdict: { outcome: 'proceed', reason: `the grant ${grant} covers it` }, grantId: grant };
};

const toTake = (call: JudgedCall, hold: HoldPlan): CallToTake => ({
  tool: call.tool,
  arguments: call.arguments,
  storedArguments: call.storedArguments ?? call.arguments,
  subject: call.subject,
  hold,
});

/** What a rule with the outcome `audit` let go ahead: its result follows with the step, where it is one of ours. */
export const recordAudited = (
  scope: Scope,
  subject: string,
  actor: Actor,
  call: { readonly tool: string; readonly arguments: JsonObject; readonly policy: HoldPlan['policy'] },
): Promise<void> =>
  appendEvent(scope, {
    type: 'gate.audited',
    subject,
    actor,
    data: { tool: call.tool, policy: call.policy && { id: call.policy.id, version: call.policy.version } },
    detail: { arguments: call.arguments, rule: call.policy?.rule ?? null },
  });

/** Uses a grant that covers the call, in this transaction: its row is locked, so a budget is never overrun. */
const takeGrant = async (scope: Scope, call: JudgedCall): Promise<string | null> => {
  const now = (await readClock(scope)).getTime();
  for (const row of await lockLiveGrants(scope, call.tool, call.agent.id)) {
    const answer = coveredBy(
      {
        bounds: row.bounds,
        expiresAtMs: row.expires_at.getTime(),
        isRevoked: row.revoked_at !== null,
        uses: row.uses,
        total: row.total,
      },
      call.storedArguments ?? call.arguments,
      now,
    );
    if (!answer.covers) continue;
    await useGrant(scope, row.id, {
      subject: call.subject,
      arguments: canonicalize(call.storedArguments ?? call.arguments),
      amount: answer.amount,
    });
    await appendEvent(scope, {
      type: 'grant.used',
      subject: row.id,
      actor: { kind: 'system', id: 'system', name: 'Countersign' },
      data: { used_by: call.subject, tool: call.tool, amount: answer.amount },
    });
    return row.id;
  }
  return null;
};

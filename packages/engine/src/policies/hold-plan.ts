/** How a request is held: who must approve, by when, what follows; from the rule that held it, frozen on the approval. */
import {
  type Bindings,
  type HoldSettings,
  NO_TIMEOUT,
  ONE_APPROVER,
  type PolicyRequest,
  type Requirement,
  type RiskClass,
  type Rule,
  type Stage,
  type TimeoutPlan,
  evaluateText,
  parseRule,
  requestBindings,
} from '@countersign/core';

export type PolicyReference = {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly rule: string;
};

export type HoldPlan = {
  readonly requirement: Requirement;
  readonly timeout: TimeoutPlan;
  readonly priority: 'low' | 'medium' | 'high' | 'critical' | null;
  readonly risk: RiskClass;
  readonly policy: PolicyReference | null;
  /** Every policy that was asked, as it stood. */
  readonly policies: readonly Pick<PolicyReference, 'id' | 'version'>[];
  /** Name of a working calendar. */
  readonly calendar: string | null;
  /** How long decisions are held back so that they can be taken back; null: the policy does not say. */
  readonly recallSeconds: number | null;
  /** Names of the channels on which it is told; none: every one whose own rules fit. */
  readonly channels: readonly string[];
};

export const plainPlan = (risk: RiskClass, timeoutSeconds: number | null): HoldPlan => ({
  requirement: ONE_APPROVER,
  timeout: { ...NO_TIMEOUT, seconds: timeoutSeconds },
  priority: null,
  risk,
  policy: null,
  policies: [],
  calendar: null,
  recallSeconds: null,
  channels: [],
});

/** An expression that gives no usable rule must not weaken anything: then an owner or admin who is an approver decides. */
const FALLBACK: Rule = { type: 'count', count: 1, of: { groups: [], roles: ['owner', 'admin'], members: [] } };

const stageOf = (stage: NonNullable<HoldSettings['stages']>[number], index: number, bindings: Bindings): Stage => {
  const name = stage.name ?? `stage ${index + 1}`;
  const text = stage.approvers ?? textOf(stage.approvers_expression ?? '', bindings);
  const parsed = text === undefined ? undefined : parseRule(text);
  return { name, rule: parsed?.ok ? parsed.value : FALLBACK, rejections: stage.rejections };
};

const textOf = (expression: string, bindings: Bindings): string | undefined => {
  const result = evaluateText(expression, bindings);
  return result.ok ? result.value : undefined;
};

export const planOf = (
  hold: HoldSettings,
  request: PolicyRequest,
  policy: PolicyReference,
  timeoutSeconds: number | null,
): HoldPlan => planFrom(hold, requestBindings(request), request.risk, policy, timeoutSeconds);

/** The same settings outside of a policy, such as on a workflow's approval node: what expressions see is given. */
export const planFrom = (
  hold: HoldSettings,
  bindings: Bindings,
  risk: RiskClass,
  policy: PolicyReference | null,
  timeoutSeconds: number | null,
): HoldPlan => {
  const seconds = hold.timeout_seconds ?? timeoutSeconds;
  // T16: silence never approves what can not be undone, whatever is configured.
  const action =
    hold.on_timeout === 'approve' && risk !== 'reversible' && risk !== 'read_only' ? 'reject' : hold.on_timeout;
  return {
    requirement: {
      stages: hold.stages?.map((stage, index) => stageOf(stage, index, bindings)) ?? ONE_APPROVER.stages,
      isDistinctAcrossStages: hold.distinct_people,
      isReasonRequired: hold.reason_required,
      ...(hold.assurance ? { assurance: hold.assurance } : {}),
      ...(hold.key_may_approve ? { isKeyEnough: true } : {}),
    },
    timeout: {
      action,
      seconds,
      levels: hold.escalate_to.map((level) => {
        const parsed = parseRule(level.approvers);
        return { rule: parsed.ok ? parsed.value : FALLBACK, seconds: level.timeout_seconds };
      }),
      retriesLeft: action === 'retry' ? hold.retries : 0,
      reminders: {
        fractions: hold.remind_after,
        afterSeconds: hold.remind_after_seconds,
        beforeSeconds: hold.remind_before_seconds,
      },
    },
    priority: hold.priority ?? null,
    risk,
    policy,
    policies: [],
    calendar: hold.calendar ?? null,
    recallSeconds: hold.recall_seconds ?? null,
    // A workflow's node that was stored before there were channels has none.
    channels: hold.channels ?? [],
  };
};

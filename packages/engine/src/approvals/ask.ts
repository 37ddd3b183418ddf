/** Makes an approval: content frozen, digest taken, expiry enqueued, all in the caller's transaction. */
import { randomBytes } from 'node:crypto';
import {
  type Actor,
  type Digest,
  type Json,
  type JsonObject,
  type PlanToolReference,
  type RiskClass,
  actionOf,
  canonicalize,
  digestJson,
  digestText,
  higherRisk,
  shapeOf,
} from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  enqueue,
  insertApproval,
  newId,
  readClock,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import type { PlanDeparture } from '../plans/take-line.ts';
import type { HoldPlan } from '../policies/hold-plan.ts';
import { deadlineAfter, remindersIn } from './deadline.ts';

export type AskedTool = { readonly name: string; readonly id: string | null; readonly version: number | null };
export type AskedAgent = {
  readonly id: string | null;
  readonly versionId: string | null;
  readonly version: number | null;
  readonly name: string;
};

export type Ask = {
  readonly kind: ApprovalRow['kind'];
  readonly title: string;
  readonly checkpoint: string;
  readonly priority: ApprovalRow['priority'];
  readonly tool: AskedTool | null;
  readonly arguments: JsonObject | null;
  readonly argumentsSchema: JsonObject | null;
  readonly output: Json;
  readonly agent: AskedAgent | null;
  readonly executionId: string | null;
  /** The outermost execution above it, and the highest risk on the way from there. */
  readonly chain?: { readonly rootId: string; readonly risk: RiskClass | null } | null;
  readonly stepId: string | null;
  readonly conversationId: string | null;
  readonly requestedBy: Actor;
  readonly requesters: readonly string[];
  readonly input: Json;
  readonly gateReason: string;
  readonly explanation: string | null;
  readonly impact: { readonly if_approved?: string; readonly if_rejected?: string } | null;
  readonly evidence: ApprovalRow['evidence'];
  readonly metadata: JsonObject;
  readonly plan: HoldPlan;
  readonly responseSchema?: JsonObject | null;
  /** The tools that a plan names, as they are now. */
  readonly planTools?: readonly PlanToolReference[] | null;
  /** How the call departs from the plans of who asks. */
  readonly departures?: readonly PlanDeparture[] | null;
  /** The ended approval of the same content that this one takes up again. */
  readonly reopenedFrom?: string | null;
};

/** Whoever is due earlier than this has to be told of; twice the time after which processes look anyway. */
const SOON_SECONDS = 2;

/** The digest by which the same call asked again is recognised, whoever asks and whenever. */
export const callDigest = (tool: string, args: JsonObject | null): Digest => digestJson({ tool, arguments: args });

/** Where the secrets of an approval are kept: with its execution's others, or for itself alone. */
const placeOf = (
  approvalId: string,
  row: { readonly executionId: string | null; readonly conversationId: string | null },
): string => (row.executionId === null ? approvalId : (row.conversationId ?? row.executionId));

export const placeOfRow = (row: Pick<ApprovalRow, 'id' | 'execution_id' | 'conversation_id'>): string =>
  placeOf(row.id, { executionId: row.execution_id, conversationId: row.conversation_id });

/** What runs is kept for who runs it; what is only read loses its secrets (trust.md, T46). */
const withoutSecrets = async (
  { redaction }: Pick<Engine, 'redaction'>,
  scope: Scope,
  place: string,
  request: Ask,
): Promise<Ask> => {
  const { title, input, gateReason, explanation, impact, evidence, metadata, departures = null } = request;
  const read = { title, input, gateReason, explanation, impact, evidence, metadata, departures } as const;
  const [args, output, masked] = await Promise.all([
    redaction.keep(scope, place, request.arguments, request.argumentsSchema),
    redaction.keep(scope, place, request.output),
    redaction.mask(scope, read as unknown as JsonObject),
  ]);
  return { ...request, ...(masked as unknown as typeof read), arguments: args, output };
};

/** What a chain of calls leads to is as risky as the riskiest of them: silence does not approve it either (T16). */
const underChain = (plan: HoldPlan, chainRisk: RiskClass | null): HoldPlan => {
  const risk = higherRisk(plan.risk, chainRisk);
  if (risk === plan.risk) return plan;
  const isSilent = plan.timeout.action === 'approve' && risk !== 'reversible' && risk !== 'read_only';
  return { ...plan, risk, timeout: isSilent ? { ...plan.timeout, action: 'reject' } : plan.timeout };
};

/** @returns the approval's id */
export const ask = async (engine: Pick<Engine, 'wake' | 'redaction'>, scope: Scope, given: Ask): Promise<string> => {
  const id = newId('approval');
  const request = await withoutSecrets(engine, scope, placeOf(id, given), given);
  const plan = underChain(request.plan, request.chain?.risk ?? null);
  const now = await readClock(scope);
  const expiresAt =
    plan.timeout.seconds === null ? null : await deadlineAfter(scope, plan.calendar, now, plan.timeout.seconds);
  const remindAt = await remindersIn(scope, plan.calendar, plan.timeout, now, plan.timeout.seconds);
  const action = actionOf({
    approvalId: id,
    workspaceId: scope.workspaceId,
    kind: request.kind,
    title: request.title,
    tool: request.tool,
    arguments: request.arguments,
    output: request.output,
    agent: request.agent,
    executionId: request.executionId,
    checkpoint: request.checkpoint,
    risk: plan.risk,
    requesters: request.requesters,
    question: request.responseSchema ?? null,
    planTools: request.planTools ?? null,
    policy: plan.policy && { id: plan.policy.id, version: plan.policy.version, rule: plan.policy.rule },
    policies: plan.policies,
    expiresAt: expiresAt?.toISOString() ?? null,
    nonce: randomBytes(16).toString('base64url'),
  });
  const text = canonicalize(action);
  await insertApproval(scope, {
    id,
    kind: request.kind,
    title: request.title,
    checkpoint: request.checkpoint,
    priority: plan.priority ?? request.priority,
    action: text,
    digest: digestText(text),
    call_digest: callDigest(request.tool?.name ?? request.title, request.arguments),
    tool: request.tool?.name ?? null,
    arguments_schema: request.argumentsSchema && JSON.stringify(request.argumentsSchema),
    agent: request.agent && { id: request.agent.id, version: request.agent.version, name: request.agent.name },
    agent_id: request.agent?.id ?? null,
    execution_id: request.executionId,
    step_id: request.stepId,
    conversation_id: request.conversationId,
    requested_by: request.requestedBy,
    requesters: [...request.requesters],
    input: request.input === null ? null : canonicalize(request.input),
    gate_reason: request.gateReason,
    explanation: request.explanation,
    impact: request.impact,
    evidence: request.evidence,
    metadata: request.metadata,
    expires_at: expiresAt,
    requirement: plan.requirement,
    timeout: plan.timeout,
    calendar: plan.calendar,
    risk: plan.risk,
    policy: plan.policy,
    remind_at: remindAt,
    response_schema: request.responseSchema ? JSON.stringify(request.responseSchema) : null,
    // No plan is like another: they are not decided together, nor compared.
    shape: request.tool && !request.planTools ? shapeOf(request.tool.name, request.arguments) : null,
    departures: request.departures ? [...request.departures] : null,
    reopened_from: request.reopenedFrom ?? null,
    recall_seconds: plan.recallSeconds,
    root_execution_id: request.chain?.rootId ?? request.executionId,
    channels: [...plan.channels],
  });
  await appendEvent(scope, {
    type: 'approval.requested',
    subject: id,
    actor: request.requestedBy,
    data: {
      priority: plan.priority ?? request.priority,
      tool: request.tool?.name ?? null,
      execution_id: request.executionId,
    },
  });
  if (expiresAt) await enqueue(scope, 'expire_approval', id, expiresAt);
  if (remindAt[0]) await enqueue(scope, 'remind_approval', id, remindAt[0]);
  // Every process looks at least once a second, and then knows when the next is due.
  const first = remindAt[0] ?? expiresAt;
  if (first && first.getTime() - now.getTime() <= SOON_SECONDS * 1000) scope.afterCommit(() => engine.wake.jobs());
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return id;
};

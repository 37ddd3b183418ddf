/** An agent's plan: checked, put before people like a call whatever the mode, and told to the model when it is decided. */
import {
  type GateVerdict,
  type Json,
  type JsonObject,
  PLAN_DESCRIPTION,
  PLAN_PARAMETERS,
  PLAN_TOOL,
  blockedWords,
  invalidArgumentsWords,
  invalidPlanWords,
  lineWords,
  planApprovedWords,
  planRevokedWords,
  planTitle,
  repeatedWords,
} from '@countersign/core';
import { type ExecutionRow, type Scope, type StepRow, findRejectedStep, getApproval } from '@countersign/store';
import { type Ask, ask, callDigest } from '../approvals/ask.ts';
import type { Engine } from '../engine.ts';
import type { AgentConfig } from '../executions/agent-config.ts';
import type { ModelTool } from '../models/model.ts';
import { judge } from '../policies/judge.ts';
import { parseArguments } from '../tools/validate-arguments.ts';
import { heldInCall } from '../voice/held-in-call.ts';
import { type PlanTools, checkPlan } from './check-plan.ts';
import { planEndsAt, planIn } from './take-line.ts';

export const planTool: ModelTool = { name: PLAN_TOOL, description: PLAN_DESCRIPTION, parameters: PLAN_PARAMETERS };

/** A blocked tool is never called, so no plan names it. */
export const toolsOfPlansBy = ({ tools, gate }: Pick<AgentConfig, 'tools' | 'gate'>): PlanTools => ({
  type: 'of_agent',
  names: gate.mode === 'confirm_tools' ? tools.filter((name) => !gate.blockedTools.includes(name)) : tools,
});

export type Proposal =
  | {
      readonly outcome: 'refuse';
      readonly words: string;
      readonly arguments: JsonObject | null;
      readonly verdict: GateVerdict | null;
    }
  | {
      readonly outcome: 'held';
      readonly arguments: JsonObject;
      readonly verdict: GateVerdict;
      readonly approvalId: string;
    };

type Proposed = {
  /** Where its secrets are kept. */
  readonly place: string;
  /** As the model wrote it. */
  readonly argumentsText: string;
  /** What the request has in common with those of the same execution. */
  readonly common: Pick<
    Ask,
    | 'agent'
    | 'executionId'
    | 'chain'
    | 'conversationId'
    | 'requestedBy'
    | 'requesters'
    | 'input'
    | 'impact'
    | 'evidence'
    | 'metadata'
  >;
  readonly stepId: string;
  readonly explanation: string | null;
};

export const proposePlan = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  proposed: Proposed,
): Promise<Proposal> => {
  const { redaction } = engine;
  const refused = (words: string, args: JsonObject | null = null, verdict: GateVerdict | null = null): Proposal => ({
    outcome: 'refuse',
    words,
    arguments: args,
    verdict,
  });
  const parsed = parseArguments(proposed.argumentsText);
  if (!parsed.ok) return refused(invalidArgumentsWords([{ pointer: '', detail: parsed.problem }]));
  const real = await redaction.restore(scope, proposed.place, parsed.value);
  const checked = await checkPlan(scope, real, toolsOfPlansBy(config));
  if (!checked.ok) return refused(await redaction.mask(scope, invalidPlanWords(checked.refusal)));
  const { plan, tools, risk } = checked.value;
  const whole = plan as unknown as JsonObject;
  const args = await redaction.keep(scope, proposed.place, whole);
  const rejected = await findRejectedStep(scope, execution.id, callDigest(PLAN_TOOL, args));
  if (rejected) {
    const verdict = { outcome: 'block', reason: 'the same plan was rejected before in this execution' } as const;
    return refused(repeatedWords(rejected.reason), args, verdict);
  }
  const judged = await judge(scope, {
    tool: PLAN_TOOL,
    arguments: whole,
    storedArguments: args,
    risk,
    agent: { id: config.agentId, name: config.agentName },
    caller: execution.started_by.id,
    // No mode, no lax rule and no grant puts a plan in force that nobody has seen.
    mode: { outcome: 'hold', reason: 'a plan is put before a person' },
    isRelaxationAllowed: false,
    timeoutSeconds: config.timeoutSeconds,
    subject: execution.id,
    takesGrants: false,
  });
  const { verdict } = judged;
  if (verdict.outcome === 'block') return refused(blockedWords(verdict.reason), args, verdict);
  const approvalId = await ask(engine, scope, {
    ...proposed.common,
    kind: 'tool_call',
    title: planTitle(plan),
    checkpoint: config.checkpoint ?? PLAN_TOOL,
    priority: 'medium',
    tool: { name: PLAN_TOOL, id: null, version: null },
    arguments: args,
    argumentsSchema: PLAN_PARAMETERS,
    output: null as Json,
    stepId: proposed.stepId,
    gateReason: verdict.reason,
    explanation: proposed.explanation,
    plan: await heldInCall(scope, execution, judged.plan),
    planTools: tools,
  });
  return { outcome: 'held', arguments: args, verdict, approvalId };
};

/** What the model is told of its approved plan. It is in force from its approval on: nothing else has to happen. */
export const approvedPlanWords = async (scope: Scope, step: Pick<StepRow, 'approval_id'>): Promise<string> => {
  const row = await getApproval(scope, step.approval_id ?? '');
  if (!row) throw new Error(`no approval ${step.approval_id}`);
  if (row.revoked) return planRevokedWords;
  const { plan } = planIn(row);
  return planApprovedWords(plan.lines.map(lineWords), planEndsAt(row, plan).toISOString());
};

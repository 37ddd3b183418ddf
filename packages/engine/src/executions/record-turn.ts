/** Writes a model's turn: its step, a step for each call it asks for, and an approval for each that is held. */
import {
  type GateVerdict,
  type Json,
  type JsonObject,
  PLAN_TOOL,
  blockedWords,
  canonicalize,
  gateToolCall,
  invalidArgumentsWords,
  repeatedWords,
  riskOf,
  titleOf,
  unknownToolWords,
} from '@countersign/core';
import {
  type ExecutionRow,
  type NewStep,
  type Scope,
  type ToolRow,
  finishStep,
  findRejectedStep,
  insertStep,
  newId,
  recordGateAnswer,
  toolsByName,
} from '@countersign/store';
import { ask, callDigest } from '../approvals/ask.ts';
import type { Engine } from '../engine.ts';
import type { ModelTurn } from '../models/model.ts';
import { type HoldPlan, plainPlan } from '../policies/hold-plan.ts';
import { proposePlan } from '../plans/propose.ts';
import type { LineUse, PlanDeparture } from '../plans/take-line.ts';
import { judge, planFor, recordAudited } from '../policies/judge.ts';
import { parseArguments, validateArguments } from '../tools/validate-arguments.ts';
import { type AgentConfig, parseSchema } from './agent-config.ts';
import { EXECUTION_ACTOR } from './finish.ts';
import { heldInCall } from '../voice/held-in-call.ts';
import type { KeptTurn } from './history.ts';

const EXPLANATION_LENGTH_MAX = 2000;

export const recordTurn = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  stepId: string,
  place: { readonly position: number; readonly turn: number },
  turn: ModelTurn,
): Promise<void> => {
  const tools = new Map((await toolsByName(scope, config.tools)).map((tool) => [tool.name, tool]));
  const kept = await keptTurn(engine, scope, execution, tools, turn);
  await finishStep(scope, {
    id: stepId,
    status: 'completed',
    result: JSON.stringify(kept),
    input_tokens: turn.usage.inputTokens,
    output_tokens: turn.usage.outputTokens,
  });
  if (turn.toolCalls.length === 0) return;
  for (const [index, call] of turn.toolCalls.entries()) {
    const common = {
      id: newId('step'),
      execution_id: execution.id,
      position: place.position + 1 + index,
      turn: place.turn,
      kind: 'tool_call' as const,
      call_id: call.id,
    };
    if (config.mayPlan && call.name === PLAN_TOOL) {
      await recordPlan(engine, scope, execution, config, common, call.argumentsText, kept.text || null);
      continue;
    }
    const judged = await judgeCall(engine, scope, execution, config, tools, call.name, call.argumentsText);
    if (judged.outcome === 'refuse') {
      await insertStep(scope, {
        ...common,
        tool: call.name,
        arguments: judged.arguments === null ? null : canonicalize(judged.arguments),
        status: 'refused',
        result: judged.words,
        is_error: true,
        gate: judged.verdict,
      });
      continue;
    }
    const { tool, verdict, arguments: args } = judged;
    const approvalId =
      verdict.outcome === 'hold'
        ? await holdCall(engine, scope, execution, config, {
            stepId: common.id,
            tool,
            arguments: args,
            reason: verdict.reason,
            explanation: kept.text || null,
            checkpoint: config.checkpoint ?? tool.name,
            plan: judged.plan,
            departures: judged.departures,
          })
        : null;
    recordAnswer(scope, execution, tool, args, verdict.outcome === 'hold' ? 'hold' : 'proceed', approvalId);
    await insertStep(scope, {
      ...common,
      tool: tool.name,
      tool_id: tool.id,
      arguments: canonicalize(args),
      call_digest: callDigest(tool.name, args),
      status: approvalId ? 'awaiting_approval' : 'ready',
      gate: {
        ...verdict,
        ...(judged.isAudited ? { isAudited: true } : {}),
        ...(judged.planUse ? { plan: judged.planUse } : {}),
      },
      approval_id: approvalId,
    });
    if (judged.isAudited)
      await recordAudited(scope, execution.id, EXECUTION_ACTOR(execution), {
        tool: tool.name,
        arguments: args,
        policy: judged.plan.policy,
      });
  }
};

/** A plan is a call of a tool of our own, which people decide about and nothing outside carries out. */
const recordPlan = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  step: Pick<NewStep, 'id' | 'execution_id' | 'position' | 'turn' | 'kind' | 'call_id'>,
  argumentsText: string,
  explanation: string | null,
): Promise<void> => {
  const proposal = await proposePlan(engine, scope, execution, config, {
    place: secretsOf(execution),
    argumentsText,
    common: commonAsk(execution, config),
    stepId: step.id,
    explanation: explanation && explanation.slice(0, EXPLANATION_LENGTH_MAX),
  });
  const args = proposal.arguments;
  await insertStep(scope, {
    ...step,
    tool: PLAN_TOOL,
    arguments: args && canonicalize(args),
    gate: proposal.verdict,
    ...(proposal.outcome === 'refuse'
      ? { status: 'refused', result: proposal.words, is_error: true }
      : {
          status: 'awaiting_approval',
          call_digest: callDigest(PLAN_TOOL, proposal.arguments),
          approval_id: proposal.approvalId,
        }),
  });
};

/** Where an execution's secrets are kept: with its conversation's others, so that they can be named again in it. */
export const secretsOf = (execution: Pick<ExecutionRow, 'id' | 'conversation_id'>): string =>
  execution.conversation_id ?? execution.id;

/** What is kept of a turn, without its secrets. A provider's own state can't be changed: it is dropped if it holds one. */
const keptTurn = async (
  { redaction }: Engine,
  scope: Scope,
  execution: ExecutionRow,
  tools: ReadonlyMap<string, ToolRow>,
  turn: ModelTurn,
): Promise<KeptTurn> => {
  const place = secretsOf(execution);
  const toolCalls: KeptTurn['toolCalls'][number][] = [];
  for (const call of turn.toolCalls) {
    const parsed = parseArguments(call.argumentsText);
    const tool = tools.get(call.name);
    const argumentsText = parsed.ok
      ? keepSpelling(
          call.argumentsText,
          parsed.value,
          await redaction.keep(scope, place, parsed.value, tool ? parseSchema(tool.parameters) : null),
        )
      : await redaction.mask(scope, call.argumentsText);
    toolCalls.push({ ...call, argumentsText });
  }
  const state = turn.providerState as unknown as JsonObject | undefined;
  const masked = state && (await redaction.mask(scope, state));
  return {
    text: await redaction.keep(scope, place, turn.text),
    toolCalls,
    ...(turn.providerState && canonicalize(state ?? null) === canonicalize(masked ?? null)
      ? { providerState: turn.providerState }
      : {}),
  };
};

/** The text as the model wrote it, where nothing was taken out. */
const keepSpelling = (text: string, before: JsonObject, after: JsonObject): string =>
  canonicalize(before) === canonicalize(after) ? text : JSON.stringify(after);

type Judged =
  | {
      readonly outcome: 'refuse';
      readonly words: string;
      readonly arguments: JsonObject | null;
      readonly verdict: GateVerdict | null;
    }
  | {
      readonly outcome: 'go';
      readonly tool: ToolRow;
      readonly arguments: JsonObject;
      readonly verdict: GateVerdict;
      readonly plan: HoldPlan;
      readonly isAudited: boolean;
      readonly planUse: LineUse | null;
      readonly departures: readonly PlanDeparture[] | null;
    };

const judgeCall = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  tools: ReadonlyMap<string, ToolRow>,
  name: string,
  argumentsText: string,
): Promise<Judged> => {
  const refused = (words: string, args: JsonObject | null = null, verdict: GateVerdict | null = null): Judged => ({
    outcome: 'refuse',
    words,
    arguments: args,
    verdict,
  });
  const tool = tools.get(name);
  if (!tool) return refused(unknownToolWords(name));
  const parsed = parseArguments(argumentsText);
  if (!parsed.ok) return refused(invalidArgumentsWords([{ pointer: '', detail: parsed.problem }]));
  const schema = parseSchema(tool.parameters);
  // The model knows markers alone; what it writes is judged as what would run.
  const real = await engine.redaction.restore(scope, secretsOf(execution), parsed.value);
  const args = await engine.redaction.keep(scope, secretsOf(execution), real, schema);
  const problems = validateArguments(schema, real);
  if (problems.length > 0) return refused(invalidArgumentsWords(problems), args);
  const rejected = await findRejectedStep(scope, execution.id, callDigest(name, args));
  if (rejected) {
    const verdict = { outcome: 'block', reason: 'the same call was rejected before in this execution' } as const;
    return refused(repeatedWords(rejected.reason), args, verdict);
  }
  const mode = gateToolCall(config.gate, {
    name: tool.name,
    readOnly: tool.annotations.read_only,
    approval: tool.approval,
  });
  const { verdict, plan, isAudited, planUse, departures } = await judge(scope, {
    ...plannedCall(execution, config, tool, real),
    storedArguments: args,
    mode,
    isRelaxationAllowed: config.isRelaxationAllowed,
    subject: execution.id,
    ...(config.mayPlan ? { plans: { type: 'execution', id: execution.id, redaction: engine.redaction } as const } : {}),
  });
  if (verdict.outcome === 'block') {
    recordAnswer(scope, execution, tool, args, 'block', null);
    return refused(blockedWords(verdict.reason), args, verdict);
  }
  return { outcome: 'go', tool, arguments: args, verdict, plan, isAudited, planUse, departures };
};

const plannedCall = (execution: ExecutionRow, config: AgentConfig, tool: ToolRow, args: JsonObject) => ({
  tool: tool.name,
  arguments: args,
  risk: riskOf(tool.annotations),
  agent: { id: config.agentId, name: config.agentName },
  caller: execution.started_by.id,
  timeoutSeconds: config.timeoutSeconds,
});

/** Rules about the past count these, and back-tests run on them. */
const recordAnswer = (
  scope: Scope,
  execution: ExecutionRow,
  tool: ToolRow,
  args: JsonObject,
  outcome: 'proceed' | 'hold' | 'block',
  approvalId: string | null,
): void =>
  recordGateAnswer(scope, {
    tool: tool.name,
    agent_id: execution.agent_id,
    caller: execution.started_by.id,
    arguments: canonicalize(args),
    risk: riskOf(tool.annotations),
    outcome,
    approval_id: approvalId,
  });

export type HeldCall = {
  readonly stepId: string;
  readonly tool: ToolRow;
  readonly arguments: JsonObject;
  readonly reason: string;
  readonly explanation: string | null;
  readonly checkpoint: string;
  /** How it is held; found from the policies if not given. */
  readonly plan?: HoldPlan;
  readonly departures?: readonly PlanDeparture[] | null;
};

/** Puts a tool call before a person. @returns the approval's id */
export const holdCall = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  call: HeldCall,
): Promise<string> =>
  ask(engine, scope, {
    ...commonAsk(execution, config),
    kind: 'tool_call',
    title: titleOf(call.tool.name, call.tool.summary_template, call.arguments),
    checkpoint: call.checkpoint,
    priority: priorityOf(call.tool),
    tool: { name: call.tool.name, id: call.tool.id, version: call.tool.version },
    arguments: call.arguments,
    argumentsSchema: parseSchema(call.tool.parameters),
    output: null,
    stepId: call.stepId,
    gateReason: call.reason,
    plan: await heldInCall(
      scope,
      execution,
      call.plan ?? (await planFor(scope, plannedCall(execution, config, call.tool, call.arguments))),
    ),
    explanation: call.explanation === null ? null : call.explanation.slice(0, EXPLANATION_LENGTH_MAX),
    departures: call.departures ?? null,
  });

/** Puts an output before a person. @returns the approval's id */
export const holdOutput = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  output: { readonly stepId: string; readonly value: Json; readonly reason: string },
): Promise<string> =>
  ask(engine, scope, {
    ...commonAsk(execution, config),
    kind: 'output',
    title: `Send the answer of ${config.agentName}`,
    checkpoint: config.checkpoint ?? 'output',
    priority: 'medium',
    tool: null,
    arguments: null,
    argumentsSchema: null,
    output: output.value,
    stepId: output.stepId,
    gateReason: output.reason,
    plan: await heldInCall(scope, execution, plainPlan('external', config.timeoutSeconds)),
    explanation: null,
  });

/** Where its requests show beside itself. */
export const chainOf = (execution: ExecutionRow) => ({
  rootId: execution.root_execution_id ?? execution.id,
  risk: execution.chain_risk,
});

const commonAsk = (execution: ExecutionRow, config: AgentConfig) => ({
  agent: { id: config.agentId, versionId: config.versionId, version: config.version, name: config.agentName },
  executionId: execution.id,
  chain: chainOf(execution),
  conversationId: execution.conversation_id,
  requestedBy: EXECUTION_ACTOR(execution),
  requesters: execution.requesters,
  input: JSON.parse(execution.input) as Json,
  impact: null,
  evidence: [],
  metadata: {},
});

/** Where no policy says otherwise. */
const priorityOf = (tool: ToolRow): 'low' | 'medium' => (tool.annotations.read_only ? 'low' : 'medium');

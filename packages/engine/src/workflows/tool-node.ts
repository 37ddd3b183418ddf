/** A tool node: gated as an agent's call is, called after the commit, and never called again once its result is known. */
import {
  type GateSettings,
  type Json,
  type JsonObject,
  type NodeOf,
  canonicalize,
  gateToolCall,
  isObject,
  retryInSeconds,
  riskOf,
  titleOf,
} from '@countersign/core';
import { type ToolRow, getMcpServer, recordGateAnswer } from '@countersign/store';
import { ask } from '../approvals/ask.ts';
import { originOf, takeApproval, unknownResultReason } from '../executions/act.ts';
import { parseSchema } from '../executions/agent-config.ts';
import { EXECUTION_ACTOR } from '../executions/finish.ts';
import { chainOf } from '../executions/record-turn.ts';
import { UNKNOWN_RESULT_CHECKPOINT } from '../executions/resume.ts';
import type { HoldPlan } from '../policies/hold-plan.ts';
import { judge, planFor, recordAudited } from '../policies/judge.ts';
import type { ToolFailure } from '../tools/tool-outcome.ts';
import { validateArguments } from '../tools/validate-arguments.ts';
import { factsOf, setTimes } from './live.ts';
import { type Round, failRun, later, moveRun, nodeOf, settleRun } from './round.ts';

/** What a call came to. */
export type CallResult =
  | { readonly type: 'answer'; readonly content: string; readonly isError: boolean }
  | { readonly type: 'failure'; readonly failure: ToolFailure };

const gateOf = (node: NodeOf<'tool'>): GateSettings => ({
  mode: node.hitl_mode ?? 'disabled',
  allowedTools: node.hitl_config?.allowed_tools ?? [],
  blockedTools: node.hitl_config?.blocked_tools ?? [],
  holdReadOnly: node.hitl_config?.hold_read_only ?? false,
  approvalRequired: false,
});

const timeoutOf = (node: NodeOf<'tool'>): number | null => {
  const minutes = node.hitl_config?.timeout_minutes ?? null;
  return minutes === null ? null : Math.round(minutes * 60);
};

/** The tool as it is now, or undefined if there is none of this name. */
const toolOf = (round: Round, node: NodeOf<'tool'>): ToolRow | undefined =>
  round.live.read.tools.find(({ name }) => name === node.tool);

/** Begins a call: refuses it, puts it before a person, or has it made after the commit. */
export const beginTool = async (
  round: Round,
  key: string,
  node: NodeOf<'tool'>,
  rendered: JsonObject,
): Promise<void> => {
  const facts = factsOf(round.live, key);
  const tool = toolOf(round, node);
  if (!tool) return failRun(round, key, 'tool_removed', `The tool ${node.tool} was removed. Nothing was called.`);
  const { redaction } = round.engine;
  const place = round.execution.id;
  const schema = parseSchema(tool.parameters);
  const args =
    facts.input === null
      ? await redaction.keep(round.scope, place, rendered, schema)
      : (JSON.parse(facts.input) as JsonObject);
  if (facts.approvalId) {
    const { versionId, name } = round.live.workflow;
    const runs = { agentId: null, versionId, agentName: name };
    const taken = await takeApproval(
      round.engine,
      round.scope,
      round.execution,
      runs,
      { id: facts.id, approval_id: facts.approvalId },
      tool,
      args,
    );
    if (taken.type === 'blocked')
      return failRun(round, key, 'blocked', `The call was not made: ${taken.reason}.`, 'rejected');
    if (taken.type === 'other')
      return holdTool(round, key, node, tool, args, { reason: taken.reason, checkpoint: node.checkpoint ?? node.tool });
    return call(round, key, node, tool, args);
  }
  if (facts.attempt > 0) return call(round, key, node, tool, args);
  const problems = validateArguments(schema, await redaction.restore(round.scope, place, args));
  if (problems.length > 0)
    return failRun(
      round,
      key,
      'invalid_arguments',
      `The arguments are not what ${node.tool} takes: ${problems.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')}`,
    );
  facts.input = canonicalize(args);
  facts.toolId = tool.id;
  return gate(round, key, node, tool, args);
};

const plannedCall = (round: Round, node: NodeOf<'tool'>, tool: ToolRow, args: JsonObject) => ({
  tool: tool.name,
  arguments: args,
  risk: riskOf(tool.annotations),
  agent: { id: null, name: round.live.workflow.name },
  caller: round.execution.started_by.id,
  timeoutSeconds: timeoutOf(node),
});

const gate = async (
  round: Round,
  key: string,
  node: NodeOf<'tool'>,
  tool: ToolRow,
  args: JsonObject,
): Promise<void> => {
  const { engine, scope, execution, live } = round;
  const facts = factsOf(live, key);
  const { verdict, plan, isAudited } = await judge(scope, {
    ...plannedCall(round, node, tool, await engine.redaction.restore(scope, execution.id, args)),
    storedArguments: args,
    mode: gateToolCall(gateOf(node), {
      name: tool.name,
      readOnly: tool.annotations.read_only,
      approval: tool.approval,
    }),
    isRelaxationAllowed: false,
    subject: execution.id,
    known: { policies: live.read.policies, figures: round.figures, now: round.now },
  });
  facts.gate = isAudited ? { ...verdict, isAudited: true } : verdict;
  recordGateAnswer(scope, {
    tool: tool.name,
    agent_id: null,
    caller: execution.started_by.id,
    arguments: canonicalize(args),
    risk: riskOf(tool.annotations),
    outcome: verdict.outcome,
    approval_id: null,
    execution_id: execution.id,
  });
  if (isAudited)
    await recordAudited(scope, execution.id, EXECUTION_ACTOR(execution), {
      tool: tool.name,
      arguments: args,
      policy: plan.policy,
    });
  if (verdict.outcome === 'block')
    return failRun(round, key, 'blocked', `The call was not made: ${verdict.reason}.`, 'rejected');
  if (verdict.outcome === 'hold')
    return holdTool(round, key, node, tool, args, {
      reason: verdict.reason,
      checkpoint: node.checkpoint ?? tool.name,
      plan,
    });
  return call(round, key, node, tool, args);
};

/** Puts a call before a person. */
const holdTool = async (
  round: Round,
  key: string,
  node: NodeOf<'tool'>,
  tool: ToolRow,
  args: JsonObject,
  why: { readonly reason: string; readonly checkpoint: string; readonly plan?: HoldPlan },
): Promise<void> => {
  const { engine, scope, execution, live } = round;
  const facts = factsOf(live, key);
  facts.input = canonicalize(args);
  facts.toolId = tool.id;
  facts.approvalId = await ask(engine, scope, {
    kind: 'tool_call',
    title: titleOf(tool.name, tool.summary_template, args),
    checkpoint: why.checkpoint,
    priority: tool.annotations.read_only ? 'low' : 'medium',
    tool: { name: tool.name, id: tool.id, version: tool.version },
    arguments: args,
    argumentsSchema: parseSchema(tool.parameters),
    output: null,
    agent: askedBy(round),
    executionId: execution.id,
    chain: chainOf(execution),
    stepId: facts.id,
    conversationId: null,
    requestedBy: EXECUTION_ACTOR(execution),
    requesters: execution.requesters,
    input: JSON.parse(execution.input) as Json,
    gateReason: why.reason,
    explanation: node.description ?? null,
    impact: null,
    evidence: [],
    metadata: { node: node.id },
    plan: why.plan ?? (await planFor(scope, plannedCall(round, node, tool, args))),
  });
  moveRun(round, key, 'awaiting_approval');
};

/** Who asks, for reviewers: the workflow, in its version. */
export const askedBy = ({ live }: Round) => ({
  id: null,
  versionId: live.workflow.versionId,
  version: live.workflow.version,
  name: live.workflow.name,
});

const call = async (
  round: Round,
  key: string,
  node: NodeOf<'tool'>,
  tool: ToolRow,
  args: JsonObject,
): Promise<void> => {
  const { live, scope, execution } = round;
  const facts = factsOf(live, key);
  facts.attempt += 1;
  facts.input = canonicalize(args);
  facts.toolId = tool.id;
  setTimes(live, key, { wakeAt: null });
  moveRun(round, key, 'running');
  live.inFlight.add(key);
  round.calls.push({
    key,
    stepId: facts.id,
    attempt: facts.attempt,
    tool,
    server: tool.mcp_server_id ? await getMcpServer(scope, tool.mcp_server_id) : undefined,
    arguments: args,
    place: execution.id,
    template: node.arguments,
    timeoutSeconds: node.timeout_seconds ?? null,
    origin: originOf(execution, { approval_id: facts.approvalId, call_id: null }),
  });
};

const ERROR_LENGTH_MAX = 500;

const textOf = (output: Json): string => (typeof output === 'string' ? output : JSON.stringify(output));

/** What a tool's answer is for the steps that follow: JSON where it is JSON, else its text. */
const outputOf = (content: string): Json => {
  try {
    return JSON.parse(content) as Json;
  } catch {
    return content;
  }
};

/** Records what a call came to. A result of a run that was withdrawn meanwhile is dropped (E10). */
export const recordCall = async (round: Round, key: string, result: CallResult): Promise<void> => {
  const { live } = round;
  live.inFlight.delete(key);
  const run = live.state.runs.get(key);
  const node = nodeOf(round, key);
  if (run?.status !== 'running' || node.type !== 'tool') return undefined;
  if (result.type === 'answer') {
    const output = await round.engine.redaction.keep(round.scope, round.execution.id, outputOf(result.content));
    if (!result.isError) return settleRun(round, key, { type: 'completed', output });
    const message = `The tool ${node.tool} answered with an error: ${textOf(output).slice(0, ERROR_LENGTH_MAX)}`;
    return settleRun(round, key, { type: 'failed', status: 'failed', error: { code: 'tool_error', message }, output });
  }
  const { failure } = result;
  if (failure.kind === 'permanent') return failRun(round, key, failure.code, failure.message);
  if (failure.kind === 'unknown')
    return settleUnknown(round, key, failure.message, failure.retryAfterSeconds, failure.code);
  return tryAgain(round, key, failure.code, failure.message, failure.retryAfterSeconds);
};

/** Waits for the next attempt, or gives up. */
export const tryAgain = async (
  round: Round,
  key: string,
  code: string,
  message: string,
  retryAfterSeconds?: number,
): Promise<void> => {
  const { attempt } = factsOf(round.live, key);
  const seconds = retryInSeconds(nodeOf(round, key), attempt, Math.random(), retryAfterSeconds);
  if (seconds === null)
    return failRun(round, key, code, attempt > 1 ? `${message} (after ${attempt} attempts)` : message);
  moveRun(round, key, 'waiting');
  setTimes(round.live, key, { wakeAt: later(round, seconds) });
};

/**
 * A call that began and whose answer is missing: made again under the same key where that is harmless, otherwise put
 * before a person (E4).
 */
export const settleUnknown = async (
  round: Round,
  key: string,
  lost: string,
  retryAfterSeconds?: number,
  code = 'result_unknown',
): Promise<void> => {
  const node = nodeOf(round, key);
  if (node.type !== 'tool') return undefined;
  const facts = factsOf(round.live, key);
  const tool = toolOf(round, node);
  if (!tool)
    return failRun(
      round,
      key,
      'result_unknown',
      `${lost} Whether the call was made is not known, and the tool was removed since.`,
    );
  if (tool.annotations.read_only || tool.annotations.idempotent)
    return tryAgain(round, key, code, lost, retryAfterSeconds);
  const args = JSON.parse(facts.input ?? '{}') as JsonObject;
  return holdTool(round, key, node, tool, isObject(args) ? args : {}, {
    reason: unknownResultReason(lost, 'the tool is not marked idempotent'),
    checkpoint: UNKNOWN_RESULT_CHECKPOINT,
  });
};

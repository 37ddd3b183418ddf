/** What an execution does to the world, planned in a transaction and carried out outside of it: model and tool calls. */
import {
  type Digest,
  type JsonObject,
  blockedWords,
  canonicalize,
  digestText,
  isObject,
  markersIn,
  mayStream,
  removedToolWords,
} from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  type StepRow,
  type ToolRow,
  getApproval,
  getConsumption,
  getMcpServer,
  getSecretCiphertext,
  toolsByName,
  transaction,
} from '@countersign/store';
import { consume } from '../approvals/use.ts';
import type { Engine } from '../engine.ts';
import { planTool } from '../plans/propose.ts';
import { callModel } from '../models/call-model.ts';
import type { ModelFailure, ModelMessage, ModelTool, ModelTurn } from '../models/model.ts';
import type { ToolFailure } from '../tools/tool-outcome.ts';
import { callTool } from '../tools/call-tool.ts';
import { type AgentConfig, parseSchema } from './agent-config.ts';
import { buildMessages } from './history.ts';
import { openTurnDraft } from './turn-draft.ts';
import { holdCall, secretsOf } from './record-turn.ts';
import { UNKNOWN_RESULT_CHECKPOINT } from './resume.ts';

type StepPlace = { readonly id: string; readonly position: number; readonly turn: number; readonly attempt: number };

export type PlannedModelCall = {
  readonly type: 'model';
  readonly step: StepPlace;
  readonly config: AgentConfig;
  readonly messages: ModelMessage[];
  readonly tools: ModelTool[];
  /** The execution that people watch: what the model says is shown while it says it. Null where it must not be. */
  readonly watched: string | null;
};

export type PlannedToolCall = {
  readonly type: 'tool';
  readonly step: StepPlace;
  readonly tool: ToolRow;
  readonly server: Awaited<ReturnType<typeof getMcpServer>>;
  /** As stored: without the secrets, which are put in right before the call. */
  readonly arguments: JsonObject;
  /** Where they are kept. */
  readonly place: string;
  /** Whether a policy wants its arguments and its result in the audit log. */
  readonly isAudited: boolean;
  /** Whether calling it again under the same key does no harm. */
  readonly isRepeatable: boolean;
  /** Tells the tool which work the call belongs to. */
  readonly origin: Record<string, string>;
};

export type PlannedAct = PlannedModelCall | PlannedToolCall;

export type ActResult =
  | { readonly type: 'turn'; readonly step: StepPlace; readonly turn: ModelTurn }
  | {
      readonly type: 'tool_answer';
      readonly step: StepPlace;
      readonly tool: string;
      readonly arguments: JsonObject;
      readonly content: string;
      readonly isError: boolean;
      readonly isAudited: boolean;
    }
  | { readonly type: 'failure'; readonly step: StepPlace; readonly failure: ModelFailure | ToolFailure };

export const planModelCall = async (
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  step: StepPlace,
  hadHeldCall: boolean,
): Promise<PlannedModelCall> => {
  const tools = await toolsByName(scope, config.tools);
  return {
    type: 'model',
    step,
    config,
    watched: execution.conversation_id !== null && mayStream(config.gate, hadHeldCall) ? execution.id : null,
    messages: await buildMessages(scope, execution),
    tools: [
      ...config.tools.flatMap((name): ModelTool[] => {
        const tool = tools.find((candidate) => candidate.name === name);
        return tool ? [{ name, description: tool.description, parameters: parseSchema(tool.parameters) }] : [];
      }),
      ...(config.mayPlan ? [planTool] : []),
    ],
  };
};

type ToolPlan =
  | { readonly type: 'call'; readonly act: PlannedToolCall }
  | { readonly type: 'held'; readonly approvalId: string }
  | { readonly type: 'refused'; readonly words: string };

/**
 * Makes a call ready, in the transaction that records its start: the approved content's digest is computed again from
 * what would run now, and the approval is consumed, once. A tool that changed since is put before a person again (I6).
 *
 * @param lost what became of an earlier attempt, if its result is not known: nobody is told then that it did not run
 */
export const planToolCall = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  step: StepRow,
  lost: string | null,
): Promise<ToolPlan> => {
  const tool = (await toolsByName(scope, [step.tool ?? '']))[0];
  if (!tool || tool.id !== step.tool_id)
    return { type: 'refused', words: removedToolWords(step.tool ?? '', lost !== null) };
  const args = JSON.parse(step.arguments ?? '{}') as JsonObject;
  if (step.approval_id) {
    const taken = await takeApproval(engine, scope, execution, config, step, tool, args);
    if (taken.type === 'blocked') return { type: 'refused', words: blockedWords(taken.reason) };
    if (taken.type === 'other') {
      const mismatch = taken.reason;
      const approvalId = await holdCall(engine, scope, execution, config, {
        stepId: step.id,
        tool,
        arguments: args,
        reason: lost === null ? mismatch : unknownResultReason(lost, mismatch),
        explanation: null,
        checkpoint: lost === null ? (config.checkpoint ?? tool.name) : UNKNOWN_RESULT_CHECKPOINT,
      });
      return { type: 'held', approvalId };
    }
  }
  const server = tool.mcp_server_id ? await getMcpServer(scope, tool.mcp_server_id) : undefined;
  return {
    type: 'call',
    act: {
      type: 'tool',
      step: { id: step.id, position: step.position, turn: step.turn, attempt: step.attempt + 1 },
      tool,
      server,
      arguments: args,
      place: secretsOf(execution),
      isAudited: step.gate?.isAudited === true,
      isRepeatable: tool.annotations.read_only || tool.annotations.idempotent,
      origin: originOf(execution, step),
    },
  };
};

/** What a person is told who has to say whether a call is made again. */
export const unknownResultReason = (lost: string, why: string): string =>
  `it is not known whether this call was executed (${lost}) and ${why}: approve to call again, reject to go on without`;

/** What makes the call; a workflow is no agent, and has no agent's id. */
type Runs = { readonly agentId: string | null; readonly versionId: string; readonly agentName: string };

type Taking =
  | { readonly type: 'taken' }
  /** What would run is not what was approved, or can not be taken: a person is asked again. */
  | { readonly type: 'other'; readonly reason: string }
  /** A policy has turned against it since (trust.md, T17). */
  | { readonly type: 'blocked'; readonly reason: string };

/** Takes the approval of a step for what would run now: by an agent's version, or a workflow's. */
export const takeApproval = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  runs: Runs,
  step: Pick<StepRow, 'id' | 'approval_id'>,
  tool: ToolRow,
  args: JsonObject,
): Promise<Taking> => {
  const approval = await getApproval(scope, step.approval_id ?? '');
  if (!approval) throw new Error(`no approval ${step.approval_id}`);
  const approved = JSON.parse(approval.action) as JsonObject;
  const now: JsonObject = {
    ...approved,
    approval: step.approval_id,
    workspace: scope.workspaceId,
    execution: execution.id,
    agent: agentOf(approved, runs),
    tool: { name: tool.name, id: tool.id, version: tool.version },
    arguments: args,
  };
  const digest: Digest = digestText(canonicalize(now));
  if (digest !== approval.digest)
    return {
      type: 'other',
      reason: isSameTool(approved, tool)
        ? 'what would run is not what had been approved'
        : 'the tool was changed after the call had been approved',
    };
  const taken = await getConsumption(scope, approval.id);
  // Taken by an earlier attempt of this very step: its retry is the same execution of the same call.
  if (taken?.consumed_by.id === step.id) return { type: 'taken' };
  const result = await consume(
    engine,
    scope,
    approval.id,
    digest,
    { kind: 'execution', id: step.id, name: 'the step' },
    null,
  );
  if (result.ok) return { type: 'taken' };
  return result.refusal.type === 'policy_blocked'
    ? { type: 'blocked', reason: result.refusal.reason }
    : { type: 'other', reason: `the approval could not be used (${result.refusal.type})` };
};

/** As it runs now. Its name is for reading: a renamed agent is the same. */
const agentOf = (approved: JsonObject, runs: Runs): JsonObject => {
  const before = approved['agent'];
  const name = isObject(before) ? (before['name'] ?? null) : runs.agentName;
  return { id: runs.agentId, version: runs.versionId, name };
};

const isSameTool = (approved: JsonObject, tool: ToolRow): boolean => {
  const before = approved['tool'];
  return isObject(before) && before['id'] === tool.id && before['version'] === tool.version;
};

/** Call ids come from the model: only a plain one may become a header. */
const PLAIN = /^[A-Za-z0-9_.:-]{1,200}$/;

export const originOf = (
  execution: ExecutionRow,
  step: Pick<StepRow, 'approval_id' | 'call_id'>,
): Record<string, string> => ({
  'X-Countersign-Workspace': execution.workspace_id,
  'X-Countersign-Execution': execution.id,
  ...(execution.agent_id ? { 'X-Countersign-Agent': execution.agent_id } : {}),
  ...(execution.workflow_id ? { 'X-Countersign-Workflow': execution.workflow_id } : {}),
  ...(execution.conversation_id ? { 'X-Countersign-Conversation': execution.conversation_id } : {}),
  ...(step.approval_id ? { 'X-Countersign-Approval': step.approval_id } : {}),
  ...(step.call_id && PLAIN.test(step.call_id) ? { 'X-Countersign-Call': step.call_id } : {}),
});

/** Carries out what was planned. Never throws for what the other side does. */
export const act = (engine: Engine, workspaceId: string, planned: PlannedAct): Promise<ActResult> =>
  planned.type === 'model' ? actModel(engine, workspaceId, planned) : actTool(engine, workspaceId, planned);

/** A model may think for minutes. */
const MODEL_TIMEOUT_SECONDS = 300;
const MODEL_ANSWER_BYTES_MAX = 8 * 1024 * 1024;

const actModel = async (engine: Engine, workspaceId: string, planned: PlannedModelCall): Promise<ActResult> => {
  const { config, step } = planned;
  const apiKey = config.apiKeySecret ? await readSecret(engine, workspaceId, config.apiKeySecret) : undefined;
  const draft = planned.watched === null ? null : openTurnDraft(engine, workspaceId, planned.watched, step);
  const asked = callModel({
    config: config.model,
    apiKey,
    instructions: config.instructions,
    messages: planned.messages,
    tools: planned.tools,
    fetch: engine.fetch.withLimits({ timeoutSeconds: MODEL_TIMEOUT_SECONDS, maxBytes: MODEL_ANSWER_BYTES_MAX }),
    ...(draft ? { onText: draft.add } : {}),
  });
  let outcome: Awaited<typeof asked>;
  try {
    outcome = await asked;
  } finally {
    await draft?.close();
  }
  if (!outcome.ok) return { type: 'failure', step, failure: storableFailure(outcome.failure) };
  const { text, toolCalls } = outcome.turn;
  const calls = toolCalls.map((call) => ({ ...call, id: storable(call.id), name: storable(call.name) }));
  return { type: 'turn', step, turn: { ...outcome.turn, text: storable(text), toolCalls: calls } };
};

const actTool = async (engine: Engine, workspaceId: string, planned: PlannedToolCall): Promise<ActResult> => {
  const { step, tool } = planned;
  const real = await realArguments(engine, workspaceId, planned);
  const outcome = await callTool(engine, {
    tool,
    server: planned.server,
    arguments: real,
    idempotencyKey: step.id,
    origin: planned.origin,
    workspaceId,
    secrets: (name) => readSecret(engine, workspaceId, name),
  });
  if (!outcome.ok) return { type: 'failure', step, failure: storableFailure(outcome.failure) };
  return {
    type: 'tool_answer',
    step,
    tool: tool.name,
    arguments: planned.arguments,
    content: outcome.content,
    isError: outcome.isError,
    isAudited: planned.isAudited,
  };
};

/** The one place where an execution's secrets are opened: after everything was checked, right before the call. */
export const realArguments = async (
  { redaction, worker }: Engine,
  workspaceId: string,
  { arguments: args, place }: Pick<PlannedToolCall, 'arguments' | 'place'>,
): Promise<JsonObject> =>
  markersIn(args).length === 0
    ? args
    : transaction(worker, workspaceId, (scope) => redaction.restore(scope, place, args));

/** PostgreSQL stores no U+0000: a text with one could never be recorded, and would be asked for again and again. */
export const storable = (text: string): string => text.replaceAll('\u0000', '\ufffd');

export const storableFailure = <F extends ModelFailure | ToolFailure>(failure: F): F => ({
  ...failure,
  message: storable(failure.message),
});

/** A stored secret in clear, or undefined if there is none of this name. */
export const readSecret = (engine: Engine, workspaceId: string, name: string): Promise<string | undefined> =>
  transaction(engine.worker, workspaceId, async (scope) => {
    const sealed = await getSecretCiphertext(scope, name);
    try {
      return sealed && engine.secrets.open(sealed, `${workspaceId}/${name}`);
    } catch (error) {
      // Sealed under another COUNTERSIGN_SECRET: a step that needs it fails readably instead of being tried for ever.
      engine.log.error({ err: error, workspaceId, name }, 'a stored secret does not open');
      return undefined;
    }
  });

/** Starts what a schedule or a webhook names: an agent or a workflow, in its current version or a given one. */
import { type Actor, type Json, type JsonObject, type Result, ok, refuse, render } from '@countersign/core';
import {
  type AgentVersionRow,
  type ExecutionRow,
  type Scope,
  type WorkflowVersionRow,
  getAgent,
  getSettings,
  getVersion,
  getVersionByNumber,
  getWorkflow,
  getWorkflowVersion,
  getWorkflowVersionByNumber,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { startExecution } from '../executions/start.ts';
import { startWorkflow } from '../workflows/start-workflow.ts';

export type Target = {
  readonly agent_id: string | null;
  readonly workflow_id: string | null;
  /** Null: the current one. */
  readonly version: number | null;
};

export type Triggered = {
  readonly target: Target;
  readonly input: Json;
  readonly startedBy: Actor;
  readonly triggerId: string;
  /** Everybody who said what is started. */
  readonly askers: readonly string[];
  readonly onBehalfOf: string | null;
};

export type RunnableVersion =
  | { readonly kind: 'agent'; readonly name: string; readonly version: AgentVersionRow }
  | { readonly kind: 'workflow'; readonly name: string; readonly version: WorkflowVersionRow };

/** What would run now; refuses with the reason why nothing would. */
export const findTarget = async (scope: Scope, target: Target): Promise<Result<RunnableVersion, string>> => {
  const { agent_id: agentId, workflow_id: workflowId } = target;
  if (workflowId !== null) return findWorkflowVersion(scope, workflowId, target.version);
  const agent = agentId === null ? undefined : await getAgent(scope, agentId);
  if (!agent) return refuse('there is no such agent');
  if (agent.archived_at) return refuse('the agent is archived');
  const version =
    target.version === null
      ? await getVersion(scope, agent.current_version_id ?? '')
      : await getVersionByNumber(scope, agent.id, target.version);
  return version ? ok({ kind: 'agent', name: agent.name, version }) : refuse('the agent has no such version');
};

const findWorkflowVersion = async (
  scope: Scope,
  id: string,
  number: number | null,
): Promise<Result<RunnableVersion, string>> => {
  const workflow = await getWorkflow(scope, id);
  if (!workflow) return refuse('there is no such workflow');
  if (workflow.archived_at) return refuse('the workflow is archived');
  const version =
    number === null
      ? await getWorkflowVersion(scope, workflow.current_version_id ?? '')
      : await getWorkflowVersionByNumber(scope, workflow.id, number);
  return version ? ok({ kind: 'workflow', name: workflow.name, version }) : refuse('the workflow has no such version');
};

/** Starts it in the caller's transaction; refuses with the reason in a sentence, having written nothing. */
export const startTarget = async (
  engine: Engine,
  scope: Scope,
  triggered: Triggered,
): Promise<Result<ExecutionRow, string>> => {
  const found = await findTarget(scope, triggered.target);
  if (!found.ok) return found;
  const { input, startedBy, triggerId } = triggered;
  const start = { input, startedBy, triggerId, requesters: await requestersOf(scope, triggered, found.value) };
  if (found.value.kind === 'agent')
    return ok(await startExecution(engine, scope, { ...start, version: found.value.version, conversation: null }));
  const started = await startWorkflow(engine, scope, { ...start, version: found.value.version });
  if (started.ok) return started;
  const { refusal } = started;
  return refuse(
    refusal.type === 'invalid'
      ? refusal.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ')
      : refusal.type,
  );
};

/** By the switches of the workspace, as for work that somebody starts by hand. */
export const requestersOf = async (
  scope: Scope,
  triggered: Triggered,
  runnable: RunnableVersion,
): Promise<string[]> => {
  const keep = (await getSettings(scope)).self_approval ?? {};
  const builder = runnable.version.created_by as Actor & { readonly person_id?: string };
  return [
    ...new Set([
      ...(keep.requester === false ? [] : triggered.askers),
      ...(keep.on_behalf_of === false || triggered.onBehalfOf === null ? [] : [triggered.onBehalfOf]),
      ...(keep.builder === false ? [] : [builder.id, ...(builder.person_id === undefined ? [] : [builder.person_id])]),
    ]),
  ];
};

/** The input, with what its expressions say; refuses with the first that says nothing. */
export const fillIn = (template: string, bindings: JsonObject): Result<Json, string> => {
  const filled = render(JSON.parse(template) as Json, bindings);
  return filled.ok ? filled : refuse(`/input${filled.refusal.pointer}: ${filled.refusal.detail}`);
};

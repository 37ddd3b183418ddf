/** An agent or workflow node: an execution of its own, which tells this one when it has come to its end. */
import { type Json, type NodeOf, canonicalize, higherRisk } from '@countersign/core';
import {
  type ExecutionGateRow,
  type ExecutionRow,
  type NamedRow,
  type NewExecution,
  type Scope,
  appendEvent,
  findAgents,
  findWorkflows,
  getSettings,
  getVersion,
  getVersionByNumber,
  getWorkflowVersion,
  getWorkflowVersionByNumber,
  insertExecution,
  newId,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { EXECUTION_ACTOR } from '../executions/finish.ts';
import { goOn } from '../executions/go-on.ts';
import { factsOf, setTimes } from './live.ts';
import { type Round, failRun, later, moveRun, nodeOf, settleRun } from './round.ts';
import { tryAgain } from './tool-node.ts';

/** Executions inside each other: a chain that calls itself by turns ends here. */
export const DEPTH_MAX = 10;

export const beginChild = async (
  round: Round,
  key: string,
  node: NodeOf<'agent' | 'workflow'>,
  input: Json,
): Promise<void> => {
  const { engine, scope, execution, live } = round;
  if (execution.depth >= DEPTH_MAX)
    return failRun(round, key, 'too_deep', `Executions stand in each other more than ${DEPTH_MAX} deep.`);
  const target = node.type === 'agent' ? await findAgent(scope, node) : await findWorkflow(scope, node);
  if (typeof target === 'string') return failRun(round, key, 'target_missing', target);
  const facts = factsOf(live, key);
  const child = await startChild(engine, scope, execution, facts.id, {
    ...target.row,
    input: canonicalize(input),
    requesters: await requestersOf(scope, execution, target.builder),
    gate: node.type === 'agent' ? gateRow(node) : null,
  });
  facts.attempt += 1;
  facts.childId = child.id;
  facts.input = canonicalize(input);
  moveRun(round, key, 'running');
  setTimes(live, key, {
    wakeAt: null,
    timeoutAt: node.timeout_seconds === undefined ? null : later(round, node.timeout_seconds),
  });
};

/** Starts an execution below another one, in the same transaction. */
export const startChild = async (
  engine: Engine,
  scope: Scope,
  parent: ExecutionRow,
  stepId: string,
  child: Omit<NewExecution, 'id' | 'started_by'>,
): Promise<ExecutionRow> => {
  const row = await insertExecution(scope, {
    ...child,
    id: newId('execution'),
    started_by: EXECUTION_ACTOR(parent),
    parent_execution_id: parent.id,
    parent_step_id: stepId,
    root_execution_id: parent.root_execution_id ?? parent.id,
    depth: parent.depth + 1,
    chain_risk: child.chain_risk ? higherRisk(child.chain_risk, parent.chain_risk) : parent.chain_risk,
  });
  await appendEvent(scope, {
    type: 'execution.started',
    subject: row.id,
    actor: EXECUTION_ACTOR(parent),
    data: { agent_id: row.agent_id, workflow_id: row.workflow_id, parent_execution_id: parent.id },
  });
  await goOn(engine, scope, row);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
  return row;
};

type Target = { readonly row: Partial<NewExecution>; readonly builder: unknown };

const findAgent = async (scope: Scope, node: NodeOf<'agent'>): Promise<Target | string> => {
  const agent = preferId(await findAgents(scope, [node.agent_id]), node.agent_id);
  const version =
    agent &&
    (node.version === undefined
      ? await getVersion(scope, agent.current_version_id ?? '')
      : await getVersionByNumber(scope, agent.id, node.version));
  if (!agent || !version) return `There is no agent ${node.agent_id}, or not in this version.`;
  return { row: { agent_id: agent.id, agent_version_id: version.id }, builder: version.created_by };
};

const findWorkflow = async (scope: Scope, node: NodeOf<'workflow'>): Promise<Target | string> => {
  const workflow = preferId(await findWorkflows(scope, [node.workflow_id]), node.workflow_id);
  const version =
    workflow &&
    (node.version === undefined
      ? await getWorkflowVersion(scope, workflow.current_version_id ?? '')
      : await getWorkflowVersionByNumber(scope, workflow.id, node.version));
  if (!workflow || !version) return `There is no workflow ${node.workflow_id}, or not in this version.`;
  return { row: { workflow_id: workflow.id, workflow_version_id: version.id }, builder: version.created_by };
};

const preferId = (rows: readonly NamedRow[], name: string): NamedRow | undefined =>
  rows.find(({ id }) => id === name) ?? rows[0];

/** Who is behind the child: whoever is behind the parent, and who built what runs. */
export const requestersOf = async (scope: Scope, parent: ExecutionRow, builder: unknown): Promise<string[]> => {
  const keep = (await getSettings(scope)).self_approval ?? {};
  const { id, person_id: personId } = builder as { id: string; person_id?: string };
  const built = keep.builder === false ? [] : [id, ...(personId === undefined ? [] : [personId])];
  return [...new Set([...parent.requesters, ...built])];
};

const gateRow = (node: NodeOf<'agent'>): ExecutionGateRow | null => {
  if (node.hitl_mode === undefined && node.hitl_config === undefined) return null;
  const config = node.hitl_config;
  const minutes = config?.timeout_minutes ?? null;
  return {
    mode: node.hitl_mode ?? null,
    lists: config
      ? { allowed: config.allowed_tools, blocked: config.blocked_tools, holdReadOnly: config.hold_read_only }
      : null,
    timeoutSeconds: minutes === null ? null : Math.round(minutes * 60),
  };
};

/** What a child says of itself. */
export type ChildNews = {
  readonly executionId: string;
  readonly status: ExecutionRow['status'];
  readonly output: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
};

export const recordChild = async (round: Round, key: string, news: ChildNews): Promise<void> => {
  const facts = factsOf(round.live, key);
  const run = round.live.state.runs.get(key);
  // An earlier attempt's child, or one that was given up.
  if (facts.childId !== news.executionId || (run?.status !== 'running' && run?.status !== 'awaiting_approval'))
    return undefined;
  const { status, output, error } = news;
  if (status === 'awaiting_approval' || status === 'running') return moveRun(round, key, status);
  if (status === 'completed')
    return settleRun(round, key, { type: 'completed', output: output === null ? null : (JSON.parse(output) as Json) });
  const message = error?.message ?? `The execution ${news.executionId} was ${status}.`;
  if (status === 'rejected' || status === 'expired') return failRun(round, key, error?.code ?? status, message, status);
  if (status === 'cancelled') return failRun(round, key, 'child_cancelled', message);
  return tryAgain(round, key, error?.code ?? 'child_failed', message);
};

/** The time of a child is over. */
export const endChild = async (round: Round, key: string): Promise<void> => {
  const facts = factsOf(round.live, key);
  const node = nodeOf(round, key);
  if (facts.childId) round.unwanted.push(facts.childId);
  facts.childId = null;
  setTimes(round.live, key, { timeoutAt: null });
  return tryAgain(round, key, 'timed_out', `The ${node.type} took longer than its time.`);
};

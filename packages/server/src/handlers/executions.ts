import { cancelExecution, retryExecution, sendEvent } from '@countersign/engine';
import { type Workflow, canonicalize } from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  getAgent,
  getExecution,
  getVersion,
  getWorkflow,
  getWorkflowVersion,
  listExecutions,
  listNodeRuns,
  listSteps,
  pendingApprovalsBelow,
} from '@countersign/store';
import { actorOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { fromRefusal, notFound } from '../http/problem.ts';
import { priceOf } from '../present/cost.ts';
import { summariesOf } from '../present/summaries.ts';
import { type ExecutionTarget, presentExecution, presentStep } from '../present/work.ts';
import { presentNodeRun } from '../present/workflows.ts';

const mustGet = async (scope: Scope, id: string): Promise<ExecutionRow> => {
  const row = await getExecution(scope, id);
  if (!row) throw notFound('execution');
  return row;
};

/** Name and version of what an execution runs. */
const targetOf = async (scope: Scope, row: ExecutionRow): Promise<ExecutionTarget> => {
  if (row.workflow_id) {
    const workflow = await getWorkflow(scope, row.workflow_id);
    const version = await getWorkflowVersion(scope, row.workflow_version_id ?? '');
    return { name: workflow?.name ?? '', version: version?.version ?? 0, price: null };
  }
  const agent = await getAgent(scope, row.agent_id ?? '');
  const version = await getVersion(scope, row.agent_version_id ?? '');
  return { name: agent?.name ?? '', version: version?.version ?? 0, price: priceOf(version) };
};

export const presentRun = async (scope: Scope, row: ExecutionRow) => presentExecution(row, await targetOf(scope, row));

export const presentRuns = async (scope: Scope, rows: readonly ExecutionRow[]) => {
  const targets = new Map<string | null, ExecutionTarget>();
  const key = (row: ExecutionRow): string | null => row.agent_version_id ?? row.workflow_version_id;
  for (const row of rows) if (!targets.has(key(row))) targets.set(key(row), await targetOf(scope, row));
  return (row: ExecutionRow) => presentExecution(row, targets.get(key(row)) ?? { name: '', version: 0, price: null });
};

/** The tools that a workflow's nodes call, by node. */
const workflowNodes = async (scope: Scope, execution: ExecutionRow): Promise<Map<string, string>> => {
  const version = await getWorkflowVersion(scope, execution.workflow_version_id ?? '');
  const { nodes } = JSON.parse(version?.definition ?? '{"nodes":[]}') as Workflow;
  return new Map(nodes.flatMap((node) => (node.type === 'tool' ? [[node.id, node.tool] as const] : [])));
};

export const executionHandlers = {
  listExecutions: async ({ query, page }, scope) => {
    const rows = await listExecutions(scope, query, page.after, page.limit);
    return page.of(rows, (row) => [row.cursor_at, row.id], await presentRuns(scope, rows));
  },
  getExecution: async ({ params }, scope) => presentRun(scope, await mustGet(scope, params.id)),
  listSteps: async ({ params }, scope) => {
    const execution = await mustGet(scope, params.id);
    if (execution.workflow_id === null) return { data: (await listSteps(scope, params.id)).map(presentStep) };
    const nodes = await workflowNodes(scope, execution);
    return {
      data: (await listNodeRuns(scope, params.id)).map((row) => presentNodeRun(row, nodes.get(row.node) ?? null)),
    };
  },
  listPendingApprovals: async ({ params, principal }, scope) => {
    await mustGet(scope, params.id);
    const rows = await pendingApprovalsBelow(scope, params.id);
    return { data: rows.map(await summariesOf(scope, rows, principal)), next_cursor: null };
  },
  cancelExecution: async ({ engine, params, principal, body }, scope) => {
    const result = await cancelExecution(
      engine,
      scope,
      params.id,
      actorOf(principal),
      await engine.redaction.mask(scope, body.reason ?? null),
    );
    if (result.ok) return presentRun(scope, result.value);
    return result.refusal.type === 'not_found' ? notFound('execution') : fromRefusal(result.refusal);
  },
  sendEvent: async ({ engine, params, principal, body }, scope) => {
    const sent = await sendEvent(engine, scope, params.id, {
      name: body.name,
      data: canonicalize(body.data),
      by: actorOf(principal),
    });
    if (sent.ok) return { name: body.name, data: body.data, created_at: sent.value.toISOString() };
    return sent.refusal.type === 'not_found' ? notFound('execution') : fromRefusal(sent.refusal);
  },
  retryExecution: async ({ engine, params, principal }, scope) => {
    const result = await retryExecution(engine, scope, params.id, actorOf(principal));
    if (result.ok) return presentRun(scope, result.value);
    return result.refusal.type === 'not_found' ? notFound('execution') : fromRefusal(result.refusal);
  },
} satisfies Partial<Handlers>;

import { cancelExecution, retryExecution, sendEvent, startExecution } from '@countersign/engine';
import { type Workflow, canonicalize } from '@countersign/core';
import {
  type ConversationRow,
  type ExecutionRow,
  type Scope,
  getAgent,
  getConversation,
  getExecution,
  getMember,
  getVersion,
  getWorkflow,
  getWorkflowVersion,
  insertConversation,
  insertMessage,
  listConversations,
  listExecutions,
  listMessages,
  listNodeRuns,
  listSteps,
  lockConversation,
  newId,
  pendingApprovalsBelow,
} from '@countersign/store';
import { holdRunToLimits } from '../auth/limits.ts';
import { actorOf } from '../auth/principal.ts';
import { loadRequesters } from '../auth/requesters.ts';
import type { Handlers } from '../http/context.ts';
import { fromRefusal, invalid, notFound } from '../http/problem.ts';
import { summariesOf } from '../present/summaries.ts';
import {
  type ExecutionTarget,
  presentConversation,
  presentExecution,
  presentMessage,
  presentStep,
} from '../present/work.ts';
import { presentNodeRun } from '../present/workflows.ts';
import { versionToRun } from './agents.ts';

const mustGet = async (scope: Scope, id: string): Promise<ExecutionRow> => {
  const row = await getExecution(scope, id);
  if (!row) throw notFound('execution');
  return row;
};

/** Name and version of what an execution runs. */
const targetOf = async (scope: Scope, row: ExecutionRow): Promise<ExecutionTarget> => {
  const [what, version] = row.workflow_id
    ? [await getWorkflow(scope, row.workflow_id), await getWorkflowVersion(scope, row.workflow_version_id ?? '')]
    : [await getAgent(scope, row.agent_id ?? ''), await getVersion(scope, row.agent_version_id ?? '')];
  return { name: what?.name ?? '', version: version?.version ?? 0 };
};

const present = async (scope: Scope, row: ExecutionRow) => presentExecution(row, await targetOf(scope, row));

const presentMany = async (scope: Scope, rows: readonly ExecutionRow[]) => {
  const targets = new Map<string | null, ExecutionTarget>();
  const key = (row: ExecutionRow): string | null => row.agent_version_id ?? row.workflow_version_id;
  for (const row of rows) if (!targets.has(key(row))) targets.set(key(row), await targetOf(scope, row));
  return (row: ExecutionRow) => presentExecution(row, targets.get(key(row)) ?? { name: '', version: 0 });
};

/** The tools that a workflow's nodes call, by node. */
const workflowNodes = async (scope: Scope, execution: ExecutionRow): Promise<Map<string, string>> => {
  const version = await getWorkflowVersion(scope, execution.workflow_version_id ?? '');
  const { nodes } = JSON.parse(version?.definition ?? '{"nodes":[]}') as Workflow;
  return new Map(nodes.flatMap((node) => (node.type === 'tool' ? [[node.id, node.tool] as const] : [])));
};

const mustGetConversation = async (scope: Scope, id: string): Promise<ConversationRow> => {
  const row = await getConversation(scope, id);
  if (!row) throw notFound('conversation');
  return row;
};

const agentName = async (scope: Scope, id: string): Promise<string> => (await getAgent(scope, id))?.name ?? '';

export const executionHandlers = {
  listExecutions: async ({ query, page }, scope) => {
    const rows = await listExecutions(scope, query, page.after, page.limit);
    return page.of(rows, (row) => [row.cursor_at, row.id], await presentMany(scope, rows));
  },
  getExecution: async ({ params }, scope) => present(scope, await mustGet(scope, params.id)),
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
    if (result.ok) return present(scope, result.value);
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
    if (result.ok) return present(scope, result.value);
    return result.refusal.type === 'not_found' ? notFound('execution') : fromRefusal(result.refusal);
  },

  createConversation: async ({ engine, principal, body }, scope) => {
    const agent = await getAgent(scope, body.agent_id);
    if (!agent) throw invalid([{ pointer: '/agent_id', detail: 'is not an agent of this workspace' }]);
    holdRunToLimits(principal, agent, await versionToRun(scope, agent, body.version ?? null));
    if (body.on_behalf_of && !(await getMember(scope, body.on_behalf_of)))
      throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
    const row = await insertConversation(scope, {
      id: newId('conversation'),
      agent_id: agent.id,
      version: body.version ?? null,
      title: await engine.redaction.mask(scope, body.title ?? ''),
      on_behalf_of: body.on_behalf_of ?? null,
    });
    return presentConversation(row, agent.name);
  },
  listConversations: async ({ query, page }, scope) => {
    const rows = await listConversations(scope, query.agent_id, page.after, page.limit);
    const names = new Map<string, string>();
    for (const { agent_id: id } of rows) if (!names.has(id)) names.set(id, await agentName(scope, id));
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentConversation(row, names.get(row.agent_id) ?? ''),
    );
  },
  getConversation: async ({ params }, scope) => {
    const row = await mustGetConversation(scope, params.id);
    return presentConversation(row, await agentName(scope, row.agent_id));
  },
  postMessage: async ({ engine, params, principal, body }, scope) => {
    const conversation = await lockConversation(scope, params.id);
    if (!conversation) throw notFound('conversation');
    if (conversation.active_execution_id)
      throw fromRefusal({ type: 'conversation_busy', executionId: conversation.active_execution_id });
    const agent = await getAgent(scope, conversation.agent_id);
    if (!agent) throw new Error('a conversation without its agent');
    const version = await versionToRun(scope, agent, conversation.version);
    const content = await engine.redaction.keep(scope, conversation.id, body.content);
    holdRunToLimits(principal, agent, version);
    const execution = await startExecution(engine, scope, {
      version,
      input: content,
      conversation,
      startedBy: actorOf(principal),
      requesters: await loadRequesters(scope, principal, {
        onBehalfOf: conversation.on_behalf_of ?? undefined,
        builder: version.created_by,
      }),
    });
    const message = await insertMessage(scope, {
      id: newId('message'),
      conversation_id: conversation.id,
      role: 'user',
      content,
      execution_id: execution.id,
    });
    return {
      message: presentMessage(message),
      execution: presentExecution(execution, { name: agent.name, version: version.version }),
    };
  },
  listMessages: async ({ params, page }, scope) => {
    await mustGetConversation(scope, params.id);
    const rows = await listMessages(scope, params.id, Number(page.after?.at ?? 0), page.limit);
    return page.of(rows, (row) => [String(row.position), row.id], presentMessage);
  },
} satisfies Partial<Handlers>;

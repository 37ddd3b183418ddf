/** Approvals as threads that were interrupted, with the interrupt in the form that the Agent Inbox shows. */
import { type Json, type JsonObject, idPattern, isObject } from '@countersign/core';
import { type ApprovalRow, type PageFilter, type Scope, compatPage, getApproval } from '@countersign/store';
import { invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';

/** The graph that everything is of; an agent's id stands for what that agent asked for. */
const WHOLE = 'countersign';
const DECIDED = ['approved', 'rejected', 'expired', 'cancelled'];

export const mustGet = async (scope: Scope, id: string): Promise<ApprovalRow> => {
  const row = idPattern('approval').test(id) ? await getApproval(scope, id) : undefined;
  if (!row) throw notFound('thread');
  return row;
};

export const threadIdOf = ({ params }: Asked): string => params['id'] ?? '';

const actionOf = (row: ApprovalRow): JsonObject => JSON.parse(row.action) as JsonObject;

/** What is edited in the inbox: a call's arguments, or the output under its own name. */
const argumentsOf = (row: ApprovalRow, action: JsonObject): Json => {
  if (row.kind === 'tool_call') return action['arguments'] ?? {};
  return row.kind === 'output' ? { output: action['output'] ?? null } : {};
};

const interruptOf = (row: ApprovalRow) => {
  const action = actionOf(row);
  const isQuestion = row.kind === 'question';
  return {
    action_request: { action: row.tool ?? row.checkpoint, args: argumentsOf(row, action) },
    config: {
      allow_accept: !isQuestion,
      allow_edit: row.kind === 'tool_call' || row.kind === 'output',
      // The answer to a question; to anything else the reason why not.
      allow_respond: true,
      allow_ignore: true,
    },
    description: `${row.title}${row.explanation === null ? '' : `\n\n${row.explanation}`}`,
  };
};

const interruptsOf = (row: ApprovalRow) =>
  row.status === 'pending'
    ? [{ id: row.id, value: [interruptOf(row)], when: 'during', resumable: true, ns: [`countersign:${row.id}`] }]
    : [];

const valuesOf = (row: ApprovalRow) => ({
  title: row.title,
  checkpoint: row.checkpoint,
  status: row.status,
  decision: row.decision === null ? null : { by: row.decision.by.name, reason: row.decision.reason },
});

const present = (row: ApprovalRow, graph: string) => {
  const interrupts = interruptsOf(row);
  return {
    thread_id: row.id,
    created_at: row.created_at.toISOString(),
    updated_at: row.decision?.at ?? row.created_at.toISOString(),
    metadata: { graph_id: graph, assistant_id: graph },
    status: row.status === 'pending' ? 'interrupted' : 'idle',
    config: {},
    values: valuesOf(row),
    interrupts: interrupts.length === 0 ? {} : { [row.id]: interrupts },
  };
};

const stateOf = (row: ApprovalRow) => {
  const interrupts = interruptsOf(row);
  const checkpoint = { thread_id: row.id, checkpoint_ns: '', checkpoint_id: row.id };
  return {
    values: valuesOf(row),
    next: interrupts.length === 0 ? [] : [row.checkpoint],
    tasks: interrupts.length === 0 ? [] : [{ id: row.id, name: row.checkpoint, interrupts, error: null, state: null }],
    checkpoint,
    parent_checkpoint: null,
    metadata: {},
    created_at: row.created_at.toISOString(),
  };
};

const wholeNumber = (value: Json | undefined, fallback: number, most: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? Math.min(value, most) : fallback;

const filterOf = (body: JsonObject, graph: string): PageFilter | undefined => {
  const agent: PageFilter | undefined =
    graph === WHOLE ? {} : idPattern('agent').test(graph) ? { agent_id: graph } : undefined;
  const { status } = body;
  if (status === undefined || status === null) return agent;
  if (status === 'interrupted') return agent && { ...agent, status: 'pending' };
  return status === 'idle' ? agent && { ...agent, status: DECIDED } : undefined;
};

const graphIn = (body: JsonObject): string => {
  const { metadata } = body;
  const named = isObject(metadata) ? (metadata['graph_id'] ?? metadata['assistant_id']) : undefined;
  return typeof named === 'string' && named !== '' ? named : WHOLE;
};

const search = async (asked: Asked) => {
  const body = await asked.body();
  const size = wholeNumber(body['limit'], 10, 100);
  const offset = wholeNumber(body['offset'], 0, 1_000_000);
  if (size === 0) return { body: [] };
  if (offset % size !== 0) throw invalid([{ pointer: '/offset', detail: 'must be a multiple of limit' }]);
  const graph = graphIn(body);
  return asked.read('listApprovals', async (scope) => {
    const filter = filterOf(body, graph);
    if (!filter) return { body: [] };
    const { ids } = await compatPage(scope, 'approval', filter, { page: offset / size + 1, size });
    const rows = await Promise.all(ids.map((id) => getApproval(scope, id)));
    return { body: rows.flatMap((row) => (row ? [present(row, graph)] : [])) };
  });
};

/** The inbox ignores a thread by ending it: nothing of it is to run. */
const ignore = async (asked: Asked) => {
  const id = threadIdOf(asked);
  const { as_node: node } = await asked.body();
  if (node !== '__end__')
    throw invalid([{ pointer: '/as_node', detail: 'must be __end__: a state is changed by deciding' }]);
  await asked.read('getApproval', (scope) => mustGet(scope, id));
  await asked.call('decideApproval', {
    params: { id },
    body: { decision: 'rejected', reason: 'Ignored in the Agent Inbox' },
  });
  return { body: { checkpoint: { thread_id: id, checkpoint_ns: '', checkpoint_id: id } } };
};

const reading = (path: `/${string}`, show: (row: ApprovalRow) => unknown): DialectRoute => ({
  method: 'GET',
  path,
  answer: (asked) =>
    asked.read('getApproval', async (scope) => ({ body: show(await mustGet(scope, threadIdOf(asked))) })),
});

export const threadRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/threads/search', answer: search },
  reading('/threads/:id', (row) => present(row, WHOLE)),
  reading('/threads/:id/state', stateOf),
  reading('/threads/:id/history', (row) => [stateOf(row)]),
  { method: 'POST', path: '/threads/:id/state', answer: ignore },
];

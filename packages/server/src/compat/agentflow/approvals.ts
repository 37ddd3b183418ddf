import { type Json, type JsonObject, isObject } from '@countersign/core';
import {
  type ApprovalRow,
  type PageFilter,
  type Scope,
  compatPage,
  getApproval,
  pendingDeadlinesPassed,
} from '@countersign/store';
import { Problem, invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { ownId } from '../ids.ts';
import { list, pageOf } from './answers.ts';
import { showId, showIdOrNull } from './ids.ts';

/** Theirs for ours; `expired` is none of the four that a client must know, and no open one either. */
const STATUSES = {
  pending: 'pending',
  approved: 'approved',
  rejected: 'denied',
  cancelled: 'cancelled',
  expired: 'expired',
} as const satisfies Record<ApprovalRow['status'], string>;

/** What is not about a tool call is named by its checkpoint, so that it can be seen and answered here as well. */
const presentApproval = (row: ApprovalRow) => {
  const action = JSON.parse(row.action) as JsonObject;
  const isCall = row.kind === 'tool_call';
  const args = isCall ? (action['arguments'] ?? {}) : { output: action['output'] ?? null };
  return {
    id: showId('approval', row.id),
    tool_name: row.tool ?? row.checkpoint,
    tool_id: toolIdOf(action['tool']) ?? row.tool ?? row.checkpoint,
    agent_id: showIdOrNull('agent', row.agent?.id) ?? row.agent?.name ?? null,
    status: STATUSES[row.status],
    arguments: args,
    modified_arguments: row.original_action === null || !isCall ? null : args,
    conversation_id: showIdOrNull('conversation', row.conversation_id),
    reason: row.decision?.reason ?? null,
    responded_by: row.decision?.by.name ?? null,
    responded_at: row.decision?.at ?? null,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
  };
};

const toolIdOf = (tool: Json | undefined): string | null =>
  isObject(tool) && typeof tool['id'] === 'string' ? showId('tool', tool['id']) : null;

const idOf = (asked: Asked): string => ownId('approval', asked.params['id'] ?? '');

const mustGet = async (scope: Scope, id: string): Promise<ApprovalRow> => {
  const row = await getApproval(scope, id);
  if (!row) throw notFound('approval');
  return row;
};

const read = (asked: Asked, id: string) =>
  asked.read('getApproval', async (scope) => presentApproval(await mustGet(scope, id)));

const VERBS: Readonly<Record<string, 'approved' | 'rejected'>> = {
  approved: 'approved',
  approve: 'approved',
  denied: 'rejected',
  deny: 'rejected',
};

type Response = { readonly decision: 'approved' | 'rejected'; readonly reason: unknown; readonly arguments: unknown };

/** @throws Problem `invalid` */
const responseIn = (body: JsonObject): Response => {
  const verb = body['decision'] ?? body['action'];
  const decision = typeof verb === 'string' && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!decision) throw invalid([{ pointer: '/decision', detail: 'must be approved or denied' }]);
  const modified = body['modified_arguments'] ?? undefined;
  if (modified !== undefined && decision === 'rejected')
    throw invalid([{ pointer: '/modified_arguments', detail: 'go with an approval only' }]);
  return { decision, reason: body['reason'] ?? undefined, arguments: modified };
};

const respond = async (asked: Asked, id: string, body: JsonObject) => {
  await asked.call('decideApproval', { params: { id }, body: responseIn(body) });
  return read(asked, id);
};

const BULK_MAX = 50;

/** The list by itself, as it is given to theirs in Python, or under a name. */
const itemsOf = (body: Json): readonly Json[] => {
  const items = isObject(body) ? (body['responses'] ?? body['approvals'] ?? body['items'] ?? []) : body;
  if (!Array.isArray(items) || items.length === 0 || items.length > BULK_MAX)
    throw invalid([{ pointer: '/responses', detail: `must be 1 to ${BULK_MAX} responses` }]);
  return items;
};

/** Each by itself, so that one that is refused takes nothing from the others. */
const respondTo = async (asked: Asked, item: Json) => {
  const named = isObject(item) ? (item['id'] ?? item['approval_id']) : '';
  const shown = typeof named === 'string' ? named : '';
  try {
    if (!isObject(item)) throw invalid([{ pointer: '', detail: 'must be an object with id and action' }]);
    const approval = await respond(asked, ownId('approval', shown), item);
    return { id: approval.id, success: true, status: approval.status, error: null, approval };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'rate_limited' || error.code === 'unauthenticated') throw error;
    return {
      id: shown,
      success: false,
      status: null,
      error: { code: error.code, message: error.message },
      approval: null,
    };
  }
};

const bulkRespond = async (asked: Asked) => {
  const results = [];
  for (const item of itemsOf(await asked.json())) results.push(await respondTo(asked, item));
  const succeeded = results.filter(({ success }) => success).length;
  // A caller without the right to decide at all hears that, and not fifty times that it failed.
  const [first] = results;
  if (succeeded === 0 && results.every(({ error }) => error?.code === 'forbidden'))
    throw new Problem('forbidden', first?.error?.message ?? '');
  return { body: { results, total: results.length, succeeded, failed: results.length - succeeded } };
};

/** What an execution asked for is withdrawn with the execution: nothing is left that could run. */
const cancel = async (asked: Asked) => {
  const id = idOf(asked);
  const { reason } = await asked.body();
  const body = { reason: reason ?? undefined };
  const row = await asked.read('getApproval', (scope) => mustGet(scope, id));
  if (row.decision === null && row.execution_id)
    await asked.call('cancelExecution', { params: { id: row.execution_id }, body });
  else await asked.call('cancelApproval', { params: { id }, body });
  return { body: await read(asked, id) };
};

const statusFilter = (status: string | undefined): PageFilter => {
  if (status === undefined || status === '') return {};
  const own = Object.entries(STATUSES).flatMap(([ours, theirs]) =>
    theirs === status || ours === status ? [ours] : [],
  );
  if (own.length === 0)
    throw invalid([{ pointer: '/status', detail: `must be one of ${Object.values(STATUSES).join(', ')}` }]);
  return { status: own };
};

const listWith = (asked: Asked, filter: PageFilter) =>
  asked.read('listApprovals', async (scope) => {
    const page = pageOf(asked);
    const { tool_name: tool, agent_id: agent, conversation_id: conversation } = asked.query;
    const whole = {
      ...filter,
      tool: tool || undefined,
      agent_id: agent ? ownId('agent', agent) : undefined,
      conversation_id: conversation ? ownId('conversation', conversation) : undefined,
    };
    const { ids, total } = await compatPage(scope, 'approval', whole, page);
    const rows = await Promise.all(ids.map((id) => getApproval(scope, id)));
    return list(
      'approvals',
      rows.flatMap((row) => (row ? [presentApproval(row)] : [])),
      total,
      page,
    );
  });

const APPROVALS = '/api/v1/approvals';

export const approvalRoutes: readonly DialectRoute[] = [
  { method: 'GET', path: `${APPROVALS}/pending`, answer: (asked) => listWith(asked, { status: 'pending' }) },
  { method: 'GET', path: APPROVALS, answer: (asked) => listWith(asked, statusFilter(asked.query['status'])) },
  { method: 'GET', path: `${APPROVALS}/:id`, answer: async (asked) => ({ body: await read(asked, idOf(asked)) }) },
  {
    method: 'POST',
    path: `${APPROVALS}/:id/respond`,
    answer: async (asked) => ({ body: await respond(asked, idOf(asked), await asked.body()) }),
  },
  // Their reference does not say which verbs in a path there are: those of their own words for it.
  ...(['approve', 'deny'] as const).map((verb): DialectRoute => ({
    method: 'POST',
    path: `${APPROVALS}/:id/${verb}`,
    answer: async (asked) => ({ body: await respond(asked, idOf(asked), { ...(await asked.body()), decision: verb }) }),
  })),
  ...(['bulk-respond', 'bulk_respond', 'bulk'] as const).map((name): DialectRoute => ({
    method: 'POST',
    path: `${APPROVALS}/${name}`,
    answer: bulkRespond,
  })),
  { method: 'POST', path: `${APPROVALS}/:id/cancel`, answer: cancel },
  {
    method: 'POST',
    path: `${APPROVALS}/cleanup`,
    // The server ends what is over by itself, and keeps it: there is nothing left to clean, only to count.
    answer: (asked) =>
      asked.read('listApprovals', async (scope) => {
        const { total } = await compatPage(scope, 'approval', { status: 'expired' }, { page: 1, size: 1 });
        return { body: { expired: total, overdue: await pendingDeadlinesPassed(scope), removed: 0 } };
      }),
  },
];

import type { WireExecution } from '@countersign/contract';
import type { JsonObject } from '@countersign/core';
import {
  type PageFilter,
  type Scope,
  compatIdsNoted,
  compatNotes,
  compatPage,
  getExecution,
  pendingApprovalsBelow,
} from '@countersign/store';
import { presentRuns } from '../../handlers/executions.ts';
import { invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, bareIdOrNull, ownId } from '../ids.ts';
import { DIALECT, list, one, pageOf } from './answers.ts';
import { presentApproval } from './approvals.ts';
import { STATUSES, executionFacts } from './execution-facts.ts';
import { streamExecution } from './stream.ts';

const durationOf = ({ started_at: start, finished_at: end }: WireExecution): number | null =>
  start === null || end === null ? null : Date.parse(end) - Date.parse(start);

/** An execution, with the members under which starting one answers as well. */
export const presentExecution = (workspaceId: string, execution: WireExecution, note: JsonObject = {}) => {
  const { agent } = execution;
  return {
    id: bareId(execution.id),
    execution_id: bareId(execution.id),
    agent_id: bareIdOrNull(agent?.id),
    agent_version_id: bareIdOrNull(agent?.version_id),
    workspace_id: bareId(workspaceId),
    user_id: note['user_id'] ?? null,
    session_id: bareIdOrNull(execution.conversation_id) ?? note['session_id'] ?? null,
    input: execution.input,
    metadata: note['metadata'] ?? {},
    ...executionFacts(execution),
    duration_ms: durationOf(execution),
    trace_id: bareId(execution.root_execution_id),
    parent_execution_id: bareIdOrNull(execution.parent?.execution_id),
    started_at: execution.started_at,
    completed_at: execution.finished_at,
    created_at: execution.created_at,
    agent: agent && { id: bareId(agent.id), name: agent.name },
  };
};

export const readExecutions = async (scope: Scope, ids: readonly string[]) => {
  const rows = (await Promise.all(ids.map((id) => getExecution(scope, id)))).filter((row) => row !== undefined);
  const present = await presentRuns(scope, rows);
  const notes = await compatNotes(scope, DIALECT, ids);
  return rows.map((row) => presentExecution(scope.workspaceId, present(row), notes.get(row.id)));
};

export const readExecution = (asked: Asked, id: string) =>
  asked.read('getExecution', async (scope) => {
    const [execution] = await readExecutions(scope, [id]);
    if (!execution) throw notFound('execution');
    return execution;
  });

export const executionIdOf = (asked: Asked): string => ownId('execution', asked.params['id'] ?? '');

/** Ours for a status of theirs, in either of their generations. @throws Problem `invalid` */
const statusesOf = (status: string | undefined): string[] | undefined => {
  if (status === undefined || status === '') return undefined;
  const wanted = status === 'waiting_approval' ? 'awaiting_approval' : status;
  const ours = Object.entries(STATUSES).flatMap(([own, theirs]) => (theirs === wanted ? [own] : []));
  if (ours.length === 0)
    throw invalid([
      { pointer: '/status', detail: `must be one of ${[...new Set(Object.values(STATUSES))].join(', ')}` },
    ]);
  return ours;
};

/** A session is a chat of ours, or a name that whoever started the execution gave. */
const sessionFilter = async (scope: Scope, session: string | undefined): Promise<PageFilter> => {
  if (session === undefined || session === '') return {};
  if (/^(cnv_)?[0-9A-Za-z]{27}$/.test(session)) {
    const noted = await compatIdsNoted(scope, DIALECT, 'session_id', session);
    if (noted.length === 0) return { conversation_id: ownId('conversation', session) };
    return { id: noted };
  }
  return { id: await compatIdsNoted(scope, DIALECT, 'session_id', session) };
};

export const executionRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/executions',
    answer: (asked) =>
      asked.read('listExecutions', async (scope) => {
        const page = pageOf(asked);
        const { agent_id: agent, session_id: session, status } = asked.query;
        const filter = {
          status: statusesOf(status),
          agent_id: agent ? ownId('agent', agent) : undefined,
          ...(await sessionFilter(scope, session)),
        };
        const { ids, total } = await compatPage(scope, 'execution', filter, page);
        return list(await readExecutions(scope, ids), total, page);
      }),
  },
  {
    method: 'GET',
    path: '/api/v1/executions/:id',
    answer: async (asked) => one(await readExecution(asked, executionIdOf(asked))),
  },
  {
    method: 'GET',
    path: '/api/v1/executions/:id/pending-approval',
    answer: async (asked) =>
      one(
        await asked.read('listPendingApprovals', async (scope) => {
          const [row] = await pendingApprovalsBelow(scope, executionIdOf(asked));
          if (!row) throw notFound('pending approval');
          return presentApproval(row);
        }),
      ),
  },
  {
    method: 'GET',
    path: '/api/v1/executions/:id/stream',
    answer: (asked) => streamExecution(asked, executionIdOf(asked)),
  },
];

import type { Json, JsonObject } from '@countersign/core';
import { type ApprovalRow, type Scope, compatPage, getApproval, listApprovals, votesOf } from '@countersign/store';
import { invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, bareIdOrNull, ownId } from '../ids.ts';
import { list, one, pageOf } from './answers.ts';

/** What waits: the output itself, or what is called with what. */
const payloadOf = ({ kind, tool, action: text }: ApprovalRow): Json => {
  const action = JSON.parse(text) as JsonObject;
  if (kind === 'output') return action['output'] ?? null;
  if (kind === 'tool_call') return { tool, arguments: action['arguments'] ?? {} };
  return action;
};

/** The people whose keys decided, by the key: it votes as its owner. */
type Owners = ReadonlyMap<string, string>;

const ownersOf = async (scope: Scope, rows: readonly ApprovalRow[]): Promise<Owners> => {
  const byKeys = rows.filter(({ decision }) => decision?.by.kind === 'key').map(({ id }) => id);
  return new Map((await votesOf(scope, byKeys)).map((vote) => [vote.key_id ?? '', vote.person_id]));
};

/** A person; nobody, where a clock decided or it was withdrawn. */
const deciderOf = ({ status, decision }: ApprovalRow, owners: Owners): string | null => {
  if (!decision || status === 'cancelled') return null;
  const { kind, id } = decision.by;
  return kind === 'person' || kind === 'key' ? bareId(owners.get(id) ?? id) : null;
};

/** @param owners of the keys by which what is decided was; none for what waits */
export const presentApproval = (row: ApprovalRow, owners: Owners = new Map()) => ({
  id: bareId(row.id),
  execution_id: bareIdOrNull(row.execution_id),
  agent_id: bareIdOrNull(row.agent_id),
  workspace_id: bareId(row.workspace_id),
  checkpoint_name: row.checkpoint,
  payload: payloadOf(row),
  status: row.status,
  decision: row.status === 'approved' || row.status === 'rejected' ? row.status : null,
  decided_by: deciderOf(row, owners),
  decided_at: row.decision?.at ?? null,
  expires_at: row.expires_at?.toISOString() ?? null,
  reason: row.decision?.reason ?? null,
  created_at: row.created_at.toISOString(),
});

const read = (asked: Asked, id: string) =>
  asked.read('getApproval', async (scope) => {
    const row = await getApproval(scope, id);
    if (!row) throw notFound('approval');
    return presentApproval(row, await ownersOf(scope, [row]));
  });

const STATUSES = ['pending', 'approved', 'rejected', 'expired', 'cancelled'];

const statusOf = ({ query }: Asked): string | undefined => {
  const { status } = query;
  if (status === undefined || status === '') return undefined;
  if (!STATUSES.includes(status))
    throw invalid([{ pointer: '/status', detail: `must be one of ${STATUSES.join(', ')}` }]);
  return status;
};

export const approvalRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/approvals',
    answer: (asked) =>
      asked.read('listApprovals', async (scope) => {
        const page = pageOf(asked);
        const { agent_id: agent, execution_id: execution, checkpoint_name: checkpoint } = asked.query;
        const { ids, total } = await compatPage(
          scope,
          'approval',
          {
            status: statusOf(asked),
            checkpoint,
            agent_id: agent && ownId('agent', agent),
            execution_id: execution && ownId('execution', execution),
          },
          page,
        );
        const rows = ids.length === 0 ? [] : await listApprovals(scope, { ids }, null, ids.length);
        const owners = await ownersOf(scope, rows);
        return list(
          rows.map((row) => presentApproval(row, owners)),
          total,
          page,
        );
      }),
  },
  {
    method: 'GET',
    path: '/api/v1/approvals/:id',
    answer: async (asked) => one(await read(asked, ownId('approval', asked.params['id'] ?? ''))),
  },
  {
    method: 'POST',
    path: '/api/v1/approvals/:id/decide',
    answer: async (asked) => {
      const id = ownId('approval', asked.params['id'] ?? '');
      const { decision, reason } = await asked.body();
      await asked.call('decideApproval', { params: { id }, body: { decision, reason: reason ?? undefined } });
      return one(await read(asked, id));
    },
  },
];

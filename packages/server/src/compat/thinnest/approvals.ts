import { type ApprovalRow, type Scope, compatPage, getApproval, listApprovals } from '@countersign/store';
import { invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { list } from './answers.ts';
import { presentApproval, readResponse, statusesOf } from './approval.ts';
import { agentIdsOf, approvalIdOf, numbersOf } from './names.ts';

const PRIORITIES = ['low', 'medium', 'high', 'critical'];

const present = async (scope: Scope, rows: readonly ApprovalRow[]) => {
  // The older gets the lower number.
  const ids = rows.toReversed().flatMap(({ id, agent_id: agent }) => (agent === null ? [id] : [agent, id]));
  const numberOf = await numbersOf(scope, ids);
  return rows.map((row) => presentApproval(row, numberOf));
};

const presentOne = async (scope: Scope, id: string) => {
  const row = await getApproval(scope, id);
  if (!row) throw notFound('approval');
  const [shown] = await present(scope, [row]);
  return shown;
};

const filterOf = async (scope: Scope, { query }: Asked) => {
  const { agent_id: agent, status, priority } = query;
  if (priority !== undefined && !PRIORITIES.includes(priority))
    throw invalid([{ pointer: '/query/priority', detail: `must be one of ${PRIORITIES.join(', ')}` }]);
  return {
    status: statusesOf(status),
    priority,
    agent_id: agent === undefined || agent === '' ? undefined : await agentIdsOf(scope, agent),
  };
};

export const approvalRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/approvals',
    answer: (asked) =>
      asked.write('listApprovals', async (scope) => {
        const page = numberedPage(asked.query, { size: 'limit', usual: 50, max: 200 });
        const { ids, total } = await compatPage(scope, 'approval', await filterOf(scope, asked), page);
        const rows = ids.length === 0 ? [] : await listApprovals(scope, { ids }, null, ids.length);
        return list(await present(scope, rows), total);
      }),
  },
  {
    method: 'GET',
    path: '/approvals/:id',
    answer: (asked) =>
      asked.write('getApproval', async (scope) => ({
        body: await presentOne(scope, await approvalIdOf(scope, asked.params['id'] ?? '')),
      })),
  },
  {
    method: 'POST',
    path: '/approvals/:id/respond',
    answer: async (asked) => {
      const id = await asked.read('decideApproval', (scope) => approvalIdOf(scope, asked.params['id'] ?? ''));
      await asked.call('decideApproval', { params: { id }, body: readResponse(await asked.body()) });
      return asked.write('decideApproval', async (scope) => ({ body: await presentOne(scope, id) }));
    },
  },
];

/** What was called, whether or not anybody was asked: thinnest's audit log. Its own path is not published; this one is ours. */
import { type MadeCallRow, callsMade } from '@countersign/store';
import type { DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { second } from './approval.ts';
import { agentIdsOf } from './names.ts';

const resultOf = ({ status, is_error: isError }: MadeCallRow): string => {
  if (status === 'completed') return isError ? 'error' : 'success';
  return status === 'awaiting_approval' ? 'pending' : status === 'failed' ? 'error' : status;
};

const present = (row: MadeCallRow) => ({
  timestamp: second(row.at),
  node_id: row.node,
  action: 'tool_call',
  tool: row.tool,
  args: JSON.parse(row.arguments ?? '{}') as unknown,
  result: resultOf(row),
});

export const auditLogRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/approvals/audit-log',
    answer: (asked) =>
      asked.read('listSteps', async (scope) => {
        const { agent_id: agent } = asked.query;
        const page = numberedPage(asked.query, { size: 'limit', usual: 100, max: 500 });
        const agents = agent === undefined || agent === '' ? null : await agentIdsOf(scope, agent);
        const rows = await callsMade(scope, agents, page);
        // A page holds the latest, and reads in the order in which it happened.
        return { body: { audit_log: rows.toReversed().map(present) } };
      }),
  },
];

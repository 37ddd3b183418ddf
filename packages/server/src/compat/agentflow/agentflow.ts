/** AgentFlow: `/compat/agentflow/api/v1/…`. */
import { Problem } from '../../http/problem.ts';
import { type Dialect, bearerOf } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { approvalRoutes } from './approvals.ts';

export const agentflow: Dialect = {
  name: 'agentflow',
  keyOf: bearerOf,
  check: ({ workspaceId }, headers) => {
    const tenant = headers.get('snc-tenant');
    if (tenant !== null && tenant !== '' && bareId(tenant) !== bareId(workspaceId))
      throw new Problem('forbidden', 'The credential is not one of this tenant.');
  },
  refuse: (problem, requestId) => ({
    status: problem.status === 428 ? 400 : problem.status,
    body: {
      detail: problem.message,
      error: { code: problem.code, message: problem.message, ...problem.facts },
      status: problem.status,
      request_id: requestId,
    },
  }),
  routes: [...approvalRoutes],
};

/** AgentFlow: `/compat/agentflow/api/v1/…`. */
import { Problem } from '../../http/problem.ts';
import { type Dialect, bearerOf } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { refuse } from './answers.ts';
import { approvalRoutes } from './approvals.ts';
import { statsRoutes } from './stats.ts';

export const agentflow: Dialect = {
  name: 'agentflow',
  keyOf: bearerOf,
  check: ({ workspaceId }, headers) => {
    const tenant = headers.get('snc-tenant');
    if (tenant !== null && tenant !== '' && bareId(tenant) !== bareId(workspaceId))
      throw new Problem('forbidden', 'The credential is not one of this tenant.');
  },
  refuse,
  routes: [...approvalRoutes, ...statsRoutes],
};

/** AgentFlow: `/compat/agentflow/api/v1/…`. */
import { Problem } from '../../http/problem.ts';
import { type Dialect, bearerOf } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { agentRoutes } from './agents.ts';
import { refuse } from './answers.ts';
import { approvalRoutes } from './approvals.ts';
import { chatRoutes } from './chat.ts';
import { conversationRoutes } from './conversations.ts';
import { directRunRoutes } from './direct-run.ts';
import { statsRoutes } from './stats.ts';
import { toolRoutes } from './tools.ts';

export const agentflow: Dialect = {
  name: 'agentflow',
  keyOf: bearerOf,
  check: ({ workspaceId }, headers) => {
    const tenant = headers.get('snc-tenant');
    if (tenant !== null && tenant !== '' && bareId(tenant) !== bareId(workspaceId))
      throw new Problem('forbidden', 'The credential is not one of this tenant.');
  },
  refuse,
  routes: [
    { method: 'GET', path: '/health', answer: async () => ({ body: { status: 'healthy' } }) },
    { method: 'GET', path: '/ready', answer: async () => ({ body: { status: 'ready' } }) },
    ...approvalRoutes,
    ...statsRoutes,
    ...agentRoutes,
    ...toolRoutes,
    ...directRunRoutes,
    ...chatRoutes,
    ...conversationRoutes,
  ],
};

/** PromptRails: `/compat/promptrails/api/v1/…`. */
import { Problem } from '../../http/problem.ts';
import { type Dialect, bearerOf } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { agentRoutes } from './agents.ts';
import { refuse } from './answers.ts';
import { approvalRoutes } from './approvals.ts';
import { chatRoutes } from './chat.ts';
import { executeRoutes } from './execute.ts';
import { executionRoutes } from './executions.ts';
import { inboxRoutes } from './inbox.ts';
import { metricRoutes } from './metrics.ts';
import { triggerRoutes } from './triggers.ts';

export const promptrails: Dialect = {
  name: 'promptrails',
  keyOf: (headers) => headers.get('x-api-key') ?? bearerOf(headers),
  check: ({ workspaceId }, headers) => {
    const named = headers.get('x-workspace-id');
    if (named !== null && named !== '' && bareId(named) !== bareId(workspaceId))
      throw new Problem('forbidden', 'The credential is not one of this workspace.');
  },
  refuse,
  routes: [
    ...approvalRoutes,
    ...agentRoutes,
    ...executeRoutes,
    ...executionRoutes,
    ...inboxRoutes,
    ...chatRoutes,
    ...triggerRoutes,
    ...metricRoutes,
  ],
};

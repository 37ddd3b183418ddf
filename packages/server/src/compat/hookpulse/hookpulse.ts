/** HookPulse: `/compat/hookpulse/v1/api/…/`. */
import { Problem } from '../../http/problem.ts';
import type { Dialect } from '../dialect.ts';
import { refuse } from './answers.ts';
import { approvalRoutes } from './approvals.ts';
import { checkBrand } from './brand.ts';
import { domainRoutes } from './domains.ts';
import { historyRoutes } from './history.ts';
import { scheduleRoutes } from './schedules.ts';
import { stepRoutes } from './steps.ts';
import { templateRoutes } from './templates.ts';
import { webhookRoutes } from './webhooks.ts';

export const hookpulse: Dialect = {
  name: 'hookpulse',
  keyOf: (headers) => {
    const key = headers.get('x-hookpulse-api-key');
    if (key === null || key === '') throw new Problem('unauthenticated', 'Missing API key');
    return key;
  },
  check: ({ workspaceId }, headers) => checkBrand(workspaceId, headers.get('x-brand-uuid')),
  tellsLimits: true,
  refuse: (problem) =>
    problem.code === 'unauthenticated' && !problem.message.startsWith('Missing')
      ? refuse(new Problem('unauthenticated', 'Invalid API key', {}, problem.headers))
      : refuse(problem),
  routes: [
    ...approvalRoutes,
    ...historyRoutes,
    ...domainRoutes,
    ...templateRoutes,
    ...stepRoutes,
    ...webhookRoutes,
    ...scheduleRoutes,
  ],
};

/** thinnest: `/compat/thinnest/approvals…`. */
import { type Dialect, bearerOf } from '../dialect.ts';
import { refuse } from './answers.ts';
import { approvalRoutes } from './approvals.ts';
import { auditLogRoutes } from './audit-log.ts';
import { chatRoutes } from './chat.ts';

export const thinnest: Dialect = {
  name: 'thinnest',
  keyOf: bearerOf,
  tellsLimits: true,
  refuse,
  routes: [...approvalRoutes, ...auditLogRoutes, ...chatRoutes],
};

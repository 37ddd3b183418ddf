import type { DialectRoute } from '../dialect.ts';

export const approvalRoutes: readonly DialectRoute[] = [];

import type { Route } from '@countersign/contract';
import type { Principal } from '../auth/principal.ts';
import { Problem } from './problem.ts';

/** @throws Problem `forbidden` */
export const holdToPermission = (route: Route, principal: Principal): void => {
  if (route.person && principal.kind !== 'person')
    throw new Problem('forbidden', 'Only a person who is signed in may do this.', { permission: route.permission });
  if (route.permission === 'public' || route.permission === 'session') return;
  if (!principal.permissions.has(route.permission))
    throw new Problem('forbidden', `This needs the permission ${route.permission}.`, { permission: route.permission });
};

/** Does in a channel what the same person does over HTTP: the same route, permission, schema and handler. */
import {
  type Route,
  type RouteBody,
  type RouteName,
  type RouteResponse,
  type Routes,
  routes,
} from '@countersign/contract';
import type { Scope } from '@countersign/store';
import { approvalActionHandlers } from '../handlers/approval-actions.ts';
import { approvalHandlers } from '../handlers/approvals.ts';
import { check } from '../http/body.ts';
import type { App, Context } from '../http/context.ts';
import { holdToPermission } from '../http/permission.ts';
import type { Problem } from '../http/problem.ts';
import type { ChannelPrincipal } from './who.ts';

const handlers = { ...approvalHandlers, ...approvalActionHandlers };
type Done = keyof typeof handlers & RouteName;

/** @throws Problem: rolled back, as over HTTP */
export const performAs = async <N extends Done>(
  app: App,
  scope: Scope,
  principal: ChannelPrincipal,
  name: N,
  id: string,
  body: RouteBody<Routes[N]>,
): Promise<RouteResponse<Routes[N]> | Problem> => {
  const route: Route = routes[name];
  holdToPermission(route, principal);
  const context = {
    app,
    engine: app.engine,
    params: { id },
    query: {},
    body: route.body ? check(route.body, body) : {},
    principal,
    requestId: '',
    address: '',
    refused: () => undefined,
    setCookie: () => undefined,
  };
  const handler = handlers[name] as unknown as (
    context: Context<N>,
    scope: Scope,
  ) => Promise<RouteResponse<Routes[N]> | Problem>;
  // What it lacks (a request, a page) only routes of other kinds read.
  return handler(context as unknown as Context<N>, scope);
};

/** `/compat/{dialect}/…`: the published APIs, each a folder of translation over /v1 (docs/guide/dialects.md, ADR 0066). */
import { Hono } from 'hono';
import { answer, requestIdOf } from '../http/answer.ts';
import type { App } from '../http/context.ts';
import type { Metrics } from '../http/metrics.ts';
import { Problem, notFound } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { agentflow } from './agentflow/agentflow.ts';
import { type MountRoute, createAsked } from './asked.ts';
import type { Answer, Dialect, DialectRoute } from './dialect.ts';
import { hookpulse } from './hookpulse/hookpulse.ts';
import { humanlayer } from './humanlayer/humanlayer.ts';
import { langgraph } from './langgraph/langgraph.ts';
import { promptrails } from './promptrails/promptrails.ts';
import { admitPage, answerOptions, foreignOrigin, openTo } from './pages.ts';
import { rateHeaders } from './rate-headers.ts';
import { thinnest } from './thinnest/thinnest.ts';

const DIALECTS: readonly Dialect[] = [promptrails, agentflow, thinnest, hookpulse, langgraph, humanlayer];

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const toResponse = ({ status = 200, body, headers = {} }: Answer): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...HEADERS, ...headers },
  });

export type Compat = (request: Request, address: string) => Response | Promise<Response>;

export const createCompat = (app: App, metrics: Metrics, rateLimit: RateLimit, mountRoute: MountRoute): Compat => {
  const dialects = new Map(
    DIALECTS.map((dialect) => [dialect.name as string, createDialect(dialect, app, metrics, rateLimit, mountRoute)]),
  );
  return (request, address) => {
    const name = /^\/compat\/([^/]+)/.exec(new URL(request.url, 'http://localhost').pathname)?.[1] ?? '';
    const dialect = dialects.get(name);
    if (!dialect) return toResponse({ status: 404, body: notFound('dialect').toJson(requestIdOf(request)) });
    return dialect(request, address);
  };
};

const createDialect = (
  dialect: Dialect,
  app: App,
  metrics: Metrics,
  rateLimit: RateLimit,
  mountRoute: MountRoute,
): Compat => {
  // With and without a last slash: a redirect would lose the body of a POST in many clients.
  const http = new Hono<{ Bindings: { address: string } }>({ strict: false }).basePath(`/compat/${dialect.name}`);
  const withLimits = (limits: Readonly<Record<string, string>>): Record<string, string> => ({
    ...limits,
    ...(dialect.tellsLimits ? rateHeaders(limits, Date.now()) : {}),
  });
  const refuse = (problem: Problem, requestId: string): Response => {
    const refused = dialect.refuse(problem, requestId);
    return toResponse({ ...refused, headers: { ...withLimits(problem.headers), ...refused.headers } });
  };
  const run = (
    request: Request,
    params: Readonly<Record<string, string>>,
    address: string,
    work: (asked: ReturnType<typeof createAsked>) => Promise<Answer | Response>,
  ): Promise<Response> =>
    answer(
      app,
      metrics,
      `compat/${dialect.name}`,
      async (inner, innerParams, facts) => {
        // PostgreSQL's texts can't hold U+0000, so no id does.
        if (Object.values(innerParams).some((value) => value.includes('\0'))) throw notFound();
        const origin = foreignOrigin(inner, app.config.publicUrl);
        if (origin !== undefined) await admitPage(app, dialect, inner, facts.address, origin);
        const limits: Record<string, string> = {};
        const asked = createAsked(app, mountRoute, dialect, inner, innerParams, facts, rateLimit, limits);
        const answered = await work(asked);
        return answered instanceof Response
          ? answered
          : toResponse({ ...answered, headers: { ...withLimits(limits), ...answered.headers } });
      },
      request,
      params,
      address,
      refuse,
    );

  // Fixed paths before those with parameters, as in /v1.
  const parameters = ({ path }: DialectRoute): number => path.split(':').length;
  const known = dialect.routes.toSorted((a, b) => parameters(a) - parameters(b));
  for (const route of known)
    http.on(route.method, route.path, (context) =>
      run(context.req.raw, context.req.param() as Record<string, string>, context.env.address, route.answer),
    );
  for (const path of new Set(known.map((route) => route.path))) {
    const methods = known.flatMap((route) => (route.path === path ? [route.method] : []));
    const allow = methods.join(', ');
    http.on('OPTIONS', path, (context) => answerOptions(context.req.raw, methods));
    http.all(path, (context) =>
      run(context.req.raw, {}, context.env.address, () => {
        throw new Problem('method_not_allowed', `This path knows ${allow}.`, {}, { allow });
      }),
    );
  }
  http.all('*', (context) =>
    run(context.req.raw, {}, context.env.address, () => {
      throw new Problem('not_found', 'There is no such path.');
    }),
  );
  return async (request, address) => {
    const response = await http.fetch(request, { address });
    const origin = foreignOrigin(request, app.config.publicUrl);
    // A refusal is all that a page that is not listed can read.
    if (origin !== undefined && request.method !== 'OPTIONS') openTo(origin, response);
    return response;
  };
};

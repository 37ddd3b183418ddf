/** Turns a row of the table of routes and its handler into an HTTP handler: the one way in. */
import { createHash } from 'node:crypto';
import { type Route, type RouteName, routes } from '@countersign/contract';
import { z } from 'zod';
import { type Scope, givenAnswer, isAnswered, reading, reserveKey, storeAnswer, transaction } from '@countersign/store';
import { holdToNetworks } from '../auth/limits.ts';
import { DeadKeyProblem, type Principal, principalId } from '../auth/principal.ts';
import { sessionToken } from '../auth/cookie.ts';
import { checkSession } from '../auth/second-factor.ts';
import { check, parseBody, readBody, readQuery } from './body.ts';
import type { App, Context, FreeContext, FreeHandlers, Handlers, Page } from './context.ts';
import { listName } from './cursor.ts';
import { holdToChat } from './chat-origin.ts';
import { checkOrigin } from './origin.ts';
import { holdToPermission } from './permission.ts';
import { Problem, notFound } from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Attempt, subjectOf } from './refusals.ts';
import { SEALED_ANSWERS, answerContext } from './sealed-answers.ts';

export type HttpHandler = (
  request: Request,
  params: Readonly<Record<string, string>>,
  facts: { readonly requestId: string; readonly address: string },
) => Promise<Response>;

const NO_STORE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
const NOTHING = z.strictObject({});

const jsonResponse = (status: number, body: Buffer | string | null, headers: Record<string, string>): Response =>
  new Response(body, {
    status,
    headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...NO_STORE, ...headers },
  });

export const mount = (
  name: RouteName,
  app: App,
  handlers: Handlers,
  freeHandlers: FreeHandlers,
  rateLimit: RateLimit,
  /** The published API in whose words it was asked; none for our own. */
  dialect: string | null = null,
): HttpHandler => {
  const route: Route = routes[name];
  const free = name in freeHandlers;

  const respond = async (
    request: Request,
    params: Readonly<Record<string, string>>,
    { requestId, address }: Parameters<HttpHandler>[2],
    attempt: Attempt,
  ): Promise<Response> => {
    const { principal, limits } = await admit(app, route, params, request, address, attempt, rateLimit);
    // Nobody would ever end it: a HEAD has no body whose reader could go away.
    if (request.method === 'HEAD' && (route.stream ?? name === 'waitForApproval'))
      throw new Problem('method_not_allowed', 'This path can only be read with GET.', {}, { allow: 'GET' });
    // PostgreSQL's texts can't hold U+0000, so no id does.
    if (Object.values(params).some((value) => value.includes('\0'))) throw notFound();
    const query = check(route.query ?? NOTHING, readQuery(new URL(request.url, 'http://localhost')));
    const text = route.body || request.method === 'POST' ? await readBody(request) : '';
    const body = parseBody(route.body ?? NOTHING, text);
    const key = idempotencyKey(route, request, principal);
    attempt.subject ??= subjectOf(body);

    const cookies: Record<string, string> = {};
    const context = {
      app,
      engine: app.engine,
      dialect,
      params,
      query,
      body,
      refused: (id: string, problem: Problem) => app.refusals.note(name, { principal, subject: id, address }, problem),
      page: pageOf(app, name, principal, (query ?? {}) as Record<string, unknown>),
      request,
      requestId,
      address,
      setCookie: (cookie: string) => {
        cookies['set-cookie'] = cookie;
      },
      // Only public routes have none, and their handlers do not look at it.
      principal: principal as Principal,
    };

    const commit = async (work: (scope: Scope) => Promise<unknown>): Promise<Response> => {
      if (!principal) throw new Error(`${name} has no workspace`);
      const { api } = app.engine;
      const fingerprint = key === null ? '' : fingerprintOf(route, params, text);
      const first = transaction(api, principal.workspaceId, async (scope) => {
        const reserved = key === null ? null : reserveKey(scope, principalId(principal), key, fingerprint);
        // A free handler may do something before its first statement, which alone would fail with the key.
        if (free) await reserved;
        const result = await work(scope).catch(async (error: unknown) => {
          await reserved;
          throw error;
        });
        if (result instanceof Problem) scope.afterCommit(() => app.refusals.note(name, attempt, result));
        const fresh = encode(route, result, requestId);
        // Whatever it was, the readers of the workspace's events hear of it at once.
        scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [params['id'] ?? scope.workspaceId]));
        if (key !== null)
          await storeAnswer(scope, principalId(principal), key, fresh.status, sealAnswer(app, name, fresh.body));
        return fresh;
      });
      const answer = await first.catch(async (error: unknown) => {
        if (key === null || !isAnswered(error)) throw error;
        const stored = await reading(api, principal.workspaceId, (scope) =>
          givenAnswer(scope, principalId(principal), key),
        );
        if (!stored) throw error;
        return replay(app, stored, fingerprint, name);
      });
      return jsonResponse(answer.status, answer.body, { ...limits, ...cookies, ...answer.headers });
    };

    if (free) {
      const handler = freeHandlers[name as keyof FreeHandlers] as unknown as (
        context: FreeContext<never>,
      ) => Promise<Response>;
      const freeContext = {
        ...context,
        commit,
        reading: <T>(work: (scope: Scope) => Promise<T>): Promise<T> =>
          reading(app.engine.api, principal?.workspaceId ?? '', work),
        json: (value: unknown, headers: Record<string, string> = {}): Response =>
          jsonResponse(route.status, value === undefined ? null : JSON.stringify(value), {
            ...limits,
            ...cookies,
            ...headers,
          }),
      };
      return handler(freeContext as unknown as FreeContext<never>);
    }
    const handler = handlers[name as keyof Handlers] as unknown as (
      context: Context<never>,
      scope: Scope,
    ) => Promise<unknown>;
    const work = (scope: Scope): Promise<unknown> => handler(context as unknown as Context<never>, scope);
    if (route.method !== 'GET') return commit(work);
    if (!principal) throw new Error(`${name} has no workspace`);
    const read = await reading(app.engine.api, principal.workspaceId, work);
    if (read instanceof Problem) app.refusals.note(name, attempt, read);
    const result = encode(route, read, requestId);
    return jsonResponse(result.status, result.body, { ...limits, ...result.headers });
  };

  return async (request, params, facts) => {
    const attempt: Attempt = { principal: undefined, subject: subjectOf(params), address: facts.address };
    try {
      return await respond(request, params, facts, attempt);
    } catch (error) {
      if (error instanceof Problem) app.refusals.note(name, attempt, error);
      throw error;
    }
  };
};

/** Who asks, whether they may, and what is left of their requests in this minute. @throws Problem */
export const admit = async (
  app: App,
  route: Route,
  params: Readonly<Record<string, string>>,
  request: Request,
  address: string,
  attempt: Attempt,
  rateLimit: RateLimit,
): Promise<{ readonly principal: Principal | undefined; readonly limits: Record<string, string> }> => {
  const principal = await identify(app, route, params, request, address, attempt).catch(async (error: unknown) => {
    // Whoever tries out credentials is counted by address, since there is nothing else to count by.
    if (error instanceof Problem && error.code === 'unauthenticated') await rateLimit.take(address);
    throw error;
  });
  return { principal, limits: await rateLimit.take(principal ? principalId(principal) : address) };
};

/** Who asks, and whether they may. Notes who it is as soon as that is known, for the record of a refusal. */
const identify = async (
  app: App,
  route: Route,
  params: Readonly<Record<string, string>>,
  request: Request,
  address: string,
  attempt: Attempt,
): Promise<Principal | undefined> => {
  const token = sessionToken(request, app.config.publicUrl);
  const authorization = request.headers.get('authorization') ?? undefined;
  // Also where the cookie is only about to be set: a foreign page must not sign somebody in (login CSRF).
  if (authorization === undefined && (token !== undefined || route.permission === 'public'))
    if (request.headers.has('origin') || token !== undefined)
      try {
        checkOrigin(request, app.config.publicUrl);
      } catch (error) {
        // Whose session a foreign page tried to use is worth knowing; that it has ended, too, is not.
        if (token !== undefined)
          attempt.principal = await app.authenticator
            .authenticate({ authorization: undefined, sessionToken: token, address })
            .catch(() => undefined);
        throw error;
      }
  if (route.permission === 'public') return undefined;
  const principal = await app.authenticator
    .authenticate({ authorization, sessionToken: token, address })
    .catch((error: unknown) => {
      if (error instanceof DeadKeyProblem) attempt.principal = error.owner;
      throw error;
    });
  attempt.principal = principal;
  holdToNetworks(principal, address);
  holdToChat(principal, route, params, request);
  if (route.permission === 'session') {
    if (principal.kind !== 'person') throw new Problem('forbidden', 'Only a person who is signed in has a session.');
    checkSession(route, principal.session, app.config.publicUrl);
    return principal;
  }
  holdToPermission(route, principal);
  if (principal.kind === 'person') checkSession(route, principal.session, app.config.publicUrl);
  return principal;
};

/** @throws Problem `idempotency_key_required` for a key's request that creates or decides without one */
const idempotencyKey = (route: Route, request: Request, principal: Principal | undefined): string | null => {
  const header = request.headers.get('idempotency-key');
  if (!route.idempotency) return null;
  if (header === null || header === '') {
    if (route.idempotency === 'required' && principal?.kind === 'key')
      throw new Problem(
        'idempotency_key_required',
        'Send an Idempotency-Key, such as a random UUID, so that a repeat does no harm.',
      );
    return null;
  }
  const key = header.replace(/^"(.*)"$/, '$1');
  if (key.length > IDEMPOTENCY_KEY_LENGTH_MAX)
    throw new Problem(
      'idempotency_key_required',
      `An Idempotency-Key has at most ${IDEMPOTENCY_KEY_LENGTH_MAX} characters.`,
    );
  return key;
};

const fingerprintOf = (route: Route, params: Readonly<Record<string, string>>, text: string): string =>
  createHash('sha256')
    .update(JSON.stringify([route.method, route.path, params, text]))
    .digest('base64');

type Encoded = { status: number; body: Buffer | null; headers: Record<string, string> };

const encode = (route: Route, result: unknown, requestId: string): Encoded => {
  if (result instanceof Problem)
    return {
      status: result.status,
      body: Buffer.from(JSON.stringify(result.toJson(requestId))),
      headers: { 'content-type': 'application/problem+json', ...result.headers },
    };
  return {
    status: route.status,
    body: route.response === null ? null : Buffer.from(JSON.stringify(result)),
    headers: {},
  };
};

const sealAnswer = (app: App, name: RouteName, body: Buffer | null): Buffer => {
  const plain = body ?? Buffer.alloc(0);
  return SEALED_ANSWERS.has(name) ? app.engine.secrets.seal(plain.toString(), answerContext(name)) : plain;
};

const replay = (
  app: App,
  stored: { fingerprint: string; status: number; body: Buffer },
  fingerprint: string,
  name: RouteName,
): Encoded => {
  if (stored.fingerprint !== fingerprint)
    throw new Problem('idempotency_key_reused', 'The same Idempotency-Key came before with another request.');
  // One from before it was sealed begins as JSON does.
  const isSealed = SEALED_ANSWERS.has(name) && stored.body[0] !== 0x7b;
  const plain = isSealed ? Buffer.from(app.engine.secrets.open(stored.body, answerContext(name))) : stored.body;
  return {
    status: stored.status,
    body: plain.length === 0 ? null : plain,
    headers: {
      'idempotency-replayed': 'true',
      ...(stored.status >= 400 ? { 'content-type': 'application/problem+json' } : {}),
    },
  };
};

const pageOf = (app: App, name: RouteName, principal: Principal | undefined, query: Record<string, unknown>): Page => {
  const limit = typeof query['limit'] === 'number' ? query['limit'] : 50;
  const list = (): string => listName(name, principal?.workspaceId ?? '', query);
  return {
    limit,
    get after() {
      return app.cursors.decode(list(), query['cursor'] as string | undefined);
    },
    of: (rows, place, present) => {
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        data: shown.map(present),
        next_cursor: rows.length > limit && last !== undefined ? app.cursors.encode(list(), place(last)) : null,
      };
    },
  };
};

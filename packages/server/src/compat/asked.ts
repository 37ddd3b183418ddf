/** How a request in a dialect's words reaches /v1: each call is a request of its own, by the one door, with the same credential. */
import { createHash, randomUUID } from 'node:crypto';
import { PROBLEMS, type ProblemCode, type Route, type RouteName, routes } from '@countersign/contract';
import { type Json, isObject } from '@countersign/core';
import { type Scope, reading, transaction } from '@countersign/store';
import { z } from 'zod';
import { sessionToken } from '../auth/cookie.ts';
import { DeadKeyProblem, type Principal } from '../auth/principal.ts';
import { problemOf } from '../http/answer.ts';
import { parseBody, readBody, readQuery } from '../http/body.ts';
import type { App } from '../http/context.ts';
import { type HttpHandler, admit } from '../http/mount.ts';
import { Problem, invalid } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { type Attempt, subjectOf } from '../http/refusals.ts';
import { createReceiver } from '../triggers/receive.ts';
import type { Asked, Dialect } from './dialect.ts';

/** Mounts an operation of /v1 for a dialect. */
export type MountRoute = (name: RouteName, rateLimit: RateLimit, dialect: string) => HttpHandler;

/** What /v1 looks at in a request beside its path and body. */
const PASSED_ON = ['cookie', 'origin', 'sec-fetch-site', 'host', 'accept', 'last-event-id'] as const;

const innerHeaders = (dialect: Dialect, outer: Headers): Headers => {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const name of PASSED_ON) {
    const value = outer.get(name);
    if (value !== null) headers.set(name, value);
  }
  const key = dialect.keyOf(outer);
  // A key that is there and no good is refused, and never stood in for by a cookie.
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  return headers;
};

/** One request of a client is one request, however many of /v1 it takes. */
const countOnce = (rateLimit: RateLimit, limits: Record<string, string>): RateLimit => {
  const taken = new Map<string, Promise<Record<string, string>>>();
  return {
    take: async (name) => {
      const counted = taken.get(name) ?? rateLimit.take(name);
      taken.set(name, counted);
      return Object.assign(limits, await counted);
    },
  };
};

const pathOf = (route: Route, params: Readonly<Record<string, string>>): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const queryOf = (query: Readonly<Record<string, string | number | undefined>>): string => {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given.toString()}`;
};

/** A problem that came back as an answer. */
const problemIn = (body: Record<string, unknown>, headers: Headers): Problem => {
  const { type: _type, title: _title, status: _status, detail, instance: _instance, code, ...facts } = body;
  const known = typeof code === 'string' && code in PROBLEMS ? (code as ProblemCode) : 'internal';
  const retryAfter = headers.get('retry-after');
  return new Problem(known, String(detail), facts, retryAfter === null ? {} : { 'Retry-After': retryAfter });
};

type Facts = { readonly requestId: string; readonly address: string };

/** @param limits gets the headers that tell how much is left of the caller's requests */
export const createAsked = (
  app: App,
  mountRoute: MountRoute,
  dialect: Dialect,
  request: Request,
  params: Readonly<Record<string, string>>,
  facts: Facts,
  rateLimit: RateLimit,
  limits: Record<string, string>,
): Asked => {
  const counted = countOnce(rateLimit, limits);
  const headers = innerHeaders(dialect, request.headers);
  const givenKey = request.headers.get('idempotency-key');
  const calls = new Map<RouteName, number>();
  let json: Promise<Json> | undefined;

  /**
   * A client's key is one for all that its request takes: each part gets its own from it, the same whatever parts a repeat
   * still has to do. Without a key nothing is a repeat.
   */
  const onceKey = (name: RouteName, once: string | undefined): string => {
    const key = once ?? givenKey;
    if (key === null || key === '') return randomUUID();
    const times = calls.get(name) ?? 0;
    if (once === undefined) calls.set(name, times + 1);
    return createHash('sha256')
      .update(JSON.stringify([dialect.name, key, name, once === undefined ? times : null]))
      .digest('hex');
  };

  const admitted = async (name: RouteName): Promise<{ principal: Principal; attempt: Attempt }> => {
    const attempt: Attempt = { principal: undefined, subject: subjectOf(params), address: facts.address };
    const inner = new Request('http://localhost/', { method: request.method, headers });
    try {
      const { principal } = await admit(app, routes[name], {}, inner, facts.address, attempt, counted);
      if (!principal) throw new Error(`${name} has no workspace`);
      dialect.check?.(principal, request.headers);
      return { principal, attempt };
    } catch (error) {
      if (error instanceof Problem) app.refusals.note(name, attempt, error);
      throw error;
    }
  };

  /** Whoever is nobody hears that before what is wrong with what they sent, as in /v1. */
  const identified = async (): Promise<void> => {
    const inner = new Request('http://localhost/', { headers });
    const attempt: Attempt = { principal: undefined, subject: subjectOf(params), address: facts.address };
    try {
      await app.authenticator.authenticate({
        authorization: headers.get('authorization') ?? undefined,
        sessionToken: sessionToken(inner, app.config.publicUrl),
        address: facts.address,
      });
    } catch (error) {
      if (error instanceof DeadKeyProblem) attempt.principal = error.owner;
      if (error instanceof Problem) app.refusals.note('compat', attempt, error);
      await counted.take(facts.address);
      throw error;
    }
  };

  const asked: Asked = {
    app,
    request,
    params,
    query: readQuery(new URL(request.url, 'http://localhost')),
    json: () => {
      // Parsed by the strict door of /v1, so it is JSON.
      json ??= identified().then(async () => parseBody(z.unknown(), await readBody(request)) as Json);
      return json;
    },
    body: async () => {
      const value = await asked.json();
      if (!isObject(value)) throw invalid([{ pointer: '', detail: 'must be a JSON object' }]);
      return value;
    },
    open: async (name, input = {}) => {
      const route: Route = routes[name];
      if (dialect.check) await admitted(name);
      const inner = new Headers(headers);
      if (route.idempotency) inner.set('idempotency-key', onceKey(name, input.once));
      const innerParams = (input.params ?? {}) as Readonly<Record<string, string>>;
      const sent = new Request(`http://localhost${pathOf(route, innerParams)}${queryOf(input.query ?? {})}`, {
        method: route.method,
        headers: inner,
        signal: request.signal,
        ...(route.body ? { body: JSON.stringify(input.body ?? {}) } : {}),
      });
      // What fails in the database is a problem here already: a dialect may know what to do about a name that is taken.
      return mountRoute(name, counted, dialect.name)(sent, innerParams, facts).catch((error: unknown) => {
        throw problemOf(app, name, facts.requestId, error);
      });
    },
    call: async (name, input) => {
      const response = await asked.open(name, input);
      const text = await response.text();
      const answered = text === '' ? undefined : (JSON.parse(text) as never);
      if (response.ok) return answered as never;
      throw problemIn(answered ?? {}, response.headers);
    },
    read: async (name, work) => {
      const { principal, attempt } = await admitted(name);
      try {
        return await reading(app.engine.api, principal.workspaceId, (scope: Scope) => work(scope, principal));
      } catch (error) {
        if (error instanceof Problem) app.refusals.note(name, attempt, error);
        throw error;
      }
    },
    write: async (name, work) => {
      const { principal } = await admitted(name);
      return transaction(app.engine.api, principal.workspaceId, (scope: Scope) => work(scope, principal));
    },
    hook: (token) => createReceiver(app, counted)(request, token, facts.address),
  };
  return asked;
};

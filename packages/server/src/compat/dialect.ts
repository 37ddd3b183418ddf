/**
 * A dialect: a published API that we speak as it is, so that its clients work by changing the base URL alone. It translates
 * paths, headers, names, ids and errors; what may be done and what happens is said by the operations of /v1 that it calls.
 */
import type { RouteName, RouteParams, RouteResponse, Routes } from '@countersign/contract';
import type { Json, JsonObject } from '@countersign/core';
import type { Scope } from '@countersign/store';
import type { Principal } from '../auth/principal.ts';
import type { App } from '../http/context.ts';
import type { Problem } from '../http/problem.ts';

export type DialectName = 'promptrails' | 'agentflow' | 'thinnest' | 'hookpulse' | 'langgraph' | 'humanlayer';

type Input<N extends RouteName> = {
  readonly params?: RouteParams<Routes[N]>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Under which a repeat finds the first answer, where the dialect carries such a name in its body. */
  readonly once?: string | undefined;
};

/** What a request in a dialect's words is answered from. Credential, limits and records are those of /v1. */
export type Asked = {
  readonly app: App;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The JSON that was sent; an empty object where nothing was. @throws Problem as /v1 does for what is none */
  readonly json: () => Promise<Json>;
  /** The same where it must be an object. @throws Problem `invalid` */
  readonly body: () => Promise<JsonObject>;
  /** An operation of /v1, as the caller would ask for it. @throws Problem as it answers */
  readonly call: <N extends RouteName>(name: N, input?: Input<N>) => Promise<RouteResponse<Routes[N]>>;
  /** The same with the answer as it comes: for streams. */
  readonly open: <N extends RouteName>(name: N, input?: Input<N>) => Promise<Response>;
  /** Reads what /v1 has no list of, for whoever may do that operation of /v1. @throws Problem */
  readonly read: <T>(name: RouteName, work: (scope: Scope, principal: Principal) => Promise<T>) => Promise<T>;
  /** Writes what is the dialect's own (its ids, what it keeps beside a thing), for whoever may do that operation. */
  readonly write: <T>(name: RouteName, work: (scope: Scope, principal: Principal) => Promise<T>) => Promise<T>;
  /** What was posted to an incoming webhook of ours, whose token is the credential. */
  readonly hook: (token: string) => Promise<Response>;
};

export type Answer = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

export type DialectRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the dialect's base path, with `:name` for parameters; with and without a last slash. */
  readonly path: `/${string}`;
  readonly answer: (asked: Asked) => Promise<Answer | Response>;
};

export type Dialect = {
  readonly name: DialectName;
  readonly routes: readonly DialectRoute[];
  /** The API key as the dialect's headers carry it; undefined: none, so a session's cookie may stand for it. */
  readonly keyOf: (headers: Headers) => string | undefined;
  /** What else its headers must say of the caller. @throws Problem */
  readonly check?: (principal: Principal, headers: Headers) => void;
  /** Whether pages of any origin may ask, and not only those that the workspace lists. Then its `keyOf` must never leave room for a cookie. */
  readonly forPages?: boolean;
  /** Whether its answers say in `X-RateLimit-*` what is left of the caller's requests. */
  readonly tellsLimits?: boolean;
  /** A refusal in its words. */
  readonly refuse: (problem: Problem, requestId: string) => Answer;
};

/** What is no bearer token is handed on as it is, to be refused. */
export const bearerOf = (headers: Headers): string | undefined =>
  headers.get('authorization')?.replace(/^Bearer /i, '');

/** How every request ends: its id, its figures, and what went wrong as one of the problems that a caller may be told. */
import { randomUUID } from 'node:crypto';
import type { ProblemCode, RouteName } from '@countersign/contract';
import { isConnectionFailure, sqlState } from '@countersign/store';
import type { App } from './context.ts';
import type { Metrics } from './metrics.ts';
import type { HttpHandler } from './mount.ts';
import { Problem } from './problem.ts';

/** A caller's own request id is kept if it is plain, so that logs on both sides can be put together. */
export const requestIdOf = (request: Request): string => {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
};

/** An operation of /v1, what is posted to us from outside, or one of the published APIs that we speak. */
type Answering = RouteName | 'hook' | 'inbound' | 'voice' | `compat/${string}`;

/** @param inWords how this interface tells of a problem */
export const answer = async (
  app: App,
  metrics: Metrics,
  name: Answering,
  handler: HttpHandler,
  request: Request,
  params: Readonly<Record<string, string>>,
  address: string,
  inWords: (problem: Problem, requestId: string) => Response = problemResponse,
): Promise<Response> => {
  const requestId = requestIdOf(request);
  const startedMs = performance.now();
  let response: Response;
  try {
    response = await handler(request, params, { requestId, address });
  } catch (error) {
    response = inWords(problemOf(app, name, requestId, error), requestId);
  }
  response.headers.set('x-request-id', requestId);
  metrics.observe(name, response.status, performance.now() - startedMs);
  return response;
};

export const problemResponse = (problem: Problem, requestId: string): Response =>
  new Response(JSON.stringify(problem.toJson(requestId)), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...problem.headers,
    },
  });

/** Database errors that a caller can cause or wait out; all else is a bug: logged with its cause, told without it. */
const BY_SQL_STATE: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  '23505': ['name_taken', 'Something of this name exists already.'],
  '55P03': ['idempotency_in_progress', 'The same is being worked on right now. Try again.'],
  '57014': ['unavailable', 'It took too long. Try again.'],
  '40P01': ['unavailable', 'Two requests got in each other’s way. Try again.'],
  '40001': ['unavailable', 'Two requests got in each other’s way. Try again.'],
  '53100': ['unavailable', 'The database has no room left.'],
  '25006': ['unavailable', 'The database can not be written to right now.'],
};

/** What went wrong as one of the problems that a caller may be told. */
export const problemOf = (app: App, name: Answering, requestId: string, error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (isConnectionFailure(error))
    return new Problem('unavailable', 'The database can not be reached right now.', {}, { 'Retry-After': '1' });
  const known = BY_SQL_STATE[sqlState(error) ?? ''];
  if (known) return new Problem(known[0], known[1], {}, known[0] === 'name_taken' ? {} : { 'Retry-After': '1' });
  app.engine.log.error({ err: error, route: name, requestId }, 'a request failed');
  return new Problem('internal', 'This is a bug of ours. The log knows more under the request id.');
};

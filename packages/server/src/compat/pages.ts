/**
 * Pages of other origins. A browser asks before it sends a key of ours, and in that question there is no key: so every origin is
 * told which headers there are, which is nothing, and the request itself is answered where the key's workspace lists its page.
 */
import { getSettings, reading } from '@countersign/store';
import type { App } from '../http/context.ts';
import { ownOrigin } from '../http/origin.ts';
import { Problem } from '../http/problem.ts';
import type { Dialect } from './dialect.ts';

const ALLOWED = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-max-age': '600',
};
/** What is asked for: each dialect has headers of its own. */
const headersFor = (request: Request): string => {
  const asked = request.headers.get('access-control-request-headers') ?? '';
  return /^[\w, -]{1,1000}$/.test(asked) ? asked : 'authorization, content-type, idempotency-key, x-api-key';
};
const EXPOSED = 'retry-after, x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset';

/** Of a page that is not ours. Programs that send an origin without being a page (`file://`, `null`) are programs. */
export const foreignOrigin = (request: Request, publicUrl: string): string | undefined => {
  const origin = request.headers.get('origin');
  if (origin === null || !/^https?:\/\//.test(origin)) return undefined;
  return origin === ownOrigin(request, publicUrl) || origin === publicUrl ? undefined : origin;
};

/** @param methods that the path knows */
export const answerOptions = (request: Request, methods: readonly string[]): Response => {
  const origin = request.headers.get('origin');
  const isPreflight = origin !== null && request.headers.has('access-control-request-method');
  return new Response(null, {
    status: 204,
    headers: {
      allow: [...methods, 'OPTIONS'].join(', '),
      ...(isPreflight
        ? {
            ...ALLOWED,
            'access-control-allow-headers': headersFor(request),
            'access-control-allow-origin': origin,
            vary: 'origin, access-control-request-headers',
          }
        : {}),
    },
  });
};

/**
 * Nobody's request is refused later on, in the dialect's words.
 * @throws Problem `cross_site` for a page that the key's workspace does not list: then nothing is done for it
 */
export const admitPage = async (app: App, dialect: Dialect, request: Request, address: string, origin: string) => {
  // The Agent Inbox is a page that anybody may have, at any origin.
  if (dialect.forPages) return;
  const key = keyOf(dialect, request.headers);
  if (key === undefined || key === '') return;
  const workspaceId = await app.authenticator
    .authenticate({ authorization: `Bearer ${key}`, sessionToken: undefined, address })
    .then(
      (principal) => principal.workspaceId,
      (error: unknown) => {
        if (error instanceof Problem) return undefined;
        throw error;
      },
    );
  if (workspaceId === undefined) return;
  const { page_origins: listed = [] } = await reading(app.engine.api, workspaceId, getSettings);
  if (!listed.includes(origin))
    throw new Problem('cross_site', `The workspace does not list pages of ${origin} (its setting page_origins).`);
};

const keyOf = (dialect: Dialect, headers: Headers): string | undefined => {
  try {
    return dialect.keyOf(headers);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
};

/** Lets the page read the answer. */
export const openTo = (origin: string, response: Response): void => {
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', EXPOSED);
  response.headers.append('vary', 'origin');
};

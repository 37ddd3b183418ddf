/** `/mcp`: people's decisions as MCP tools. It has no privilege: it speaks the public API, with the caller's own key. */
import { answerMcpRequest } from '@countersign/adapters/mcp';
import { createClient } from '@countersign/sdk';
import { z } from 'zod';
import { parseBody, readBody } from './body.ts';
import { type ReadToken, challengeOf } from './mcp-tokens.ts';

/**
 * @param answer how the API answers a request that reached us together with the outer one
 * @param origin at which it reached us
 */
export const answerMcp = async (
  outer: Request,
  answer: (inner: Request) => Promise<Response>,
  readToken: ReadToken,
  origin: string,
): Promise<Response> => {
  const forwarded = outer.headers.get('x-forwarded-for');
  const inside = async (...sent: ConstructorParameters<typeof Request>): Promise<Response> => {
    const inner = new Request(...sent);
    if (forwarded !== null) inner.headers.set('x-forwarded-for', forwarded);
    return answer(inner);
  };
  const body = outer.method === 'POST' ? await readBody(outer) : null;
  // The door of the API holds here too: what two parsers could read differently goes no further.
  if (body !== null) parseBody(z.unknown(), body);
  const headers = new Headers(outer.headers);
  const token = /^Bearer ([^\s.]+\.[^\s.]+\.[^\s.]+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (token !== undefined) {
    const apiKey = await readToken(token, `${origin}/mcp`);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
  }
  const request = new Request(outer.url, {
    method: outer.method,
    headers,
    signal: outer.signal,
    ...(body === null ? {} : { body }),
  });
  return answerMcpRequest(
    request,
    (apiKey) => createClient({ baseUrl: 'http://localhost', apiKey, retries: 0, fetch: inside }),
    challengeOf(origin),
  );
};

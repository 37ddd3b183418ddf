/** The approvals server over streamable HTTP, without sessions: any replica answers any request. */
import type { Client } from '@countersign/sdk';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { createApprovalsServer } from './approvals-server.ts';
import { bearerOf, isKnownKey, refuseMcp } from './key-at-the-door.ts';

/**
 * @param clientFor a client that speaks with the caller's key
 * @param challenge what a caller without a good key is told in `WWW-Authenticate`
 */
export const answerMcpRequest = async (
  request: Request,
  clientFor: (apiKey: string) => Client,
  challenge = 'Bearer',
): Promise<Response> => {
  if (request.method !== 'POST') return refuseMcp(405, 'There are no sessions here: only POST.', { allow: 'POST' });
  const apiKey = bearerOf(request);
  if (apiKey === undefined) return refuseMcp(401, 'An API key is needed.', { 'www-authenticate': challenge });
  const client = clientFor(apiKey);
  if (!(await isKnownKey(client))) return refuseMcp(401, 'This key is not valid.', { 'www-authenticate': challenge });
  const transport = new WebStandardStreamableHTTPServerTransport({});
  const server = createApprovalsServer(client);
  // Who is gone gets no answer: what still waits for them is withdrawn.
  request.signal.addEventListener('abort', () => void server.close(), { once: true });
  await server.connect(transport);
  return transport.handleRequest(request);
};

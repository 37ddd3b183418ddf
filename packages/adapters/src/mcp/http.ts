/** The approvals server over streamable HTTP, without sessions: any replica answers any request. */
import type { Client } from '@countersign/sdk';
import { ApiError } from '@countersign/sdk';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { createApprovalsServer } from './approvals-server.ts';

const problem = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  Response.json({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }, { status, headers });

/** @param clientFor a client that speaks with the caller's key */
export const answerMcpRequest = async (request: Request, clientFor: (apiKey: string) => Client): Promise<Response> => {
  if (request.method !== 'POST') return problem(405, 'There are no sessions here: only POST.', { allow: 'POST' });
  const apiKey = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (apiKey === undefined) return problem(401, 'An API key is needed.', { 'www-authenticate': 'Bearer' });
  const client = clientFor(apiKey);
  if (!(await isKnown(client))) return problem(401, 'This key is not valid.', { 'www-authenticate': 'Bearer' });
  const transport = new WebStandardStreamableHTTPServerTransport({});
  const server = createApprovalsServer(client);
  // Who is gone gets no answer: what still waits for them is withdrawn.
  request.signal.addEventListener('abort', () => void server.close(), { once: true });
  await server.connect(transport);
  return transport.handleRequest(request);
};

/** Told at the door, not in the middle of a conversation. */
const isKnown = async (client: Client): Promise<boolean> => {
  try {
    await client.approvals.summary();
    return true;
  } catch (error) {
    if (error instanceof ApiError) return error.status !== 401;
    throw error;
  }
};

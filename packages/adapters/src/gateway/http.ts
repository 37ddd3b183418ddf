/** The gateway over streamable HTTP: each client with a key of its own, under which its calls are asked for. */
import { type Client, ConnectionError } from '@countersign/sdk';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { bearerOf, isKnownKey, refuseMcp } from '../mcp/key-at-the-door.ts';
import { DISCONNECTED } from './call.ts';
import type { Gateway } from './gateway.ts';
import { sha256 } from './memory.ts';

/** Answers requests for `/mcp`. */
export type GatewayDoor = (request: Request) => Promise<Response>;

type Session = {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Of whose key it is. */
  readonly caller: string;
  usedMs: number;
  /** Requests that are being answered. */
  open: number;
};

const SESSIONS_MAX = 1000;
const IDLE_MS = 3_600_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/**
 * A page whose name was re-pointed at this machine (DNS rebinding) calls under that name, and any page's browser says where it
 * is from. Programs send no origin.
 */
const faultOf = (request: Request, isLocal: boolean): string | undefined => {
  const host = request.headers.get('host') ?? '';
  if (isLocal && !isLoopback(host)) return `This gateway listens on this machine alone, and is not ${host}.`;
  const origin = request.headers.get('origin');
  if (origin !== null && !isLoopback(origin.replace(/^https?:\/\//, ''))) return `Pages of ${origin} are not answered.`;
  return undefined;
};

/** Undefined: it is too long, whatever it said of its length. */
const textOf = async (request: Request): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const messagesIn = (body: unknown): readonly { id?: unknown; method?: unknown }[] =>
  (Array.isArray(body) ? body : [body]).filter((one) => typeof one === 'object' && one !== null) as {
    id?: unknown;
    method?: unknown;
  }[];

/** @param isLocal it listens on loopback alone @param clientFor a client that speaks with the caller's key */
export const createGatewayDoor = (
  gateway: Gateway,
  clientFor: (apiKey: string) => Client,
  isLocal: boolean,
): GatewayDoor => {
  const sessions = new Map<string, Session>();

  const makeRoom = async (): Promise<boolean> => {
    const idle = [...sessions].filter(([, { usedMs, open }]) => open === 0 && usedMs < Date.now() - IDLE_MS);
    for (const [id, { transport }] of idle) {
      sessions.delete(id);
      await transport.close();
    }
    return sessions.size < SESSIONS_MAX;
  };

  const begin = async (apiKey: string, caller: string): Promise<Session | Response> => {
    const client = clientFor(apiKey);
    if (!(await isKnownKey(client))) return refuseMcp(401, 'This key is not valid.', { 'www-authenticate': 'Bearer' });
    if (!(await makeRoom())) return refuseMcp(503, 'There are too many sessions.', { 'retry-after': '60' });
    const session: Session = {
      transport: new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (id) => void sessions.set(id, session),
        onsessionclosed: (id) => void sessions.delete(id),
      }),
      caller,
      usedMs: Date.now(),
      open: 0,
    };
    await gateway.serve(session.transport, { client, name: caller });
    return session;
  };

  const sessionFor = async (request: Request, apiKey: string): Promise<Session | Response> => {
    const caller = sha256(apiKey);
    const id = request.headers.get('mcp-session-id');
    if (id === null) return begin(apiKey, caller);
    const session = sessions.get(id);
    // Another's session is none: who has the id and not the key learns nothing of it.
    if (session?.caller !== caller) return refuseMcp(404, 'There is no such session.');
    return session;
  };

  const answer = async (request: Request, { transport }: Session): Promise<Response> => {
    if (request.method !== 'POST') return transport.handleRequest(request);
    const text = await textOf(request);
    if (text === undefined) return refuseMcp(413, `A request has up to ${BODY_BYTES_MAX} bytes.`);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return refuseMcp(400, 'The body is no JSON.');
    }
    // Nothing of it is called for nobody: what still waits is left, to be found when it is asked for again.
    request.signal.addEventListener('abort', () => {
      for (const { id, method } of messagesIn(body))
        if (id !== undefined && method === 'tools/call')
          transport.onmessage?.({
            jsonrpc: '2.0',
            method: 'notifications/cancelled',
            params: { requestId: id as string | number, reason: DISCONNECTED },
          });
    });
    return transport.handleRequest(request, { parsedBody: body });
  };

  return async (request) => {
    const fault = faultOf(request, isLocal);
    if (fault !== undefined) return refuseMcp(403, fault);
    if (new URL(request.url).pathname !== '/mcp') return refuseMcp(404, 'There is only /mcp.');
    const apiKey = bearerOf(request);
    if (apiKey === undefined) return refuseMcp(401, 'An API key is needed.', { 'www-authenticate': 'Bearer' });
    try {
      const session = await sessionFor(request, apiKey);
      if (session instanceof Response) return session;
      session.usedMs = Date.now();
      session.open += 1;
      try {
        return await answer(request, session);
      } finally {
        session.open -= 1;
      }
    } catch (error) {
      if (error instanceof ConnectionError) return refuseMcp(503, 'Countersign can not be reached.');
      throw error;
    }
  };
};

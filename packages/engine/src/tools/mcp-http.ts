import type { MCPClientConfig, MCPTransport } from '@ai-sdk/mcp';
import type { GuardedFetch } from '../outbound/fetch.ts';
import { findOutboundError } from '../outbound/outbound-error.ts';
import { mcpCallContext, withIdempotencyKey, type McpCallContext } from './mcp-call.ts';

export type HttpServer = { url: string; headers: Record<string, string> };

const HANDSHAKE_TIMEOUT_SECONDS = 15;
/** For the client to take in the last event of a stream that has ended. */
const STREAM_END_GRACE_MS = 250;

/** Reports to the call when its stream breaks, or ends without a result: the client would wait for its time-out. */
const watchBody = (response: Response, context: McpCallContext): Response => {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const watched = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        controller.close();
        const error = new Error('the server ended its answer without a result');
        setTimeout(() => context.fail(error), STREAM_END_GRACE_MS).unref();
      } catch (error) {
        controller.error(error);
        context.fail(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(watched, { status: response.status, headers: response.headers });
};

const addKey = (body: RequestInit['body'], context: McpCallContext): string =>
  // The transport sends one message of its own making as text.
  JSON.stringify(withIdempotencyKey(JSON.parse(typeof body === 'string' ? body : '{}') as object, context));

/** Streamable HTTP through the guarded fetch. */
export const httpTransport = (
  server: HttpServer,
  guarded: GuardedFetch,
): Exclude<MCPClientConfig['transport'], MCPTransport> => ({
  type: 'http',
  url: server.url,
  headers: server.headers,
  redirect: 'error',
  fetch: async (input, init) => {
    // The standing stream for messages from the server: none of them matters to us, and it would hold a connection for
    // each server. By the specification, 405 says that there is none.
    if (init?.method === 'GET') return new Response(null, { status: 405 });
    const context = mcpCallContext.getStore();
    if (context === undefined) return guarded.withLimits({ timeoutSeconds: HANDSHAKE_TIMEOUT_SECONDS })(input, init);
    try {
      const limited = guarded.withLimits({ timeoutSeconds: context.timeoutSeconds });
      const response = await limited(input, { ...init, body: addKey(init?.body, context) });
      context.hasSent = true;
      return watchBody(response, context);
    } catch (error) {
      // An abort by the client says nothing about what was sent, so that it counts as sent.
      if (findOutboundError(error)?.hasSent !== false) context.hasSent = true;
      throw error;
    }
  },
});

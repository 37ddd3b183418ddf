/** What is known about one `tools/call` while it runs, wherever in the client and its transports that becomes known. */
import { AsyncLocalStorage } from 'node:async_hooks';

export type McpCallContext = {
  idempotencyKey: string;
  timeoutSeconds: number;
  /** Whether the request may have left for the server. */
  hasSent: boolean;
  /** Ends the call early: the client itself waits for its time-out when a stream breaks off. */
  fail: (error: unknown) => void;
};

/** The client's interface carries no data of ours to the transport; the asynchronous context does. */
export const mcpCallContext = new AsyncLocalStorage<McpCallContext>();

const META_KEY = 'countersign/idempotency-key';

/**
 * Adds the call's stable key to a `tools/call` message, in `_meta`, where MCP lets clients put their own. A server that
 * knows it can tell a repetition from a second call; any other ignores it.
 */
export const withIdempotencyKey = <T extends object>(message: T, context: McpCallContext): T => {
  if (!('method' in message) || message.method !== 'tools/call' || !('params' in message)) return message;
  // JSON-RPC: the parameters of this method are an object, and so is `_meta` where there is one.
  const params = message.params as { _meta?: object };
  return { ...message, params: { ...params, _meta: { ...params._meta, [META_KEY]: context.idempotencyKey } } };
};

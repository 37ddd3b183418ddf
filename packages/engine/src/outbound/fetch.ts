import { Agent, fetch as undiciFetch, type Dispatcher } from 'undici';
import { guardedConnector, resolveBySystem, type Resolve } from './connector.ts';
import { checkUrlWithGuard, compileGuard, type Guard, type OutboundPolicy } from './guard.ts';
import { findOutboundError, OutboundError } from './outbound-error.ts';

export type OutboundLimits = {
  /** One deadline for everything: name, connection, request, headers and body. */
  timeoutSeconds: number;
  /** Decompressed bytes of the response's body; more is `too_large`. */
  maxBytes: number;
  /**
   * For what may be sent twice: takes a connection that an earlier call left open, and where that one turns out to be closed,
   * a new one. All others have a connection of their own: a server that closes an idle one while we write would leave it
   * unknown whether a payment was made, and a person would have to find out.
   */
  isRepeatable: boolean;
};

/**
 * `fetch` for every call whose address a workspace chooses. Rejects with `OutboundError`; an abort by the
 * caller's own signal rejects with that signal's reason. Redirects are answers, never followed.
 */
export type GuardedFetch = typeof fetch & {
  /** The same guard and sockets under other limits. */
  withLimits: (limits: Partial<OutboundLimits>) => GuardedFetch;
  /** Ends all connections; calls in flight fail. */
  close: () => Promise<void>;
};

const DEFAULT_LIMITS: OutboundLimits = { timeoutSeconds: 30, maxBytes: 1024 * 1024, isRepeatable: false };
/** Shorter than servers commonly keep an idle one, so that few turn out to be closed. */
const IDLE_MS = 4000;

/** One call's progress: what at-most-once execution has to know when it fails. */
type Call = { hasSent: boolean; deadline: AbortController; timer: NodeJS.Timeout; limits: OutboundLimits };

const markSent =
  (call: Call): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      // undici calls this on a connected socket, right before it writes the request's head.
      onRequestStart: (...args) => {
        call.hasSent = true;
        handler.onRequestStart?.(...args);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });

const toOutboundError = (error: unknown, call: Call): OutboundError => {
  const known = findOutboundError(error);
  if (known) return new OutboundError(known.code, known.message, { hasSent: call.hasSent, cause: error });
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // An AggregateError (every address was tried) has an empty message; its code says what happened.
  const { message = '', code = '' } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
  const detail = message || code || 'the connection failed';
  // A connection that takes too long is a time-out like any other, only that nothing was sent.
  const kind = code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'connection_failed';
  return new OutboundError(kind, detail, { hasSent: call.hasSent, cause: error });
};

/** Counts a body while it is read, so that neither a large nor a compressed answer fills the memory. */
const limitBody = (
  body: ReadableStream<Uint8Array>,
  call: Call,
  callerSignal: AbortSignal | undefined,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  let sizeBytes = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) {
          clearTimeout(call.timer);
          controller.close();
          return;
        }
        sizeBytes += value.byteLength;
        if (sizeBytes > call.limits.maxBytes)
          throw new OutboundError('too_large', `the response is larger than ${call.limits.maxBytes} bytes`, {
            hasSent: true,
          });
        controller.enqueue(value);
      } catch (error) {
        clearTimeout(call.timer);
        controller.error(callerSignal?.aborted === true ? callerSignal.reason : toOutboundError(error, call));
        reader.cancel(error).catch(() => undefined); // the stream has failed already
      }
    },
    cancel: async (reason) => {
      clearTimeout(call.timer);
      await reader.cancel(reason);
    },
  });
};

const startCall = (limits: OutboundLimits): Call => {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    const message = `no complete answer within ${limits.timeoutSeconds} s`;
    deadline.abort(new OutboundError('timeout', message, { hasSent: false }));
  }, limits.timeoutSeconds * 1000);
  timer.unref();
  return { hasSent: false, deadline, timer, limits };
};

type Agents = { readonly single: Agent; readonly kept: Agent };

const send = async (agents: Agents, call: Call, request: Request): Promise<Response> => {
  const headers = new Headers(request.headers);
  if (!headers.has('user-agent')) headers.set('user-agent', 'countersign');
  const init = {
    method: request.method,
    headers: [...headers] satisfies [string, string][],
    body: request.body === null ? null : await request.arrayBuffer(),
    redirect: 'manual' as const, // a redirect could lead anywhere, and would take the secrets along
    signal: AbortSignal.any([request.signal, call.deadline.signal]),
  };
  const by = (agent: Agent): Promise<Response> =>
    undiciFetch(request.url, { ...init, dispatcher: agent.compose(markSent(call)) });
  if (!call.limits.isRepeatable) return by(agents.single);
  try {
    return await by(agents.kept);
  } catch (error) {
    if (init.signal.aborted || !call.hasSent) throw error;
    return by(agents.single);
  }
};

const performCall = async (
  agents: Agents,
  guard: Guard,
  limits: OutboundLimits,
  request: Request,
): Promise<Response> => {
  const problem = checkUrlWithGuard(request.url, guard);
  if (problem) throw new OutboundError(problem.code, problem.detail, { hasSent: false });
  request.signal.throwIfAborted();

  const call = startCall(limits);
  try {
    const response = await send(agents, call, request);
    if (response.body === null) clearTimeout(call.timer);
    return new Response(response.body === null ? null : limitBody(response.body, call, request.signal), {
      status: response.status,
      statusText: response.statusText,
      headers: [...response.headers],
    });
  } catch (error) {
    clearTimeout(call.timer);
    if (request.signal.aborted) throw request.signal.reason;
    throw toOutboundError(error, call);
  }
};

/**
 * Makes the guarded fetch. `resolve` is the name service, the system's own unless given.
 * Throws at once if a range of the policy is malformed.
 */
export const createGuardedFetch = (policy: OutboundPolicy & { resolve?: Resolve }): GuardedFetch => {
  const guard = compileGuard(policy);
  const agent = (connections: { pipelining: number; keepAliveTimeout?: number }): Agent =>
    new Agent({
      ...connections,
      connect: guardedConnector(guard, policy.resolve ?? resolveBySystem),
      headersTimeout: 0, // our deadline covers both
      bodyTimeout: 0,
    });
  const agents = { single: agent({ pipelining: 0 }), kept: agent({ pipelining: 1, keepAliveTimeout: IDLE_MS }) };
  const close = async (): Promise<void> => {
    await Promise.all([agents.single.destroy(), agents.kept.destroy()]);
  };
  const withLimits = (limits: OutboundLimits): GuardedFetch =>
    Object.assign(
      async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
        const url = input instanceof Request ? input.url : String(input);
        const problem = checkUrlWithGuard(url, guard);
        // Checked before Request is made, which would refuse some URLs with a less useful error.
        if (problem) throw new OutboundError(problem.code, problem.detail, { hasSent: false });
        return performCall(agents, guard, limits, new Request(input, init));
      },
      { withLimits: (other: Partial<OutboundLimits>) => withLimits({ ...limits, ...other }), close },
    );
  return withLimits(DEFAULT_LIMITS);
};

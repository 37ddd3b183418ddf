/** One request with its time limit, and the rule of when to send it again. */
import { readAnswer } from './answer.ts';
import { ApiError, ConnectionError, CountersignError, TimeoutError } from './errors.ts';
import { backoffMs, delay, within } from './timing.ts';

export type Transport = {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Of one request. */
  readonly timeoutSeconds: number;
  /** How often a failed request is sent again, at most. */
  readonly retries: number;
};

export type Request = {
  readonly method: string;
  /** With its query, after `baseUrl`. */
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  /** Of a stream: the event to go on after, '' for none. */
  readonly lastEventId?: string;
};

export type CallOptions = {
  /** Ends the call, whose error is then the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Of one request; 30 by default, or what the client was made with. */
  readonly timeoutSeconds?: number | undefined;
  /** How often a failed request is sent again; 5 by default, or what the client was made with. */
  readonly retries?: number | undefined;
  /**
   * At most 255 visible ASCII characters. The same key and body get the first answer again, for 7 days: give one that you
   * would make again after a restart. A random one by default, kept over the retries of this call.
   */
  readonly idempotencyKey?: string | undefined;
};

const BACKOFF_MOST_MS = 8000;

/** Whoever is told to stay away for longer should decide about it, not sleep in here. */
const RETRY_AFTER_SECONDS_MAX = 60;

const IDEMPOTENT_METHODS = new Set(['GET', 'PUT', 'DELETE']);

/** Sends without reading. @throws ConnectionError, or the signal's reason */
export const send = async (transport: Transport, request: Request, signal: AbortSignal): Promise<Response> => {
  const headers = new Headers({ accept: request.lastEventId === undefined ? 'application/json' : 'text/event-stream' });
  if (request.lastEventId) headers.set('last-event-id', request.lastEventId);
  if (transport.apiKey !== undefined) headers.set('authorization', `Bearer ${transport.apiKey}`);
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  if (request.idempotencyKey !== undefined) headers.set('idempotency-key', request.idempotencyKey);
  const { fetch } = transport; // Called without a receiver: some runtimes refuse any other than the global object.
  return unbroken(signal, () =>
    fetch(transport.baseUrl + request.path, {
      method: request.method,
      headers,
      signal,
      redirect: 'manual',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    }),
  );
};

/** Turns whatever a runtime throws at a broken connection into `ConnectionError`. */
export const unbroken = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof CountersignError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new ConnectionError(`No answer from the server: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause: error,
    });
  }
};

/** Whether the server or what stands before it is away for the moment: nothing is wrong with the request. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  error instanceof TimeoutError ||
  (error instanceof ApiError && [429, 502, 503, 504].includes(error.status) && error.code !== 'upstream_failed');

const mayRepeat = (error: unknown, request: Request): boolean => {
  if (error instanceof ApiError && error.status === 429) return true; // Refused before anything was done.
  // Without a key, a repeat of what may have taken effect would do it twice.
  if (request.idempotencyKey === undefined && !IDEMPOTENT_METHODS.has(request.method)) return false;
  return isPassing(error) || (error instanceof ApiError && error.code === 'idempotency_in_progress');
};

const askedToWaitSeconds = (error: unknown): number => (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0);

/** How long to stay away after so many failures, in milliseconds; the server's own wish counts if it is longer. */
export const pauseMs = (error: unknown, failures: number, mostMs: number): number =>
  Math.max(backoffMs(failures, mostMs), askedToWaitSeconds(error) * 1000);

/** @returns the answer's JSON. @throws ApiError, ConnectionError, TimeoutError, or the signal's reason */
export const request = async (transport: Transport, what: Request, options: CallOptions): Promise<unknown> => {
  const { signal, timeoutSeconds = transport.timeoutSeconds, retries = transport.retries } = options;
  const once = (inner: AbortSignal): Promise<unknown> =>
    unbroken(inner, async () => readAnswer(await send(transport, what, inner)));
  for (let failures = 0; ; failures += 1) {
    try {
      return await within(timeoutSeconds, signal, once);
    } catch (error) {
      const givesUp = signal?.aborted || failures >= retries || askedToWaitSeconds(error) > RETRY_AFTER_SECONDS_MAX;
      if (givesUp || !mayRepeat(error, what)) throw error;
      await delay(pauseMs(error, failures, BACKOFF_MOST_MS), signal);
    }
  }
};

/**
 * A file as it comes in. The time limit is for its beginning; reading it may take as long as it takes.
 * @throws ApiError, ConnectionError, TimeoutError, or the signal's reason
 */
export const download = async (
  transport: Transport,
  path: string,
  { signal, timeoutSeconds = transport.timeoutSeconds }: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> => {
  const leave = new AbortController();
  const response = await within(timeoutSeconds, signal, (inner) => {
    inner.addEventListener('abort', () => leave.abort(inner.reason), { once: true });
    return send(transport, { method: 'GET', path }, leave.signal);
  });
  // A problem is JSON and throws; a success without a body is no file.
  if (!response.ok || !response.body) await readAnswer(response);
  if (!response.body) throw new ConnectionError('The server sent no file.');
  return response.body;
};

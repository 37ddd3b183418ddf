/** An endless stream of events over connections that end. */
import type { StreamEvent } from '@countersign/contract';
import { errorFrom } from './answer.ts';
import { ConnectionError, CountersignError } from './errors.ts';
import { type ServerSentEvent, createSseParser } from './sse.ts';
import { delay, within } from './timing.ts';
import { type Transport, isPassing, pauseMs, send, unbroken } from './transport.ts';

export type StreamOptions = {
  /** Go on after this event. */
  readonly after?: string | undefined;
  /** Ends the iteration, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A connection that brings nothing at all for so long counts as dead, and another one is opened; 60 by default. */
  readonly idleSeconds?: number | undefined;
};

/** What a connection that the server ended in good order has brought. */
export type Ending<E = StreamEvent> = {
  /** The last event of the whole stream so far. */
  readonly last: E | undefined;
  /** Whether this connection brought none. */
  readonly wasQuiet: boolean;
};

const BACKOFF_MOST_MS = 10_000;

const parseEvent = <E>({ data }: ServerSentEvent): E => {
  try {
    return JSON.parse(data) as E;
  } catch (cause) {
    throw new CountersignError('An event that is not JSON', { cause });
  }
};

/** @returns undefined where the server says that there is no more to come (204). */
const open = (
  transport: Transport,
  what: Parameters<typeof send>[1],
  controller: AbortController,
): Promise<Response | undefined> =>
  within(transport.timeoutSeconds, controller.signal, (signal) =>
    unbroken(signal, async () => {
      // The connection outlives `signal`, whose time is for its opening.
      const response = await send(transport, what, controller.signal);
      if (response.status === 204) return undefined;
      if (!response.ok) throw await errorFrom(response);
      return response;
    }),
  );

const dead = (idleSeconds: number): ConnectionError => new ConnectionError(`Nothing came for ${idleSeconds} s`);

async function* eventsOf(response: Response, lastId: string, controller: AbortController, idleSeconds: number) {
  if (!response.body) return;
  const parser = createSseParser(lastId);
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const timer = setTimeout(() => controller.abort(dead(idleSeconds)), idleSeconds * 1000);
    const piece = await unbroken(controller.signal, () => reader.read()).finally(() => clearTimeout(timer));
    if (piece.done) return;
    for (const event of parser.push(decoder.decode(piece.value, { stream: true })))
      yield { event, retryMs: parser.retryMs() };
  }
}

/**
 * Iterates over the events at a path, over as many connections as it takes: each goes on after the last event seen.
 * The first connection gives up after the client's retries; later ones never do.
 * @param opening a request that is made instead until the first event has come; it must bear being repeated.
 * @param isOver asked when a connection ends in good order: whether that was the end of the stream, rather than of a connection.
 */
export async function* streamEvents<E = StreamEvent>(
  transport: Transport,
  path: string,
  options: StreamOptions,
  isOver: (ending: Ending<E>) => Promise<boolean> = async () => false,
  opening?: Parameters<typeof send>[1],
): AsyncGenerator<E, void, undefined> {
  const { signal, idleSeconds = 60 } = options;
  let lastId = options.after ?? '';
  let retryMs = 0;
  let failures = 0;
  let wasOpen = false;
  let last: E | undefined;

  for (;;) {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    let problem: unknown;
    try {
      const what = opening && lastId === '' ? opening : { method: 'GET', path, lastEventId: lastId };
      const response = await open(transport, what, controller);
      if (!response) return;
      wasOpen = true;
      let wasQuiet = true;
      for await (const received of eventsOf(response, lastId, controller, idleSeconds)) {
        last = parseEvent<E>(received.event);
        lastId = received.event.id;
        retryMs = received.retryMs ?? retryMs;
        failures = 0;
        wasQuiet = false;
        yield last;
      }
      if (await isOver({ last, wasQuiet })) return;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const isFinal = !isPassing(error) || (!wasOpen && failures >= transport.retries);
      if (isFinal) throw error;
      problem = error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      controller.abort(); // Closes the connection, also when the caller leaves the loop.
    }
    await delay(Math.max(retryMs, pauseMs(problem, failures, BACKOFF_MOST_MS)), signal);
    failures += 1;
  }
}

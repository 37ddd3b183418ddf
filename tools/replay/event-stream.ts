/** `GET /v1/events`, followed over broken connections. It makes things quick; nothing relies on it alone. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamEvent } from '@countersign/contract';
import type { Api } from './api.ts';

const PAUSE_MS = 200;

/** Calls back for each event until the signal aborts. Resolves then. */
export const followEvents = async (
  api: Api,
  onEvent: (event: StreamEvent) => void,
  signal: AbortSignal,
): Promise<void> => {
  let last: string | undefined;
  while (!signal.aborted) {
    const path = last === undefined ? '/v1/events' : `/v1/events?after=${encodeURIComponent(last)}`;
    try {
      const response = await api.open({ as: 'reviewer', method: 'GET', path }, signal);
      if (response.ok && response.body) {
        for await (const event of eventsIn(response.body)) {
          last = event.id;
          onEvent(event);
        }
      }
    } catch {
      // The server was killed, or we are told to stop: the loop's condition knows which.
    }
    await delay(PAUSE_MS);
  }
};

/** The `data` of each server-sent event (WHATWG HTML, "Server-sent events"); comments and other fields are left out. */
export const eventsIn = async function* (body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let buffered = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    buffered += decoder.decode(bytes, { stream: true });
    const blocks = buffered.split(/\r?\n\r?\n/);
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split(/\r?\n/)
        .flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length).trimStart()] : []));
      if (data.length > 0) yield JSON.parse(data.join('\n')) as StreamEvent;
    }
  }
};

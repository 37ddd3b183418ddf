import { describe, expect, it } from 'vitest';
import { eventsIn } from './event-stream.ts';

describe('an event stream', () => {
  it('is read event by event, wherever its bytes are split, without comments', async () => {
    const text =
      ': hello\n\nid: evt_1\nevent: step.started\ndata: {"id":"evt_1",\ndata: "subject":"ü"}\n\n: ping\n\ndata: {"id":"evt_2"}\r\n\r\ndata: {"id":"cut';
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size < bytes.length; size += 7) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      const events: unknown[] = [];
      for await (const event of eventsIn(ReadableStream.from(pieces) as ReadableStream<Uint8Array>)) events.push(event);
      expect(events).toEqual([{ id: 'evt_1', subject: 'ü' }, { id: 'evt_2' }]);
    }
  });
});

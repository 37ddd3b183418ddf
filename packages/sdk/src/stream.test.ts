import type { StreamEvent } from '@countersign/contract';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { problem } from './testing/approval-server.ts';
import { type Received, type TestHttpServer, sendJson, startHttpServer } from './testing/http-server.ts';

let server: TestHttpServer;
let client: Client;
let open: { received: Received; response: ServerResponse }[];

beforeEach(async () => {
  open = [];
  server = await startHttpServer((received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    open.push({ received, response });
  });
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

const event = (number: number, type: StreamEvent['type'] = 'approval.requested'): string =>
  `id: evt_${number}\nevent: ${type}\ndata: ${JSON.stringify({ id: `evt_${number}`, type })}\n\n`;

const connection = async (number: number): Promise<{ received: Received; response: ServerResponse }> => {
  await expect.poll(() => open.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(number);
  const found = open[number - 1];
  if (!found) throw new Error('not reached');
  return found;
};

const take = async (events: AsyncGenerator<StreamEvent>, count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let taken = 0; taken < count; taken += 1) {
    const next = await events.next();
    if (next.done) return [...ids, 'end'];
    ids.push(next.value.id);
  }
  return ids;
};

describe('the stream of events', () => {
  test('asks for what is wanted, and goes on after the last event over broken and ended connections', async () => {
    const events = client.events.stream({ types: ['approval.requested', 'approval.decided'], after: 'evt_0' });
    const both = take(events, 2);
    const first = await connection(1);
    expect(first.received.url).toBe('/v1/events?types=approval.requested%2Capproval.decided');
    expect(first.received.headers).toMatchObject({
      accept: 'text/event-stream',
      'last-event-id': 'evt_0',
      authorization: 'Bearer csk_test',
    });
    first.response.write(event(1) + event(2));
    expect(await both).toEqual(['evt_1', 'evt_2']);
    const rest = take(events, 2);
    first.response.write(event(3).slice(0, 20), () => first.response.destroy());
    const second = await connection(2);
    expect(second.received.headers['last-event-id']).toBe('evt_2');
    second.response.end(event(3));
    const third = await connection(3);
    expect(third.received.headers['last-event-id']).toBe('evt_3');
    third.response.write(event(4));
    expect(await rest).toEqual(['evt_3', 'evt_4']);
    await events.return();
  });

  test('survives a restart of the server', async () => {
    const events = client.events.stream();
    const before = take(events, 1);
    (await connection(1)).response.write(event(1));
    expect(await before).toEqual(['evt_1']);
    const after = take(events, 1);
    await server.stop();
    await server.start();
    const second = await connection(2);
    second.response.write(event(2));
    expect(await after).toEqual(['evt_2']);
    expect(second.received.headers['last-event-id']).toBe('evt_1');
    await events.return();
  });

  test('takes a connection that brings nothing for dead', async () => {
    const events = client.events.stream({ idleSeconds: 0.2 });
    const taking = take(events, 1);
    await connection(1);
    (await connection(2)).response.write(event(1));
    expect(await taking).toEqual(['evt_1']);
    await events.return();
  });

  test('closes its connection when the loop is left', async () => {
    const closed: boolean[] = [];
    const reading = (async () => {
      for await (const { id } of client.events.stream()) if (id === 'evt_1') break;
    })();
    const { response } = await connection(1);
    response.on('close', () => closed.push(true));
    response.write(event(1));
    await reading;
    await expect.poll(() => closed, { timeout: 10_000 }).toEqual([true]);
  });

  test('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const taking = take(client.events.stream({ signal: controller.signal }), 1);
    await connection(1);
    controller.abort(new Error('leave'));
    await expect(taking).rejects.toThrow('leave');
  });

  test('does not try for ever at a server that was never there, and not at all after a refusal', async () => {
    server.once(
      () => true,
      (_, response) => sendJson(response, 403, problem('forbidden').body),
    );
    await expect(client.events.stream().next()).rejects.toMatchObject({ code: 'forbidden' });
    await server.stop();
    const impatient = createClient({ baseUrl: server.url, retries: 1 });
    await expect(impatient.events.stream().next()).rejects.toMatchObject({ name: 'ConnectionError' });
    await server.start();
  });
});

describe('the events of an execution', () => {
  const isRead = ({ url }: Received): boolean => url === '/v1/executions/exe_1';
  const hasStatus = (status: string): void => server.once(isRead, (_, response) => sendJson(response, 200, { status }));
  const own = (number: number, type: StreamEvent['type']): string =>
    event(number, type).replace('"type"', '"subject":"exe_1","type"');

  test('end with it, once the server has no more to say', async () => {
    hasStatus('completed');
    const taking = take(client.executions.events('exe_1'), 5);
    const { received, response } = await connection(1);
    expect(received.url).toBe('/v1/executions/exe_1/events');
    response.end(
      own(1, 'execution.started') +
        own(2, 'execution.failed') +
        own(3, 'execution.resumed') +
        own(4, 'execution.completed'),
    );
    expect(await taking).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'end']);
    expect(open).toHaveLength(1);
  });

  test('do not end with a connection that was ended before, nor with an end that was taken back', async () => {
    hasStatus('running');
    hasStatus('cancelled');
    const taking = take(client.executions.events('exe_1'), 4);
    (await connection(1)).response.end(own(1, 'execution.started'));
    (await connection(2)).response.end(own(2, 'execution.failed'));
    (await connection(3)).response.end(own(3, 'execution.cancelled'));
    expect(await taking).toEqual(['evt_1', 'evt_2', 'evt_3', 'end']);
  });

  test('end when there is nothing after the last one, whatever that was', async () => {
    hasStatus('cancelled');
    const taking = take(client.executions.events('exe_1'), 3);
    (await connection(1)).response.end(own(1, 'execution.cancelled') + event(2, 'approval.cancelled'));
    (await connection(2)).response.end();
    expect(await taking).toEqual(['evt_1', 'evt_2', 'end']);
  });
});

import { type Route, type RouteName, routes } from '@countersign/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { OPERATIONS } from './operations.ts';
import { type Received, type TestHttpServer, sendJson, startHttpServer } from './testing/http-server.ts';

let server: TestHttpServer;
let client: Client;

const routeOf = ({ method, url }: Received): string => {
  const { pathname } = new URL(url, 'http://server');
  const found = Object.entries(routes).find(
    ([, route]) =>
      route.method === method && new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  return found?.[0] ?? `${method} ${pathname}`;
};

beforeEach(async () => {
  server = await startHttpServer((received, response) => {
    const name = routeOf(received);
    const route: Route | undefined = routes[name as RouteName];
    const status = route?.stream ? 204 : (route?.status ?? 404);
    sendJson(response, status, { status: 'approved', data: [], next_cursor: null });
  });
  client = createClient({ baseUrl: `${server.url}/`, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

type Method = (...input: unknown[]) => unknown;

const methodsOf = (part: object, path: string): [string, Method][] =>
  Object.entries(part).flatMap(([name, member]: [string, unknown]) =>
    typeof member === 'function'
      ? [[`${path}.${name}`, member as Method]]
      : methodsOf(member as object, `${path}.${name}`),
  );

/** Calls a method with whatever, and says which route it asked for. */
const routeAskedBy = async (method: Method): Promise<string> => {
  const before = server.received.length;
  const result = method('some-id', {});
  await (result instanceof Promise ? result : (result as AsyncGenerator).next());
  const asked = server.received.slice(before).map(routeOf);
  expect(asked).toHaveLength(1);
  return asked[0] ?? '';
};

describe('every route of the contract', () => {
  test('has exactly one method', async () => {
    const asked = new Map<string, string[]>(Object.keys(routes).map((name) => [name, []]));
    for (const [path, method] of methodsOf(client, 'client')) {
      // The keys are a document beside the API (RFC 7517), not a route of it.
      if (/\.iterate\w*$/.test(path) || path === 'client.receipts.keys') continue;
      const route = await routeAskedBy(method);
      asked.set(route, [...(asked.get(route) ?? []), path]);
    }
    expect([...asked].filter(([, paths]) => paths.length !== 1)).toEqual([]);
  });

  test('that lists by pages can be iterated over', async () => {
    const paged = Object.entries(routes as Record<string, Route>).filter(
      ([, { query }]) => 'cursor' in ((query as { shape?: object } | undefined)?.shape ?? {}),
    );
    const iterated: string[] = [];
    for (const [path, method] of methodsOf(client, 'client'))
      if (/\.iterate\w*$/.test(path)) iterated.push(await routeAskedBy(method));
    expect(iterated.toSorted()).toEqual(paged.map(([name]) => name).toSorted());
  });

  test('is in the table of plain values as it is in the contract', () => {
    const rows = Object.entries(routes as Record<string, Route>).map(([name, { method, path, idempotency }]) => [
      name,
      { method, path, ...(idempotency && { keyed: true }) },
    ]);
    expect(OPERATIONS).toEqual(Object.fromEntries(rows));
  });
});

describe('a request', () => {
  test('carries the key, JSON as it was given, and a random idempotency key where something is made or decided', async () => {
    await client.approvals.decide('apr_1', { decision: 'rejected', digest: 'sha256:0', reason: 'no' });
    await client.approvals.decide('apr_1', { decision: 'rejected', digest: 'sha256:0' }, { idempotencyKey: 'mine' });
    await client.agents.update('agt_1', { name: 'A' });
    const [first, second, third] = server.received;
    expect(first).toMatchObject({
      method: 'POST',
      url: '/v1/approvals/apr_1/decide',
      body: '{"decision":"rejected","digest":"sha256:0","reason":"no"}',
    });
    expect(first?.headers).toMatchObject({
      authorization: 'Bearer csk_test',
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.headers['idempotency-key']).toBe('mine');
    expect(third?.headers).not.toHaveProperty('idempotency-key');
  });

  test('writes its query out, leaves out what is undefined, and keeps a path below the server’s', async () => {
    const below = createClient({ baseUrl: `${server.url}/team/a/` });
    await below.approvals.list({ status: 'completed', q: 'a&b c', limit: 10 }, { retries: 0 }).catch(() => undefined);
    expect(server.received[0]?.url).toBe('/team/a/v1/approvals?status=completed&q=a%26b+c&limit=10');
    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each(['', '.', '..'])('an id that would reach another route is refused: "%s"', async (id) => {
    await expect(client.approvals.get(id)).rejects.toThrow('id must be an id');
    expect(server.received).toEqual([]);
  });

  test('an id is one segment of the path, whatever is in it', async () => {
    await client.approvals.get('../agents?x=1#y');
    expect(server.received[0]?.url).toBe('/v1/approvals/..%2Fagents%3Fx%3D1%23y');
  });

  test('an idempotency key that no header can hold is refused before anything is sent', async () => {
    for (const idempotencyKey of ['', 'a b', 'é', 'x'.repeat(256), 'a\r\nb'])
      await expect(client.approvals.cancel('apr_1', {}, { idempotencyKey })).rejects.toThrow(TypeError);
    expect(server.received).toEqual([]);
  });
});

describe('a client', () => {
  test.each(['ftp://host', 'host:4400', 'http://user:secret@host'])('is not made for %s', (baseUrl) => {
    expect(() => createClient({ baseUrl })).toThrow(TypeError);
  });

  test('is not made with a key that cannot be sent, and does not repeat it', () => {
    const make = (): Client => createClient({ baseUrl: server.url, apiKey: 'csk_secret\n' });
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow('secret');
  });

  test('calls the fetch it was given without a receiver, as runtimes demand', async () => {
    const receivers: unknown[] = [];
    const fetchLike = function (this: unknown, ...input: Parameters<typeof fetch>) {
      receivers.push(this);
      return fetch(...input);
    };
    await createClient({ baseUrl: server.url, fetch: fetchLike }).approvals.get('apr_1');
    expect(receivers).toEqual([undefined]);
  });
});

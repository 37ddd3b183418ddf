import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { ApiError, ConnectionError, TimeoutError } from './errors.ts';
import { problem } from './testing/approval-server.ts';
import { type Handle, type TestHttpServer, sendJson, startHttpServer } from './testing/http-server.ts';

let server: TestHttpServer;
let client: Client;

beforeEach(async () => {
  server = await startHttpServer((_, response) => sendJson(response, 200, { fine: true }));
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test', retries: 3 });
});
afterEach(() => server.stop());

const any = (): boolean => true;
const fail =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Handle =>
  (_, response) =>
    sendJson(response, status, body, headers);
const keys = (): unknown[] => server.received.map(({ headers }) => headers['idempotency-key']);

describe('a passing failure', () => {
  const failures: [string, Handle][] = [
    ['a cut connection', () => 'reset'],
    ['429', fail(429)],
    ['502', fail(502)],
    ['503', fail(503)],
    ['504', fail(504)],
    ['a first request that still runs', fail(409, problem('idempotency_in_progress').body)],
  ];
  test.each(failures)('is tried again with the same idempotency key: %s', async (_, failure) => {
    server.once(any, failure);
    expect(await client.agents.create({ name: 'A' })).toEqual({ fine: true });
    expect(keys()).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys()[0]]);
  });

  test('of a call that may not be repeated is not tried again, but a refusal for now is', async () => {
    for (const failure of [() => 'reset' as const, fail(503)]) {
      server.once(any, failure);
      await expect(client.tools.call('tol_1', {})).rejects.toThrow();
    }
    expect(server.received).toHaveLength(2);
    server.once(any, fail(429));
    expect(await client.tools.call('tol_1', {})).toEqual({ fine: true });
    expect(keys()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('ends with the error itself after the retries', async () => {
    for (let attempt = 0; attempt < 4; attempt += 1) server.once(any, fail(503, problem('unavailable').body));
    await expect(client.approvals.get('apr_1')).rejects.toMatchObject({
      name: 'ApiError',
      status: 503,
      code: 'unavailable',
    });
    expect(server.received).toHaveLength(4);
  });

  test('waits as long as Retry-After says, and gives up where that is too long to sleep', async () => {
    server.once(any, fail(429, {}, { 'retry-after': '1' }));
    const startedMs = performance.now();
    await client.approvals.get('apr_1');
    expect(performance.now() - startedMs).toBeGreaterThan(990);
    server.once(any, fail(429, problem('rate_limited').body, { 'retry-after': '3600' }));
    await expect(client.approvals.get('apr_1')).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 3600,
    });
  });

  test('of a server that is not there ends as ConnectionError, without the key in it', async () => {
    await server.stop();
    const error: unknown = await client.approvals.get('apr_1', { retries: 1 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('csk_test');
    await server.start();
  });

  test('is a body that breaks off, too', async () => {
    server.once(any, (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"half":', () => response.destroy());
    });
    expect(await client.approvals.get('apr_1')).toEqual({ fine: true });
  });

  test('is an answer that does not come', async () => {
    server.once(any, () => undefined);
    server.once(any, () => undefined);
    await expect(client.approvals.get('apr_1', { timeoutSeconds: 0.1, retries: 0 })).rejects.toThrow(TimeoutError);
    expect(await client.approvals.get('apr_1', { timeoutSeconds: 0.1 })).toEqual({ fine: true });
  });
});

describe('a refusal', () => {
  test('is thrown at once, with the whole problem', async () => {
    const decision = { outcome: 'rejected' };
    server.once(any, fail(409, problem('already_decided', { decision }).body));
    const error: unknown = await client.approvals
      .decide('apr_1', { decision: 'approved' })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 409,
      code: 'already_decided',
      title: 'Already decided',
      detail: 'already_decided happened',
      instance: 'req_1',
      errors: [],
      facts: { decision },
    });
    expect(server.received).toHaveLength(1);
  });

  test('names each wrong field', async () => {
    const errors = [{ pointer: '/name', detail: 'too long' }];
    server.once(any, fail(422, problem('invalid', { errors }).body));
    await expect(client.agents.create({ name: 'A' })).rejects.toMatchObject({ code: 'invalid', errors, facts: {} });
  });

  test('by something that is no Countersign server says so', async () => {
    server.once(
      any,
      (_, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Nginx</h1>'),
    );
    await expect(client.approvals.get('apr_1')).rejects.toMatchObject({ status: 404, code: 'unexpected_answer' });
    server.once(
      any,
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
    );
    await expect(client.approvals.get('apr_1')).rejects.toMatchObject({ status: 200, code: 'unexpected_answer' });
  });

  test('because the other side of the server failed is an answer, and not tried again', async () => {
    server.once(any, fail(502, problem('upstream_failed').body));
    await expect(client.mcpServers.create({ name: 'm', transport: 'http', url: 'http://x' })).rejects.toMatchObject({
      code: 'upstream_failed',
    });
    expect(server.received).toHaveLength(1);
  });

  test('a redirect is not followed, so that the key goes nowhere else', async () => {
    const other = await startHttpServer((_, response) => sendJson(response, 200, {}));
    server.once(any, (_, response) => void response.writeHead(307, { location: `${other.url}/v1/gate` }).end());
    await expect(client.gate.call({ tool: 'refund' })).rejects.toMatchObject({
      status: 307,
      code: 'unexpected_answer',
    });
    expect(other.received).toEqual([]);
    await other.stop();
  });
});

describe('an abort', () => {
  test('ends a request and a pause with its own reason, and nothing is sent after it', async () => {
    const controller = new AbortController();
    server.once(any, () => controller.abort(new Error('leave')));
    await expect(client.approvals.get('apr_1', { signal: controller.signal })).rejects.toThrow('leave');
    await expect(client.approvals.get('apr_1', { signal: controller.signal })).rejects.toThrow('leave');
    expect(server.received).toHaveLength(1);
    server.once(any, fail(429, {}, { 'retry-after': '50' }));
    await expect(client.approvals.get('apr_1', { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(server.received).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { guardedFetch, LOCAL, startServer, type TestServer } from '../outbound/testing.ts';
import { callHttpTool, checkHttpTool, type HttpTool, type HttpToolCall } from './http-tool.ts';
import { CONTENT_BYTES_MAX } from './tool-outcome.ts';

const SECRETS: Record<string, string> = { API_TOKEN: 'tok-0123456789', BROKEN: 'a\r\nx-evil: 1' };

const refund = (server: TestServer | string, overrides: Partial<HttpTool> = {}): HttpTool => ({
  method: 'POST',
  urlTemplate: `${typeof server === 'string' ? server : server.url}/orders/{order_id}/refunds`,
  headers: { authorization: 'Bearer {{secrets.API_TOKEN}}' },
  idempotencyHeader: 'Idempotency-Key',
  ...overrides,
});

const call = (tool: HttpTool, overrides: Partial<HttpToolCall> = {}) =>
  callHttpTool({
    tool,
    arguments: { order_id: 'A-1', amount: 5 },
    idempotencyKey: 'key-1',
    secrets: async (name) => SECRETS[name],
    fetch: guardedFetch(LOCAL),
    ...overrides,
  });

describe('an HTTP tool', () => {
  it('is called once, with its arguments, secrets and stable key', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"refund":"R-1"}');
    });
    expect(await call(refund(server))).toEqual({ ok: true, content: '{"refund":"R-1"}', isError: false, status: 201 });
    expect(server.seen.requests).toHaveLength(1);
    expect(server.seen.requests[0]).toMatchObject({
      method: 'POST',
      path: '/orders/A-1/refunds',
      body: '{"amount":5}',
      headers: {
        authorization: 'Bearer tok-0123456789',
        'idempotency-key': 'key-1',
        'content-type': 'application/json',
      },
    });
  });

  it('reads with GET: arguments in the query, no body', async () => {
    const server = await startServer((_, response) => response.end('found'));
    await call(refund(server, { method: 'GET' }));
    expect(server.seen.requests[0]).toMatchObject({ method: 'GET', path: '/orders/A-1/refunds?amount=5', body: '' });
    expect(server.seen.requests[0]?.headers['content-type']).toBeUndefined();
  });

  it.each([400, 401, 404, 409, 422, 501])('that answers %d has answered: the model is told', async (status) => {
    const server = await startServer((_, response) => response.writeHead(status).end('No such order.'));
    expect(await call(refund(server))).toEqual({ ok: true, content: 'No such order.', isError: true, status });
  });

  it('that refuses without a word is still an answer', async () => {
    const server = await startServer((_, response) => response.writeHead(403).end());
    expect(await call(refund(server))).toMatchObject({ ok: true, isError: true, content: 'The server answered 403.' });
  });

  it('that redirects is not followed', async () => {
    const server = await startServer((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect(await call(refund(server))).toMatchObject({
      ok: true,
      isError: true,
      status: 307,
      content: expect.stringContaining('/elsewhere') as string,
    });
    expect(server.seen.requests).toHaveLength(1);
  });

  it('that refuses for its rate surely did not run', async () => {
    const server = await startServer((_, response) => response.writeHead(429, { 'retry-after': '9' }).end('slow down'));
    expect(await call(refund(server))).toMatchObject({
      ok: false,
      failure: {
        kind: 'retryable',
        mayHaveRun: false,
        retryAfterSeconds: 9,
        message: expect.stringContaining('slow down') as string,
      },
    });
  });

  it.each([408, 500, 502, 503, 504])('that answers %d may have run', async (status) => {
    const server = await startServer((_, response) => response.writeHead(status, { 'retry-after': '3' }).end('oops'));
    expect(await call(refund(server))).toMatchObject({
      ok: false,
      failure: { kind: 'unknown', code: `http_${status}`, mayHaveRun: true, retryAfterSeconds: 3 },
    });
  });

  it('that cuts the connection may have run, before and in the middle of its answer', async () => {
    const early = await startServer((_, response) => response.destroy());
    expect(await call(refund(early))).toMatchObject({
      ok: false,
      failure: { kind: 'unknown', code: 'connection_failed', mayHaveRun: true },
    });
    const late = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await call(refund(late))).toMatchObject({ ok: false, failure: { kind: 'unknown', mayHaveRun: true } });
    expect(early.seen.requests).toHaveLength(1);
  });

  it('that does not answer in time may have run', async () => {
    const server = await startServer(() => undefined);
    expect(await call(refund(server, { timeoutSeconds: 0.2 }))).toMatchObject({
      ok: false,
      failure: { kind: 'unknown', code: 'timeout', mayHaveRun: true },
    });
  });

  it('that is cancelled while it runs may have run, and before that did not', async () => {
    const controller = new AbortController();
    const server = await startServer(() => controller.abort());
    const outcome = await call(refund(server), { signal: controller.signal });
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'unknown', code: 'cancelled' } });
    expect(await call(refund(server), { signal: controller.signal })).toMatchObject({
      ok: false,
      failure: { mayHaveRun: false },
    });
    expect(server.seen.requests).toHaveLength(1);
  });

  it('that can not be reached did not run', async () => {
    const server = await startServer(() => undefined);
    server.close();
    expect(await call(refund(server))).toMatchObject({
      ok: false,
      failure: { kind: 'retryable', code: 'connection_failed', mayHaveRun: false },
    });
    expect(await call(refund('https://no-such-host.invalid'))).toMatchObject({
      ok: false,
      failure: { kind: 'retryable', code: 'unresolvable', mayHaveRun: false },
    });
  });

  it('at a private address is refused for good', async () => {
    const server = await startServer((_, response) => response.end('secret'));
    expect(await call(refund(server), { fetch: guardedFetch() })).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'address_denied', mayHaveRun: false },
    });
    expect(server.seen.connections).toBe(0);
  });

  it('is not called with arguments that its URL can not take', async () => {
    const server = await startServer((_, response) => response.end());
    for (const order_id of ['..', ''])
      expect(await call(refund(server), { arguments: { order_id } })).toMatchObject({
        ok: false,
        failure: { kind: 'permanent', code: 'arguments_invalid' },
      });
    expect(server.seen.connections).toBe(0);
  });
});

describe('a secret', () => {
  it('that is missing is named, and nothing is called', async () => {
    const server = await startServer((_, response) => response.end());
    expect(await call(refund(server, { headers: { 'x-key': '{{ secrets.NOPE }}' } }))).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'secret_missing', message: 'The secret NOPE does not exist.' },
    });
    expect(server.seen.connections).toBe(0);
  });

  it('with a line break is refused, and not quoted', async () => {
    const server = await startServer((_, response) => response.end());
    const outcome = await call(refund(server, { headers: { 'x-key': '{{secrets.BROKEN}}' } }));
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'permanent', code: 'secret_invalid' } });
    expect(JSON.stringify(outcome)).not.toContain('evil');
    expect(server.seen.connections).toBe(0);
  });

  it('that a server echoes does not reach the model, in answers or failures', async () => {
    for (const status of [200, 400, 500]) {
      const server = await startServer(({ headers }, response) =>
        response.writeHead(status).end(`you sent ${String(headers.authorization)}`),
      );
      const text = JSON.stringify(await call(refund(server)));
      expect(text).not.toContain('tok-0123456789');
      expect(text).toContain('Bearer [secret API_TOKEN]');
    }
  });

  it('is not replaced in arguments: a model can not ask for one', async () => {
    const server = await startServer((_, response) => response.end());
    await call(refund(server), { arguments: { order_id: 'A-1', note: '{{secrets.API_TOKEN}}' } });
    expect(server.seen.requests[0]?.body).toBe('{"note":"{{secrets.API_TOKEN}}"}');
  });
});

describe('the content', () => {
  const answer = async (type: string, body: string | Buffer) => {
    const server = await startServer((_, response) =>
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body),
    );
    const outcome = await call(refund(server));
    return outcome.ok ? outcome.content : outcome.failure.message;
  };

  it('is the text of the answer', async () => {
    expect(await answer('application/problem+json; charset=utf-8', '{"a":"ü"}')).toBe('{"a":"ü"}');
    expect(await answer('text/plain', 'a\u0000b')).toBe('a\ufffdb');
    expect(await answer('text/plain', '')).toBe('');
  });

  it('is only described where it is no text', async () => {
    expect(await answer('image/png', Buffer.alloc(5))).toBe('[image/png, 5 bytes: not text]');
  });

  it('is cut at the limit, between characters, and says so', async () => {
    const text = await answer('text/plain', 'ü'.repeat(1_000_000));
    expect(text).toBe(`${'ü'.repeat(CONTENT_BYTES_MAX / 2)}\n[cut after ${CONTENT_BYTES_MAX} bytes]`);
    expect(await answer('text/plain', `x${'ü'.repeat(1_000_000)}`)).not.toContain('\ufffd');
  });
});

describe('a tool that is saved', () => {
  const policy = { allowCidrs: [], ownPorts: [] };
  const problems = (overrides: Partial<HttpTool>) =>
    checkHttpTool(refund('https://api.example.com', overrides), policy).map(({ pointer }) => pointer);

  it('is accepted', () => expect(problems({})).toEqual([]));

  it.each([
    [{ urlTemplate: 'https://{host}/x' }, '/urlTemplate'],
    [{ urlTemplate: 'https://127.0.0.1/{id}' }, '/urlTemplate'],
    [{ urlTemplate: 'https://2130706433/{id}' }, '/urlTemplate'],
    [{ urlTemplate: 'https://user:pass@example.com/' }, '/urlTemplate'],
    [{ urlTemplate: 'http://example.com/' }, '/urlTemplate'],
    [{ headers: { 'x y': '1' } }, '/headers/x y'],
    [{ headers: { Host: 'evil' } }, '/headers/Host'],
    [{ headers: { 'Transfer-Encoding': 'chunked' } }, '/headers/Transfer-Encoding'],
    [{ headers: { 'x-a': 'a\r\nx-b: c' } }, '/headers/x-a'],
    [{ idempotencyHeader: 'no header' }, '/idempotencyHeader'],
    [{ timeoutSeconds: 0 }, '/timeoutSeconds'],
    [{ timeoutSeconds: 601 }, '/timeoutSeconds'],
  ] as [Partial<HttpTool>, string][])('with %j is refused', (overrides, pointer) =>
    expect(problems(overrides)).toEqual([pointer]),
  );
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import corpus from './ssrf-corpus.json' with { type: 'json' };
import { checkPeer, type Resolve } from './connector.ts';
import { compileGuard } from './guard.ts';
import { OutboundError } from './outbound-error.ts';
import { guardedFetch, LOCAL, startServer } from './testing.ts';

const failure = async (call: Promise<Response>): Promise<OutboundError> => {
  const error: unknown = await call.then(
    (response) => response.text(),
    (reason: unknown) => reason,
  );
  if (error instanceof OutboundError) return error;
  throw new Error(`expected an OutboundError, got ${String(error)}`);
};

const CORPUS = (port: number): string[] => corpus.map((address) => address.replaceAll('{port}', String(port)));

describe('the guard', () => {
  it('T67: lets no form of a private address through: no connection arrives', async () => {
    const { port, seen } = await startServer((_, response) => response.end('secret'));
    const guarded = guardedFetch();
    expect(corpus.length).toBeGreaterThanOrEqual(40);
    for (const url of CORPUS(port)) {
      const error = await failure(guarded(url));
      expect(['address_denied', 'url_invalid'], `${url}: ${error.message}`).toContain(error.code);
      expect(error.hasSent).toBe(false);
    }
    expect(seen.connections).toBe(0);
  });

  it('would see those connections, were they made', async () => {
    const { port, seen } = await startServer((_, response) => response.end('fine'));
    const guarded = guardedFetch(LOCAL);
    for (const url of CORPUS(port).slice(0, 6))
      expect(await (await guarded(url.replace('https', 'http'))).text()).toBe('fine');
    expect(seen.connections).toBe(6);
  });

  it('T67: refuses a name that resolves to a private address, or to one beside public ones', async () => {
    const { port, seen } = await startServer((_, response) => response.end('secret'));
    const answers = [
      ['127.0.0.1'],
      ['::1'],
      ['::ffff:127.0.0.1'],
      ['93.184.215.14', '127.0.0.1'],
      ['127.0.0.1', '93.184.215.14'],
      ['2606:4700::1111', '::1'],
    ];
    for (const addresses of answers) {
      const resolve: Resolve = async () =>
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const error = await failure(guardedFetch({ resolve })(`https://tools.example.com:${port}/`));
      expect(error.code, addresses.join()).toBe('address_denied');
    }
    expect(seen.connections).toBe(0);
  });

  it('T67: connects to the very address it checked, so a name that changes its mind gains nothing', async () => {
    const { port, seen } = await startServer((_, response) => response.end('secret'));
    let lookups = 0;
    const resolve: Resolve = async () => {
      lookups += 1;
      // TEST-NET-2 is denied too; a public answer first would leave this machine.
      return [{ address: lookups === 1 ? '198.51.100.1' : '127.0.0.1', family: 4 }];
    };
    const guarded = guardedFetch({ resolve, allowCidrs: ['198.51.100.0/24'] }).withLimits({ timeoutSeconds: 0.3 });
    const first = await failure(guarded(`http://rebind.example.com:${port}/`));
    expect(['timeout', 'connection_failed']).toContain(first.code);
    expect(lookups).toBe(1);
    expect((await failure(guarded(`http://rebind.example.com:${port}/`))).code).toBe('address_denied');
    expect(seen.connections).toBe(0);
  });

  it('checks the peer after the connection, and drops one that may not be', async () => {
    const { port } = await startServer((_, response) => response.end());
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const destination = { protocol: 'http:', port };
    expect(checkPeer(socket, destination, compileGuard({ ...LOCAL, ownPorts: [] }))).toBeNull();
    expect(socket.destroyed).toBe(false);
    expect(checkPeer(socket, destination, compileGuard({ allowCidrs: [], ownPorts: [] }))?.code).toBe('address_denied');
    expect(socket.destroyed).toBe(true);
  });

  it('T67: never reaches our own port, although loopback is allowed', async () => {
    const { port, seen } = await startServer((_, response) => response.end('our API'));
    const guarded = guardedFetch({ ...LOCAL, ownPorts: [port] });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9'])
      expect((await failure(guarded(`http://${host}:${port}/v1/approvals`))).code).toBe('address_denied');
    expect(seen.connections).toBe(0);
  });

  it('T67: does not follow a redirect, whatever the caller asks for', async () => {
    const inner = await startServer((_, response) => response.end('secret'));
    const outer = await startServer((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/` }).end();
    });
    const response = await guardedFetch(LOCAL)(`http://127.0.0.1:${outer.port}/`, { redirect: 'follow' });
    expect(response.status).toBe(302);
    expect(inner.seen.connections).toBe(0);
  });
});

describe('a guarded call', () => {
  it('sends method, headers and body, and answers like fetch', async () => {
    const { port } = await startServer((request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'x-method': request.method }).end(request.body);
    });
    const response = await guardedFetch(LOCAL)(`http://127.0.0.1:${port}/a?b=c`, {
      method: 'PUT',
      body: '{"ü":1}',
      headers: { 'x-a': 'b' },
    });
    expect(response).toBeInstanceOf(Response);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-method')).toBe('PUT');
    expect(await response.json()).toEqual({ ü: 1 });
  });

  it('that no server answers was not sent', async () => {
    const { port, close } = await startServer(() => undefined);
    close();
    const error = await failure(guardedFetch(LOCAL)(`http://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ code: 'connection_failed', hasSent: false });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('to a name that does not exist is unresolvable, and was not sent', async () => {
    const error = await failure(guardedFetch()('https://no-such-host.invalid/'));
    expect(error).toMatchObject({ code: 'unresolvable', hasSent: false });
  });

  it('that is cut after the request may have run', async () => {
    const { port } = await startServer((_, response) => response.destroy());
    const error = await failure(guardedFetch(LOCAL)(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }));
    expect(error).toMatchObject({ code: 'connection_failed', hasSent: true });
  });

  it('without an answer ends at the deadline, and may have run', async () => {
    const { port } = await startServer(() => undefined);
    const error = await failure(guardedFetch(LOCAL).withLimits({ timeoutSeconds: 0.1 })(`http://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ code: 'timeout', hasSent: true });
  });

  it('whose body never ends stops at the same deadline', async () => {
    const { port } = await startServer((_, response) => void response.write('first'));
    const response = await guardedFetch(LOCAL).withLimits({ timeoutSeconds: 0.2 })(`http://127.0.0.1:${port}/`);
    await expect(response.text()).rejects.toMatchObject({ code: 'timeout', hasSent: true });
  });

  it('with a body over the limit fails, compressed or not', async () => {
    const { port } = await startServer((request, response) => {
      const body = Buffer.alloc(100_000, 'x');
      if (request.path === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
      else response.end(body);
    });
    const guarded = guardedFetch(LOCAL).withLimits({ maxBytes: 99_999 });
    for (const path of ['plain', 'gzip']) {
      const response = await guarded(`http://127.0.0.1:${port}/${path}`);
      await expect(response.text()).rejects.toMatchObject({ code: 'too_large' });
    }
    const enough = guarded.withLimits({ maxBytes: 100_000 });
    expect((await (await enough(`http://127.0.0.1:${port}/gzip`)).text()).length).toBe(100_000);
  });

  it('that the caller aborts rejects with the reason of the caller', async () => {
    const controller = new AbortController();
    const { port } = await startServer(() => controller.abort(new Error('cancelled')));
    await expect(guardedFetch(LOCAL)(`http://127.0.0.1:${port}/`, { signal: controller.signal })).rejects.toThrow(
      'cancelled',
    );
  });

  it('never shares a connection with another, so a stale one can not swallow it', async () => {
    const { port, seen } = await startServer((_, response) => response.end());
    const guarded = guardedFetch(LOCAL);
    for (let call = 0; call < 3; call += 1) await (await guarded(`http://127.0.0.1:${port}/`)).text();
    expect(seen.connections).toBe(3);
    expect(seen.requests.length).toBe(3);
  });
});

describe('connections', () => {
  const answer = async (call: Promise<Response>): Promise<string> => (await call).text();

  it('are used once, but by calls that may be repeated', async () => {
    const { url, seen } = await startServer((_, response) => response.end('fine'));
    const guarded = guardedFetch(LOCAL);
    for (let time = 0; time < 3; time += 1) await answer(guarded(url, { method: 'POST', body: 'x' }));
    expect(seen.connections).toBe(3);
    const repeatable = guarded.withLimits({ isRepeatable: true });
    for (let time = 0; time < 20; time += 1) await answer(repeatable(url, { method: 'POST', body: 'x' }));
    // One, or a second where the first was not told to be free in time.
    expect(seen.connections).toBeLessThanOrEqual(5);
  });

  it('that the server has closed meanwhile are made anew', async () => {
    let requests = 0;
    const { url, seen } = await startServer((_, response) => {
      requests += 1;
      // The second one comes over the connection of the first, which is cut as if it had been idle for too long.
      if (requests === 2) response.socket?.destroy();
      else response.end('fine');
    });
    const repeatable = guardedFetch(LOCAL).withLimits({ isRepeatable: true });
    for (let time = 0; time < 3; time += 1)
      expect(await answer(repeatable(url, { method: 'POST', body: 'x' }))).toBe('fine');
    expect(requests).toBe(4);
    expect(seen.connections).toBeGreaterThanOrEqual(2);
  });

  it('that are cut each time are told of, after two', async () => {
    let requests = 0;
    const { url } = await startServer((_, response) => {
      requests += 1;
      response.socket?.destroy();
    });
    const error = await failure(
      guardedFetch(LOCAL).withLimits({ isRepeatable: true })(url, { method: 'POST', body: 'x' }),
    );
    expect([error.code, error.hasSent, requests]).toEqual(['connection_failed', true, 2]);
  });
});

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { guardedFetch, LOCAL } from '../outbound/testing.ts';
import { createMcpClients, type McpCall, type McpServer } from './mcp.ts';
import { makeServer } from './mcp-server.testing.ts';
import type { ToolOutcome } from './tool-outcome.ts';

const SECRETS: Record<string, string> = { TOKEN: 'tok-0123456789' };
const secrets = async (name: string): Promise<string | undefined> => SECRETS[name];

const clients = (overrides: Partial<Parameters<typeof createMcpClients>[0]> = {}) => {
  const made = createMcpClients({ fetch: guardedFetch(LOCAL), isStdioAllowed: true, ...overrides });
  onTestFinished(made.close);
  return made;
};

const calling = (name: string, args: McpCall['arguments'] = {}, overrides: Partial<McpCall> = {}): McpCall => ({
  workspaceId: 'wsp_1',
  secrets,
  name,
  arguments: args,
  idempotencyKey: 'key-1',
  ...overrides,
});

const contentOf = (outcome: ToolOutcome): string => {
  if (outcome.ok) return outcome.content;
  throw new Error(outcome.failure.message);
};

const program = fileURLToPath(new URL('mcp-server.testing.ts', import.meta.url));
const stdioServer = (overrides: Partial<Extract<McpServer, { transport: 'stdio' }>> = {}): McpServer => ({
  transport: 'stdio',
  command: process.execPath,
  args: [program, 'stdio'],
  env: {},
  ...overrides,
});

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(handle);
  let connections = 0;
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return { url: `http://127.0.0.1:${port}/mcp`, close, connections: () => connections };
};

/** The reference SDK's server over streamable HTTP, with sessions; `answerAs` is how it sends results. */
const startHttp = async (answerAs: 'json' | 'stream') => {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const seen = { methods: [] as string[], authorization: new Set<string | undefined>() };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.methods.push(request.method ?? '');
    seen.authorization.add(request.headers.authorization);
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (transport === undefined && id !== undefined) {
      response.writeHead(404).end();
      return;
    }
    if (transport === undefined) {
      const made: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: answerAs === 'json',
        onsessioninitialized: (session) => void sessions.set(session, made),
      });
      await makeServer().connect(made);
      transport = made;
    }
    await transport.handleRequest(request, response);
  };
  const server = await listen((request, response) => void handle(request, response));
  const mcp: McpServer = { transport: 'http', url: server.url, headers: { authorization: 'Bearer {{secrets.TOKEN}}' } };
  return { ...server, mcp, seen, sessions };
};

const KINDS = [
  ['streamable HTTP, answers as JSON', async () => (await startHttp('json')).mcp],
  ['streamable HTTP, answers as a stream', async () => (await startHttp('stream')).mcp],
  ['stdio', async () => stdioServer()],
] as const;

describe.each(KINDS)('an MCP server over %s', (_, start) => {
  it('lists its tools with schemas and annotations', async () => {
    const listed = await clients().listTools(await start(), { workspaceId: 'wsp_1', secrets });
    const tools = listed.ok ? listed.tools : [];
    expect(tools.map(({ name }) => name)).toContain('hang');
    expect(tools[0]).toMatchObject({
      name: 'lookup_order',
      description: 'Finds an order.',
      inputSchema: { type: 'object', properties: { order_id: { type: 'string' } }, required: ['order_id'] },
      annotations: { readOnlyHint: true, openWorldHint: false },
    });
    expect(tools[1]?.annotations).toEqual({ destructiveHint: true, idempotentHint: true });
  });

  it('is called, many times over one connection', async () => {
    const [made, server] = [clients(), await start()];
    const ids = Array.from({ length: 10 }, (__, at) => `A-${at}`);
    const outcomes = await Promise.all(
      ids.map((order_id) => made.callTool(server, calling('lookup_order', { order_id }))),
    );
    expect(outcomes).toEqual(
      ids.map((id) => ({ ok: true, content: `order ${id} was shipped`, isError: false, status: null })),
    );
  });

  it('gets the stable key of each call', async () => {
    const [made, server] = [clients(), await start()];
    const outcomes = await Promise.all(
      ['k-1', 'k-2', 'k-3'].map((idempotencyKey) =>
        made.callTool(server, calling('refund', { amount: 5 }, { idempotencyKey })),
      ),
    );
    expect(outcomes.map(contentOf)).toEqual(['k-1', 'k-2', 'k-3'].map((key) => JSON.stringify({ amount: 5, key })));
  });

  it('that refuses a call has answered: the model is told', async () => {
    const [made, server] = [clients(), await start()];
    expect(await made.callTool(server, calling('fail'))).toEqual({
      ok: true,
      content: 'no such order',
      isError: true,
      status: null,
    });
    expect(await made.callTool(server, calling('refund', { amount: 'much' }))).toMatchObject({
      ok: true,
      isError: true,
    });
    expect(await made.callTool(server, calling('no_such_tool'))).toMatchObject({ ok: true, isError: true });
  });

  it('gives data as JSON, and describes what is no text', async () => {
    const [made, server] = [clients(), await start()];
    expect(contentOf(await made.callTool(server, calling('structured')))).toBe('{"n":5}');
    expect(contentOf(await made.callTool(server, calling('picture')))).toBe(
      '[image image/png, 6 bytes: not text]\na caption',
    );
  });

  it('that does not answer in time may have run', async () => {
    const [made, server] = [clients(), await start()];
    expect(await made.callTool(server, calling('hang', {}, { timeoutSeconds: 0.3 }))).toMatchObject({
      ok: false,
      failure: { kind: 'unknown', code: 'timeout', mayHaveRun: true },
    });
    expect(contentOf(await made.callTool(server, calling('lookup_order', { order_id: 'A' })))).toContain('shipped');
  });
});

describe('an MCP server over HTTP', () => {
  it('gets its secret header, one session, and no standing stream', async () => {
    const server = await startHttp('stream');
    const made = clients();
    for (const order_id of ['A', 'B']) await made.callTool(server.mcp, calling('lookup_order', { order_id }));
    await made.close();
    expect([...server.seen.authorization]).toEqual(['Bearer tok-0123456789']);
    expect(server.seen.methods).not.toContain('GET');
    expect(server.sessions.size).toBe(1);
  });

  it('that forgot the session is asked again in a new one', async () => {
    const server = await startHttp('json');
    const made = clients();
    await made.callTool(server.mcp, calling('lookup_order', { order_id: 'A' }));
    server.sessions.clear();
    expect(contentOf(await made.callTool(server.mcp, calling('lookup_order', { order_id: 'B' })))).toContain('order B');
    server.sessions.clear();
    expect(await made.listTools(server.mcp, { workspaceId: 'wsp_1', secrets })).toMatchObject({ ok: true });
  });

  it('is not shared between workspaces', async () => {
    const server = await startHttp('json');
    const made = clients();
    await made.callTool(server.mcp, calling('pid'));
    await made.callTool(server.mcp, calling('pid', {}, { workspaceId: 'wsp_2' }));
    expect(server.sessions.size).toBe(2);
  });

  it('at a private address is refused for good, and not contacted', async () => {
    const server = await startHttp('json');
    const made = clients({ fetch: guardedFetch() });
    const denied = { ok: false, failure: { kind: 'permanent', code: 'address_denied', mayHaveRun: false } };
    expect(await made.callTool(server.mcp, calling('pid'))).toMatchObject(denied);
    expect(await made.listTools(server.mcp, { workspaceId: 'wsp_1', secrets })).toMatchObject(denied);
    expect(server.connections()).toBe(0);
  });

  it('that is not there did not run anything', async () => {
    const server = await startHttp('json');
    server.close();
    expect(await clients().callTool(server.mcp, calling('pid'))).toMatchObject({
      ok: false,
      failure: {
        kind: 'retryable',
        code: 'connection_failed',
        mayHaveRun: false,
        message: expect.stringContaining('ECONNREFUSED') as string,
      },
    });
  });

  it('that goes away between two calls did not run the second', async () => {
    const server = await startHttp('json');
    const made = clients();
    await made.callTool(server.mcp, calling('pid'));
    server.close();
    expect(await made.callTool(server.mcp, calling('pid'))).toMatchObject({
      ok: false,
      failure: { kind: 'retryable', mayHaveRun: false },
    });
  });

  it.each([
    [401, 'permanent', 'authentication_failed'],
    [404, 'permanent', 'not_an_mcp_server'],
    [302, 'permanent', 'not_an_mcp_server'],
    [503, 'retryable', 'server_unavailable'],
  ])('that answers %d to everything is %s', async (status, kind, code) => {
    const server = await listen((_, response) => response.writeHead(status, { location: '/' }).end('no'));
    const mcp: McpServer = { transport: 'http', url: server.url, headers: {} };
    expect(await clients().callTool(mcp, calling('pid'))).toMatchObject({
      ok: false,
      failure: { kind, code, mayHaveRun: false },
    });
  });

  it('whose secret is missing is not contacted', async () => {
    const server = await startHttp('json');
    const mcp: McpServer = { transport: 'http', url: server.url, headers: { authorization: '{{secrets.NOPE}}' } };
    expect(await clients().callTool(mcp, calling('pid'))).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'secret_missing' },
    });
    expect(server.connections()).toBe(0);
  });

  it.each(['reset', 'ended stream', 'broken stream', '500'])(
    'that fails in the middle of a call (%s) may have run it',
    async (how) => {
      const real = await startHttp('json');
      const proxy = await listen((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => (body += text));
        request.on('end', () => {
          if (body.includes('tools/call')) {
            if (how === 'reset') response.destroy();
            else if (how === '500') response.writeHead(500).end('oops');
            else {
              response.writeHead(200, { 'content-type': 'text/event-stream' });
              response.write(': working\n\n', () => (how === 'ended stream' ? response.end() : response.destroy()));
            }
            return;
          }
          const headers = Object.fromEntries(
            Object.entries(request.headers).filter(([name]) => !['host', 'connection'].includes(name)),
          ) as Record<string, string>;
          void fetch(real.url, { method: request.method ?? 'POST', headers, ...(body === '' ? {} : { body }) }).then(
            async (answer) => {
              const session = answer.headers.get('mcp-session-id');
              response.writeHead(answer.status, {
                'content-type': answer.headers.get('content-type') ?? 'text/plain',
                ...(session === null ? {} : { 'mcp-session-id': session }),
              });
              response.end(await answer.text());
            },
          );
        });
      });
      const mcp: McpServer = { transport: 'http', url: proxy.url, headers: {} };
      const startedMs = Date.now();
      expect(await clients().callTool(mcp, calling('pid'))).toMatchObject({
        ok: false,
        failure: { kind: 'unknown', mayHaveRun: true },
      });
      expect(Date.now() - startedMs).toBeLessThan(5000);
    },
  );
});

describe('an MCP server over stdio', () => {
  it('sees PATH, HOME and its own settings, and nothing else of ours', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const outcome = await clients().callTool(
      stdioServer({ env: { REGION: 'eu', KEY: 'x{{secrets.TOKEN}}' } }),
      calling('environment'),
    );
    const environment = JSON.parse(contentOf(outcome)) as Record<string, string>;
    // Some shells and systems add their own; ours must not be among them.
    expect(
      Object.keys(environment)
        .filter((name) => !name.startsWith('__'))
        .toSorted(),
    ).toEqual(['HOME', 'KEY', 'PATH', 'REGION']);
    expect(environment['KEY']).toBe('x[secret TOKEN]');
  });

  it('is one process for many calls, which ends with us', async () => {
    const made = clients();
    const pids = new Set<string>();
    for (let at = 0; at < 3; at += 1) pids.add(contentOf(await made.callTool(stdioServer(), calling('pid'))));
    expect(pids.size).toBe(1);
    await made.close();
    expect(() => process.kill(Number([...pids][0]), 0)).toThrow('ESRCH');
  });

  it('ends when it was idle for long enough, and comes back', async () => {
    const made = clients({ idleSeconds: 0.05 });
    const first = contentOf(await made.callTool(stdioServer(), calling('pid')));
    await vi.waitFor(() => expect(() => process.kill(Number(first), 0)).toThrow('ESRCH'), 5000);
    expect(contentOf(await made.callTool(stdioServer(), calling('pid')))).not.toBe(first);
  });

  it('takes those it has started with it', async () => {
    const made = clients();
    const wrapped = stdioServer({ command: 'sh', args: ['-c', `"${process.execPath}" "${program}" stdio; true`] });
    const pid = Number(contentOf(await made.callTool(wrapped, calling('pid'))));
    await made.close();
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5000);
  });

  it('that ends during a call may have run it, and says why without its secrets', async () => {
    const made = clients();
    const server = stdioServer({ env: { TOKEN: '{{secrets.TOKEN}}' } });
    expect(await made.callTool(server, calling('die'))).toMatchObject({
      ok: false,
      failure: {
        kind: 'unknown',
        code: 'server_ended',
        mayHaveRun: true,
        message: expect.stringContaining('exit code 3: out of paper, token [secret TOKEN]') as string,
      },
    });
    expect(await made.callTool(server, calling('pid'))).toMatchObject({ ok: true });
  });

  it('that does not exist fails for good', async () => {
    expect(await clients().callTool(stdioServer({ command: 'no-such-command' }), calling('pid'))).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'command_failed', mayHaveRun: false },
    });
  });

  it('that ends at once says how', async () => {
    const server = stdioServer({ args: ['-e', 'console.error("no licence"); process.exit(7)'] });
    expect(await clients().listTools(server, { workspaceId: 'wsp_1', secrets })).toMatchObject({
      ok: false,
      failure: {
        kind: 'retryable',
        mayHaveRun: false,
        message: expect.stringContaining('exit code 7: no licence') as string,
      },
    });
  });

  it('is refused where the operator does not allow commands', async () => {
    expect(await clients({ isStdioAllowed: false }).callTool(stdioServer(), calling('pid'))).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'stdio_not_allowed' },
    });
  });
});

/** The gateway over streamable HTTP, before real MCP servers, spoken to by both lines of the official client. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/sdk';
import { Client as ClientV2, StreamableHTTPClientTransport as StreamableHttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestApp, startTestServer } from '../../../server/src/testing/test-app.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const REPOSITORY = join(import.meta.dirname, '../../../..');
const binary = (name: string): string => join(REPOSITORY, 'node_modules/.bin', name);

let app: TestApp;
let folder: string;
let url: URL;
let gateway: ChildProcess;

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  COUNTERSIGN_URL: app.url,
  COUNTERSIGN_API_KEY: app.one.keys.asking.secret,
});

beforeAll(async () => {
  app = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), 'cs-gateway-'));
  const mcpServers = {
    files: { command: binary('mcp-server-filesystem'), args: [folder], trusted: true },
    memory: { command: binary('mcp-server-memory'), env: { MEMORY_FILE_PATH: join(folder, 'graph.jsonl') } },
    everything: { command: binary('mcp-server-everything') },
  };
  writeFileSync(join(folder, 'gateway.json'), JSON.stringify({ mcpServers }));
  const main = join(REPOSITORY, 'packages/cli/src/main.ts');
  const files = ['--config', join(folder, 'gateway.json'), '--memory', join(folder, 'kept.json')];
  gateway = spawn(process.execPath, [main, 'gateway', '--http', '0', '--hold', '3s', ...files], {
    env: environment(),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  gateway.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await vi.waitUntil(() => said.includes('/mcp'), { timeout: 100_000, interval: 100 });
  url = new URL(/http:\S+\/mcp/.exec(said)?.[0] ?? '');
});
afterAll(async () => {
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  await app.stop();
  rmSync(folder, { recursive: true });
});

const headers = (secret: string) => ({ requestInit: { headers: { authorization: `Bearer ${secret}` } } });
const connectV1 = async (secret = app.one.keys.asking.secret): Promise<McpClient> => {
  const client = new McpClient({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(url, headers(secret)));
  return client;
};
const connectV2 = async (secret = app.one.keys.asking.secret): Promise<ClientV2> => {
  const client = new ClientV2({ name: 'test', version: '2' });
  await client.connect(new StreamableHttpV2(url, headers(secret)));
  return client;
};

const file = (name: string): string => join(folder, name);
const write = (name: string) => ({ name: 'files__write_file', arguments: { path: file(name), content: 'as asked' } });

const pendingWith = async (text: string) => {
  const reviewer = createClient({ baseUrl: app.url, apiKey: app.one.keys.deciding.secret });
  const find = async () => {
    for await (const { id } of reviewer.approvals.iterate({ status: 'pending' })) {
      const approval = await reviewer.approvals.get(id);
      if (JSON.stringify(approval.arguments).includes(text)) return approval;
    }
    return undefined;
  };
  await expect.poll(find, { timeout: 30_000 }).toBeDefined();
  const found = await find();
  if (!found) throw new Error('it waits no more');
  return found;
};
const approve = async (text: string) => {
  const { id, digest } = await pendingWith(text);
  const reviewer = createClient({ baseUrl: app.url, apiKey: app.one.keys.deciding.secret });
  await reviewer.approvals.decide(id, { decision: 'approved', digest });
  return id;
};

test.each([
  ['1', connectV1],
  ['2', connectV2],
] as const)(
  'line %s of the client lists, reads, and has a call held until a person approves it',
  async (line, connect) => {
    const client = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['files__write_file', 'memory__create_entities', 'everything__echo']),
    );
    writeFileSync(file('there.txt'), 'hello');
    const read = await client.callTool({ name: 'files__read_text_file', arguments: { path: file('there.txt') } });
    expect(read.content).toMatchObject([{ type: 'text', text: 'hello' }]);
    const running = client.callTool(write(`v${line}.txt`));
    await approve(`v${line}.txt`);
    expect(await running).not.toMatchObject({ isError: true });
    expect(readFileSync(file(`v${line}.txt`), 'utf8')).toBe('as asked');
    const entities = [{ name: `Ada ${line}`, entityType: 'person', observations: ['signs'] }];
    const remembering = client.callTool({ name: 'memory__create_entities', arguments: { entities } });
    await approve(`Ada ${line}`);
    await remembering;
    expect(readFileSync(file('graph.jsonl'), 'utf8')).toContain(`Ada ${line}`);
    await client.close();
  },
);

test('what went ahead is in the audit log as well, and was judged by the policy', async () => {
  const audit = await app.call(app.one.people.owner, 'GET', '/v1/audit?type=gate.audited');
  expect(audit.text).toContain('files__read_text_file');
  const { owner } = app.one.people;
  const source = 'rules:\n  - name: no reading\n    tools: [files__read_text_file]\n    outcome: block\n';
  const made = await app.call<{ id: string }>(owner, 'POST', '/v1/policies', { name: 'No reading', source });
  expect(made.status, made.text).toBe(201);
  const client = await connectV1();
  const read = { name: 'files__read_text_file', arguments: { path: file('there.txt') } };
  expect(await client.callTool(read)).toMatchObject({ isError: true });
  await app.call(owner, 'DELETE', `/v1/policies/${made.body.id}`);
  await client.close();
});

test('each caller asks with their own key, and one’s session is nobody else’s', async () => {
  const client = await connectV1(app.one.keys.asking2.secret);
  const running = client.callTool(write('theirs.txt'));
  expect(await pendingWith('theirs.txt')).toMatchObject({ requested_by: { id: app.one.keys.asking2.id } });
  await approve('theirs.txt');
  await running;
  const session = (client.transport as StreamableHTTPClientTransport).sessionId ?? '';
  const stolen = await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': session });
  expect(stolen.status).toBe(404);
  await client.close();
});

const post = (body: unknown, more: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${app.one.keys.asking.secret}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...more,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('a call whose client ran out of patience is found again, and made once', async () => {
  const client = await connectV1();
  await expect(client.callTool(write('late.txt'), undefined, { timeout: 1000 })).rejects.toThrow('timed out');
  const id = await approve('late.txt');
  expect(existsSync(file('late.txt'))).toBe(false);
  expect(await client.callTool(write('late.txt'))).not.toMatchObject({ isError: true });
  expect(readFileSync(file('late.txt'), 'utf8')).toBe('as asked');
  const asked = createClient({ baseUrl: app.url, apiKey: app.one.keys.asking.secret });
  expect(await asked.approvals.get(id)).toMatchObject({ status: 'approved' });
  await client.close();
});

test('a call that is being made when its client leaves is told to who comes again, and not made twice', async () => {
  const client = await connectV1();
  const long = { name: 'everything__trigger-long-running-operation', arguments: { duration: 4, steps: 2 } };
  const running = client.callTool(long, undefined, { timeout: 4000 });
  running.catch(() => undefined);
  await approve('"duration":4');
  await expect(running).rejects.toThrow('timed out');
  const again = await client.callTool(long);
  expect(JSON.stringify(again)).toContain('completed');
  const asked = await app.sql(`select 1 from approval where tool = $1`, [long.name]);
  expect(asked.length).toBe(1);
  await client.close();
});

test('whoever has no good key, another host’s name or a page’s origin is refused at the door', async () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  expect((await post(list, { authorization: '' })).status).toBe(401);
  const wrong = await post(list, { authorization: 'Bearer csk_nothing' });
  expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await post(list, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await post('{', {})).status).toBe(400);
  expect((await post('x'.repeat(5 * 1024 * 1024))).status).toBe(413);
  expect((await fetch(new URL('/other', url))).status).toBe(404);
  const { get } = await import('node:http');
  const rebound = await new Promise<number | undefined>((resolve) => {
    get({ port: url.port, host: '127.0.0.1', path: '/mcp', headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(rebound).toBe(403);
});

test('line 2 of the client speaks to the approvals server, over HTTP and over standard input', async () => {
  const http = new StreamableHttpV2(new URL('/mcp', app.url), headers(app.one.keys.asking.secret));
  const main = join(REPOSITORY, 'packages/cli/src/main.ts');
  const stdio = new StdioV2({ command: process.execPath, args: [main, 'mcp'], env: environment() });
  for (const transport of [http, stdio]) {
    const client = new ClientV2({ name: 'test', version: '2' });
    await client.connect(transport);
    const action = `Deploy ${Math.random()}`;
    const running = client.callTool({ name: 'request_approval', arguments: { action, key: action } });
    const waiting = async () =>
      (
        await app.call<{ data: { id: string; digest: string; title: string }[] }>(
          app.one.keys.deciding,
          'GET',
          '/v1/approvals?status=pending',
        )
      ).body.data.find(({ title }) => title === action);
    await expect.poll(waiting, { timeout: 20_000 }).toBeDefined();
    const { id } = (await waiting()) ?? { id: '' };
    const { body } = await app.call<{ digest: string }>(app.one.keys.deciding, 'GET', `/v1/approvals/${id}`);
    await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
      decision: 'approved',
      digest: body.digest,
    });
    const answered = await running;
    expect(answered.structuredContent).toMatchObject({ approval_id: id });
    await client.close();
  }
});

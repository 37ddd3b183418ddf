/** The gateway before real MCP servers, spoken to by the official client. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Approval, type Client, createClient } from '@countersign/sdk';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestApp, startTestServer } from '../../../server/src/testing/test-app.ts';
import { type Gateway, openGateway, readGatewayConfig } from './index.ts';

// Each test starts MCP servers of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const REPOSITORY = join(import.meta.dirname, '../../../..');
const binary = (name: string): string => join(REPOSITORY, 'node_modules/.bin', name);

let app: TestApp;
let agent: Client;
let reviewer: Client;
beforeAll(async () => {
  app = await startTestServer();
  agent = createClient({ baseUrl: app.url, apiKey: app.one.keys.asking.secret });
  reviewer = createClient({ baseUrl: app.url, apiKey: app.one.keys.deciding.secret });
});
afterAll(() => app.stop());

let folder: string;
const gateways: Gateway[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cs-gateway-'));
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  rmSync(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);
const memoryFile = (): string => file('memory.json');
const mcpServers = () => ({
  files: { command: binary('mcp-server-filesystem'), args: [folder], trusted: true },
  everything: { command: binary('mcp-server-everything') },
});

const start = async (holdSeconds?: number): Promise<McpClient> => {
  const config = readGatewayConfig(JSON.stringify({ mcpServers: mcpServers() }), process.env);
  const gateway = await openGateway(agent, config, { memoryFile: memoryFile(), holdSeconds });
  gateways.push(gateway);
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await gateway.serve(theirs);
  const client = new McpClient({ name: 'test', version: '1' });
  await client.connect(ours);
  return client;
};

type Told = { readonly isError: boolean; readonly text: string };
const call = async (client: McpClient, name: string, args: Record<string, unknown>, options = {}): Promise<Told> => {
  const { isError, content } = await client.callTool({ name, arguments: args }, undefined, options);
  const texts = content as readonly { readonly text?: string }[];
  return { isError: isError === true, text: texts.map(({ text = '' }) => text).join('\n') };
};
const write = (client: McpClient, name: string, options = {}): Promise<Told> =>
  call(client, 'files__write_file', { path: file(name), content: 'as asked' }, options);

const pending = async (matches: (approval: Approval) => boolean): Promise<Approval> => {
  const find = async (): Promise<Approval | undefined> => {
    for await (const { id } of reviewer.approvals.iterate({ status: 'pending' })) {
      const approval = await reviewer.approvals.get(id);
      if (matches(approval)) return approval;
    }
    return undefined;
  };
  await expect.poll(find, { timeout: 30_000 }).toBeDefined();
  const found = await find();
  if (!found) throw new Error('it does not wait any more');
  return found;
};
const writing = (name: string) => pending(({ arguments: args }) => args?.['path'] === file(name));
const decide = async (approval: Promise<Approval>, decision: 'approved' | 'rejected', more: object = {}) => {
  const { id, digest } = await approval;
  return reviewer.approvals.decide(id, { decision, digest, ...more });
};

describe('a call', () => {
  test('of a read-only tool of a trusted server passes; any other waits, and is made once it is approved', async () => {
    const client = await start();
    writeFileSync(file('a.txt'), 'hello');
    expect(await call(client, 'files__read_text_file', { path: file('a.txt') })).toEqual({
      isError: false,
      text: 'hello',
    });
    const running = write(client, 'b.txt');
    expect(await writing('b.txt')).toMatchObject({ tool: 'files__write_file', metadata: { mcp_server: 'files' } });
    expect(existsSync(file('b.txt'))).toBe(false);
    await decide(writing('b.txt'), 'approved');
    expect(await running).toMatchObject({ isError: false });
    expect(readFileSync(file('b.txt'), 'utf8')).toBe('as asked');
  });

  test('of a server that nobody trusts waits, whatever it says of itself', async () => {
    const client = await start();
    const running = call(client, 'everything__echo', { message: 'hi' });
    await decide(
      pending(({ tool }) => tool === 'everything__echo'),
      'approved',
    );
    expect(await running).toEqual({ isError: false, text: 'Echo: hi' });
  });

  test('is made as it was edited, within its schema, and the model is told', async () => {
    const client = await start();
    const running = write(client, 'a.txt');
    const bad = decide(writing('a.txt'), 'approved', { arguments: { path: 1 } });
    await expect(bad).rejects.toMatchObject({ code: 'invalid' });
    await decide(writing('a.txt'), 'approved', { arguments: { path: file('a.txt'), content: 'edited' } });
    expect((await running).text).toContain('A reviewer changed the arguments');
    expect(readFileSync(file('a.txt'), 'utf8')).toBe('edited');
  });

  test('that is rejected is not made, and the model sees why', async () => {
    const client = await start();
    const running = write(client, 'a.txt');
    await decide(writing('a.txt'), 'rejected', { reason: 'Not there' });
    expect(await running).toMatchObject({ isError: true, text: expect.stringContaining('Not there') });
    expect(existsSync(file('a.txt'))).toBe(false);
  });

  test('and two more wait together, and are decided each for itself', async () => {
    const client = await start();
    const running = ['1', '2', '3'].map((name) => write(client, name));
    await Promise.all(['1', '2', '3'].map(writing));
    await decide(writing('3'), 'approved');
    await decide(writing('1'), 'rejected', { reason: 'No' });
    await decide(writing('2'), 'approved');
    expect((await Promise.all(running)).map(({ isError }) => isError)).toEqual([true, false, false]);
    expect(['1', '2', '3'].map((name) => existsSync(file(name)))).toEqual([false, true, true]);
  });

  test('that its client cancels is withdrawn, and never made', async () => {
    const client = await start();
    const controller = new AbortController();
    const running = write(client, 'a.txt', { signal: controller.signal });
    const { id } = await writing('a.txt');
    controller.abort();
    await expect(running).rejects.toThrow();
    await expect.poll(async () => (await agent.approvals.get(id)).status, { timeout: 20_000 }).toBe('cancelled');
    expect(existsSync(file('a.txt'))).toBe(false);
  });

  test('that outlives patience and a restart of the gateway is finished when it is made again, and once', async () => {
    const first = await start(1);
    expect(await write(first, 'a.txt')).toMatchObject({ isError: true, text: expect.stringContaining('PENDING') });
    await gateways.pop()?.close();
    await decide(writing('a.txt'), 'approved');
    const second = await start(1);
    expect(await write(second, 'a.txt')).toMatchObject({ isError: false });
    rmSync(file('a.txt'));
    // The next like it is another call.
    expect(await write(second, 'a.txt')).toMatchObject({ isError: true, text: expect.stringContaining('PENDING') });
    expect(existsSync(file('a.txt'))).toBe(false);
  });

  test('keeps a client patient that asks for progress', async () => {
    const client = await start();
    let told = 0;
    const patience = { timeout: 7000, resetTimeoutOnProgress: true, onprogress: () => (told += 1) };
    const running = write(client, 'a.txt', patience);
    await writing('a.txt');
    await expect.poll(() => told, { timeout: 20_000 }).toBeGreaterThan(1);
    await decide(writing('a.txt'), 'approved');
    expect(await running).toMatchObject({ isError: false });
  });

  test('fails closed: without the server, nothing is made', async () => {
    const config = readGatewayConfig(JSON.stringify({ mcpServers: mcpServers() }), process.env);
    const nobody = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'csk_none', retries: 0 });
    const gateway = await openGateway(nobody, config, { memoryFile: memoryFile() });
    gateways.push(gateway);
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    await gateway.serve(theirs);
    const client = new McpClient({ name: 'test', version: '1' });
    await client.connect(ours);
    expect(await write(client, 'a.txt')).toMatchObject({ isError: true });
    expect(existsSync(file('a.txt'))).toBe(false);
  });
});

test('a tool whose definition has changed is hidden and not called, until a person has reviewed the new one', async () => {
  await start();
  await gateways.pop()?.close();
  const memory = JSON.parse(readFileSync(memoryFile(), 'utf8')) as { pins: Record<string, Record<string, string>> };
  // As if another definition had been reviewed: the one that is there now is new.
  writeFileSync(
    memoryFile(),
    JSON.stringify({ ...memory, pins: { ...memory.pins, files: { ...memory.pins['files'], write_file: 'x' } } }),
  );
  const client = await start();
  const names = async (): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1));
  expect(await names()).not.toContain('files__write_file');
  expect(await names()).toContain('files__read_text_file');
  expect(await write(client, 'a.txt')).toMatchObject({ isError: true, text: expect.stringContaining('review') });
  const review = await pending(({ checkpoint }) => checkpoint === 'mcp_tool_definition');
  expect(review.evidence[0]?.content).toContain('"name": "write_file"');
  // It is of high priority: a key can not, a person can.
  const body = { decision: 'approved', digest: review.digest };
  const decided = await app.call(app.one.people.approver, 'POST', `/v1/approvals/${review.id}/decide`, body);
  expect(decided.status, decided.text).toBe(200);
  await expect.poll(names, { timeout: 20_000 }).toContain('files__write_file');
  expect(changes).toBeGreaterThan(0);
});

test('countersign gateway -- COMMAND stands before one server, whose tools keep their names', async () => {
  const client = new McpClient({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [
        join(REPOSITORY, 'packages/cli/src/main.ts'),
        'gateway',
        '--memory',
        memoryFile(),
        '--',
        binary('mcp-server-filesystem'),
        folder,
      ],
      env: {
        PATH: process.env['PATH'] ?? '',
        COUNTERSIGN_URL: app.url,
        COUNTERSIGN_API_KEY: app.one.keys.asking.secret,
      },
    }),
  );
  const running = call(client, 'write_file', { path: file('a.txt'), content: 'x' });
  await decide(writing('a.txt'), 'rejected', { reason: 'No' });
  expect(await running).toMatchObject({ isError: true, text: expect.stringContaining('No') });
  await client.close();
});

/** The approvals server over standard input and output and over streamable HTTP, spoken to by the official client. */
import { join } from 'node:path';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type Approval, type Client, createClient } from '@countersign/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RealServer, startRealServer } from '../../../sdk/src/testing/real-server.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

// Each test starts processes of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let server: RealServer;
let reviewer: Client;
beforeAll(async () => {
  server = await startRealServer();
  reviewer = createClient({ baseUrl: server.url, apiKey: server.reviewer_key, retries: 10 });
});
afterAll(() => server.stop());

const open: McpClient[] = [];
afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

type Connect = (hold?: string) => Promise<McpClient>;

const connected = async (transport: Parameters<McpClient['connect']>[0]): Promise<McpClient> => {
  const client = new McpClient({ name: 'test', version: '1' });
  await client.connect(transport);
  open.push(client);
  return client;
};
const overStdio: Connect = (hold = '45s') =>
  connected(
    new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'mcp', '--hold', hold],
      env: { COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: server.agent_key },
    }),
  );
const httpTransport = (key: string) => {
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', server.url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  return transport as Parameters<McpClient['connect']>[0]; // Its own type is not exact about optional members.
};
const overHttp: Connect = () => connected(httpTransport(server.agent_key));

type Told = { status: string; approval_id: string; message: string; arguments?: unknown; response?: unknown };
const call = async (client: McpClient, name: string, args: object, options = {}): Promise<Told> => {
  const answer = await client.callTool({ name, arguments: { ...args } }, undefined, options);
  return answer.structuredContent as Told;
};

const pending = async (title: string): Promise<Approval> => {
  const find = async () => (await reviewer.approvals.list({ status: 'pending', q: title })).data[0];
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  return reviewer.approvals.get((await find())?.id ?? '');
};
const decide = async (title: string, decision: 'approved' | 'rejected', more: object = {}): Promise<Approval> => {
  const { id, digest } = await pending(title);
  return reviewer.approvals.decide(id, { decision, digest, ...more });
};

let count = 0;
/** Rejected once, the same would be rejected again without asking. */
const title = (text: string): string => `${text} ${(count += 1)}`;

describe.each([
  ['standard input and output', overStdio],
  ['streamable HTTP', overHttp],
] as const)('over %s', (_, connect) => {
  test('asks for an action, and says when it may go ahead', async () => {
    const client = await connect();
    const action = title('Deploy');
    const asking = call(client, 'request_approval', { action, why: 'It is Monday' });
    expect((await pending(action)).explanation).toBe('It is Monday');
    await decide(action, 'approved', { reason: 'Go' });
    expect(await asking).toMatchObject({ status: 'approved', message: 'Approved: go ahead. They say: Go' });
  });

  test('gives the arguments that a person approved, and the reason of a no', async () => {
    const client = await connect();
    const [yes, no] = [title('Refund'), title('Refund')];
    const ask = (action: string) =>
      call(client, 'request_approval', { action, tool: 'refund', arguments: { order: action, cents: 4000 } });
    const asking = [ask(yes), ask(no)];
    await decide(yes, 'approved', { arguments: { order: yes, cents: 2000 } });
    await decide(no, 'rejected', { reason: 'The cap is 20 EUR' });
    const [approved, rejected] = await Promise.all(asking);
    expect(approved).toMatchObject({ status: 'approved', arguments: { order: yes, cents: 2000 } });
    expect(approved?.message).toContain('with changes');
    expect(rejected).toMatchObject({ status: 'rejected', message: expect.stringContaining('The cap is 20 EUR') });
  });

  test('asks a question', async () => {
    const client = await connect();
    const question = title('Which city?');
    const asking = call(client, 'ask_human', { question, options: ['Bonn', 'Ulm'] });
    await decide(question, 'approved', { response: { answer: 'Ulm' } });
    expect(await asking).toMatchObject({ status: 'answered', response: { answer: 'Ulm' } });
  });

  test('lists and withdraws', async () => {
    const client = await connect();
    const action = title('Withdraw me');
    const asking = call(client, 'request_approval', { action });
    const { id } = await pending(action);
    const listed = await client.callTool({ name: 'list_approvals', arguments: {} });
    expect(JSON.stringify(listed.structuredContent)).toContain(id);
    expect(await call(client, 'withdraw_approval', { id })).toMatchObject({ status: 'cancelled' });
    expect(await asking).toMatchObject({ status: 'cancelled' });
  });

  test('says what its tools do to a client that asks before each', async () => {
    const { tools } = await (await connect()).listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'request_approval',
        'wait_for_decision',
        'ask_human',
        'list_approvals',
        'withdraw_approval',
      ]),
    );
    expect(tools.find(({ name }) => name === 'wait_for_decision')?.annotations).toMatchObject({ readOnlyHint: true });
  });
});

test('a request is found again by its key after the process was killed, and answered where it was decided meanwhile', async () => {
  const action = title('Resume me');
  const first = await overStdio('1s');
  expect(await call(first, 'request_approval', { action, key: action })).toMatchObject({ status: 'pending' });
  const transport = first.transport as StdioClientTransport;
  process.kill(transport.pid ?? 0, 'SIGKILL');
  const { id } = await decide(action, 'approved');
  const second = await overStdio();
  const again = await call(second, 'request_approval', { action, key: action });
  expect(again).toMatchObject({ status: 'approved', approval_id: id });
  expect(await call(await overHttp(), 'wait_for_decision', { id })).toMatchObject({ status: 'approved' });
});

test('a call that its client cancels is withdrawn, and so is one whose client is gone', async () => {
  const [cancelled, gone] = [title('Cancel me'), title('Leave me')];
  const client = await overStdio();
  const controller = new AbortController();
  const asking = call(client, 'request_approval', { action: cancelled }, { signal: controller.signal });
  const leaving = call(await overStdio(), 'request_approval', { action: gone });
  const ids = [(await pending(cancelled)).id, (await pending(gone)).id];
  controller.abort();
  await expect(asking).rejects.toThrow();
  await open.at(-1)?.close();
  await expect(leaving).rejects.toThrow();
  for (const id of ids)
    await expect.poll(async () => (await reviewer.approvals.get(id)).status, { timeout: 20_000 }).toBe('cancelled');
});

test('a client that asks for it is told that it still waits', async () => {
  const action = title('Progress');
  const progress: unknown[] = [];
  const client = await overHttp();
  const asking = call(client, 'request_approval', { action }, { onprogress: (one: unknown) => progress.push(one) });
  await pending(action);
  await expect.poll(() => progress.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await decide(action, 'approved');
  expect(await asking).toMatchObject({ status: 'approved' });
});

test('what a key may not do is refused in words, and without a key there is no conversation', async () => {
  await expect(connected(httpTransport('csk_wrong'))).rejects.toThrow('not valid');
  const reading = await connected(httpTransport(server.reviewer_key));
  expect(await call(reading, 'request_approval', { action: 'By a reviewer' })).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('approvals:create'),
  });
  const post = (body: string) =>
    fetch(new URL('/mcp', server.url), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const without = await post('{}');
  expect(without.status).toBe(401);
  expect(without.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata="http/);
  // What two parsers could read differently goes no further.
  expect((await post('{"id":1,"id":2}')).status).toBe(422);
  expect((await fetch(new URL('/mcp', server.url))).status).toBe(405);
});

test('answers the permission prompt of Claude Code as it wants to be answered', async () => {
  const client = await overStdio();
  const prompt = (command: string) =>
    client.callTool({
      name: 'permission_prompt',
      arguments: { tool_name: 'Bash', input: { command }, tool_use_id: command },
    });
  const texts = async (answer: ReturnType<typeof prompt>): Promise<unknown> => {
    const { content } = (await answer) as { content: { text: string }[] };
    return content.map(({ text }) => JSON.parse(text) as unknown);
  };
  const [yes, no] = [prompt('make deploy'), prompt('rm -rf build')];
  await decide('make deploy', 'approved', { arguments: { command: 'make deploy-staging' } });
  await decide('rm -rf build', 'rejected', { reason: 'Keep it' });
  expect(await texts(yes)).toEqual([{ behavior: 'allow', updatedInput: { command: 'make deploy-staging' } }]);
  expect(await texts(no)).toEqual([{ behavior: 'deny', message: expect.stringContaining('Keep it') }]);
});

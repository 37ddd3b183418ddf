/**
 * Claude Code itself: its hook and its permission prompt. It is a program of 380 MB under its own licence, and so no
 * dependency: name one with COUNTERSIGN_TEST_CLAUDE=/path/to/claude to run this.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Approval, type Client, createClient } from '@countersign/sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RealServer, startRealServer } from '../../../sdk/src/testing/real-server.ts';

const CLAUDE = process.env['COUNTERSIGN_TEST_CLAUDE'] ?? '';
const BINARIES = join(import.meta.dirname, '../../../../node_modules/.bin');

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

type Message = { readonly content: string | readonly { readonly type: string }[] };
type Request = { readonly model: string; readonly messages: readonly Message[]; readonly tools?: { name: string }[] };

/** A model that runs one command, and is then done. */
const startModel = async (command: () => string): Promise<{ server: Server; told: () => string }> => {
  let told = '';
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (!/^\/v1\/messages(\?|$)/.test(request.url ?? '')) return void response.end('{"input_tokens":1}');
      const { model, messages, tools = [] } = JSON.parse(body) as Request;
      const parts = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
      const results = parts.filter(({ type }) => type === 'tool_result');
      const isCalling = tools.some(({ name }) => name === 'Bash') && results.length === 0;
      if (results.length > 0) told = JSON.stringify(results);
      const input = { command: command(), description: 'Writes a file' };
      const block = isCalling
        ? { type: 'tool_use', id: `toolu_${crypto.randomUUID()}`, name: 'Bash', input: {} }
        : { type: 'text', text: '' };
      const delta = isCalling
        ? { type: 'input_json_delta', partial_json: JSON.stringify(input) }
        : { type: 'text_delta', text: 'Done.' };
      const usage = { input_tokens: 1, output_tokens: 1 };
      const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, usage };
      const events: [string, object][] = [
        ['message_start', { message }],
        ['content_block_start', { index: 0, content_block: block }],
        ['content_block_delta', { index: 0, delta }],
        ['content_block_stop', { index: 0 }],
        ['message_delta', { delta: { stop_reason: isCalling ? 'tool_use' : 'end_turn', stop_sequence: null }, usage }],
        ['message_stop', {}],
      ];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`).join(''),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, told: () => told };
};

describe.skipIf(CLAUDE === '')('Claude Code', () => {
  let server: RealServer;
  let reviewer: Client;
  let model: Awaited<ReturnType<typeof startModel>>;
  let folder: string;
  let command = '';
  beforeAll(async () => {
    server = await startRealServer();
    reviewer = createClient({ baseUrl: server.url, apiKey: server.reviewer_key, retries: 10 });
    model = await startModel(() => command);
    folder = mkdtempSync(join(tmpdir(), 'cs-claude-'));
    mkdirSync(join(folder, 'home'));
  });
  afterAll(async () => {
    model.server.close();
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  const access = (key = server.agent_key) => ({ COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: key });
  const run = (args: readonly string[], key?: string): Promise<string> =>
    new Promise((resolve) => {
      const { port } = model.server.address() as AddressInfo;
      const env = {
        PATH: [BINARIES, process.env['PATH'] ?? ''].join(delimiter),
        HOME: join(folder, 'home'),
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
        ANTHROPIC_API_KEY: 'none',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        ...access(key),
      };
      const child = execFile(CLAUDE, ['-p', 'Do it', ...args], { cwd: folder, env }, (_, out) => resolve(out.trim()));
      child.stdin?.end();
    });
  const hooked = (): string[] => {
    const hooks = [{ type: 'command', command: 'countersign hook claude-code', timeout: 600 }];
    const settings = join(folder, 'settings.json');
    writeFileSync(settings, JSON.stringify({ hooks: { PreToolUse: [{ matcher: 'Bash', hooks }] } }));
    return ['--settings', settings, '--allowedTools', 'Bash'];
  };
  const prompted = (): string[] => {
    const config = join(folder, 'mcp.json');
    const countersign = { command: 'countersign', args: ['mcp'], env: access() };
    writeFileSync(config, JSON.stringify({ mcpServers: { countersign } }));
    return ['--mcp-config', config, '--permission-prompt-tool', 'mcp__countersign__permission_prompt'];
  };
  const pending = async (): Promise<Approval> => {
    const find = async () => (await reviewer.approvals.list({ status: 'pending', q: command })).data[0];
    await expect.poll(find, { timeout: 60_000 }).toBeDefined();
    return reviewer.approvals.get((await find())?.id ?? '');
  };
  const decide = async (decision: 'approved' | 'rejected', more: object): Promise<void> => {
    const { id, digest } = await pending();
    await reviewer.approvals.decide(id, { decision, digest, ...more });
  };
  const has = (name: string): boolean => existsSync(join(folder, name));

  test.each([
    ['hook', hooked],
    ['permission prompt', prompted],
  ] as const)('by its %s: what was edited runs, and a reason reaches the model', async (name, args) => {
    const [asked, edited, never] = ['asked', 'edited', 'never'].map((what) => `${what}-${name.length}`);
    command = `touch ${asked}`;
    const running = run(args());
    await decide('approved', { arguments: { command: `touch ${edited}`, description: 'Writes a file' } });
    expect(await running).toBe('Done.');
    expect([has(asked ?? ''), has(edited ?? '')]).toEqual([false, true]);
    command = `touch ${never}`;
    const refused = run(args());
    await decide('rejected', { reason: 'Never on a Friday' });
    expect(await refused).toBe('Done.');
    expect(has(never ?? '')).toBe(false);
    expect(model.told()).toContain('Never on a Friday');
  });

  test('fails closed, though its own rules allow the command', async () => {
    command = 'touch closed';
    expect(await run(hooked(), 'csk_wrong')).toBe('Done.');
    expect(has('closed')).toBe(false);
    expect(model.told()).toContain('The call was not made');
  });
});

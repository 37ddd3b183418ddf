/** A PreToolUse hook as Claude Code calls it: a process, JSON on standard input, an exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Approval, type Client, createClient } from '@countersign/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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

const input = (command: string) => ({
  session_id: 'session-1',
  transcript_path: '/tmp/t.jsonl',
  cwd: '/tmp',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command, description: 'Says what it does' },
  tool_use_id: `toolu_${command}`,
});

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
const start = (given: unknown, env: Record<string, string> = {}) => {
  const own = { COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: server.agent_key };
  const child = spawn(process.execPath, [MAIN, 'hook', 'claude-code'], {
    env: { PATH: process.env['PATH'], ...own, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.end(typeof given === 'string' ? given : JSON.stringify(given));
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, out, err }));
  return { child, ended };
};
const pending = async (command: string): Promise<Approval> => {
  const find = async () => (await reviewer.approvals.list({ status: 'pending', q: command })).data[0];
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  return reviewer.approvals.get((await find())?.id ?? '');
};

test('approved with an edit: allows what was approved; asked again for the same call, it does not a second time', async () => {
  const running = start(input('deploy all'));
  const { id, digest, title, explanation } = await pending('deploy all');
  expect([title, explanation]).toEqual(['Bash: deploy all', 'Says what it does']);
  const edited = { command: 'deploy one', description: 'Says what it does' };
  await reviewer.approvals.decide(id, { decision: 'approved', digest, arguments: edited });
  const { code, out } = await running.ended;
  expect(code).toBe(0);
  const decision = { hookEventName: 'PreToolUse', permissionDecision: 'allow', updatedInput: edited };
  expect(JSON.parse(out)).toMatchObject({ hookSpecificOutput: decision });
  const again = await start(input('deploy all')).ended;
  expect(JSON.parse(again.out)).toMatchObject({ hookSpecificOutput: { permissionDecision: 'deny' } });
});

test('rejected: denies with the reason, for the model', async () => {
  const running = start(input('drop database'));
  const { id, digest } = await pending('drop database');
  await reviewer.approvals.decide(id, { decision: 'rejected', digest, reason: 'Never on this host' });
  const { code, out } = await running.ended;
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    hookSpecificOutput: {
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('Never on this host'),
    },
  });
});

test('fails closed: without a server, a key, or an input that it knows, it ends with 2, which blocks', async () => {
  const cases: [unknown, Record<string, string>][] = [
    [input('a'), { COUNTERSIGN_API_KEY: 'csk_wrong' }],
    [input('a'), { COUNTERSIGN_API_KEY: '' }],
    ['{', {}],
    [{ ...input('a'), hook_event_name: 'PostToolUse' }, {}],
    [{ ...input('a'), tool_name: 'x'.repeat(100) }, {}],
  ];
  for (const [given, env] of cases)
    expect(await start(given, env).ended).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('The call was not made'),
    });
});

test('stopped by Claude Code, it withdraws and blocks', async () => {
  const { child, ended } = start(input('interrupt me'));
  const { id } = await pending('interrupt me');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 2, out: '' });
  expect((await reviewer.approvals.get(id)).status).toBe('cancelled');
});

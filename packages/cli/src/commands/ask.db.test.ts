/** A shell script or a CI job at a gate: real processes against the real server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Approval, type Client, createClient } from '@countersign/sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RealServer, startRealServer } from '../../../sdk/src/testing/real-server.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

// Each test starts processes of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let server: RealServer;
let reviewer: Client;
let folder: string;
beforeAll(async () => {
  server = await startRealServer();
  reviewer = createClient({ baseUrl: server.url, apiKey: server.reviewer_key, retries: 10 });
  folder = mkdtempSync(join(tmpdir(), 'cs-ask-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

const start = (args: readonly string[], key = server.agent_key): Running => {
  const env = { PATH: process.env['PATH'], COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: key };
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd: folder });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) };
};
const run = (...args: string[]): Promise<Ended> => start(args).ended;

const pending = async (title: string): Promise<Approval> => {
  const find = async () => (await reviewer.approvals.list({ status: 'pending', q: title })).data[0];
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  return reviewer.approvals.get((await find())?.id ?? '');
};
const decide = async (title: string, decision: 'approved' | 'rejected', more: object = {}): Promise<Approval> => {
  const { id, digest } = await pending(title);
  return reviewer.approvals.decide(id, { decision, digest, ...more });
};

describe('countersign ask', () => {
  test('ends with 0 once it is approved, and the same again under its key does so too; --once does not', async () => {
    const args = ['ask', 'Deploy 1.4', '--key', 'deploy-1.4', '--evidence', 'plan=3 to add', '--priority', 'low'];
    const asking = start(args);
    const approval = await pending('Deploy 1.4');
    expect(approval).toMatchObject({ priority: 'low', evidence: [{ label: 'plan', content: '3 to add' }] });
    await decide('Deploy 1.4', 'approved', { reason: 'Go' });
    const first = await asking.ended;
    expect(first).toMatchObject({ code: 0, out: '' });
    expect(first.err).toContain(`${server.url}/inbox/${approval.id}`);
    expect(first.err).toMatch(/Approved by .+: Go/);
    expect((await reviewer.approvals.get(approval.id)).consumed_at).not.toBeNull();
    expect(await run(...args)).toMatchObject({ code: 0 });
    expect(await run(...args, '--once')).toMatchObject({ code: 8 });
  });

  test('a tool call goes ahead with what the reviewer made of it', async () => {
    const file = join(folder, 'args.json');
    writeFileSync(file, '{"order":"A17","cents":4000}');
    const asking = start(['ask', '--tool', 'refund', '--arguments', `@${file}`]);
    await decide('refund', 'approved', { arguments: { order: 'A17', cents: 3500 } });
    expect(await asking.ended).toMatchObject({ code: 0, out: '{"cents":3500,"order":"A17"}\n' });
  });

  test('3: rejected, with who and why, as JSON too', async () => {
    const asking = start(['ask', 'Drop the table', '--json']);
    await decide('Drop the table', 'rejected', { reason: 'Not on a Friday' });
    const { code, out } = await asking.ended;
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'rejected', exit_code: 3, reason: 'Not on a Friday' });
  });

  test('4: nobody decided while people had time', async () => {
    expect(await run('ask', 'Too late', '--expires', '1s')).toMatchObject({ code: 4, out: '' });
  });

  test('5: withdrawn by somebody else', async () => {
    const asking = start(['ask', 'Withdraw me']);
    const { id } = await pending('Withdraw me');
    const agent = createClient({ baseUrl: server.url, apiKey: server.agent_key });
    await agent.approvals.cancel(id, { reason: 'Superseded' });
    expect(await asking.ended).toMatchObject({ code: 5, err: expect.stringContaining('Superseded') });
  });

  test('7: out of its own time it is withdrawn, or left for a later one with the same key', async () => {
    expect(await run('ask', 'Not now', '--timeout', '1s')).toMatchObject({
      code: 7,
      err: expect.stringContaining('withdrawn'),
    });
    expect((await reviewer.approvals.list({ q: 'Not now' })).data[0]?.status).toBe('cancelled');
    const left = await run('ask', 'Later', '--key', 'later', '--no-wait');
    expect(left).toMatchObject({ code: 7, out: expect.stringMatching(/^apr_\w+\n$/) });
    expect(await run('wait', left.out.trim(), '--timeout', '0')).toMatchObject({ code: 7 });
    await decide('Later', 'approved');
    expect(await run('ask', 'Later', '--key', 'later', '--no-wait', '--once')).toMatchObject({ code: 0 });
    expect(await run('wait', left.out.trim())).toMatchObject({ code: 0 });
    expect(await run('wait', left.out.trim(), '--take')).toMatchObject({ code: 8 });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s withdraws, or leaves it where that was asked for', async (signal, code) => {
    const leaving = start(['ask', `Left at ${signal}`, '--leave']);
    const going = start(['ask', `Gone at ${signal}`]);
    const [left, gone] = [await pending(`Left at ${signal}`), await pending(`Gone at ${signal}`)];
    for (const { child } of [leaving, going]) child.kill(signal);
    expect(await going.ended).toMatchObject({ code, err: expect.stringContaining('withdrawn') });
    expect(await leaving.ended).toMatchObject({ code, err: expect.stringContaining('stays in the queue') });
    expect((await reviewer.approvals.get(gone.id)).status).toBe('cancelled');
    expect((await reviewer.approvals.get(left.id)).status).toBe('pending');
  });

  test('a question ends with its answer on standard output', async () => {
    const form = '{"type":"object","properties":{"city":{"enum":["Bonn","Ulm"]}},"required":["city"]}';
    const asking = start(['ask', 'Which city?', '--question', form]);
    await decide('Which city?', 'approved', { response: { city: 'Ulm' } });
    expect(await asking.ended).toMatchObject({ code: 0, out: '{"city":"Ulm"}\n' });
  });

  test('2: called wrongly, and nobody is asked', async () => {
    for (const args of [
      ['ask'],
      ['ask', 'a', 'b'],
      ['ask', 'a', '--priority', 'huge'],
      ['ask', 'a', '--timeout', 'soon'],
      ['ask', 'a', '--arguments', '{}'],
      ['ask', '--tool', 'x', '--arguments', '[]'],
      ['ask', '--tool', 'x', '--arguments', '@nowhere.json'],
      ['ask', 'a', '--evidence', 'none'],
      ['ask', 'x'.repeat(301)],
      ['ask', 'Another', '--key', 'deploy-1.4'],
    ])
      expect(await run(...args)).toMatchObject({ code: 2, out: '' });
  });

  test('1: no answer, or none of ours', async () => {
    expect(await start(['ask', 'x'], 'csk_wrong').ended).toMatchObject({ code: 1 });
    expect(await run('wait', 'apr_000000000000000000000000000')).toMatchObject({ code: 1 });
  });

  test('goes on over a kill -9 of the server', async () => {
    const asking = start(['ask', 'Over a restart']);
    const { id, digest } = await pending('Over a restart');
    await server.kill();
    await server.start();
    await reviewer.approvals.decide(id, { decision: 'approved', digest });
    expect(await asking.ended).toMatchObject({ code: 0 });
  });
});

describe('from a terminal or a script, a reviewer', () => {
  test('lists, and decides what it saw, by its digest', async () => {
    const asking = start(['ask', 'Send the letter']);
    const { id, digest } = await pending('Send the letter');
    const as = (...args: string[]): Promise<Ended> => start(args, server.reviewer_key).ended;
    const listed = await as('list', '--search', 'letter');
    expect(listed).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`^${id} .*Send the letter`)) });
    const whole = await as('list', '--search', 'letter', '--json');
    expect(JSON.parse(whole.out)).toMatchObject({ id, digest, status: 'pending' });
    expect(await as('decide', 'approve', id)).toMatchObject({ code: 2, err: expect.stringContaining('--digest') });
    expect(await as('decide', 'approve', id, '--digest', 'sha256:0')).toMatchObject({ code: 1 });
    const decided = await as('decide', 'reject', id, '--digest', digest, '--reason', 'No stamp', '--json');
    expect(decided.code, decided.err).toBe(0);
    expect(JSON.parse(decided.out)).toMatchObject({ id, status: 'rejected' });
    expect(await asking.ended).toMatchObject({ code: 3, err: expect.stringContaining('No stamp') });
    expect(await as('decide', 'approve', id, '--digest', digest)).toMatchObject({ code: 1 });
  });

  test('watches, over a kill -9 of the server', async () => {
    const { child, ended } = start(['watch', '--json'], server.reviewer_key);
    const seen: { type: string; subject: string }[] = [];
    child.stdout?.on('data', (text: Buffer) => {
      for (const line of text.toString().trim().split('\n')) seen.push(JSON.parse(line) as (typeof seen)[number]);
    });
    const agent = createClient({ baseUrl: server.url, apiKey: server.agent_key, retries: 10 });
    const isSeen = (id: string) => () => seen.some(({ subject }) => subject === id);
    // The stream begins when it is open: so ask until it is.
    await expect
      .poll(async () => isSeen((await agent.approvals.ask({ title: 'open?' })).id)() || seen.length > 0, {
        timeout: 60_000,
      })
      .toBe(true);
    await server.kill();
    await server.start();
    const { id } = await agent.approvals.ask({ title: 'After the kill' });
    await expect.poll(isSeen(id), { timeout: 60_000 }).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
  });
});

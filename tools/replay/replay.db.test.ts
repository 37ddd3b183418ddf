import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from './figures.ts';

const PROGRAM = join(import.meta.dirname, '../replay.ts');

const tool = (name: string, parameter: string) => ({
  type: 'function',
  function: {
    name,
    description: name,
    parameters: { type: 'object', properties: { [parameter]: { type: 'string' } }, required: [parameter] },
  },
});
const user = (content: string) => ({ role: 'user', content });
const text = (content: string) => ({ role: 'assistant', content });
const calls = (content: string | null, ...made: [name: string, args: string][]) => ({
  role: 'assistant',
  content,
  // One id for all: recordings do that.
  tool_calls: made.map(([name, args]) => ({ id: 'call_x', type: 'function', function: { name, arguments: args } })),
});
const result = (content: string) => ({ role: 'tool', tool_call_id: 'call_x', content });
const READ: [string, string] = ['get_reservation_details', '{"reservation_id":"ABC"}'];
const CANCEL: [string, string] = ['cancel_reservation', '{ "reservation_id" :\n "ABC" }'];

/** Everything odd that recordings hold, in four runs. */
const RUNS = [
  {
    run_id: 'words and two calls at once',
    expected_actions: [{ name: 'cancel_reservation', kwargs: { reservation_id: 'ABC' } }],
    messages: [
      { role: 'system', content: 'Be kind.' },
      user('Hello'),
      calls('I look and cancel.', READ, CANCEL),
      result('found'),
      result('cancelled'),
      text('Done.'),
      user('###STOP###'),
    ],
  },
  {
    run_id: 'begins-like-another/and-repeats-a-call',
    expected_actions: [],
    messages: [user('Hello'), calls('', CANCEL), result('Error: try again'), calls(null, CANCEL), result('cancelled')],
  },
  {
    run_id: 'a user without words, a result without words',
    expected_actions: [],
    messages: [user(''), calls(null, ['think', '{"thought":"Grüße 👋"}']), result(''), text(''), text('Still there?')],
  },
  { run_id: 'cut-off', messages: [user('Cut me off'), calls(null, ['transfer_to_human_agents', '{"summary":"s"}'])] },
];

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'replay-data-'));
  const tools = [
    tool(READ[0], 'reservation_id'),
    tool(CANCEL[0], 'reservation_id'),
    tool('think', 'thought'),
    tool('transfer_to_human_agents', 'summary'),
  ];
  await writeFile(join(data, 'tools.json'), JSON.stringify(tools));
  await writeFile(join(data, 'runs.jsonl'), RUNS.map((run) => `${JSON.stringify(run)}\n`).join(''));
});
afterAll(() => rm(data, { recursive: true }));

const replay = async (...args: string[]): Promise<{ code: number | null; figures: Figures; stderr: string }> => {
  const child = spawn(process.execPath, [PROGRAM, '--data', data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(output.stdout.trim().split('\n'), output.stderr).toHaveLength(1);
  return { code, figures: JSON.parse(output.stdout) as Figures, stderr: output.stderr };
};

describe('a replay of hand-made runs through the whole product', { timeout: 180_000 }, () => {
  it('holds every write, executes the approved ones once, and meets every result again', async () => {
    const { code, figures, stderr } = await replay('--decide', 'approve-all');
    expect(stderr).not.toContain('broken');
    expect(figures).toMatchObject({
      runs: 4,
      tool_calls: 6,
      held: 3,
      proceeded_without_asking: 3,
      rejected: 0,
      lost: 0,
      duplicates_in_ledger: 0,
      kills: 0,
      write_calls_executed: 3,
      write_calls_expected_and_executed: 1,
      write_calls_unexpected_and_executed: 2,
    });
    expect(code).toBe(0);
  });

  it('executes what is expected and nothing else; a rejected call is not asked for twice', async () => {
    const { code, figures, stderr } = await replay('--decide', 'expected', '--kill-every', '1');
    expect(stderr).not.toContain('broken');
    expect(figures).toMatchObject({
      runs: 4,
      tool_calls: 6,
      held: 2,
      proceeded_without_asking: 3,
      rejected: 1,
      lost: 0,
      duplicates_in_ledger: 0,
      write_calls_executed: 1,
      write_calls_expected_and_executed: 1,
      write_calls_unexpected_and_executed: 0,
    });
    expect(code).toBe(0);
  });
});

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Simulation } from '@countersign/server/policies';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');
/** Not part of the repository; skipped where it is not beside it. */
const AIRLINE = join(import.meta.dirname, '../../../../../shared/data/airline/runs.jsonl');

// Each test starts processes of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cs-simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** With nothing in its environment: no database, no server, no settings. */
const simulated = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [MAIN, 'simulate', ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

const POLICY = `rules:
  - name: reading goes ahead
    risk: [read_only]
    outcome: allow
  - name: small certificates go ahead
    tools: [send_certificate]
    when: request.arguments.amount <= 100.0
    outcome: allow
  - name: changes of a booking ask
    tools: [book_reservation, cancel_*, update_*, send_*]
    outcome: hold
`;

test('says what a policy would have done, as text and as JSON', async () => {
  const transcripts = file(
    'calls.jsonl',
    '{"tool":"send_certificate","arguments":{"amount":50},"expected":false}\n{"tool":"look","expected":true}\n',
  );
  const tools = file('tools.json', '[{"name":"look","annotations":{"readOnlyHint":true}}]');
  const args = ['--transcripts', transcripts, '--policy', file('policy.yaml', POLICY), '--tools', tools];
  const text = await simulated(...args);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^Not expected, and would be let through: 1\n.*\n {2}line 1 .*send_certificate.*"small certificates go ahead"/,
  );
  const { stdout } = await simulated(...args, '--json');
  const result = JSON.parse(stdout) as Simulation;
  expect(result.by_fate.let_through).toEqual({ calls: 2, expected: 1, not_expected: 1 });
});

test('names the place of what is wrong with a policy, a recording or a list of tools, and ends with 1', async () => {
  const transcripts = file('one.jsonl', '{"tool":"a"}\n');
  const policy = file('good.yaml', POLICY);
  const bad = file('bad.yaml', 'rules:\n  - name: a\n    outcome: maybe\n');
  const cases: [string[], string][] = [
    [['--transcripts', transcripts, '--policy', bad], `${bad}:3:14: /rules/0/outcome`],
    [['--transcripts', file('bad.jsonl', '{"tool":"a"}\n{\n'), '--policy', policy], 'bad.jsonl: line 2 is not JSON'],
    [['--transcripts', transcripts, '--policy', policy, '--tools', bad], 'bad.yaml: is not JSON'],
    [['--transcripts', join(folder, 'none'), '--policy', policy], 'none can not be read: ENOENT'],
  ];
  for (const [args, message] of cases) {
    const outcome = await simulated(...args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
  }
});

test.skipIf(!existsSync(AIRLINE))(
  'reads a hundred recorded runs of an airline’s agent: nothing wrong passes but what the policy lets pass',
  async () => {
    const readers = 'calculate,get_*,list_*,search_*,think,transfer_to_human_agents';
    const args = ['--transcripts', AIRLINE, '--policy', file('airline.yaml', POLICY), '--read-only', readers, '--json'];
    const result = JSON.parse((await simulated(...args)).stdout) as Simulation;
    const { let_through: through, held, blocked, left_to_mode: left } = result.by_fate;
    expect(result).toMatchObject({ runs: 100, calls: 577, unreadable: [] });
    expect(through.calls + held.calls + blocked.calls + left.calls).toBe(577);
    expect([blocked.calls, left.calls]).toEqual([0, 0]);
    // More than half of these runs did something wrong, so there is much that had to be held.
    expect(held.not_expected).toBeGreaterThan(50);
    expect(result.not_expected_let_through.length).toBe(through.not_expected);
    for (const call of result.not_expected_let_through) {
      expect(call).toMatchObject({ tool: 'send_certificate', rule: 'small certificates go ahead' });
      expect(call.arguments['amount']).toBeLessThanOrEqual(100);
    }
  },
);

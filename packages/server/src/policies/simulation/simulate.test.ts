import { type Policy, PolicySchema } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { ToolsError, readRisks, riskLookup } from './risks.ts';
import { type Simulation, simulate } from './simulate.ts';
import { TranscriptError, readTranscripts } from './transcripts.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');
const lines = (...values: object[]): string => values.map((value) => JSON.stringify(value)).join('\n');
const rules = (...list: object[]): Policy => PolicySchema.parse({ rules: list });
const readOnly = riskLookup(new Map(), ['get_*']);
const tried = (policy: Policy, text: string): Simulation => simulate(policy, readTranscripts(text), readOnly, NOW);

const called = (name: string, args: object | string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [
    {
      id: 'x',
      type: 'function',
      function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
    },
  ],
});
const run = (messages: object[], more: object = {}) => ({
  run_id: 'run-1',
  messages: [{ role: 'user', content: 'Hello' }, ...messages],
  ...more,
});

describe('recordings', () => {
  test('of runs give the calls of their assistants, and whether each was right, once for each expected one', () => {
    const refund = called('refund', { amount: 5, order: 'A' });
    const { calls, runs } = readTranscripts(
      lines(
        run([called('get_order', {}), refund, refund, { role: 'tool', content: '{}' }], {
          expected_actions: [{ name: 'refund', kwargs: { order: 'A', amount: 5 } }],
        }),
      ),
    );
    expect(runs).toBe(1);
    expect(calls.map(({ tool, expected, line }) => [tool, expected, line])).toEqual([
      ['get_order', false, 1],
      ['refund', true, 1],
      ['refund', false, 1],
    ]);
  });

  test('of single calls may say what was right, by whom and when; empty lines are no lines', () => {
    const { calls } = readTranscripts(
      `\n${lines({ tool: 'refund', arguments: { amount: 1 }, expected: false, agent_name: 'Support', at: '2026-05-04T11:00:00+02:00' }, { tool: 'ping' })}\n\n`,
    );
    expect(calls).toMatchObject([
      {
        line: 2,
        tool: 'refund',
        arguments: { amount: 1 },
        expected: false,
        agentName: 'Support',
        at: '2026-05-04T09:00:00.000Z',
      },
      { line: 3, tool: 'ping', arguments: {}, expected: null, agentName: null, at: null },
    ]);
  });

  test('keep runs of one name apart, and count calls whose arguments are no object', () => {
    const { calls, unreadable } = readTranscripts(
      lines(run([called('a', {})]), run([called('a', {}), called('b', '{"x":'), called('c', '[]'), called('d', '')])),
    );
    expect(calls.map((call) => [call.run, call.tool])).toEqual([
      ['run-1', 'a'],
      ['run-1, line 2', 'a'],
      ['run-1, line 2', 'd'],
    ]);
    expect(unreadable).toEqual([
      { line: 2, tool: 'b' },
      { line: 2, tool: 'c' },
    ]);
  });

  test.each([
    '{',
    '[]',
    '{"name":"refund"}',
    '{"tool":"a","arguments":[]}',
    '{"tool":"a","expected":"yes"}',
    '{"tool":"a","at":"soon"}',
  ])('that are none are refused, with the line: %s', (text) => {
    expect(() => readTranscripts(`{"tool":"a"}\n${text}`)).toThrow(TranscriptError);
    expect(() => readTranscripts(`{"tool":"a"}\n${text}`)).toThrow('line 2');
  });
});

describe('risks', () => {
  test('come from a risk, from our annotations or from MCP’s hints; what is not described can not be undone', () => {
    const risks = readRisks(
      JSON.stringify([
        { name: 'a', risk: 'external' },
        { type: 'function', function: { name: 'b', parameters: {} }, annotations: { read_only: true } },
        { name: 'c', annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false } },
        { name: 'd', annotations: {} },
        { name: 'e' },
      ]),
    );
    const riskOf = riskLookup(risks, ['e*']);
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(riskOf)).toEqual([
      'external',
      'read_only',
      'reversible',
      'irreversible',
      'read_only',
      'irreversible',
    ]);
  });

  test.each(['{', '{}', '[1]', '[{}]', '[{"name":"a","risk":"low"}]'])(
    'of what is no list of tools are refused: %s',
    (text) => {
      expect(() => readRisks(text)).toThrow(ToolsError);
    },
  );
});

describe('a simulation', () => {
  const policy = rules(
    { name: 'reading', risk: ['read_only'], outcome: 'allow' },
    { name: 'small', tools: ['refund'], when: 'request.arguments.amount <= 100.0', outcome: 'audit' },
    { name: 'large', tools: ['refund'], outcome: 'hold' },
    { name: 'never', tools: ['drop_*'], outcome: 'deny' },
    { name: 'unused', tools: ['nothing'], outcome: 'block' },
  );
  const text = lines(
    { tool: 'refund', arguments: { amount: 20 }, expected: false },
    { tool: 'refund', arguments: { amount: 30 }, expected: true },
    { tool: 'refund', arguments: { amount: 500 }, expected: false },
    { tool: 'drop_table', expected: true },
    { tool: 'get_order', expected: false },
    { tool: 'send_mail' },
  );

  test('counts what would be let through, held, blocked and left to the mode, and how much of it was right', () => {
    expect(tried(policy, text)).toMatchObject({
      calls: 6,
      runs: 0,
      by_fate: {
        let_through: { calls: 3, expected: 1, not_expected: 1 },
        held: { calls: 1, expected: 0, not_expected: 1 },
        blocked: { calls: 1, expected: 1, not_expected: 0 },
        left_to_mode: { calls: 1, expected: 0, not_expected: 0 },
      },
      not_expected_let_through: [
        { line: 1, tool: 'refund', rule: 'small', outcome: 'audit', arguments: { amount: 20 } },
      ],
      expected_blocked: [{ line: 4, tool: 'drop_table', rule: 'never' }],
      rules_without_calls: ['unused'],
    });
    expect(tried(policy, text).by_rule).toEqual(
      expect.arrayContaining([
        { rule: 'small', outcome: 'audit', calls: 2 },
        { rule: null, outcome: 'mode', calls: 1 },
        { rule: 'never', outcome: 'deny', calls: 1 },
      ]),
    );
  });

  test('holds where an allowing rule can not be told, as the product does', () => {
    expect(tried(policy, lines({ tool: 'refund', arguments: { amount: 'much' } })).by_fate.held.calls).toBe(1);
  });

  test('goes by the agent’s name and by the time that the recording says', () => {
    const byAgent = rules(
      { name: 'night', when: 'timestamp(now).getHours() < 6', outcome: 'block' },
      { name: 'support', agents: ['Support*'], outcome: 'allow' },
    );
    const { by_fate: fates } = tried(
      byAgent,
      lines(
        { tool: 'a', agent_name: 'Support EU' },
        { tool: 'a' },
        { tool: 'a', agent_name: 'Support EU', at: '2026-05-04T03:00:00Z' },
      ),
    );
    expect([fates.let_through.calls, fates.left_to_mode.calls, fates.blocked.calls]).toEqual([1, 1, 1]);
  });

  test('counts like calls lately: in the window where there are times, else in the same run; blocked ones do not count', () => {
    const history = rules({ name: 'often', history: { within_seconds: 60, more_than_calls: 1 }, outcome: 'block' });
    const at = (second: number) => ({ tool: 'a', at: new Date(NOW + second * 1000).toISOString() });
    const outcomes = (text2: string): number => tried(history, text2).by_fate.blocked.calls;
    expect(outcomes(lines(at(0), at(10), at(20), at(30)))).toBe(2);
    expect(outcomes(lines(at(0), at(59), at(61), at(200)))).toBe(0);
    expect(outcomes(lines(at(20), at(0), at(10)))).toBe(1);
    expect(outcomes(lines({ tool: 'a' }, { tool: 'a' }, { tool: 'a' }))).toBe(1);
    expect(outcomes(lines(run([called('a', {}), called('a', {})]), run([called('a', {})])))).toBe(0);
    expect(outcomes(lines({ tool: 'a' }, { tool: 'a' }, { tool: 'b' }, { tool: 'a', agent_name: 'Other' }))).toBe(0);
  });

  test('adds up an argument lately', () => {
    const budget = rules({
      name: 'much',
      tools: ['refund'],
      history: { within_seconds: 3600, sum_of: 'refund.amount', more_than_sum: 100 },
      outcome: 'hold',
    });
    const refund = (amount: unknown) => ({ tool: 'refund', arguments: { refund: { amount } } });
    expect(tried(budget, lines(refund(60), refund(40), refund(1), refund('9'), refund(1))).by_fate.held.calls).toBe(2);
  });
});

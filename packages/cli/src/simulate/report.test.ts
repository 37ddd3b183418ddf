import { readPolicySource, readTranscripts, riskLookup, simulate } from '@countersign/server/policies';
import { expect, test } from 'vitest';
import { report } from './report.ts';

const POLICY = `rules:
  - { name: small, tools: [refund], when: request.arguments.amount <= 100, outcome: allow }
  - { name: never, tools: ["drop_*"], outcome: deny }
  - { name: unused, tools: [nothing], outcome: block }
`;

const shown = (...calls: object[]): string => {
  const read = readPolicySource(POLICY);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const text = calls.map((call) => JSON.stringify(call)).join('\n');
  return report(simulate(read.policy, readTranscripts(text), riskLookup(new Map(), []), 0));
};

const wrong = { tool: 'refund', arguments: { amount: 20 }, expected: false };

test('what was wrong and would be let through comes first, then what was right and would be blocked', () => {
  const text = shown(
    wrong,
    { tool: 'drop_table', expected: true },
    { tool: 'refund', arguments: { amount: 500 }, expected: true },
  );
  expect(text.split('\n')[0]).toBe('Not expected, and would be let through: 1');
  expect(text.indexOf('Expected, and would be blocked: 1')).toBeGreaterThan(0);
  expect(text).toMatch(/let through +1 +0 +1\n/);
  expect(text).toMatch(/left to the mode +1 +1 +0\n/);
  expect(text).toContain('Decided nothing: "unused"');
});

test('a long list is cut, and says so', () => {
  expect(shown(...Array.from({ length: 25 }, () => wrong))).toContain('  and 5 more; --json lists all');
});

test('nothing in a recording can steer a terminal or turn its text around', () => {
  const text = shown({ ...wrong, arguments: { amount: 1, note: '\u202Eevil\u009B2J' } });
  expect(text).toContain('\\u{202e}evil\\u{9b}2J');
  expect(text).not.toMatch(/[\u202E\u009B]/);
});

test('there are no columns about right and wrong where the recording says nothing of it', () => {
  expect(shown({ tool: 'refund', arguments: { amount: 1 } })).not.toContain('expected');
});

/** The guide to policies is true: its rules are rules and do what is said of them. The cookbook's: policy-cookbook.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, type PolicyRequest, evaluatePolicy, evaluateText, parseRule } from '@countersign/core';
import { readPolicySource } from '@countersign/server/policies';
import { describe, expect, test } from 'vitest';

const guide = readFileSync(join(import.meta.dirname, '../docs/guide/policies.md'), 'utf8');

type Block = { readonly heading: string; readonly line: number; readonly source: string };

const blocks: Block[] = [...guide.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => {
  const before = guide.slice(0, match.index);
  return {
    heading: [...before.matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? '',
    line: before.split('\n').length,
    source: match[1] ?? '',
  };
});

const policyOf = (source: string) => {
  const read = readPolicySource(source);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policy;
};

test.each(blocks)('the rules under "$heading" (line $line) are rules', ({ source }) => {
  expect(readPolicySource(source)).toMatchObject({ ok: true });
});

describe('what the guide says about writing rules', () => {
  test('names every outcome and everything that can follow a timeout', () => {
    for (const word of [
      'allow',
      'audit',
      'hold',
      'block',
      'deny',
      'mode',
      'reject',
      'approve',
      'escalate',
      'retry',
      'park',
    ])
      expect(guide).toContain(`| \`${word}\` |`);
  });
});

type Call = {
  tool: string;
  arguments?: JsonObject;
  risk?: PolicyRequest['risk'];
  now?: string;
  lately?: { calls: number; sum: number };
};

const evaluated = (heading: string, call: Call) => {
  const block = blocks.find((entry) => entry.heading.startsWith(heading));
  if (!block) throw new Error(`there is no "${heading}"`);
  const request: PolicyRequest = {
    tool: call.tool,
    arguments: call.arguments ?? {},
    risk: call.risk ?? 'irreversible',
    agent: { id: null, name: 'Support EU' },
    caller: 'key_1',
    now: call.now ?? '2026-05-04T10:00:00Z',
  };
  const verdict = evaluatePolicy(policyOf(block.source), request, () => call.lately ?? { calls: 0, sum: 0 });
  const stage = verdict.hold?.stages?.[0];
  const bindings = {
    request: {
      tool: request.tool,
      arguments: request.arguments,
      risk: request.risk,
      agent: request.agent,
      caller: request.caller,
    },
    now: request.now,
  };
  const written =
    stage?.approvers_expression === undefined ? undefined : evaluateText(stage.approvers_expression, bindings);
  return { ...verdict, approvers: written?.ok ? written.value : stage?.approvers };
};

const cases: [string, Call, string | null, string?][] = [
  ['How rules are read', { tool: 'refund_all', arguments: { amount: 501 } }, 'hold', '1 of finance'],
  ['How rules are read', { tool: 'refund', arguments: { amount: 500 } }, null],
  ['How rules are read', { tool: 'refund', arguments: {} }, 'hold', '1 of finance'],
  ['Who approves', { tool: 'deploy_web' }, 'hold', '2 of engineering and 1 of (finance | role:owner)'],
  ['Conditions', { tool: 'pay', arguments: { currency: 'USD' } }, 'block'],
  ['Conditions', { tool: 'pay', arguments: { currency: 'EUR' } }, null],
  ['Conditions', { tool: 'pay', arguments: { currency: 'EUR' }, now: '2026-05-04T19:00:00Z' }, 'hold'],
  ['Conditions', { tool: 'send_mail', arguments: { to: ['a@example.com', 'b@example.org'] } }, 'hold'],
  ['Conditions', { tool: 'send_mail', arguments: { to: ['a@example.com'] } }, null],
  ['Conditions', { tool: 'send_mail', arguments: { to: ['a@example.com'], attachment: 'x' } }, 'hold'],
  ['History', { tool: 'refund', lately: { calls: 3, sum: 2001 } }, 'hold'],
  ['History', { tool: 'refund', lately: { calls: 31, sum: 2000 } }, null],
];

test.each(cases)('under "%s", %o comes to %s', (heading, call, outcome, approvers) => {
  const verdict = evaluated(heading, call);
  expect(verdict.outcome).toBe(outcome);
  if (approvers !== undefined) {
    expect(verdict.approvers).toBe(approvers);
    expect(parseRule(approvers)).toMatchObject({ ok: true });
  }
});

test('the expression of approvers gives two of finance above a thousand', () => {
  const block = blocks.find(({ source }) => source.includes('approvers_expression') && source.includes('finance'));
  const expression = policyOf(block?.source ?? '').rules[0]?.hold?.stages?.[0]?.approvers_expression ?? '';
  const given = (amount: number) => evaluateText(expression, { request: { arguments: { amount } } });
  expect(given(1001)).toMatchObject({ value: '2 of group:finance' });
  expect(given(1000)).toMatchObject({ value: 'group:support' });
  expect(parseRule('2 of group:finance')).toMatchObject({ ok: true });
});

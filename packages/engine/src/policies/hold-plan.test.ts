import { type HoldSettings, type PolicyRequest, type RiskClass, PolicySchema, RISK_CLASSES } from '@countersign/core';
import { expect, test } from 'vitest';
import { planOf } from './hold-plan.ts';

const POLICY = { id: 'pol_1', name: 'Payments', version: 1, rule: 'hold' };

const settings = (hold: object): HoldSettings => {
  const rule = { name: 'hold', outcome: 'hold', hold: { timeout_seconds: 60, ...hold } };
  const { hold: parsed } = PolicySchema.parse({ rules: [rule] }).rules[0] ?? {};
  if (!parsed) throw new Error('no hold');
  return parsed;
};
const request = (risk: RiskClass): PolicyRequest => ({
  tool: 'pay',
  arguments: {},
  risk,
  agent: { id: null, name: null },
  caller: 'key_1',
  now: '2026-11-28T10:00:00Z',
});

test.each(RISK_CLASSES)('T16: silence approves only what can be undone, whatever is configured: %s', (risk) => {
  const { timeout } = planOf(settings({ on_timeout: 'approve' }), request(risk), POLICY, null);
  const canBeUndone = risk === 'reversible' || risk === 'read_only';
  expect(timeout.action).toBe(canBeUndone ? 'approve' : 'reject');
});

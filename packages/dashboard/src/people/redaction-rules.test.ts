import { expect, test } from 'vitest';
import { rowsOf, ruleFault, rulesOf } from './redaction-rules.ts';

const rule = { name: 'Pay', fields: ['salary', 'bonus'], visible_to: ['approver' as const] };

test('rows come from the setting and become it again', () => {
  expect(rulesOf(rowsOf([rule]))).toEqual([rule]);
  expect(rulesOf([{ name: ' Pay ', fields: 'salary,, bonus ,', roles: ['approver'] }])).toEqual([rule]);
});

test('what the server would refuse is said before', () => {
  const row = { name: 'Pay', fields: 'salary', roles: [] };
  expect(ruleFault([row])).toBeUndefined();
  expect(ruleFault([{ ...row, name: 'P' }])).toMatch(/name/);
  expect(ruleFault([{ ...row, name: 'Pay, and more' }])).toMatch(/name/);
  expect(ruleFault([{ ...row, fields: ' , ' }])).toMatch(/field/);
  expect(ruleFault([row, row])).toMatch(/twice/);
});

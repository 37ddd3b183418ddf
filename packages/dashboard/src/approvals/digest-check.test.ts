import { digestJson } from '@countersign/core';
import { expect, test } from 'vitest';
import { isWhatDigestCovers } from './digest-check.ts';

const action = { title: 'Refund', tool: { name: 'refund' }, arguments: { amount: 5, to: 'Ana' }, output: null };
const approval = { action, digest: digestJson(action), arguments: { to: 'Ana', amount: 5 }, output: null };

test('what is shown is what the digest covers, whatever the order of its members', () => {
  expect(isWhatDigestCovers(approval)).toBe(true);
});

test('another action, other arguments or another output are noticed', () => {
  expect(isWhatDigestCovers({ ...approval, action: { ...action, title: 'Pay' } })).toBe(false);
  expect(isWhatDigestCovers({ ...approval, arguments: { to: 'Ana', amount: 6 } })).toBe(false);
  expect(isWhatDigestCovers({ ...approval, arguments: null })).toBe(false);
  expect(isWhatDigestCovers({ ...approval, output: 'Text' })).toBe(false);
});

import { expect, test } from 'vitest';
import { paceWords, withDecision } from './pace.ts';

const MINUTE = 60_000;

test('forty decisions in twenty minutes are remarked on, fewer are not, and older ones are forgotten', () => {
  let moments: readonly number[] = [];
  for (let n = 0; n < 39; n += 1) moments = withDecision(moments, n * 10_000);
  expect(paceWords(moments)).toBeNull();
  moments = withDecision(moments, 39 * 10_000);
  expect(paceWords(moments)).toMatch(/^40 decisions in 20 minutes/);
  expect(paceWords(withDecision(moments, 39 * 10_000 + 20 * MINUTE))).toBeNull();
});

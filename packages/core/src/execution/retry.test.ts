import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ATTEMPTS_MAX, retryDelayMs } from './retry.ts';

it('doubles from half a second', () => {
  expect([1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, 0.5))).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000,
  ]);
  expect(ATTEMPTS_MAX).toBe(6);
});
it('stays within 20 % of its base, and never above 72 s', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, dice) => {
        const base = Math.min(500 * 2 ** (attempt - 1), 60_000);
        const delay = retryDelayMs(attempt, dice);
        expect(delay).toBeGreaterThanOrEqual(base * 0.8 - 1);
        expect(delay).toBeLessThanOrEqual(base * 1.2 + 1);
      },
    ),
  );
});
it('waits as long as the other side asked for, up to an hour', () => {
  expect(retryDelayMs(1, 0.5, 7)).toBe(7000);
  expect(retryDelayMs(6, 0.5, 1)).toBe(16_000);
  expect(retryDelayMs(1, 0.5, 86_400)).toBe(3_600_000);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DELIVERY_ATTEMPTS_MAX, retryWaitSeconds } from './retry.ts';

const waits = (random: number) =>
  Array.from({ length: DELIVERY_ATTEMPTS_MAX }, (_, index) => retryWaitSeconds(index + 1, random));

test('T65: after now come 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h: over three days in all', () => {
  expect(waits(0.5)).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, null]);
});

test('T65: each is spread by a fifth to both sides', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      for (const [index, wait] of waits(random).entries()) {
        const middle = waits(0.5)[index] ?? null;
        if (wait === null || middle === null) return wait === middle;
        if (wait < middle * 0.8 - 1e-6 || wait > middle * 1.2 + 1e-6) return false;
      }
      return true;
    }),
  );
});

test('T65: a wait that the other side asks for is waited at least, and adds no attempt', () => {
  expect(retryWaitSeconds(1, 0.5, 120)).toBe(120);
  expect(retryWaitSeconds(4, 0.5, 120)).toBe(7200);
  expect(retryWaitSeconds(DELIVERY_ATTEMPTS_MAX, 0.5, 120)).toBeNull();
});

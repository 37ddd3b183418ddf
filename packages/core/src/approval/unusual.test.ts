import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { differencesFrom, findUnusual, shapeOf } from './unusual.ts';

const past = (...amounts: number[]): JsonObject[] => amounts.map((amount) => ({ amount, to: 'ann' }));

describe('what is unusual about a call', () => {
  it('is a number far over what is usual, with how far, at its place', () => {
    expect(findUnusual({ amount: 500, to: 'ann' }, past(10, 10, 20, 30, 40))).toEqual([
      {
        pointer: '/amount',
        kind: 'unusual',
        severity: 3,
        text: '25× the median of 20 in the last 5 approved calls; the most so far was 40',
      },
    ]);
    expect(findUnusual({ amount: 65, to: 'ann' }, past(10, 10, 20, 30, 40))).toMatchObject([{ severity: 2 }]);
    expect(findUnusual({ amount: 40, to: 'ann' }, past(10, 10, 10, 10, 40))).toEqual([]);
    expect(findUnusual({ amount: 59, to: 'ann' }, past(20, 20, 20, 20, 20))).toEqual([]);
  });
  it('is a text never seen where few different ones are seen', () => {
    const calls = past(1, 1, 1, 1, 1);
    expect(findUnusual({ amount: 1, to: 'eve' }, calls)).toMatchObject([
      { pointer: '/to', kind: 'new_value', text: expect.stringContaining('always "ann"') },
    ]);
    const varied = ['a', 'b', 'c', 'd', 'e', 'f'].map((to): JsonObject => ({ to }));
    expect(findUnusual({ to: 'eve' }, varied)).toEqual([]);
  });
  it('is nothing with too little to compare with', () => {
    expect(findUnusual({ amount: 500, to: 'eve' }, past(10, 10, 10, 10))).toEqual([]);
    expect(findUnusual({ amount: 500 }, [])).toEqual([]);
  });
  it('is at most five things, the strongest first, also deep inside', () => {
    const call = (n: number): JsonObject => ({ a: n, b: n, c: n, d: { e: { 'f/g': n } }, h: n, i: n });
    const flags = findUnusual(
      { ...call(5), d: { e: { 'f/g': 100 } } },
      Array.from({ length: 5 }, () => call(1)),
    );
    expect(flags).toHaveLength(5);
    expect(flags[0]).toMatchObject({ pointer: '/d/e/f~1g', severity: 3 });
  });
  it('does not trip over negative numbers, zeros, and members of other types', () => {
    expect(findUnusual({ amount: 5 }, past(0, 0, 0, 0, 0))).toEqual([]);
    expect(findUnusual({ amount: -5 }, past(-1, -1, -1, -1, -1))).toEqual([]);
    expect(findUnusual({ amount: { deep: true }, to: null }, past(1, 1, 1, 1, 1))).toEqual([]);
  });
});

describe('the shape of a call', () => {
  it('is its tool with names and types, whatever the values and their order', () => {
    expect(shapeOf('pay', { b: 'x', a: 1 })).toBe(shapeOf('pay', { a: 2, b: '' }));
    expect(shapeOf('pay', { a: 1 })).not.toBe(shapeOf('pay', { a: '1' }));
    expect(shapeOf('pay', { a: 1 })).not.toBe(shapeOf('refund', { a: 1 }));
    expect(shapeOf('pay', { a: [1, 2] })).toBe(shapeOf('pay', { a: [3] }));
  });
});

it('differences from the last call like it are none without one', () => {
  expect(differencesFrom({ a: 1 }, undefined)).toEqual([]);
  expect(differencesFrom({ a: 1 }, { a: 2 })).toMatchObject([{ pointer: '/a', before: 2, after: 1 }]);
});

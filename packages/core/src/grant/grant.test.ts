import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { type GrantBounds, GrantBoundsSchema, type GrantState, argumentAt, coveredBy } from './grant.ts';

const grant = (
  bounds: GrantBounds['bounds'],
  over: Partial<GrantState> = {},
  total?: GrantBounds['total'],
): GrantState => ({
  bounds: { bounds, uses_max: 3, ...(total ? { total } : {}) },
  expiresAtMs: 1000,
  isRevoked: false,
  uses: 0,
  total: 0,
  ...over,
});
const covers = (state: GrantState, args: JsonObject, nowMs = 0): boolean => coveredBy(state, args, nowMs).covers;

describe('the bounds of a grant', () => {
  it('hold an argument to a value, a pattern or a ceiling, also inside objects', () => {
    expect(covers(grant([{ argument: 'to', equals: { b: 1, a: [2] } }]), { to: { a: [2], b: 1 } })).toBe(true);
    expect(covers(grant([{ argument: 'to', equals: 'x' }]), { to: 'y' })).toBe(false);
    expect(covers(grant([{ argument: 'to.mail', like: '*@example.com' }]), { to: { mail: 'ann@example.com' } })).toBe(
      true,
    );
    expect(
      covers(grant([{ argument: 'to.mail', like: '*@example.com' }]), { to: { mail: 'ann@example.com.evil.org' } }),
    ).toBe(false);
    expect(covers(grant([{ argument: 'n', at_most: 5 }]), { n: 5 })).toBe(true);
    expect(covers(grant([{ argument: 'n', at_most: 5 }]), { n: 5.001 })).toBe(false);
  });
  it.each([[{}], [{ n: '5' }], [{ n: null }], [{ n: [1] }], [{ N: 1 }]])(
    'do not cover a call without a number there: %j',
    (args) => {
      expect(covers(grant([{ argument: 'n', at_most: 5 }]), args as JsonObject)).toBe(false);
    },
  );
  it('do not read what objects inherit', () => {
    expect(argumentAt({}, 'constructor.name')).toBeUndefined();
    expect(argumentAt({ a: { b: 1 } }, 'a.b')).toBe(1);
    expect(covers(grant([{ argument: '__proto__', like: '*' }]), {})).toBe(false);
  });
  it('must name one of equals, like, at_most', () => {
    const parse = (bound: object): boolean => GrantBoundsSchema.safeParse({ bounds: [bound], uses_max: 1 }).success;
    expect(
      [{ argument: 'a' }, { argument: 'a', like: 'x', at_most: 1 }, { argument: 'a b', like: 'x' }].map(parse),
    ).toEqual([false, false, false]);
    expect(
      [
        { argument: 'a', equals: null },
        { argument: 'a', at_most: 0 },
      ].map(parse),
    ).toEqual([true, true]);
  });
});

describe('a grant', () => {
  it('is over with its time, its uses, and when revoked', () => {
    expect(covers(grant([]), {}, 999)).toBe(true);
    expect(covers(grant([]), {}, 1000)).toBe(false);
    expect(covers(grant([], { uses: 2 }), {})).toBe(true);
    expect(covers(grant([], { uses: 3 }), {})).toBe(false);
    expect(covers(grant([], { isRevoked: true }), {})).toBe(false);
  });
  it('lets through as much as its total, to the last unit', () => {
    const total = { argument: 'amount', at_most: 100 };
    expect(coveredBy(grant([], { total: 60 }, total), { amount: 40 }, 0)).toEqual({ covers: true, amount: 40 });
    expect(covers(grant([], { total: 60 }, total), { amount: 40.01 })).toBe(false);
  });
  it.each([-1, -0.0001, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'never counts %d as an amount: it would win budget back',
    (amount) => {
      expect(covers(grant([], { total: 60 }, { argument: 'amount', at_most: 100 }), { amount })).toBe(false);
    },
  );
  it.each([[{}], [{ amount: '5' }], [{ amount: null }]])(
    'with a total does not cover a call without an amount: %j',
    (args) => {
      expect(covers(grant([], {}, { argument: 'amount', at_most: 100 }), args as JsonObject)).toBe(false);
    },
  );
});

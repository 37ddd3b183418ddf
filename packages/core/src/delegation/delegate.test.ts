import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delegation, closesCircle, standInsOf, standsInFor } from './delegate.ts';

const from = (who: string, to: string, startsAtMs = 0, endsAtMs = 100): Delegation => ({
  from: who,
  to,
  startsAtMs,
  endsAtMs,
});

describe('standing in', () => {
  it('is for whoever is away now, from the first moment to before the last', () => {
    const away = [from('ann', 'bob', 10, 20)];
    expect([9, 10, 19, 20].map((at) => standsInFor(away, 'bob', at))).toEqual([[], ['ann'], ['ann'], []]);
    expect(standsInFor(away, 'ann', 15)).toEqual([]);
  });
  it('passes on along a chain, as long as every link is active', () => {
    const chain = [from('ann', 'bob'), from('bob', 'cid', 0, 50)];
    expect(standsInFor(chain, 'cid', 10).toSorted()).toEqual(['ann', 'bob']);
    expect(standsInFor(chain, 'cid', 60)).toEqual([]);
    expect(standsInFor(chain, 'bob', 60)).toEqual(['ann']);
    expect(standInsOf(chain, 'ann', 10).toSorted()).toEqual(['bob', 'cid']);
    expect(standInsOf(chain, 'ann', 60)).toEqual(['bob']);
    expect(standInsOf(chain, 'cid', 10)).toEqual([]);
  });
  it('ends where a circle began, and never is for oneself', () => {
    const circle = [from('ann', 'bob'), from('bob', 'cid'), from('cid', 'ann')];
    expect(standsInFor(circle, 'ann', 1).toSorted()).toEqual(['bob', 'cid']);
    expect(standsInFor([from('ann', 'ann')], 'ann', 1)).toEqual([]);
  });
});

describe('a new delegation', () => {
  it('is refused where it would close a circle, at a time when the others hold', () => {
    const chain = [from('ann', 'bob'), from('bob', 'cid')];
    expect(closesCircle(chain, from('cid', 'ann'))).toBe(true);
    expect(closesCircle(chain, from('bob', 'ann'))).toBe(true);
    expect(closesCircle(chain, from('cid', 'ann', 100, 200))).toBe(false);
    expect(closesCircle(chain, from('cid', 'dan'))).toBe(false);
    expect(closesCircle([], from('ann', 'ann'))).toBe(true);
  });
  it('added only where that is not so, never lets anybody reach themselves', () => {
    const person = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const one = fc.tuple(person, person, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), fc.integer({ min: 0, max: 40 }), (wanted, at) => {
        const kept: Delegation[] = [];
        for (const [who, to, start, length] of wanted) {
          const added = from(who, to, start, start + length);
          if (!closesCircle(kept, added)) kept.push(added);
        }
        const active = kept.filter(({ startsAtMs, endsAtMs }) => startsAtMs <= at && at < endsAtMs);
        const reach = (who: string, seen: readonly string[]): boolean =>
          active.some(({ from: one_, to }) => one_ === who && (seen.includes(to) || reach(to, [...seen, to])));
        for (const who of ['a', 'b', 'c', 'd', 'e']) expect(reach(who, [who])).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

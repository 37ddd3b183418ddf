import * as core from '@countersign/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize, digestJson, isSameJson } from './canonical.ts';

describe('canonical JSON', () => {
  test('is that of RFC 8785, section 3.2.2 and 3.2.3', () => {
    const numbers: unknown = JSON.parse('[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]');
    const value = { numbers, string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] };
    expect(canonicalize(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalize(keys)) as object)).toHaveLength(7);
    expect(canonicalize(keys)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  test('and its digest are what core says, for any value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(canonicalize(value)).toBe(core.canonicalize(value as core.Json));
        expect(await digestJson(value)).toBe(core.digestJson(value as core.Json));
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on the order of members, and leaves out what is undefined', () => {
    expect(isSameJson({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2, e: undefined }], a: 1 })).toBe(true);
    expect(isSameJson([1, 2], [2, 1])).toBe(false);
    expect(isSameJson({ a: '1' }, { a: 1 })).toBe(false);
  });

  test.each([[NaN], [Infinity], [undefined], [1n], [[undefined]], [() => 1]])('%s has none', (value) => {
    expect(() => canonicalize(value)).toThrow(TypeError);
  });
});

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import reference from 'canonicalize';
import { type Json, canonicalize, diffJson, parseStrict } from './json.ts';

const parsed = (text: string): Json => {
  const result = parseStrict(text);
  if (!result.ok) throw new Error(`refused: ${result.refusal.pointer} ${result.refusal.detail}`);
  return result.value;
};
const refusal = (text: string) => {
  const result = parseStrict(text);
  return result.ok ? 'accepted' : result.refusal;
};

/** JSON that the strict parser takes: no prototype names, no unsafe numbers, no U+0000. */
const jsonValue = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n)),
    fc.string({ unit: 'binary' }).filter((text) => !text.includes('\u0000')),
    fc.array(tie('value')),
    fc.dictionary(
      fc
        .string({ unit: 'binary' })
        .filter((key) => !key.includes('\u0000') && !['__proto__', 'constructor', 'prototype'].includes(key)),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

/** What a text with one JSON value looks like in the wild: odd white space, escapes, number spellings. */
const WELL_FORMED = [
  ' null ',
  '\t[ ]\n',
  '{ }',
  '[0,-0,1.5e3,1E-2,-0.0]',
  '"\\u0041\\n\\/\\b\\f\\r\\t\\"\\\\"',
  '{"a":{"b":[{"c":null}]}}',
  '"\\ud83d\\ude00"',
  '"\u2028\u2029\u007f"',
  '{"":0," ":1}',
  '[[[[[]]]]]',
  '9007199254740991',
  '-9007199254740991',
  '1e15',
  '{"toString":1,"hasOwnProperty":2,"valueOf":3}',
  '{"a/b":1,"c~d":2}',
  '5e-324',
  '1.7976931348623157',
];
const MALFORMED = [
  '',
  ' ',
  'nul',
  'nulll',
  'True',
  '[1,]',
  '[,1]',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  "{'a':1}",
  '"',
  '"\\x41"',
  '"\\u12"',
  '"\n"',
  '"\t"',
  '01',
  '-',
  '+1',
  '.5',
  '5.',
  '1e',
  '1e+',
  '0x10',
  'NaN',
  'Infinity',
  '-Infinity',
  '[1 2]',
  '{"a":1 "b":2}',
  '1 2',
  '//c\n1',
  '[1]]',
  '{"a":1}}',
  '\ufeff1',
  '\u00a01',
  '"\\ud83d',
  '[',
  '{',
  '{"a":1',
  '[1',
  '\u000b1',
  'undefined',
  '"\\"',
];

describe('T2: the strict parser', () => {
  it.each(WELL_FORMED)('reads %j as JSON.parse does', (text) => {
    expect(parsed(text)).toEqual(JSON.parse(text));
  });
  it.each(MALFORMED)('refuses %j, as JSON.parse does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(refusal(text)).not.toBe('accepted');
  });
  it.each([
    ['{"a":1,"a":2}', '/a', 'occurs twice'],
    ['{"x":{"a":1,"\\u0061":2}}', '/x/a', 'occurs twice'],
    ['[{"a/b":1,"a\\/b":1}]', '/0/a~1b', 'occurs twice'],
    ['{"__proto__":{"admin":true}}', '/__proto__', 'not allowed'],
    ['{"\\u005f_proto__":1}', '/__proto__', 'not allowed'],
    ['{"constructor":{}}', '/constructor', 'not allowed'],
    ['9007199254740992', '', 'as a string'],
    ['[-9007199254740993]', '/0', 'as a string'],
    ['9007199254740993.0', '', 'as a string'],
    ['1e30', '', 'as a string'],
    ['1e400', '', 'too large'],
    ['5e-400', '', 'too small'],
    ['[-0.1e-323]', '/0', 'too small'],
    ['"\\ud83d"', '', 'lone surrogate'],
    ['"\\ude00\\ud83d"', '', 'lone surrogate'],
    ['{"\\ud800":1}', '', 'lone surrogate'],
    ['"a\\u0000b"', '', 'U+0000'],
  ])('refuses %s, which two parsers could read differently', (text, pointer, detail) => {
    expect(refusal(text)).toMatchObject({ pointer, detail: expect.stringContaining(detail) as string });
  });
  it('takes a value inside 64 others, and refuses one inside 65', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(refusal(nested(65))).toBe('accepted');
    expect(refusal(nested(66))).toMatchObject({ detail: 'nested deeper than 64 levels' });
  });
  it('survives a million opening brackets', () => {
    expect(refusal('['.repeat(1_000_000))).toMatchObject({ detail: 'nested deeper than 64 levels' });
  });
  it('takes 10,000 members and refuses more, in arrays and objects alike', () => {
    const list = (count: number): string => `[${Array.from({ length: count }, () => '0').join(',')}]`;
    const record = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(',')}}`;
    expect([refusal(list(10_000)), refusal(record(10_000))]).toEqual(['accepted', 'accepted']);
    expect([refusal(list(10_001)), refusal(record(10_001))]).toMatchObject([
      { detail: 'more than 10,000 members' },
      { detail: 'more than 10,000 members' },
    ]);
  });
  it('takes strings of 262,144 characters, plain or all escaped, and refuses longer ones', () => {
    expect(refusal(`"${'a'.repeat(262_144)}"`)).toBe('accepted');
    expect(refusal(`"${'\\n'.repeat(262_144)}"`)).toBe('accepted');
    expect(refusal(`"${'a'.repeat(262_145)}"`)).toMatchObject({ detail: 'string is longer than 262,144 characters' });
    expect(refusal(`"${'\\n'.repeat(1_000_000)}"`)).toMatchObject({
      detail: 'string is longer than 262,144 characters',
    });
  });
  it('reads every value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(jsonValue, fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parsed(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });
  it('never accepts what JSON.parse refuses, and never reads anything else than it', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"b"',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\\',
      '\\u00',
      '\n',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          const result = parseStrict(text);
          if (result.ok) expect(result.value).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 20_000 },
    );
  });
  it('accepts what JSON.parse accepts, apart from what it lists', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const result = parseStrict(text);
        if (!result.ok)
          expect(result.refusal.detail).toMatch(
            /2\^53|not allowed|too large|too small|U\+0000|occurs twice|lone surrogate/,
          );
      }),
      { numRuns: 3000 },
    );
  });
});

/** RFC 8785, appendix B: the bits of a double, and how it is written. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];
const double = (hex: string): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
};

describe('canonical JSON', () => {
  it.each(NUMBERS)('writes the double %s as %s', (hex, text) => {
    expect(canonicalize(double(hex))).toBe(text);
  });
  it.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('has no text for the double %s', (hex) => {
    expect(() => canonicalize(double(hex))).toThrow('non-finite');
  });
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const value = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    ) as Json;
    expect(canonicalize(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });
  it('sorts members by UTF-16 code units, as RFC 8785, section 3.2.3 shows', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalize(value)) as object).toSorted()).toEqual(
      Object.values(value).toSorted(),
    );
    expect([...canonicalize(value).matchAll(/:"([^"]*)"/g)].map(([, name]) => name)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });
  it('is byte for byte what the independent implementation writes', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(canonicalize(value)).toBe(reference(value));
      }),
      { numRuns: 3000 },
    );
  });
  it('does not depend on the order of members or the spelling of numbers, and is its own canonical form', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const text = canonicalize(value);
        expect(canonicalize(parsed(text))).toBe(text);
        expect(canonicalize(reversed(value))).toBe(text);
      }),
      { numRuns: 1000 },
    );
    expect(canonicalize(parsed('{"b":1.50e1,"a":-0}'))).toBe(canonicalize(parsed('{"a":0,"b":15}')));
  });
});

const reversed = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
};

const at = (value: Json | undefined, pointer: string): Json | undefined =>
  pointer
    .split('/')
    .slice(1)
    .reduce<Json | undefined>((found, token) => {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
      return found !== null && typeof found === 'object' && Object.hasOwn(found, key)
        ? (found as Record<string, Json>)[key]
        : undefined;
    }, value);

describe('the difference of two values', () => {
  it('names each differing place with both sides', () => {
    expect(
      diffJson(
        { amount: 5, to: { name: 'Ada' }, tags: ['a', 'b'], gone: 1 },
        { amount: 4, to: { name: 'Ada' }, tags: ['a', 'c', 'd'], 'a/b~': true },
      ),
    ).toEqual([
      { pointer: '/a~1b~0', after: true },
      { pointer: '/amount', before: 5, after: 4 },
      { pointer: '/gone', before: 1 },
      { pointer: '/tags/1', before: 'b', after: 'c' },
      { pointer: '/tags/2', after: 'd' },
    ]);
  });
  it('is empty exactly for equal values, and every entry is what stands at its place', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (before, after) => {
        const differences = diffJson(before, after);
        expect(differences.length === 0).toBe(canonicalize(before) === canonicalize(after));
        for (const { pointer, ...sides } of differences) {
          expect(at(before, pointer)).toEqual(sides.before);
          expect(at(after, pointer)).toEqual(sides.after);
        }
        expect(diffJson(before, reversed(before))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, type JsonObject, canonicalize } from '../json.ts';
import { CERTAIN_FORMATS } from './formats.ts';
import { type RedactionMode, markersIn, putBack, redact } from './redact.ts';
import { LIKELY_SAMPLES, SECRET_SAMPLES } from './secret-samples.testing.ts';

const salt = new Uint8Array(16).fill(7);
const under = (mode: RedactionMode, value: Json, schema: JsonObject | null = null) =>
  redact(value, { mode, salt }, schema);
const back = ({ value, taken }: ReturnType<typeof under>): Json =>
  putBack(value, (marker) => taken.find((each) => each.marker === marker)?.plain);

describe('T46: what is surely a secret', () => {
  test('is known in over fifty formats, and each has a sample', () => {
    const known = new Set(CERTAIN_FORMATS.map(({ name }) => name));
    expect(known.size).toBeGreaterThanOrEqual(50);
    expect([...known].filter((name) => !SECRET_SAMPLES.some((sample) => sample.name === name))).toEqual([]);
  });

  test.each(SECRET_SAMPLES.map((sample, index) => [`${sample.name} ${index}`, sample] as const))(
    '%s is replaced by its name, its length and a digest, and comes back',
    (_, { name, secret, text }) => {
      for (const value of [
        text,
        secret === text.slice(4, -9) ? secret : text,
        { a: [{ b: `x\n${text}` }] },
        { [text]: 1 },
      ]) {
        const result = under('standard', value);
        expect(canonicalize(result.value)).not.toContain(secret);
        expect(result.taken.map(({ marker }) => marker)).toContainEqual(
          expect.stringMatching(
            `^\\[redacted: ${name.replaceAll('.', '\\.')}, ${secret.length} characters, [0-9a-f]{24}\\]$`,
          ),
        );
        expect(back(result)).toEqual(value);
      }
    },
  );

  test('is left where the workspace wants it so, and looked for by schema alone where it says that', () => {
    for (const { text } of SECRET_SAMPLES)
      for (const mode of ['off', 'marked'] as const) expect(under(mode, text).value).toBe(text);
  });

  test('that only likely is one is taken in strict alone', () => {
    for (const { name, secret, text } of LIKELY_SAMPLES) {
      expect(under('standard', text).value).toBe(text);
      const result = under('strict', text);
      expect(result.value).not.toContain(secret);
      expect(canonicalize(result.value)).toContain(`[redacted: ${name}`);
    }
    expect(under('strict', { db: { admin_password: 'x' }, note: 'x' }).value).toEqual({
      db: { admin_password: expect.stringMatching(/^\[redacted: named secret, 1 character, /) },
      note: 'x',
    });
  });
});

describe('a value', () => {
  test.each<Json>([
    'Refund order A17 to acct_1 for 40.00 EUR, reference 2026-11-28-0001',
    { order: 4_111_111_111_111_112, phone: '+49 170 1234567', at: '2026-11-28T10:45:13.000Z' },
    {
      id: 'apr_2xYzAbCdEfGhIjKlMnOpQrStUvW',
      sha: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    { uuid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301', url: 'https://shop.example/orders?id=12345678901234&page=2' },
    { list: [1234567890123, '1234 5678 9012 3456', '0000-0000-0000-0000'], text: 'eyJub3QiOiJhIHRva2VuIn0' },
    { payment: 'pi_3MtwBwLkdIwHu7ix28a3tqPa', card: 'card_9', booking: 'credit_card_1234567', key: 'skate-park' },
    'postgresql://db.example:5432/shop and mailto:ada@example.com',
  ])('without a secret stays as it is: %j', (value) => {
    expect(under('standard', value)).toEqual({ value, taken: [] });
  });

  test('that a schema marks is taken whole, whatever it is and however the schema is put together', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: {
        pin: { type: 'integer', 'x-secret': true },
        login: { $ref: '#/$defs/login' },
        codes: { type: 'array', items: { anyOf: [{ type: 'string', writeOnly: true }, { type: 'null' }] } },
        pair: { prefixItems: [{}, { format: 'password' }] },
        headers: { additionalProperties: { allOf: [{ 'x-secret': true }] } },
        deep: { patternProperties: { '^k': { 'x-secret': true } } },
      },
      $defs: { login: { properties: { password: { format: 'password' }, again: { $ref: '#/$defs/login' } } } },
    };
    const value: Json = {
      pin: 1234,
      login: { password: 'a', again: { password: 'b', name: 'ada' } },
      codes: ['x', null],
      pair: ['open', { c: 1 }],
      headers: { a: 'b' },
      deep: { k1: true, other: true },
      free: 'text',
    };
    const result = under('marked', value, schema);
    const field = expect.stringMatching(/^\[redacted: secret field, \d+ characters?, [0-9a-f]{24}\]$/) as string;
    expect(result.value).toEqual({
      pin: field,
      login: { password: field, again: { password: field, name: 'ada' } },
      codes: [field, null],
      pair: ['open', field],
      headers: { a: field },
      deep: { k1: field, other: true },
      free: 'text',
    });
    expect(back(result)).toEqual(value);
    expect(under('off', value, schema).value).toEqual(value);
  });

  test('that is a card’s number as a number comes back as a number', () => {
    const value = { card: Number(['4242', '4242', '4242', '4242'].join('')) };
    const result = under('standard', value);
    expect(result.value).toEqual({ card: expect.stringContaining('card number, 16 characters') as string });
    expect(back(result)).toEqual(value);
  });
});

describe('a marker', () => {
  const [sample] = SECRET_SAMPLES.filter(({ name }) => name === 'GitHub token');
  const secret = sample?.secret ?? '';

  test('is the same for the same secret, and tells nothing without the salt', () => {
    const one = under('standard', secret).value;
    expect(under('standard', { again: secret }).value).toEqual({ again: one });
    expect(under('standard', `${secret.slice(0, -1)}Z`).value).not.toBe(one);
    expect(redact(secret, { mode: 'standard', salt: new Uint8Array(16).fill(8) }).value).not.toBe(one);
  });

  test('is taken for what it is when it comes again', () => {
    for (const mode of ['standard', 'strict'] as const)
      for (const { text } of SECRET_SAMPLES) {
        const once = under(mode, { a: text, password: secret });
        expect(under(mode, once.value)).toEqual({ value: once.value, taken: [] });
      }
    const marked = under('marked', { a: 'x' }, { properties: { a: { 'x-secret': true } } });
    expect(under('marked', marked.value, { properties: { a: { 'x-secret': true } } }).taken).toEqual([]);
  });

  test('that was made up, or says something else than it was given for, opens nothing', () => {
    const marker = under('standard', secret).taken[0]?.marker ?? '';
    for (const forged of [
      marker.replace('GitHub token', 'order number'),
      marker.replace(/.\]$/, 'x]'),
      marker.replace('40', '41'),
    ])
      expect(putBack(forged, (name) => (name === marker ? secret : undefined))).toBe(forged);
    expect(markersIn({ a: `see ${marker}`, b: [marker] })).toEqual([marker]);
  });
});

test('whatever the JSON, redacting and restoring gives it back, and nothing taken is left', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom(...SECRET_SAMPLES.map(({ text }) => text)),
    fc.tuple(fc.string(), fc.constantFrom(...SECRET_SAMPLES.map(({ text }) => text))).map((both) => both.join(' ')),
  );
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      texts,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(
        fc.string({ maxLength: 6 }).filter((key) => key !== '__proto__'),
        tie('value'),
      ),
    ),
  })).value;
  fc.assert(
    fc.property(json, fc.constantFrom<RedactionMode>('standard', 'strict'), (value, mode) => {
      const result = under(mode, value);
      expect(canonicalize(back(result))).toBe(canonicalize(value));
    }),
    { numRuns: 500 },
  );
});

test('takes time in proportion to the text, also for one that almost matches everywhere', () => {
  const hostile = [
    '-----BEGIN ',
    'eyJ',
    'a:b@',
    '4242 ',
    'password=',
    'AKIA',
    'sk-',
    'Bearer ',
    'https://a:',
    'DE89 3704 ',
    '-',
    '.',
  ].map((piece) => piece.repeat(Math.floor((256 * 1024) / piece.length)));
  for (const text of hostile) {
    const startedMs = performance.now();
    under('strict', text);
    expect(performance.now() - startedMs, text.slice(0, 12)).toBeLessThan(2500);
  }
});

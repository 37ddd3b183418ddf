import { describe, expect, it } from 'vitest';
import { checkSchema } from './check-schema.ts';
import { parseArguments, validateArguments } from './validate-arguments.ts';

describe('the arguments of a model', () => {
  it('are an object', () => {
    expect(parseArguments('{"a": [1, null]}')).toEqual({ ok: true, value: { a: [1, null] } });
    expect(parseArguments('  ')).toEqual({ ok: true, value: {} });
    for (const text of ['[1]', '"a"', 'null', '5'])
      expect(parseArguments(text)).toEqual({ ok: false, problem: 'The arguments must be a JSON object.' });
  });

  it.each([
    '{"a":',
    '{a:1}',
    "{'a':1}",
    '{"a":1} and more',
    '{"a":1,"a":2}',
    '{"a":12345678901234567890}',
    '{"__proto__":{}}',
  ])('that are ambiguous or no JSON are refused with a reason: %s', (text) => {
    const parsed = parseArguments(text);
    expect(parsed.ok ? '' : parsed.problem).toMatch(/^The arguments are not valid JSON: .+\.$/);
  });

  it('are compared with the schema, and each problem says where it is', () => {
    const schema = {
      type: 'object',
      required: ['order_id', 'a/b'],
      properties: {
        order_id: { type: 'string', pattern: '^A-' },
        amount: { type: 'number', maximum: 100 },
        lines: { type: 'array', items: { $ref: '#/$defs/line' } },
      },
      additionalProperties: false,
      $defs: { line: { type: 'object', required: ['sku'], properties: { größe: { enum: ['S', 'M'] } } } },
    };
    expect(validateArguments(schema, { order_id: 'A-1', 'a/b': 1, amount: 5, lines: [] })).toEqual([
      { pointer: '/a~1b', detail: 'is not a property of this tool' },
    ]);
    expect(
      validateArguments({ ...schema, required: [] }, { order_id: 'A-1', amount: 100, lines: [{ sku: 'x' }] }),
    ).toEqual([]);
    const problems = validateArguments(schema, { order_id: 'B', amount: 101, lines: [{ größe: 'L' }], extra: 1 });
    expect(problems.map(({ pointer }) => pointer)).toEqual([
      '/a~1b',
      '/order_id',
      '/amount',
      '/lines/0/sku',
      '/lines/0/größe',
      '/extra',
    ]);
    expect(problems[0]?.detail).toBe('is required');
    expect(problems[2]?.detail).toContain('100');
  });

  it('are compared by the draft that the schema names, 2020-12 or 7 otherwise', () => {
    const tuple = { type: 'object', properties: { pair: { items: [{ type: 'string' }, { type: 'number' }] } } };
    expect(
      validateArguments({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, { pair: ['a', 'b'] }),
    ).toHaveLength(1);
    expect(validateArguments(tuple, { pair: ['a', 'b'] })).toHaveLength(1);
    expect(validateArguments(tuple, { pair: ['a', 1] })).toEqual([]);
    const modern = { type: 'object', properties: { pair: { prefixItems: [{ type: 'string' }], items: false } } };
    expect(validateArguments(modern, { pair: ['a'] })).toEqual([]);
    expect(validateArguments(modern, { pair: ['a', 1] })).toHaveLength(1);
  });

  it('fit nothing where the schema refers to itself without end', () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { $ref: '#/$defs/a' } } };
    expect(validateArguments(schema, { a: 1 })).toEqual([
      { pointer: '', detail: expect.stringContaining('refers to itself without end') as string },
    ]);
  });
});

describe('a schema', () => {
  it.each([
    { type: 'object' },
    { type: 'object', properties: { $ref: { type: 'string' }, pattern: { type: ['string', 'null'] }, items: true } },
    {
      type: 'object',
      properties: { tree: { $ref: '#/definitions/tree' } },
      definitions: { tree: { type: 'object', properties: { next: { $ref: '#' } } } },
    },
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.com/refund',
      type: 'object',
      properties: { a: { items: [{ type: 'string' }] } },
    },
    {
      type: 'object',
      properties: { a: { anyOf: [{ const: 1 }, { format: 'date' }] } },
      patternProperties: { '^x-': {} },
    },
  ])('is usable: %j', (schema) => expect(checkSchema(schema)).toEqual([]));

  it.each([
    ['no object', 'text', ''],
    ['a list', [], ''],
    ['without a type', {}, '/type'],
    ['of a list', { type: 'array' }, '/type'],
    ['with an unknown type', { type: 'object', properties: { a: { type: 'strng' } } }, '/properties/a/type'],
    [
      'with a remote reference',
      { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } },
      '/properties/a/$ref',
    ],
    ['with a reference to a file', { type: 'object', $ref: 'other.json' }, '/$ref'],
    ['with a reference to nothing', { type: 'object', properties: { a: { $ref: '#/$defs/b' } } }, '/properties/a/$ref'],
    [
      'with an inner identifier',
      { type: 'object', properties: { a: { $id: 'https://example.com/' } } },
      '/properties/a/$id',
    ],
    ['with a broken pattern', { type: 'object', properties: { a: { pattern: '(' } } }, '/properties/a/pattern'],
    [
      'with a huge pattern',
      { type: 'object', properties: { a: { pattern: 'a'.repeat(257) } } },
      '/properties/a/pattern',
    ],
    ['with a broken property pattern', { type: 'object', patternProperties: { '(': {} } }, '/patternProperties/('],
    ['with properties that are no object', { type: 'object', properties: [] }, '/properties'],
    ['with a property that is no schema', { type: 'object', properties: { 'a/b': 'string' } }, '/properties/a~1b'],
    ['with required that is no list', { type: 'object', required: 'a' }, '/required'],
    ['with alternatives that are no list', { type: 'object', anyOf: {} }, '/anyOf'],
    ['that is too large', { type: 'object', description: 'x'.repeat(70_000) }, ''],
  ])('%s is refused', (_, schema, pointer) => {
    expect(checkSchema(schema).map((problem) => problem.pointer)).toEqual([pointer]);
  });

  it('that is too deep is refused', () => {
    let schema: { [key: string]: never } | object = { type: 'string' };
    for (let level = 0; level < 40; level += 1) schema = { type: 'object', properties: { a: schema } };
    expect(checkSchema(schema as never)[0]?.detail).toContain('deeper');
  });
});

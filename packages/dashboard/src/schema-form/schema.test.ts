import { describe, expect, test } from 'vitest';
import { blankFor, rowsOf, typeWord, widgetFor } from './schema.ts';

describe('the input for a schema', () => {
  test.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'string', maxLength: 2000 }, 'long'],
    [{ type: 'number' }, 'number'],
    [{ type: 'integer' }, 'integer'],
    [{ type: 'boolean' }, 'boolean'],
    [{ type: 'string', enum: ['a', 'b'] }, 'choice'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } }, 'list'],
    [{ type: 'object', properties: { a: { type: 'string' } } }, 'object'],
  ])('%j is %s', (schema, widget) => {
    expect(widgetFor(schema, undefined)).toBe(widget);
  });
  test('is raw JSON where a form could not express every value', () => {
    for (const schema of [
      {},
      { type: ['string', 'null'] },
      { oneOf: [{ type: 'string' }] },
      { $ref: '#/x' },
      { type: 'object' },
      { type: 'array', items: {} },
    ])
      expect(widgetFor(schema, undefined)).toBe('json');
  });
  test('is a long one where the value is long', () => {
    expect(widgetFor({ type: 'string' }, 'two\nlines')).toBe('long');
  });
});

describe('the rows of arguments', () => {
  const schema = { type: 'object', properties: { b: { type: 'string' }, a: { type: 'integer' } } };
  test('follow the schema, then show what the schema does not know', () => {
    expect(rowsOf(schema, { z: 1, a: 2 }).map((row) => [row.name, row.value, row.schema === null])).toEqual([
      ['b', undefined, false],
      ['a', 2, false],
      ['z', 1, true],
    ]);
  });
  test('show everything where there is no schema', () => {
    expect(rowsOf(null, { x: [1] })).toEqual([{ name: 'x', schema: null, value: [1] }]);
  });
});

test('types read as words', () => {
  expect(typeWord({ type: 'array', items: { type: 'string' } }, [])).toBe('list of string');
  expect(typeWord(null, { a: 1 })).toBe('object');
});

test('a new item starts with its required fields', () => {
  expect(
    blankFor({ type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['a'] }),
  ).toEqual({ a: '' });
});

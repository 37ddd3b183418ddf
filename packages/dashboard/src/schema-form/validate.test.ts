import { expect, test } from 'vitest';
import { faultsOf } from './validate.ts';

const schema = {
  type: 'object',
  properties: {
    amount: { type: 'number', minimum: 1, maximum: 500 },
    note: { type: 'string', maxLength: 5 },
    kind: { type: 'string', enum: ['a', 'b'] },
    passengers: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', properties: { name: { type: 'string', minLength: 1 } }, required: ['name'] },
    },
  },
  required: ['amount'],
  additionalProperties: false,
};

test('valid arguments have no faults', () => {
  expect([...faultsOf(schema, { amount: 10, kind: 'a', passengers: [{ name: 'Noah' }] })]).toEqual([]);
});

test('each fault is named at the value that has it, in words', () => {
  const faults = faultsOf(schema, {
    amount: 900,
    note: 'too long',
    kind: 'c',
    passengers: [{ name: '' }, {}],
    other: 1,
  });
  expect(Object.fromEntries(faults)).toEqual({
    '/amount': 'must be 500 or less',
    '/note': 'must have at most 5 characters',
    '/kind': 'must be one of the choices',
    '/passengers/0/name': 'must not be empty',
    '/passengers/1/name': 'is needed',
    '/other': 'is not allowed',
  });
});

test('a missing property and a wrong type are named', () => {
  expect(Object.fromEntries(faultsOf(schema, { note: 3 }))).toEqual({
    '/amount': 'is needed',
    '/note': 'must be of type string',
  });
});

test('without a schema nothing is wrong', () => {
  expect(faultsOf(null, { a: 1 }).size).toBe(0);
});

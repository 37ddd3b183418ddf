import { NUMBER, STRING, objectType } from '@countersign/core';
import { expect, test } from 'vitest';
import { complete } from './completion.ts';

const NAMES = new Map([
  ['input', objectType({ amount: NUMBER, order_id: STRING })],
  ['vars', objectType({})],
  ['steps', objectType({ order: objectType({ output: objectType({ total: NUMBER }), status: STRING }) })],
]);

/** The bar is where the caret stands. */
const offered = (text: string, isWhole = true, secrets: readonly string[] | null = null): string[] | null => {
  const caret = text.indexOf('|');
  return complete(text.replace('|', ''), caret, isWhole, NAMES, secrets)?.options.map((option) => option.text) ?? null;
};

test('names and members are offered, by what is typed', () => {
  expect(offered('|')).toEqual(['input', 'vars', 'steps']);
  expect(offered('input.|')).toEqual(['amount', 'order_id']);
  expect(offered('input.amount > 5 && input.o|')).toEqual(['order_id']);
  expect(offered('steps.order.|')).toEqual(['output', 'status']);
  expect(offered('steps.order.output.t|')).toEqual(['total']);
  expect(offered('size(in|')).toEqual(['input']);
});

test('nothing is offered in a text, of what is not known, or of what is written out', () => {
  expect(offered('"input.|')).toBeNull();
  expect(offered('nothing.|')).toBeNull();
  expect(offered('input.amount|')).toBeNull();
  expect(offered('f(x).|')).toBeNull();
});

test('in a template, only between the braces', () => {
  expect(offered('Refund in|', false)).toBeNull();
  expect(offered('Refund {{ in|', false)).toEqual(['input']);
  expect(offered('Refund {{ input.amount }} in|', false)).toBeNull();
});

test('secrets by name, where they are taken', () => {
  expect(offered('Bearer {{ secrets.|', false, ['SHOP_KEY'])).toEqual(['SHOP_KEY']);
  expect(offered('Bearer {{ sec|', false, ['SHOP_KEY'])).toEqual(['secrets']);
  expect(offered('Bearer {{ secrets.|', false)).toBeNull();
});

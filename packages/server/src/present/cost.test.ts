import { expect, test } from 'vitest';
import { costOf, sumOf } from './cost.ts';

const PRICE = { input_per_million: 2.5, output_per_million: 10, currency: 'USD' };

test('tokens cost what the price says, to the millionth', () => {
  expect(costOf(PRICE, 1000, 200)).toEqual({ amount: 0.0045, currency: 'USD' });
  expect(costOf(PRICE, 1, 0)).toEqual({ amount: 0.000003, currency: 'USD' });
});

test('a sum with an unknown or foreign part is unknown', () => {
  const dollar = { amount: 1, currency: 'USD' };
  expect(sumOf([dollar, { amount: 0.1, currency: 'USD' }])).toEqual({ amount: 1.1, currency: 'USD' });
  expect(sumOf([dollar, null])).toBeNull();
  expect(sumOf([dollar, { amount: 1, currency: 'EUR' }])).toBeNull();
  expect(sumOf([])).toBeNull();
});

import { expect, test } from 'vitest';
import { median, medianRatio, percentile, table } from './figures.ts';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

test('a percentile is a value that was measured, by the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('the ratio is taken in each round, so that a slow moment of the machine does not count for one side', () => {
  const rounds = [
    { product: 50, limit: 100 },
    { product: 5, limit: 10 },
    { product: 90, limit: 100 },
  ];
  expect(medianRatio(rounds)).toBe(0.5);
});

test('a table has a line under its head', () => {
  expect(table(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
});

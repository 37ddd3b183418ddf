import { expect, test } from 'vitest';
import { foldAt } from './fold.ts';

test('a text of 40 lines is shown whole', () => {
  expect(foldAt(Array.from({ length: 40 }, () => 'line').join('\n'))).toBeNull();
});

test('a longer one folds after 40 lines and says how many follow', () => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  const fold = foldAt(text);
  expect(fold?.restLines).toBe(60);
  expect(
    text
      .slice(0, fold?.end)
      .split('\n')
      .filter((line) => line !== ''),
  ).toHaveLength(40);
});

test('one endless line folds by its length', () => {
  const fold = foldAt('x'.repeat(100_000));
  expect(fold?.end).toBe(3600);
  expect(fold?.restLines).toBe(Math.ceil(100_000 / 90) - 40);
});

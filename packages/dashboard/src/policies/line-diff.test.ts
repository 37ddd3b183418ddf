import { expect, test } from 'vitest';
import { diffLines } from './line-diff.ts';

const marks = (before: string, after: string): string =>
  diffLines(before, after)
    .map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`)
    .join('\n');

test('lines that stay are kept, those that go and come are marked at their place', () => {
  expect(marks('a\nb\nc\nd\n', 'a\nx\nc\nd\ne\n')).toBe(' a\n-b\n+x\n c\n d\n+e');
});

test('the same text has no difference', () => {
  expect(diffLines('a\nb', 'a\nb').every(({ kind }) => kind === 'same')).toBe(true);
});

test('lines carry their numbers in both texts', () => {
  expect(diffLines('a\nb\nc', 'a\nc').map(({ before, after }) => [before, after])).toEqual([
    [1, 1],
    [2, null],
    [3, 2],
  ]);
});

test('adding and removing everything works', () => {
  expect(marks('a\nb', 'c')).toBe('-a\n-b\n+c');
});

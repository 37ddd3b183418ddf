import { describe, expect, test } from 'vitest';
import { boundOf, grantSentence, hasUnnameable, kindsFor, rowsFrom } from './bounds.ts';

describe('the bounds of a grant', () => {
  test('begin as narrow as the call they come from, members by dotted path', () => {
    expect(
      rowsFrom({ to: 'ana', amount: 5, notify: { sms: false } }).map((row) => [row.argument, row.kind, row.text]),
    ).toEqual([
      ['to', 'equals', 'ana'],
      ['amount', 'equals', '5'],
      ['notify.sms', 'equals', 'false'],
    ]);
  });
  test('offer a pattern for texts and a ceiling for numbers only', () => {
    expect([kindsFor('x'), kindsFor(1), kindsFor(true)]).toEqual([
      ['equals', 'like', 'any'],
      ['equals', 'at_most', 'any'],
      ['equals', 'any'],
    ]);
  });
  test('are refused where their text is no bound', () => {
    expect(boundOf({ argument: 'amount', value: 5, kind: 'at_most', text: 'much' })).toBeInstanceOf(Error);
    expect(boundOf({ argument: 'to', value: 'a', kind: 'like', text: '' })).toBeInstanceOf(Error);
    expect(boundOf({ argument: 'amount', value: 5, kind: 'at_most', text: '50' })).toEqual({
      argument: 'amount',
      at_most: 50,
    });
  });
  test('say when an argument can not be named in them', () => {
    expect([hasUnnameable({ 'a b': 1 }), hasUnnameable({ a: { 'b/c': 1 } }), hasUnnameable({ a: { b: 1 } })]).toEqual([
      true,
      true,
      false,
    ]);
  });
  test('read as a sentence', () => {
    expect(
      grantSentence({
        bounds: {
          bounds: [
            { argument: 'to', like: 'a*' },
            { argument: 'n', at_most: 5 },
          ],
          uses_max: 1,
          total: { argument: 'n', at_most: 20 },
        },
      }),
    ).toBe('to like a*, n at most 5; 1 use; n up to 20 in all');
  });
});

import { describe, expect, test } from 'vitest';
import { csvOf } from './csv.ts';
import { hourWord, zoneWord } from './days.ts';
import { type Stat, fasterBy, moreBy, pointsBy } from './words.ts';

describe('compared with the days before', () => {
  test('times are faster or slower', () => {
    expect(fasterBy(252, 290)).toBe('38 s faster than before');
    expect(fasterBy(400, 100)).toBe('5m 00s slower than before');
    expect(fasterBy(100, 100.01)).toBe('as fast as before');
    expect(fasterBy(100, null)).toBeNull();
  });
  test('shares differ by points', () => {
    expect(pointsBy(0.134, 0.123)).toBe('1.1 points more than before');
    expect(pointsBy(0, 0.5)).toBe('50.0 points less than before');
    expect(pointsBy(0.1, 0.1)).toBe('as before');
  });
  test('counts by a percentage, or in times', () => {
    expect(moreBy(112, 100)).toBe('12 % more than before');
    expect(moreBy(50, 100)).toBe('50 % fewer than before');
    expect(moreBy(250, 100)).toBe('2.5 times as many as before');
    expect(moreBy(5, 0)).toBeNull();
  });
});

test('hours and zones read as people say them', () => {
  expect(hourWord('friday-23')).toBe('Friday, 23:00 to 00:00');
  expect(zoneWord('Asia/Kolkata', 0)).toBe('Asia/Kolkata (GMT+5:30)');
  expect(zoneWord('UTC', 0)).toBe('UTC');
});

test('a name that looks like a formula or holds a comma stays a name in the CSV', () => {
  const row: Stat = {
    key: 'agt_1',
    name: '=HYPERLINK("x"), Ltd',
    approved: 1,
    approved_with_edits: 0,
    rejected: 2,
    expired: 0,
    cancelled: 0,
    median_seconds: 1.5,
    p95_seconds: null,
    unchanged_share: 0.25,
    quick_share: 0,
  };
  expect(csvOf([row]).split('\r\n')).toEqual([
    'key,name,approved,approved_with_edits,rejected,expired,cancelled,median_seconds,p95_seconds,unchanged_share,quick_share',
    `agt_1,"'=HYPERLINK(""x""), Ltd",1,0,2,0,0,1.5,,0.25,0`,
    '',
  ]);
});

import { describe, expect, test } from 'vitest';
import { formatAge, formatAgo, formatCountdown, formatDuration, urgencyOf } from './time.ts';

const minutes = (count: number): number => count * 60_000;

describe('a countdown', () => {
  test('shows minutes and seconds under an hour, and never skips to a lower second early', () => {
    expect(formatCountdown(minutes(11) + 41_000)).toBe('11:41');
    expect(formatCountdown(40_100)).toBe('0:41');
    expect(formatCountdown(1)).toBe('0:01');
  });
  test('shows hours and minutes under a day, days and hours beyond', () => {
    expect(formatCountdown(minutes(125))).toBe('2h 05m');
    expect(formatCountdown(minutes(60 * 76))).toBe('3d 4h');
  });
  test('stops at zero', () => {
    expect(formatCountdown(-5000)).toBe('0:00');
  });
  test('turns amber under 20 minutes and red under 5', () => {
    expect([urgencyOf(minutes(21)), urgencyOf(minutes(19)), urgencyOf(minutes(4))]).toEqual(['calm', 'soon', 'now']);
  });
});

describe('a duration', () => {
  test.each([
    [340, '340 ms'],
    [4200, '4.2 s'],
    [12_400, '12 s'],
    [252_000, '4m 12s'],
    [59_700, '1m 00s'],
    [minutes(134), '2h 14m'],
    [minutes(60 * 28), '1d 4h'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('an age', () => {
  test('is relative under a day and absolute beyond', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(formatAgo('2026-11-21T11:48:00Z', now)).toBe('12m ago');
    expect(formatAgo('2026-11-21T11:59:58Z', now)).toBe('just now');
    expect(formatAgo('2026-11-18T11:48:00Z', now)).toContain('18');
    expect(formatAge(minutes(60 * 5))).toBe('5h');
  });
});

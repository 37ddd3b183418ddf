import { describe, expect, test } from 'vitest';
import { inZone } from './answers.ts';
import { driverOf, momentOf, secondsOf } from './timing.ts';

describe('a time of theirs', () => {
  test.each([
    ['2026-12-25T00:00:00Z', 'Asia/Kolkata', '2026-12-25T00:00:00.000Z'],
    ['2026-12-25T00:00:00+05:30', 'UTC', '2026-12-24T18:30:00.000Z'],
    ['2026-12-25T09:30:00', 'Asia/Kolkata', '2026-12-25T04:00:00.000Z'],
    ['2026-12-25 09:30', 'UTC', '2026-12-25T09:30:00.000Z'],
    ['2026-07-01T12:00:00', 'America/New_York', '2026-07-01T16:00:00.000Z'],
    // An hour after the clocks have gone forward.
    ['2026-03-29T03:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ])('%s in %s', (text, timeZone, wanted) => {
    expect(momentOf({ clocked_run_at: text, clocked_timezone: timeZone }).toISOString()).toBe(wanted);
  });

  test.each([
    ['tomorrow', 'UTC'],
    ['2026-13-40T00:00:00Z', 'UTC'],
    ['2026-12-25T00:00:00Z', 'Mars/Olympus'],
  ])('%s in %s is refused', (text, timeZone) => {
    expect(() => momentOf({ clocked_run_at: text, clocked_timezone: timeZone })).toThrow(/Invalid field value/);
  });
});

test('times are told in a time zone, with the offset that holds then', () => {
  expect(inZone(new Date('2026-03-06T12:00:00Z'), 'Asia/Kolkata')).toBe('2026-03-06T17:30:00+05:30');
  expect(inZone(new Date('2026-07-06T00:00:00Z'), 'America/New_York')).toBe('2026-07-05T20:00:00-04:00');
  expect(inZone(new Date('2026-03-06T00:00:00.9Z'), 'UTC')).toBe('2026-03-06T00:00:00+00:00');
});

test('intervals are told in the largest unit that fits', () => {
  for (const [value, period] of [
    [90, 'second'],
    [15, 'minute'],
    [2, 'hour'],
  ] as const) {
    const every = secondsOf({ interval_value: value, interval_period: period });
    expect(driverOf({ type: 'interval', every_seconds: every, starts_at: '2026-01-01T00:00:00Z' })).toMatchObject({
      type: 'interval',
      interval_value: value,
      interval_period: period,
    });
  }
});

import { expect, test } from 'vitest';
import { NotificationPreference, PLAIN_PREFERENCE, placeFor } from './preference.ts';

const preference = (given: object) => NotificationPreference.parse(given);
const at = (text: string): number => Date.parse(text);
const when = (given: object, priority: 'low' | 'high' | 'critical', now: string): string | null => {
  const place = placeFor(preference(given), 'email', priority, at(now));
  return place && new Date(place.atMs).toISOString();
};

const NIGHT = { time_zone: 'Europe/Berlin', quiet_hours: { from: '22:00', to: '07:30' } };

test('without a preference everything comes at once', () => {
  expect(placeFor(PLAIN_PREFERENCE, 'email', 'low', 5)).toEqual({ atMs: 5, isDigest: false });
});

test('quiet hours of the person’s own zone hold it until they end, over midnight too', () => {
  expect(when(NIGHT, 'low', '2026-01-10T20:59:00Z')).toBe('2026-01-10T20:59:00.000Z');
  expect(when(NIGHT, 'low', '2026-01-10T21:00:00Z')).toBe('2026-01-11T06:30:00.000Z');
  expect(when(NIGHT, 'high', '2026-01-11T02:00:00Z')).toBe('2026-01-11T06:30:00.000Z');
  expect(when(NIGHT, 'low', '2026-01-11T06:30:00Z')).toBe('2026-01-11T06:30:00.000Z');
});

test('in the night in which the clocks change they end by the clock on the wall', () => {
  // On 29 March 2026 Berlin goes from 02:00 to 03:00: 07:30 is an hour earlier in UTC.
  expect(when(NIGHT, 'low', '2026-03-28T22:00:00Z')).toBe('2026-03-29T05:30:00.000Z');
});

test('quiet hours within a day end on that day', () => {
  expect(when({ quiet_hours: { from: '12:00', to: '13:00' } }, 'low', '2026-01-10T12:30:00Z')).toBe(
    '2026-01-10T13:00:00.000Z',
  );
});

test('what is critical comes all the same, or from the priority that the person says', () => {
  expect(when(NIGHT, 'critical', '2026-01-11T02:00:00Z')).toBe('2026-01-11T02:00:00.000Z');
  expect(when({ ...NIGHT, quiet_except: 'high' }, 'high', '2026-01-11T02:00:00Z')).toBe('2026-01-11T02:00:00.000Z');
});

test('a kind that is off, or a priority below the least, is not told', () => {
  expect(when({ kinds: { email: { enabled: false } } }, 'critical', '2026-01-11T02:00:00Z')).toBeNull();
  expect(when({ kinds: { email: { priority_min: 'high' } } }, 'low', '2026-01-11T02:00:00Z')).toBeNull();
  expect(when({ kinds: { slack: { enabled: false } } }, 'low', '2026-01-11T02:00:00Z')).not.toBeNull();
});

test('a digest comes at the hour or at eight in the morning, and not in quiet hours', () => {
  expect(when({ kinds: { email: { digest: 'hourly' } } }, 'low', '2026-01-11T10:20:00Z')).toBe(
    '2026-01-11T11:00:00.000Z',
  );
  expect(when({ kinds: { email: { digest: 'daily' } } }, 'low', '2026-01-11T10:20:00Z')).toBe(
    '2026-01-12T08:00:00.000Z',
  );
  expect(when({ ...NIGHT, kinds: { email: { digest: 'hourly' } } }, 'low', '2026-01-11T20:20:00Z')).toBe(
    '2026-01-12T06:30:00.000Z',
  );
});

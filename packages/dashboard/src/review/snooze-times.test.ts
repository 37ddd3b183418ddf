import { expect, test } from 'vitest';
import { snoozeTimes } from './snooze-times.ts';

/** A Thursday, ten to five in the afternoon. */
const NOW = new Date(2026, 10, 26, 16, 50);

test('offers moments of the day and the week', () => {
  expect(snoozeTimes(NOW, null).map(({ label, until }) => [label, until])).toEqual([
    ['15 minutes', new Date(2026, 10, 26, 17, 5)],
    ['1 hour', new Date(2026, 10, 26, 17, 50)],
    ['4 hours', new Date(2026, 10, 26, 20, 50)],
    ['Tomorrow morning', new Date(2026, 10, 27, 9)],
    ['Monday morning', new Date(2026, 10, 30, 9)],
  ]);
});

test('on a Sunday, tomorrow is Monday, once', () => {
  expect(snoozeTimes(new Date(2026, 10, 29, 12), null).map(({ label }) => label)).not.toContain('Monday morning');
});

test('on a Monday, Monday morning is the next one', () => {
  expect(snoozeTimes(new Date(2026, 10, 30, 12), null).at(-1)?.until).toEqual(new Date(2026, 11, 7, 9));
});

test('nothing is put off beyond its end, and shortly before it is one of the choices', () => {
  const labels = (deadline: Date) => snoozeTimes(NOW, deadline).map(({ label }) => label);
  expect(labels(new Date(2026, 10, 26, 18))).toEqual(['15 minutes', '1 hour', '5 minutes before its end']);
  expect(labels(new Date(2026, 10, 26, 17))).toEqual(['5 minutes before its end']);
  expect(labels(new Date(2026, 10, 26, 16, 54))).toEqual([]);
});

import { expect, test } from 'vitest';
import { draftOf, intervalWords, newDraft, timingFrom, timingWords } from './timing-words.ts';

test.each([
  [1, 'every second'],
  [90, 'every 90 seconds'],
  [900, 'every 15 minutes'],
  [3600, 'every hour'],
  [172_800, 'every 2 days'],
])('%i seconds are "%s"', (seconds, words) => {
  expect(intervalWords(seconds)).toBe(words);
});

test('each kind is said in words', () => {
  const format = () => 'tomorrow';
  expect(timingWords({ type: 'cron', cron: '0 9 * * *', time_zone: 'UTC' }, format)).toBe('0 9 * * * (UTC)');
  expect(timingWords({ type: 'once', at: '2027-01-01T00:00:00Z' }, format)).toBe('once, tomorrow');
});

test.each([
  { type: 'cron', cron: '*/5 * * * *', time_zone: 'Asia/Kolkata' },
  { type: 'interval', every_seconds: 5400, starts_at: '2027-01-01T00:00:00.000Z' },
  { type: 'once', at: '2027-06-01T08:30:00.000Z' },
] as const)('a form that begins with $type sends the same again', (timing) => {
  const { starts_at: _, ...expected } = { starts_at: '', ...timing };
  expect(timingFrom(draftOf(timing, 'UTC'))).toEqual(expected);
});

test.each([
  [{ cron: ' ' }, 'Say when'],
  [{ type: 'interval', count: '1.5' }, 'Say how often, as a whole number'],
  [{ type: 'once', at: '' }, 'Say at which moment'],
] as const)('%j is not sent', (change, why) => {
  expect(timingFrom({ ...newDraft('UTC'), ...change })).toBe(why);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LATE_MS, QUEUED_MAX, RUNS_AT_ONCE_MAX, admitRun, planDue } from './due.ts';
import { MOMENTS_MAX, type Timing, momentsBetween, nextMoment, nextMoments, timingProblem } from './timing.ts';

const at = (text: string): number => Date.parse(text);
const cron = (text: string, zone = 'UTC'): Timing => ({ type: 'cron', cron: text, time_zone: zone });
const every = (seconds: number, start = '2027-01-01T00:00:00Z'): Timing => ({
  type: 'interval',
  every_seconds: seconds,
  starts_at: start,
});
const shown = (timing: Timing, after: string, count = 3): string[] =>
  nextMoments(timing, at(after), count).map((ms) => new Date(ms).toISOString().slice(0, 16));

describe('a cron expression', () => {
  test('follows the clocks of its time zone', () => {
    expect(shown(cron('0 9 * * 1-5', 'Europe/Berlin'), '2027-03-25T12:00:00Z')).toEqual([
      '2027-03-26T08:00',
      '2027-03-29T07:00',
      '2027-03-30T07:00',
    ]);
  });

  test.each(['30 2 * * *', '30 2,14 * * *'])('%s: a time of day that the change skips runs after the gap', (text) => {
    expect(shown(cron(text, 'Europe/Berlin'), '2027-03-27T20:00:00Z', 1)).toEqual(['2027-03-28T01:00']);
  });

  test('a time of day that comes twice runs once', () => {
    expect(shown(cron('30 2 * * *', 'Europe/Berlin'), '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30',
      '2027-11-01T01:30',
    ]);
  });

  test('with a wildcard runs on through both changes', () => {
    expect(shown(cron('0 * * * *', 'Europe/Berlin'), '2027-10-30T23:30:00Z', 4)).toEqual([
      '2027-10-31T00:00',
      '2027-10-31T01:00',
      '2027-10-31T02:00',
      '2027-10-31T03:00',
    ]);
    expect(shown(cron('0 * * * *', 'Europe/Berlin'), '2027-03-28T00:30:00Z', 2)).toEqual([
      '2027-03-28T01:00',
      '2027-03-28T02:00',
    ]);
  });

  test('with both a day and a weekday runs on either', () => {
    expect(shown(cron('0 0 2 * 1'), '2027-01-01T00:00:00Z', 3)).toEqual([
      '2027-01-02T00:00',
      '2027-01-04T00:00',
      '2027-01-11T00:00',
    ]);
  });

  test.each([
    ['61 * * * *', '/cron'],
    ['* * * *', '/cron'],
    ['2027-01-01T00:00:00', '/cron'],
    ['0 0 31 2 *', '/cron'],
    ['@reboot', '/cron'],
    ['every day', '/cron'],
  ])('%s is refused with the reason', (text, pointer) => {
    expect(timingProblem(cron(text), at('2027-01-01T00:00:00Z'))).toMatchObject({ pointer });
  });

  test('in no time zone there is, is refused', () => {
    expect(timingProblem(cron('0 9 * * *', 'Mars/Olympus'), 0)).toMatchObject({ pointer: '/time_zone' });
  });
});

test('an interval keeps its distance from its beginning, whenever it is asked', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: -1e9, max: 1e9 }), (seconds, offset) => {
      const start = at('2027-01-01T00:00:00Z');
      const next = nextMoment(every(seconds), start + offset) ?? 0;
      expect(next).toBeGreaterThan(offset < 0 ? start - 1 : start + offset);
      expect((next - start) % (seconds * 1000)).toBe(0);
      if (offset >= 0) expect(next - (start + offset)).toBeLessThanOrEqual(seconds * 1000);
    }),
  );
});

test('one moment that is over is refused', () => {
  expect(timingProblem({ type: 'once', at: '2027-01-01T00:00:00Z' }, at('2027-01-01T00:00:00Z'))).toMatchObject({
    pointer: '/at',
  });
});

describe('after a standstill', () => {
  const hourly = cron('0 * * * *');
  const from = at('2027-01-01T01:00:00Z');
  const now = at('2027-01-01T05:00:30Z');

  test('`skip` runs only what is due this minute, and says what was missed', () => {
    expect(planDue(hourly, 'skip', from, now)).toEqual({
      runs: [{ atMs: at('2027-01-01T05:00:00Z'), count: 1 }],
      missed: { atMs: at('2027-01-01T04:00:00Z'), count: 4 },
      nextAtMs: at('2027-01-01T06:00:00Z'),
    });
  });

  test('`run_once` runs once for all of them', () => {
    expect(planDue(hourly, 'run_once', from, now)).toMatchObject({
      runs: [{ atMs: at('2027-01-01T05:00:00Z'), count: 5 }],
      missed: null,
    });
  });

  test('`run_all` runs each of them, up to a bound', () => {
    expect(planDue(hourly, 'run_all', from, now).runs).toHaveLength(5);
    const minutes = planDue(cron('* * * * *'), 'run_all', from, now);
    expect(minutes.runs).toHaveLength(RUNS_AT_ONCE_MAX);
    expect(minutes.missed).toEqual({ atMs: (minutes.runs[0]?.atMs ?? 0) - 60_000, count: 241 - RUNS_AT_ONCE_MAX });
  });

  test.each([every(1), cron('* * * * * *')])('of years, the moments of the end are taken (%j)', (timing) => {
    const moments = momentsBetween(timing, at('2027-01-01T00:00:00Z'), at('2029-01-01T00:00:00.500Z'));
    expect(moments).toHaveLength(MOMENTS_MAX);
    expect(moments.at(-1)).toBe(at('2029-01-01T00:00:00Z'));
    expect(moments[0]).toBe(at('2029-01-01T00:00:00Z') - (MOMENTS_MAX - 1) * 1000);
  });

  test('no moment is lost and none comes twice, however late and in how many goes', () => {
    const seconds = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(seconds, fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 20 }), (distance, lates) => {
        const timing = every(distance);
        let next: number | null = at('2027-01-01T00:00:00Z');
        let clock = next;
        let counted = 0;
        for (const late of lates) {
          clock += late * 1000;
          const due = planDue(timing, 'skip', next ?? 0, clock);
          counted += due.runs.length + (due.missed?.count ?? 0);
          expect(due.runs.every(({ atMs }) => clock - atMs <= LATE_MS)).toBe(true);
          next = due.nextAtMs;
        }
        const expected = Math.floor((clock - at('2027-01-01T00:00:00Z')) / (distance * 1000)) + 1;
        expect(counted).toBe(lates.length === 0 ? 0 : expected);
      }),
    );
  });
});

test('a run beside one that has not ended is skipped, waits, or starts, as the schedule says', () => {
  expect(admitRun('skip', 0, 0)).toBe('start');
  expect(admitRun('skip', 1, 0)).toEqual({ skip: 'the run before it has not ended' });
  expect(admitRun('queue', 1, 0)).toBe('queue');
  expect(admitRun('queue', 0, 1)).toBe('queue');
  expect(admitRun('queue', 1, QUEUED_MAX)).toHaveProperty('skip');
  expect(admitRun('allow', 5, 0)).toBe('start');
});

import { describe, expect, it } from 'vitest';
import { type SunEvent, type SunTiming, nextSunMoment } from './sun.ts';
import { MOMENTS_MAX, momentsBetween, nextMoments, timingProblem } from './timing.ts';

const at = (event: SunEvent, latitude: number, longitude: number, offset = 0): SunTiming => ({
  type: 'sun',
  event,
  latitude,
  longitude,
  offset_seconds: offset,
});
const next = (timing: SunTiming, after: string): string | null => {
  const moment = nextSunMoment(timing, Date.parse(after));
  return moment === null ? null : new Date(moment).toISOString();
};

const BERLIN = [52.52, 13.405] as const;
const minutesApart = (a: string | null, b: string): number => Math.abs(Date.parse(a ?? '') - Date.parse(b)) / 60_000;

describe('a moment by the sun', () => {
  // From published almanacs, which give whole minutes.
  it.each([
    ['sunrise', ...BERLIN, '2026-06-21T00:00:00Z', '2026-06-21T02:43:00Z'],
    ['sunset', ...BERLIN, '2026-06-21T00:00:00Z', '2026-06-21T19:33:00Z'],
    ['sunrise', 51.5074, -0.1278, '2026-12-21T00:00:00Z', '2026-12-21T08:04:00Z'],
    ['sunset', 51.5074, -0.1278, '2026-12-21T00:00:00Z', '2026-12-21T15:53:00Z'],
    ['sunrise', 40.7128, -74.006, '2026-03-20T04:00:00Z', '2026-03-20T10:59:00Z'],
    ['sunset', 40.7128, -74.006, '2026-03-20T04:00:00Z', '2026-03-20T23:08:00Z'],
  ] as const)('%s at %f, %f after %s is %s', (event, latitude, longitude, after, expected) => {
    expect(minutesApart(next(at(event, latitude, longitude), after), expected)).toBeLessThan(1.5);
  });

  it('goes through the day in order, and comes once a day', () => {
    const day: SunEvent[] = ['dawn_astronomical', 'dawn_nautical', 'dawn_civil', 'sunrise', 'solar_noon', 'sunset'];
    const moments = [...day, 'dusk_civil', 'dusk_nautical', 'dusk_astronomical'].map((event) =>
      next(at(event as SunEvent, 35, 0), '2026-03-01T00:00:00Z'),
    );
    expect(moments).toEqual(moments.toSorted());
    const rises = nextMoments(at('sunrise', ...BERLIN), Date.parse('2026-01-01T00:00:00Z'), 365);
    for (const [index, rise] of rises.entries())
      if (index > 0) expect(Math.abs(rise - (rises[index - 1] ?? 0) - 86_400_000)).toBeLessThan(180_000);
  });

  it('is apart from the event by the offset, and waits through the polar night', () => {
    const plain = nextSunMoment(at('sunset', ...BERLIN), Date.parse('2026-05-01T00:00:00Z')) ?? 0;
    expect(nextSunMoment(at('sunset', ...BERLIN, -1800), Date.parse('2026-05-01T00:00:00Z'))).toBe(plain - 1_800_000);
    expect(next(at('sunrise', 69.65, 18.96), '2026-12-01T00:00:00Z')).toMatch(/^2027-01-1[3-7]/);
  });

  it('is refused where it never comes, and counted back no further than is counted', () => {
    expect(timingProblem(at('sunrise', 90, 0), Date.parse('2026-12-01T00:00:00Z'))).toMatchObject({
      pointer: '/event',
    });
    const from = nextSunMoment(at('solar_noon', 0, 0), Date.parse('2020-01-01T00:00:00Z')) ?? 0;
    const until = Date.parse('2026-01-01T00:00:00Z');
    const moments = momentsBetween(at('solar_noon', 0, 0), from, until);
    expect(moments.length).toBe(MOMENTS_MAX);
    expect(until - (moments.at(-1) ?? 0)).toBeLessThan(86_400_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calendar, CalendarSchema, WEEKDAYS, addWorkingTime, workingTimeBetween } from './calendar.ts';

const HOUR = 3_600_000;
const office = (timeZone: string, over: Partial<Calendar> = {}): Calendar => ({
  time_zone: timeZone,
  days: Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [{ from: '09:00', to: '17:00' }]])),
  holidays: [],
  ...over,
});
const always = (timeZone: string): Calendar => ({
  time_zone: timeZone,
  days: Object.fromEntries(WEEKDAYS.map((day) => [day, [{ from: '00:00', to: '24:00' }]])),
  holidays: [],
});
const at = (text: string): number => Date.parse(text);
const after = (calendar: Calendar, from: string, hours: number): string | null => {
  const end = addWorkingTime(calendar, at(from), hours * HOUR);
  return end === null ? null : new Date(end).toISOString();
};

describe('working time', () => {
  it('counts only in office hours, over nights and weekends', () => {
    const berlin = office('Europe/Berlin');
    // Friday 2026-01-16, 16:00 in Berlin is 15:00 UTC.
    expect(after(berlin, '2026-01-16T15:00:00Z', 1)).toBe('2026-01-16T16:00:00.000Z');
    expect(after(berlin, '2026-01-16T15:00:00Z', 2)).toBe('2026-01-19T09:00:00.000Z');
    expect(after(berlin, '2026-01-17T12:00:00Z', 0.5)).toBe('2026-01-19T08:30:00.000Z');
  });
  it('leaves holidays out, by the day of the calendar’s own zone', () => {
    const kolkata = office('Asia/Kolkata', { holidays: ['2026-01-26'] });
    // Friday 23rd 17:00 IST is 11:30 UTC; Monday 26th is a holiday.
    expect(after(kolkata, '2026-01-23T11:30:00Z', 1)).toBe('2026-01-27T04:30:00.000Z');
    expect(workingTimeBetween(kolkata, at('2026-01-25T18:30:00Z'), at('2026-01-26T18:30:00Z'))).toBe(0);
  });
  it('follows the clock of its zone over both changes', () => {
    // Berlin: +1 until 2026-03-29, +2 until 2026-10-25. New York: 2026-03-08 and 2026-11-01. Monday morning after each.
    expect(after(office('Europe/Berlin'), '2026-03-27T16:00:00Z', 1)).toBe('2026-03-30T08:00:00.000Z');
    expect(after(office('Europe/Berlin'), '2026-10-23T15:00:00Z', 1)).toBe('2026-10-26T09:00:00.000Z');
    expect(after(office('America/New_York'), '2026-03-06T22:00:00Z', 1)).toBe('2026-03-09T14:00:00.000Z');
    expect(after(office('America/New_York'), '2026-10-30T21:00:00Z', 1)).toBe('2026-11-02T15:00:00.000Z');
    expect(after(office('Asia/Kolkata'), '2026-03-27T11:30:00Z', 1)).toBe('2026-03-30T04:30:00.000Z');
  });
  it('has 23 hours on the day that loses one and 25 on the day that gains one', () => {
    const day = (zone: string, from: string, to: string): number =>
      workingTimeBetween(always(zone), at(from), at(to)) / HOUR;
    expect(day('Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toBe(23);
    expect(day('Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toBe(25);
    expect(day('America/New_York', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z')).toBe(23);
    expect(day('America/New_York', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z')).toBe(25);
  });
  it('counts no moment twice where a clock change moves one span into the next, or spans overlap as written', () => {
    const early: Calendar = {
      time_zone: 'Europe/Berlin',
      days: {
        sunday: [
          { from: '02:00', to: '02:30' },
          { from: '03:00', to: '04:00' },
        ],
      },
      holidays: [],
    };
    // 02:00 to 03:00 does not exist on 2026-03-29.
    expect(workingTimeBetween(early, at('2026-03-29T00:00:00Z'), at('2026-03-29T12:00:00Z'))).toBe(HOUR);
    const twice: Calendar = {
      ...early,
      days: {
        monday: [
          { from: '09:00', to: '13:00' },
          { from: '12:00', to: '15:00' },
        ],
      },
    };
    expect(workingTimeBetween(twice, at('2026-01-19T00:00:00Z'), at('2026-01-20T00:00:00Z'))).toBe(6 * HOUR);
  });
  it('goes on over midnight where one shift ends at 24:00 and the next begins at 00:00', () => {
    const night: Calendar = {
      time_zone: 'America/New_York',
      days: { monday: [{ from: '22:00', to: '24:00' }], tuesday: [{ from: '00:00', to: '06:00' }] },
      holidays: [],
    };
    // Monday 2026-01-19, 22:00 in New York is 03:00 UTC on Tuesday.
    expect(after(night, '2026-01-20T03:00:00Z', 5)).toBe('2026-01-20T08:00:00.000Z');
    expect(after(night, '2026-01-20T03:00:00Z', 9)).toBe('2026-01-27T04:00:00.000Z');
  });
  it('of no length ends at once in working hours, and otherwise when they begin', () => {
    const berlin = office('Europe/Berlin');
    expect(after(berlin, '2026-01-16T15:00:00Z', 0)).toBe('2026-01-16T15:00:00.000Z');
    expect(after(berlin, '2026-01-17T15:00:00Z', 0)).toBe('2026-01-19T08:00:00.000Z');
  });
  it('never comes in a calendar without working hours', () => {
    expect(addWorkingTime(office('Europe/Berlin', { days: {} }), at('2026-01-16T15:00:00Z'), 1)).toBeNull();
  });
  it('is 0 between a moment and an earlier one', () => {
    expect(workingTimeBetween(office('Europe/Berlin'), at('2026-01-16T15:00:00Z'), at('2026-01-14T15:00:00Z'))).toBe(0);
  });
  it('between a start and the moment that so much of it leads to is exactly so much', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'UTC',
    );
    const hours = fc.constantFrom(
      ['09:00', '17:00'],
      ['00:00', '24:00'],
      ['01:30', '03:15'],
      ['22:00', '24:00'],
      ['00:00', '02:30'],
    );
    const spans = fc.array(
      hours.map(([from = '', to = '']) => ({ from, to })),
      { maxLength: 3 },
    );
    const days = fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, spans])));
    fc.assert(
      fc.property(
        zones,
        days,
        fc.integer({ min: at('2026-01-01'), max: at('2027-01-01') }),
        fc.integer({ min: 1, max: 200 * HOUR }),
        (zone, open, start, length) => {
          const calendar: Calendar = { time_zone: zone, days: open, holidays: ['2026-05-01', '2026-12-25'] };
          const end = addWorkingTime(calendar, start, length);
          if (end === null) expect(Object.values(open).every((list) => list.length === 0)).toBe(true);
          else {
            expect(workingTimeBetween(calendar, start, end)).toBe(length);
            expect(workingTimeBetween(calendar, start, end - 1)).toBe(length - 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a calendar as written', () => {
  it.each([
    [{ time_zone: 'Mars/Olympus', days: {} }],
    [{ time_zone: 'UTC', days: { monday: [{ from: '17:00', to: '09:00' }] } }],
    [{ time_zone: 'UTC', days: { monday: [{ from: '9:00', to: '17:00' }] } }],
    [{ time_zone: 'UTC', days: { someday: [] } }],
    [{ time_zone: 'UTC', days: {}, holidays: ['2026-02-30'] }],
  ])('is refused where it makes no sense: %j', (definition) => {
    expect(CalendarSchema.safeParse(definition).success).toBe(false);
  });
});

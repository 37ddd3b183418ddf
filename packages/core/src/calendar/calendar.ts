/** Working time: moments and durations that count only while people work, in their time zone, holidays left out. */
import { z } from 'zod';
import { isTimeZone, momentOf, wallMs } from './wall-clock.ts';

/** `HH:MM`, 24 hours; an end of 24:00 is midnight. */
const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time like 09:00');

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const Hours = z
  .strictObject({ from: ClockTime, to: ClockTime })
  .refine(({ from, to }) => from < to, { message: 'must end after it begins' });

/** An IANA name. */
export const TimeZoneSchema = z.string().max(64).refine(isTimeZone, { message: 'is not a known time zone' });

export const CalendarSchema = z.strictObject({
  time_zone: TimeZoneSchema,
  days: z.partialRecord(z.enum(WEEKDAYS), z.array(Hours).max(6)),
  /** Whole days on which nobody works, `YYYY-MM-DD`. */
  holidays: z.array(z.iso.date()).max(2000).default([]),
});

export type Calendar = z.infer<typeof CalendarSchema>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Beyond this a calendar has no working time worth waiting for. */
const SEARCH_DAYS_MAX = 3660;

type Local = { readonly date: string; readonly weekday: Weekday };

const localDay = (timeZone: string, atMs: number): Local => dayOf(wallMs(timeZone, atMs));

const dayOf = (wall: number): Local => {
  const date = new Date(wall);
  const weekday = WEEKDAYS[(date.getUTCDay() + 6) % 7] ?? 'monday';
  return { date: date.toISOString().slice(0, 10), weekday };
};

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** The working spans of one local day as moments, in order. */
const spansOf = (calendar: Calendar, { date, weekday }: Local): { fromMs: number; toMs: number }[] => {
  if (calendar.holidays.includes(date)) return [];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return (
    (calendar.days[weekday] ?? [])
      .map(({ from, to }) => ({
        fromMs: momentOf(calendar.time_zone, midnight + minutesOf(from) * MINUTE_MS),
        toMs: momentOf(calendar.time_zone, midnight + minutesOf(to) * MINUTE_MS),
      }))
      .toSorted((a, b) => a.fromMs - b.fromMs)
      // Spans may overlap as written, or where a clock change moves one into the next: no moment counts twice.
      .reduce<{ fromMs: number; toMs: number }[]>((spans, span) => {
        const last = spans.at(-1);
        if (last && span.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, span.toMs);
        else spans.push(span);
        return spans;
      }, [])
  );
};

const nextDay = ({ date }: Local): Local => dayOf(Date.parse(`${date}T12:00:00Z`) + DAY_MS);

/**
 * The moment at which this much working time has passed. Null if the calendar has too little of it within ten years.
 *
 * @param startMs milliseconds since 1970
 * @param workingMs working time to pass
 */
export const addWorkingTime = (calendar: Calendar, startMs: number, workingMs: number): number | null => {
  let left = workingMs;
  let day = localDay(calendar.time_zone, startMs);
  for (let count = 0; count < SEARCH_DAYS_MAX; count += 1) {
    for (const { fromMs, toMs } of spansOf(calendar, day)) {
      const begin = Math.max(fromMs, startMs);
      if (toMs <= begin) continue;
      if (begin + left <= toMs) return begin + left;
      left -= toMs - begin;
    }
    day = nextDay(day);
  }
  return null;
};

/** Working milliseconds between two moments; 0 if the second is not after the first. */
export const workingTimeBetween = (calendar: Calendar, fromMs: number, toMs: number): number => {
  let total = 0;
  let day = localDay(calendar.time_zone, fromMs);
  const last = localDay(calendar.time_zone, toMs).date;
  for (; day.date <= last; day = nextDay(day))
    for (const span of spansOf(calendar, day))
      total += Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs));
  return total;
};

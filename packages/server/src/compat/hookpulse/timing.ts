/** When HookPulse's schedules run, as timings of ours and back. */
import type { WireSchedule } from '@countersign/contract';
import { SUN_EVENTS, jsonValueSchema } from '@countersign/core';
import { z } from 'zod';
import { inZone, refused } from './answers.ts';

const PERIOD_SECONDS = { second: 1, minute: 60, hour: 3600 } as const;
type Period = keyof typeof PERIOD_SECONDS;

const target = {
  schedule_to: z.enum(['webhook', 'workflow']),
  model_to_schedule_uuid: z.string().min(1),
  initial_context_template: z.record(z.string(), jsonValueSchema).default({}),
};

export const IntervalSchedule = z.object({
  ...target,
  interval_value: z.number().int().min(1).max(8784),
  interval_period: z.enum(['second', 'minute', 'hour']),
  is_one_off_task: z.boolean(),
});
export const CronSchedule = z.object({
  ...target,
  cron_expression: z.string().min(1).max(200),
  cron_timezone: z.string().min(1).max(100),
  is_one_off_task: z.boolean(),
});
export const ClockedSchedule = z.object({
  ...target,
  clocked_run_at: z.string().min(1).max(50),
  clocked_timezone: z.string().min(1).max(100),
});

export const SolarSchedule = z.object({
  ...target,
  solar_event: z.enum(SUN_EVENTS),
  solar_lat: z.number().min(-90).max(90),
  solar_long: z.number().min(-180).max(180),
  /** Minutes after the event. */
  solar_offset: z.number().min(-720).max(720).default(0),
  is_one_off_task: z.boolean().default(false),
});

export type Target = Pick<z.infer<typeof ClockedSchedule>, keyof typeof target>;

export const secondsOf = ({
  interval_value: value,
  interval_period: period,
}: {
  interval_value: number;
  interval_period: Period;
}): number => value * PERIOD_SECONDS[period];

/** The moment of a local time that names no offset. */
const momentIn = (local: string, timeZone: string): Date => {
  const asUtc = new Date(`${local}Z`);
  const offsetMs = (at: Date): number =>
    new Date(`${inZone(at, timeZone).slice(0, 19)}Z`).getTime() - Math.floor(at.getTime() / 1000) * 1000;
  // Twice, since the offset that holds then may be another than the one at the first guess.
  const guess = new Date(asUtc.getTime() - offsetMs(asUtc));
  return new Date(asUtc.getTime() - offsetMs(guess));
};

const LOCAL = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?/;
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

/** @throws Problem `invalid` for what is no time, or no time zone */
export const momentOf = ({
  clocked_run_at: text,
  clocked_timezone: timeZone,
}: {
  clocked_run_at: string;
  clocked_timezone: string;
}): Date => {
  if (!isTimeZone(timeZone)) throw refused('Invalid field value: clocked_timezone');
  const at = LOCAL.test(text)
    ? OFFSET.test(text)
      ? new Date(text)
      : momentIn(text.replace(' ', 'T'), timeZone)
    : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) throw refused('Invalid field value: clocked_run_at');
  return at;
};

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
};

const NONE = {
  interval_value: null,
  interval_period: null,
  cron_expression: null,
  cron_timezone: null,
  clocked_run_at: null,
  clocked_timezone: null,
  solar_event: null,
  solar_lat: null,
  solar_long: null,
  solar_offset: null,
};

const periodOf = (seconds: number): { interval_value: number; interval_period: Period } => {
  const period = (['hour', 'minute'] as const).find((unit) => seconds % PERIOD_SECONDS[unit] === 0) ?? 'second';
  return { interval_value: seconds / PERIOD_SECONDS[period], interval_period: period };
};

/** A timing of ours in their words. One that runs once is clocked, whatever it was made from. */
export const driverOf = (timing: WireSchedule['timing']) => {
  switch (timing.type) {
    case 'interval':
      return { ...NONE, type: 'interval', is_one_off: false, ...periodOf(timing.every_seconds) };
    case 'cron':
      return {
        ...NONE,
        type: 'cron',
        is_one_off: false,
        cron_expression: timing.cron,
        cron_timezone: timing.time_zone,
      };
    case 'sun':
      return {
        ...NONE,
        type: 'solar',
        is_one_off: false,
        solar_event: timing.event,
        solar_lat: timing.latitude,
        solar_long: timing.longitude,
        solar_offset: timing.offset_seconds / 60,
      };
    case 'once':
      return { ...NONE, type: 'clocked', is_one_off: true, clocked_run_at: timing.at, clocked_timezone: 'UTC' };
  }
};

/**
 * When a schedule runs: at the times of a cron expression in a time zone, at a fixed distance, by the sun, or once. Pure: moments are
 * milliseconds since 1970, and none is read from a clock. Cron and clock changes are croner's (MIT, no dependencies).
 */
import { Cron } from 'croner';
import { type SunTiming, nextSunMoment } from './sun.ts';

export type Timing =
  | { readonly type: 'cron'; readonly cron: string; readonly time_zone: string }
  | { readonly type: 'interval'; readonly every_seconds: number; readonly starts_at: string }
  | { readonly type: 'once'; readonly at: string }
  | SunTiming;

export type TimingProblem = { readonly pointer: string; readonly detail: string };

/** Five fields, or six with seconds first, or a name such as `@daily`; croner would also take a date. */
const CRON_SHAPE = /^(@[a-z]+|\S+(\s+\S+){4,5})$/i;

const cronOf = ({ cron, time_zone: timezone }: Extract<Timing, { type: 'cron' }>): Cron =>
  // As in Vixie cron: a time of day that the change of clocks skips runs after the gap, one that comes twice runs once.
  new Cron(cron, { timezone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });

/** What is wrong with it, in a sentence; null if nothing. */
export const timingProblem = (timing: Timing, nowMs: number): TimingProblem | null => {
  switch (timing.type) {
    case 'once':
      return Date.parse(timing.at) > nowMs ? null : { pointer: '/at', detail: 'is in the past' };
    case 'interval':
      return null;
    case 'sun':
      return nextSunMoment(timing, nowMs) === null
        ? { pointer: '/event', detail: 'does not happen at this place within a year' }
        : null;
    case 'cron':
      return cronProblem(timing, nowMs);
  }
};

const cronProblem = (timing: Extract<Timing, { type: 'cron' }>, nowMs: number): TimingProblem | null => {
  if (!isTimeZone(timing.time_zone))
    return { pointer: '/time_zone', detail: 'is no time zone of the IANA database, such as Europe/Berlin' };
  if (!CRON_SHAPE.test(timing.cron.trim()))
    return {
      pointer: '/cron',
      detail: 'must have five fields (minute hour day month weekday), or six with seconds first',
    };
  try {
    return nextMoment(timing, nowMs) === null
      ? { pointer: '/cron', detail: 'names no moment that will ever come' }
      : null;
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^Cron\w+: /, '') : 'can not be read';
    return { pointer: '/cron', detail: words };
  }
};

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
};

/** The first moment later than this one; null if there is none. */
export const nextMoment = (timing: Timing, afterMs: number): number | null => {
  switch (timing.type) {
    case 'once': {
      const at = Date.parse(timing.at);
      return at > afterMs ? at : null;
    }
    case 'interval': {
      const start = Date.parse(timing.starts_at);
      const every = timing.every_seconds * 1000;
      return afterMs < start ? start : start + (Math.floor((afterMs - start) / every) + 1) * every;
    }
    case 'sun':
      return nextSunMoment(timing, afterMs);
    case 'cron':
      return cronOf(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
  }
};

/** The next so many moments after this one. */
export const nextMoments = (timing: Timing, afterMs: number, count: number): number[] => {
  const moments: number[] = [];
  for (let at = nextMoment(timing, afterMs); at !== null && moments.length < count; at = nextMoment(timing, at))
    moments.push(at);
  return moments;
};

/** More moments in one gap than this are not counted: the time of a long standstill is bounded. */
export const MOMENTS_MAX = 1000;

/** The moments from `fromMs` to `toMs`, both included; the last ones where there are more than may be counted. */
export const momentsBetween = (timing: Timing, fromMs: number, toMs: number): number[] => {
  const moments: number[] = [];
  for (let at: number | null = fromMs; at !== null && at <= toMs; at = nextMoment(timing, at)) {
    if (moments.length === MOMENTS_MAX) return lastMoments(timing, toMs);
    moments.push(at);
  }
  return moments;
};

const DAY_MS = 86_400_000;

const sunMomentsUntil = (timing: SunTiming, toMs: number): number[] => {
  const moments: number[] = [];
  const fromMs = toMs - 2 * MOMENTS_MAX * DAY_MS;
  for (let at = nextSunMoment(timing, fromMs); at !== null && at <= toMs; at = nextSunMoment(timing, at))
    moments.push(at);
  return moments.slice(-MOMENTS_MAX);
};

const lastMoments = (timing: Timing, toMs: number): number[] => {
  if (timing.type === 'cron')
    return cronOf(timing)
      .previousRuns(MOMENTS_MAX, new Date(toMs + 1))
      .map((date) => date.getTime())
      .toReversed();
  if (timing.type === 'once') return [Date.parse(timing.at)];
  // Not more than one a day: those of so many days, and of the time in which there may be none.
  if (timing.type === 'sun') return sunMomentsUntil(timing, toMs);
  const every = timing.every_seconds * 1000;
  const last = (nextMoment(timing, toMs) ?? toMs) - every;
  return Array.from({ length: MOMENTS_MAX }, (_, index) => last - (MOMENTS_MAX - 1 - index) * every);
};

/** What a person wants to hear, on what, and when not. */
import { z } from 'zod';
import { isTimeZone, momentOf, wallMs } from '../calendar/wall-clock.ts';

export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

export const isAtLeast = (priority: Priority, least: Priority): boolean =>
  PRIORITIES.indexOf(priority) >= PRIORITIES.indexOf(least);

const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 22:00');

/** `off`: each by itself. */
const DIGESTS = ['off', 'hourly', 'daily'] as const;
type DigestMode = (typeof DIGESTS)[number];

const OnKind = z.strictObject({
  enabled: z.boolean().default(true),
  priority_min: z.enum(PRIORITIES).default('low'),
  digest: z.enum(DIGESTS).default('off').describe('together with others, at the hour or at the start of the day'),
});

export const NotificationPreference = z.strictObject({
  time_zone: z.string().max(64).refine(isTimeZone, { message: 'is not a known time zone' }).default('UTC'),
  quiet_hours: z
    .strictObject({ from: ClockTime, to: ClockTime })
    .refine(({ from, to }) => from !== to, { message: 'must not end when they begin' })
    .nullable()
    .default(null)
    .describe('from one time of the day to another, over midnight where the end is earlier'),
  quiet_except: z
    .enum(PRIORITIES)
    .default('critical')
    .describe('what has at least this priority comes in quiet hours too'),
  kinds: z
    .partialRecord(z.enum(['email', 'slack', 'teams', 'discord', 'push', 'sms', 'voice']), OnKind)
    .default({})
    .describe('by the kind of channel; what is not named is on'),
});
export type NotificationPreference = z.infer<typeof NotificationPreference>;

export const PLAIN_PREFERENCE: NotificationPreference = NotificationPreference.parse({});
const PLAIN_ON_KIND = OnKind.parse({});

/** What this person wants of a kind of channel. */
export const preferenceOn = (preference: NotificationPreference, kind: string): z.infer<typeof OnKind> =>
  (preference.kinds as Readonly<Record<string, z.infer<typeof OnKind> | undefined>>)[kind] ?? PLAIN_ON_KIND;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** When the quiet hours that hold at this moment end; the moment itself where none do. */
const afterQuiet = ({ quiet_hours: quiet, time_zone: zone }: NotificationPreference, atMs: number): number => {
  if (!quiet) return atMs;
  const wall = wallMs(zone, atMs);
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS;
  const minute = (wall - midnight) / 60_000;
  const from = minuteOf(quiet.from);
  const to = minuteOf(quiet.to);
  const isOverMidnight = to < from;
  const isQuiet = isOverMidnight ? minute >= from || minute < to : minute >= from && minute < to;
  if (!isQuiet) return atMs;
  const endDay = isOverMidnight && minute >= from ? midnight + DAY_MS : midnight;
  return momentOf(zone, endDay + to * 60_000);
};

/** The next whole hour, or eight in the morning, of the person's clock. */
const afterDigest = ({ time_zone: zone }: NotificationPreference, digest: DigestMode, atMs: number): number => {
  if (digest === 'off') return atMs;
  const wall = wallMs(zone, atMs);
  if (digest === 'hourly') return momentOf(zone, (Math.floor(wall / HOUR_MS) + 1) * HOUR_MS);
  const eight = Math.floor(wall / DAY_MS) * DAY_MS + 8 * HOUR_MS;
  return momentOf(zone, wall < eight ? eight : eight + DAY_MS);
};

export type Placing = { readonly atMs: number; readonly isDigest: boolean };

/** When a person hears of something on this kind of channel; null: not there. What breaks quiet hours waits for no digest. */
export const placeFor = (
  preference: NotificationPreference,
  kind: string,
  priority: Priority,
  nowMs: number,
): Placing | null => {
  const on = preferenceOn(preference, kind);
  if (!on.enabled || !isAtLeast(priority, on.priority_min)) return null;
  if (isAtLeast(priority, preference.quiet_except)) return { atMs: nowMs, isDigest: false };
  const bundled = afterDigest(preference, on.digest, nowMs);
  return { atMs: afterQuiet(preference, bundled), isDigest: on.digest !== 'off' };
};

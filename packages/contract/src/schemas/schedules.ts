import { MISSED_POLICIES, OVERLAPS, SUN_EVENTS } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, jsonValue, listOf, listQuery } from './common.ts';
import { EXECUTION_STATUSES } from './executions.ts';

const INTERVAL_SECONDS_MAX = 366 * 24 * 3600;

const Cron = z.strictObject({
  type: z.literal('cron'),
  cron: z.string().min(1).max(200).describe('minute hour day month weekday; with six fields, seconds come first'),
  time_zone: z.string().min(1).max(100).default('UTC').describe('of the IANA database, such as Europe/Berlin'),
});

const Interval = z.strictObject({
  type: z.literal('interval'),
  every_seconds: z.number().int().min(1).max(INTERVAL_SECONDS_MAX),
  starts_at: instant.optional().describe('the first moment; without it, one distance from now'),
});

const Once = z.strictObject({ type: z.literal('once'), at: instant });

const Sun = z.strictObject({
  type: z.literal('sun'),
  event: z.enum(SUN_EVENTS),
  latitude: z.number().min(-90).max(90).describe('degrees north'),
  longitude: z.number().min(-180).max(180).describe('degrees east'),
  offset_seconds: z
    .number()
    .int()
    .min(-43_200)
    .max(43_200)
    .default(0)
    .describe('after the event; before it where negative'),
});

export const TimingInput = z.discriminatedUnion('type', [Cron, Interval, Once, Sun]);

const Timing = z.discriminatedUnion('type', [
  Cron.extend({ time_zone: z.string() }),
  Interval.extend({ starts_at: instant }),
  Once,
  Sun.extend({ offset_seconds: z.number().int() }),
]);

const overlap = z
  .enum(OVERLAPS)
  .describe('while a run has not ended: `skip` the next, `queue` it until then, or `allow` both at once');
const missed = z
  .enum(MISSED_POLICIES)
  .describe('moments at which no server ran: `skip` them, `run_once` for all, or `run_all` (the last 100)');

/** What is started: an agent or a workflow. */
export const Target = z.object({
  kind: z.enum(['agent', 'workflow']),
  id: z.string(),
  name: z.string(),
  version: z.number().int().nullable().describe('null: the current one at the time'),
});

export const ScheduleRun = z.object({
  id: id('scheduleRun'),
  planned_at: instant,
  status: z
    .enum(['queued', 'started', 'skipped', 'missed', 'failed'])
    .describe('`failed`: it could not be started, `reason` says why'),
  count: z.number().int().describe('how many moments it stands for; 1000 stands for more, too'),
  reason: z.string().nullable(),
  execution: z.object({ id: z.string(), status: z.enum(EXECUTION_STATUSES) }).nullable(),
  created_at: instant,
});

export const Schedule = z.object({
  id: id('schedule'),
  name: z.string(),
  target: Target,
  input: jsonValue,
  timing: Timing,
  overlap,
  missed,
  on_behalf_of: z.string().nullable(),
  status: z.enum(['active', 'paused', 'ended']).describe('`ended`: no moment is left'),
  next_runs: z.array(instant).describe('up to five; none while it is paused'),
  last_run: ScheduleRun.nullable(),
  created_at: instant,
  updated_at: instant,
  created_by: Actor,
});

export const ScheduleList = listOf(Schedule);
export const ScheduleRunList = listOf(ScheduleRun);
export const ScheduleFilter = z.strictObject({
  ...listQuery,
  agent_id: z.string().optional(),
  workflow_id: z.string().optional(),
});

const name = z.string().min(1).max(100);
const input = jsonValue.describe(
  'as the target takes it; texts may hold expressions, such as {{ schedule.planned_at }}',
);

export const CreateSchedule = z.strictObject({
  name,
  agent_id: id('agent').optional(),
  workflow_id: id('workflow').optional().describe('one of the two'),
  version: z.number().int().min(1).optional().describe('stay on this version; else the current one at the time runs'),
  input: input.default(null),
  timing: TimingInput,
  overlap: overlap.default('skip'),
  missed: missed.default('run_once'),
  paused: z.boolean().default(false),
  on_behalf_of: id('person').optional(),
});

export const UpdateSchedule = z.strictObject({
  name: name.optional(),
  version: z.number().int().min(1).nullable().optional(),
  input: input.optional(),
  timing: TimingInput.optional(),
  overlap: overlap.optional(),
  missed: missed.optional(),
});

export const PreviewTiming = z.strictObject({
  timing: TimingInput,
  count: z.number().int().min(1).max(50).default(5),
});
export const PreviewedTiming = z.object({ next_runs: z.array(instant) });

import { randomUUID } from 'node:crypto';
import type { RouteBody, Routes, WireSchedule } from '@countersign/contract';
import { type Scope, countStarted, getWorkflow, pageOfSchedules, readClock } from '@countersign/store';
import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { PAGE } from './approvals.ts';
import { done, inZone, list, readAs, refused } from './answers.ts';
import { idOf, templatesOf, timeZoneOf, uuidsOf } from './kept.ts';
import {
  ClockedSchedule,
  CronSchedule,
  IntervalSchedule,
  SolarSchedule,
  type Target,
  driverOf,
  momentOf,
  secondsOf,
} from './timing.ts';

type Timing = RouteBody<Routes['createSchedule']>['timing'];

const NAME_PART_MAX = 50;

const targetIn = async (scope: Scope, { schedule_to: kind, model_to_schedule_uuid: uuid }: Target) => {
  const what = kind === 'webhook' ? 'Webhook' : 'Workflow';
  const id = await idOf(scope, 'workflow', uuid, what);
  const row = await getWorkflow(scope, id);
  const isWebhook = (await templatesOf(scope, [id])).get(id)?.kind === 'webhook';
  if (!row || isWebhook !== (kind === 'webhook')) throw new Problem('not_found', `${what} not found`);
  return { id, name: row.name };
};

/** Theirs have no names, ours have one each. */
const schedule = async (asked: Asked, target: Target, words: string, timing: Timing): Promise<Answer> => {
  const { id, name } = await asked.read('createSchedule', (scope) => targetIn(scope, target));
  const made = await asked.call('createSchedule', {
    body: {
      name: `${name.slice(0, NAME_PART_MAX)} ${words} (${randomUUID().slice(0, 8)})`,
      workflow_id: id,
      input: target.initial_context_template,
      timing,
      // Their runs do not wait for each other.
      overlap: 'allow',
    },
  });
  const uuidOf = await asked.write('createSchedule', (scope) => uuidsOf(scope, [made.id]));
  return done({ details: 'Schedule added successfully', schedule_uuid: uuidOf(made.id) });
};

const addInterval = async (asked: Asked): Promise<Answer> => {
  const given = readAs(IntervalSchedule, await asked.body());
  const seconds = secondsOf(given);
  const words = `every ${given.interval_value} ${given.interval_period}s`;
  if (!given.is_one_off_task) return schedule(asked, given, words, { type: 'interval', every_seconds: seconds });
  const now = await asked.read('createSchedule', readClock);
  return schedule(asked, given, 'once', { type: 'once', at: new Date(now.getTime() + seconds * 1000).toISOString() });
};

/** Again and again, or the first time only. */
const scheduleBy = async (
  asked: Asked,
  given: Target & { readonly is_one_off_task: boolean },
  words: string,
  timing: Timing,
): Promise<Answer> => {
  if (!given.is_one_off_task) return schedule(asked, given, words, timing);
  const { next_runs: next } = await asked.call('previewTiming', { body: { timing, count: 1 } });
  return schedule(asked, given, 'once', { type: 'once', at: next[0] ?? '' });
};

const addCron = async (asked: Asked): Promise<Answer> => {
  const given = readAs(CronSchedule, await asked.body());
  const { cron_expression: cron, cron_timezone: zone } = given;
  return scheduleBy(asked, given, `at ${cron.slice(0, 25)}`, { type: 'cron', cron, time_zone: zone });
};

const addSolar = async (asked: Asked): Promise<Answer> => {
  const given = readAs(SolarSchedule, await asked.body());
  const { solar_event: event, solar_lat: latitude, solar_long: longitude, solar_offset: minutes } = given;
  const timing: Timing = { type: 'sun', event, latitude, longitude, offset_seconds: Math.round(minutes * 60) };
  return scheduleBy(asked, given, `at ${event}`, timing);
};

const addClocked = async (asked: Asked): Promise<Answer> => {
  const given = readAs(ClockedSchedule, await asked.body());
  return schedule(asked, given, 'once', { type: 'once', at: momentOf(given).toISOString() });
};

const STATUSES = { active: 'active', paused: 'paused', ended: 'completed' } as const;
/** Theirs that ours never have: what is over is completed. */
const NEVER = ['inactive', 'expired'];

const timesOf = ({ last_run: last, next_runs: [next] }: WireSchedule, timeZone: string, now: Date) => {
  const zoned = (at: string | undefined): string | null => (at === undefined ? null : inZone(new Date(at), timeZone));
  return {
    last_run_at: last?.planned_at ?? null,
    next_run_at: next ?? null,
    locale_timezone_converted_details: {
      preferred_timezone: timeZone,
      time_left_to_trigger:
        next === undefined ? null : Math.max(0, Math.round((Date.parse(next) - now.getTime()) / 1000)),
      last_run_at_by_preferred_timezone: zoned(last?.planned_at),
      next_run_at_by_preferred_timezone: zoned(next),
    },
  };
};

const kindOf = (one: WireSchedule, webhooks: ReadonlySet<string>): string =>
  webhooks.has(one.target.id) ? 'webhook' : one.target.kind;

const webhooksAmong = async (scope: Scope, ids: readonly string[]): Promise<ReadonlySet<string>> =>
  new Set([...(await templatesOf(scope, ids))].flatMap(([id, { kind }]) => (kind === 'webhook' ? [id] : [])));

const listSchedules = async (asked: Asked): Promise<Answer> => {
  const { filter_status: filter = 'active' } = asked.query;
  const page = numberedPage(asked.query, PAGE);
  const status = (Object.keys(STATUSES) as (keyof typeof STATUSES)[]).find((ours) => STATUSES[ours] === filter);
  if (!status && !NEVER.includes(filter)) throw refused('Invalid field value: filter_status');
  const { rows, total } = await asked.read('listSchedules', async (scope) =>
    status ? pageOfSchedules(scope, status, page) : { rows: [], total: 0 },
  );
  const ids = rows.map(({ id }) => id);
  const schedules: WireSchedule[] = [];
  for (const id of ids) schedules.push(await asked.call('getSchedule', { params: { id } }));
  return asked.write('listSchedules', async (scope) => {
    const targets = schedules.map(({ target }) => target.id);
    const [uuidOf, webhooks] = [await uuidsOf(scope, [...targets, ...ids]), await webhooksAmong(scope, targets)];
    const [timeZone, now] = [await timeZoneOf(scope), await readClock(scope)];
    const data = [];
    for (const one of schedules)
      data.push({
        reason: one.last_run?.reason ?? null,
        status: STATUSES[one.status],
        type: kindOf(one, webhooks),
        model_uuid: uuidOf(one.target.id),
        driver_type: driverOf(one.timing).type,
        total_schedule_triggered: await countStarted(scope, one.id),
        ...timesOf(one, timeZone, now),
        schedule_uuid: uuidOf(one.id),
      });
    return list(data, total, page, timeZone);
  });
};

const ByUuid = z.object({ schedule_uuid: z.string().min(1) });

const found = (asked: Asked, name: 'getSchedule' | 'pauseSchedule' | 'deleteSchedule', uuid: string): Promise<string> =>
  asked.read(name, (scope) => idOf(scope, 'schedule', uuid, 'Schedule'));

const detail = async (asked: Asked): Promise<Answer> => {
  const { schedule_uuid: uuid } = readAs(ByUuid, await asked.body());
  const one = await asked.call('getSchedule', { params: { id: await found(asked, 'getSchedule', uuid) } });
  return asked.write('getSchedule', async (scope) => {
    const uuidOf = await uuidsOf(scope, [one.target.id]);
    const webhooks = await webhooksAmong(scope, [one.target.id]);
    const workflow = await getWorkflow(scope, one.target.id);
    return done({
      data: {
        driver: driverOf(one.timing),
        status: STATUSES[one.status],
        type: kindOf(one, webhooks),
        ...timesOf(one, await timeZoneOf(scope), await readClock(scope)),
        schedule_uuid: uuid,
        schedule_applied_model_uuid: uuidOf(one.target.id),
        target_name: one.target.name,
        target_description: workflow?.description ?? '',
        total_triggered: await countStarted(scope, one.id),
        rules: [],
      },
    });
  });
};

const changeStatus = async (asked: Asked): Promise<Answer> => {
  const Change = ByUuid.extend({ update_status_to: z.enum(['active', 'paused']) });
  const { schedule_uuid: uuid, update_status_to: wanted } = readAs(Change, await asked.body());
  const id = await found(asked, 'pauseSchedule', uuid);
  const { status } = await asked.call('getSchedule', { params: { id } });
  if (status === 'ended') throw refused('A completed schedule can not be changed');
  await asked.call(wanted === 'paused' ? 'pauseSchedule' : 'resumeSchedule', { params: { id } });
  return done({ details: 'Schedule status updated' });
};

const remove = async (asked: Asked): Promise<Answer> => {
  const { schedule_uuid: uuid } = readAs(ByUuid, await asked.body());
  await asked.call('deleteSchedule', { params: { id: await found(asked, 'deleteSchedule', uuid) } });
  // Their own answer says that it worked in the member for what did not.
  return done({ details: 'Schedule deleted successfully', error: 'Schedule deleted successfully' });
};

/** Said, and not left out silently: a client that builds on it must not take it for set. */
const refuseRules = async (asked: Asked): Promise<Answer> => {
  await asked.read('createSchedule', async () => undefined);
  throw refused('Rules of schedules are not offered here');
};

export const scheduleRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/v1/api/add_interval_schedule', answer: addInterval },
  { method: 'POST', path: '/v1/api/add_cron_schedule', answer: addCron },
  { method: 'POST', path: '/v1/api/add_clocked_schedule', answer: addClocked },
  { method: 'POST', path: '/v1/api/add_solar_schedule', answer: addSolar },
  { method: 'POST', path: '/v1/api/add_schedule_rule', answer: refuseRules },
  { method: 'GET', path: '/v1/api/get_schedules_paginated', answer: listSchedules },
  { method: 'POST', path: '/v1/api/get_single_schedule_details', answer: detail },
  { method: 'POST', path: '/v1/api/change_schedule_status', answer: changeStatus },
  { method: 'DELETE', path: '/v1/api/delete_schedule', answer: remove },
];

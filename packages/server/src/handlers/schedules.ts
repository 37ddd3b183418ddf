import type { WireSchedule } from '@countersign/contract';
import { type Timing, nextMoment, nextMoments, timingProblem } from '@countersign/core';
import {
  type ScheduleRow,
  type Scope,
  appendEvent,
  deleteSchedule,
  dropJob,
  getSchedule,
  insertSchedule,
  lastScheduleRuns,
  listScheduleRuns,
  listSchedules,
  lockSchedule,
  moveJob,
  newId,
  readClock,
  saveSchedule,
} from '@countersign/store';
import { type Principal, actorOf } from '../auth/principal.ts';
import type { App, Context, Handlers } from '../http/context.ts';
import { invalid, notFound } from '../http/problem.ts';
import { presentSchedule, presentScheduleRun } from '../present/schedules.ts';
import { askersWith, checkOnBehalfOf, checkTarget, checkTemplate, targetNames, targetOf } from '../triggers/target.ts';

type TimingInput = Context<'createSchedule'>['body']['timing'];

/** @throws Problem `invalid` with what is wrong */
const readTiming = (given: TimingInput, nowMs: number): Timing => {
  const timing: Timing =
    given.type === 'interval'
      ? { ...given, starts_at: given.starts_at ?? new Date(nowMs + given.every_seconds * 1000).toISOString() }
      : given;
  const problem = timingProblem(timing, nowMs);
  if (problem) throw invalid([{ ...problem, pointer: `/timing${problem.pointer}` }]);
  return timing;
};

const nextAfter = (timing: Timing, nowMs: number): Date | null => {
  const next = nextMoment(timing, nowMs);
  return next === null ? null : new Date(next);
};

const mustLock = async (scope: Scope, id: string): Promise<ScheduleRow> => {
  const row = await lockSchedule(scope, id);
  if (!row) throw notFound('schedule');
  return row;
};

const present = async (scope: Scope, id: string): Promise<WireSchedule> => {
  const row = await getSchedule(scope, id);
  if (!row) throw notFound('schedule');
  const [names, last] = await Promise.all([targetNames(scope, [row]), lastScheduleRuns(scope, [id])]);
  return presentSchedule(row, names, last.get(id));
};

/** Puts its job where its row says: the row and the job are one transaction. */
const arm = async (app: App, scope: Scope, id: string, nextAt: Date | null): Promise<void> => {
  if (nextAt) await moveJob(scope, 'run_schedule', id, nextAt);
  else await dropJob(scope, 'run_schedule', id);
  scope.afterCommit(() => app.engine.wake.jobs());
};

type Change = 'schedule.created' | 'schedule.updated' | 'schedule.paused' | 'schedule.resumed' | 'schedule.deleted';

const announce = (scope: Scope, principal: Principal, type: Change, id: string): Promise<void> =>
  appendEvent(scope, { type, subject: id, actor: actorOf(principal) });

export const scheduleHandlers = {
  previewTiming: async ({ body }, scope) => {
    const nowMs = (await readClock(scope)).getTime();
    const moments = nextMoments(readTiming(body.timing, nowMs), nowMs, body.count);
    return { next_runs: moments.map((ms) => new Date(ms).toISOString()) };
  },

  createSchedule: async ({ app, principal, body }, scope) => {
    const nowMs = (await readClock(scope)).getTime();
    const target = targetOf(body);
    const timing = readTiming(body.timing, nowMs);
    checkTemplate(body.input);
    await checkTarget(scope, principal, target);
    const id = newId('schedule');
    const nextAt = body.paused ? null : nextAfter(timing, nowMs);
    await insertSchedule(scope, {
      ...target,
      id,
      name: body.name,
      input: JSON.stringify(body.input),
      timing,
      overlap: body.overlap,
      missed: body.missed,
      on_behalf_of: await checkOnBehalfOf(scope, body.on_behalf_of),
      askers: askersWith(principal),
      created_by: actorOf(principal),
      paused_at: body.paused ? new Date(nowMs) : null,
      next_at: nextAt,
    });
    await arm(app, scope, id, nextAt);
    await announce(scope, principal, 'schedule.created', id);
    return present(scope, id);
  },

  listSchedules: async ({ query, page }, scope) => {
    const rows = await listSchedules(scope, query, page.after, page.limit);
    const [names, last] = await Promise.all([
      targetNames(scope, rows),
      lastScheduleRuns(
        scope,
        rows.map(({ id }) => id),
      ),
    ]);
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentSchedule(row, names, last.get(row.id)),
    );
  },

  getSchedule: async ({ params }, scope) => present(scope, params.id),

  updateSchedule: async ({ app, params, principal, body }, scope) => {
    const row = await mustLock(scope, params.id);
    const nowMs = (await readClock(scope)).getTime();
    const timing = body.timing ? readTiming(body.timing, nowMs) : row.timing;
    const version = body.version === undefined ? row.version : body.version;
    if (body.input !== undefined) checkTemplate(body.input);
    await checkTarget(scope, principal, { ...row, version });
    const nextAt = row.paused_at ? null : body.timing ? nextAfter(timing, nowMs) : row.next_at;
    await saveSchedule(scope, {
      ...row,
      name: body.name ?? row.name,
      version,
      input: body.input === undefined ? row.input : JSON.stringify(body.input),
      timing,
      overlap: body.overlap ?? row.overlap,
      missed: body.missed ?? row.missed,
      askers: askersWith(principal, row.askers),
      next_at: nextAt,
    });
    if (body.timing) await arm(app, scope, row.id, nextAt);
    await announce(scope, principal, 'schedule.updated', row.id);
    return present(scope, row.id);
  },

  pauseSchedule: async ({ app, params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    if (!row.paused_at) {
      await saveSchedule(scope, { ...row, paused_at: await readClock(scope), next_at: null });
      await arm(app, scope, row.id, null);
      await announce(scope, principal, 'schedule.paused', row.id);
    }
    return present(scope, row.id);
  },

  resumeSchedule: async ({ app, params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    if (row.paused_at) {
      await checkTarget(scope, principal, row);
      const now = await readClock(scope);
      const nextAt = nextAfter(row.timing, now.getTime());
      const askers = askersWith(principal, row.askers);
      await saveSchedule(scope, { ...row, askers, paused_at: null, next_at: nextAt });
      // At once, though only for runs that wait for another's end: it then says itself when it is due.
      await arm(app, scope, row.id, now);
      await announce(scope, principal, 'schedule.resumed', row.id);
    }
    return present(scope, row.id);
  },

  deleteSchedule: async ({ app, params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    await deleteSchedule(scope, row.id);
    await arm(app, scope, row.id, null);
    await announce(scope, principal, 'schedule.deleted', row.id);
    return undefined;
  },

  listScheduleRuns: async ({ params, page }, scope) => {
    if (!(await getSchedule(scope, params.id))) throw notFound('schedule');
    const rows = await listScheduleRuns(scope, params.id, page.after, page.limit);
    return page.of(rows, (row) => [row.cursor_at, row.id], presentScheduleRun);
  },
} satisfies Partial<Handlers>;

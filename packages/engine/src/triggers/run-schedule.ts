/**
 * The job of a schedule: starts what is due, in one transaction with the row that says so. Killed in between, nothing of
 * it happened, and another server does it; the schedule's lock and the row of each moment keep two from doing it twice.
 */
import { type Actor, type DueMoment, admitRun, planDue } from '@countersign/core';
import {
  type ScheduleRow,
  type ScheduleRunRow,
  type Scope,
  appendEvent,
  finishScheduleRun,
  firstQueuedRun,
  insertScheduleRun,
  lockSchedule,
  moveSchedule,
  newId,
  readClock,
  scheduleActivity,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { fillIn, startTarget } from './start-target.ts';

const actorOf = ({ id, name }: Pick<ScheduleRow, 'id' | 'name'>): Actor => ({
  kind: 'system',
  id,
  name: `the schedule ${name}`,
});

/** @returns when it is due again, or null if it waits for nothing */
export const runSchedule = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const schedule = await lockSchedule(scope, id);
  if (!schedule || schedule.paused_at) return null;
  const nowMs = (await readClock(scope)).getTime();
  await startQueued(engine, scope, schedule);
  if (!schedule.next_at) return null;
  const due = planDue(schedule.timing, schedule.missed, schedule.next_at.getTime(), nowMs);
  if (due.missed)
    await put(scope, schedule, due.missed, {
      status: 'missed',
      reason: 'no server ran at that time',
      execution_id: null,
    });
  for (const moment of due.runs) await runMoment(engine, scope, schedule, moment);
  const nextAt = due.nextAtMs === null ? null : new Date(due.nextAtMs);
  await moveSchedule(scope, id, nextAt);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return nextAt;
};

type Outcome = Pick<ScheduleRunRow, 'status' | 'reason' | 'execution_id'>;

const runMoment = async (engine: Engine, scope: Scope, schedule: ScheduleRow, moment: DueMoment): Promise<void> => {
  const { active, queued } = await scheduleActivity(scope, schedule.id);
  const admission = admitRun(schedule.overlap, active, queued);
  if (admission === 'queue')
    return put(scope, schedule, moment, { status: 'queued', reason: null, execution_id: null });
  if (admission !== 'start')
    return put(scope, schedule, moment, { status: 'skipped', reason: admission.skip, execution_id: null });
  return put(scope, schedule, moment, await begin(engine, scope, schedule, new Date(moment.atMs), moment.count));
};

/** Begins the run that waits longest, if nothing runs any more; its end brings the job here for the one after it. */
const startQueued = async (engine: Engine, scope: Scope, schedule: ScheduleRow): Promise<void> => {
  for (let run = await firstQueuedRun(scope, schedule.id); run; run = await firstQueuedRun(scope, schedule.id)) {
    if ((await scheduleActivity(scope, schedule.id)).active > 0) return;
    const outcome = await begin(engine, scope, schedule, run.planned_at, run.count);
    await finishScheduleRun(scope, { id: run.id, ...outcome });
    await announce(scope, schedule, run.planned_at, outcome);
  }
};

const begin = async (
  engine: Engine,
  scope: Scope,
  schedule: ScheduleRow,
  plannedAt: Date,
  count: number,
): Promise<Outcome> => {
  const failed = (reason: string): Outcome => ({ status: 'failed', reason, execution_id: null });
  const input = fillIn(schedule.input, {
    schedule: { id: schedule.id, name: schedule.name, planned_at: plannedAt.toISOString(), count },
  });
  if (!input.ok) return failed(input.refusal);
  const started = await startTarget(engine, scope, {
    target: schedule,
    input: input.value,
    startedBy: actorOf(schedule),
    triggerId: schedule.id,
    askers: schedule.askers,
    onBehalfOf: schedule.on_behalf_of,
  });
  return started.ok ? { status: 'started', reason: null, execution_id: started.value.id } : failed(started.refusal);
};

const put = async (scope: Scope, schedule: ScheduleRow, moment: DueMoment, outcome: Outcome): Promise<void> => {
  const plannedAt = new Date(moment.atMs);
  const row = { id: newId('scheduleRun'), schedule_id: schedule.id, planned_at: plannedAt, count: moment.count };
  await insertScheduleRun(scope, { ...row, ...outcome });
  await announce(scope, schedule, plannedAt, outcome);
};

const announce = (scope: Scope, schedule: ScheduleRow, plannedAt: Date, outcome: Outcome): Promise<void> =>
  appendEvent(scope, {
    type: 'schedule.ran',
    subject: schedule.id,
    actor: actorOf(schedule),
    data: { planned_at: plannedAt.toISOString(), status: outcome.status, execution_id: outcome.execution_id },
  });

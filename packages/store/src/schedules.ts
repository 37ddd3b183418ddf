/** Schedules, and what became of each of their moments. */
import type { Actor, MissedPolicy, Overlap, Timing } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { ExecutionStatusColumn } from './rows.ts';

export type ScheduleRow = {
  id: string;
  name: string;
  agent_id: string | null;
  workflow_id: string | null;
  version: number | null;
  input: string;
  timing: Timing;
  overlap: Overlap;
  missed: MissedPolicy;
  on_behalf_of: string | null;
  askers: string[];
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
  paused_at: Date | null;
  next_at: Date | null;
};

export type ScheduleRunRow = {
  id: string;
  schedule_id: string;
  planned_at: Date;
  status: 'queued' | 'started' | 'skipped' | 'missed' | 'failed';
  count: number;
  reason: string | null;
  execution_id: string | null;
  created_at: Date;
};

const columns = `id, name, agent_id, workflow_id, version, input, timing, overlap, missed, on_behalf_of, askers, created_by,
  created_at, updated_at, paused_at, next_at`;

const insert = statement<ScheduleRow>(
  'schedule_insert',
  `insert into schedule (workspace_id, id, name, agent_id, workflow_id, version, input, timing, overlap, missed,
     on_behalf_of, askers, created_by, paused_at, next_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning ${columns}`,
);

export const insertSchedule = async (
  scope: Scope,
  row: Omit<ScheduleRow, 'created_at' | 'updated_at'>,
): Promise<ScheduleRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.name,
    row.agent_id,
    row.workflow_id,
    row.version,
    row.input,
    row.timing,
    row.overlap,
    row.missed,
    row.on_behalf_of,
    row.askers,
    row.created_by,
    row.paused_at,
    row.next_at,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<ScheduleRow>(
  'schedule_get',
  `select ${columns} from schedule where workspace_id = $1 and id = $2 and deleted_at is null`,
);
const lock = statement<ScheduleRow>(
  'schedule_lock',
  `select ${columns} from schedule where workspace_id = $1 and id = $2 and deleted_at is null for update`,
);

export const getSchedule = (scope: Scope, id: string): Promise<ScheduleRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

export const lockSchedule = (scope: Scope, id: string): Promise<ScheduleRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'schedule_update',
  `update schedule set name = $3, version = $4, input = $5, timing = $6, overlap = $7, missed = $8, askers = $9,
     paused_at = $10, next_at = $11, updated_at = clock_timestamp() where workspace_id = $1 and id = $2`,
);

export const saveSchedule = (scope: Scope, row: ScheduleRow): Promise<number> =>
  update.run(
    scope,
    scope.workspaceId,
    row.id,
    row.name,
    row.version,
    row.input,
    row.timing,
    row.overlap,
    row.missed,
    row.askers,
    row.paused_at,
    row.next_at,
  );

const move = statement('schedule_move', 'update schedule set next_at = $3 where workspace_id = $1 and id = $2');

/** Puts it on its next moment; it is not changed by that. */
export const moveSchedule = (scope: Scope, id: string, nextAt: Date | null): Promise<number> =>
  move.run(scope, scope.workspaceId, id, nextAt);

const remove = statement(
  'schedule_delete',
  'update schedule set deleted_at = clock_timestamp(), next_at = null where workspace_id = $1 and id = $2',
);

export const deleteSchedule = (scope: Scope, id: string): Promise<number> => remove.run(scope, scope.workspaceId, id);

export type ScheduleFilter = { readonly agent_id?: string | undefined; readonly workflow_id?: string | undefined };

/** A page, newest first; one row more than the limit says that there is a next page. */
export const listSchedules = async (
  scope: Scope,
  filter: ScheduleFilter,
  after: PageStart,
  limit: number,
): Promise<(ScheduleRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1', 'deleted_at is null'];
  if (filter.agent_id !== undefined) conditions.push(`agent_id = $${values.push(filter.agent_id)}`);
  if (filter.workflow_id !== undefined) conditions.push(`workflow_id = $${values.push(filter.workflow_id)}`);
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<ScheduleRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from schedule where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};

const activity = statement<{ active: number; queued: number }>(
  'schedule_activity',
  `select
     (select count(*) from execution where workspace_id = $1 and trigger_id = $2
        and status in ('queued', 'running', 'awaiting_approval', 'waiting'))::int as active,
     (select count(*) from schedule_run where workspace_id = $1 and schedule_id = $2 and status = 'queued')::int as queued`,
);

/** How many of its executions have not ended, and how many runs wait for them. */
export const scheduleActivity = async (scope: Scope, id: string): Promise<{ active: number; queued: number }> =>
  (await activity.one(scope, scope.workspaceId, id)) ?? { active: 0, queued: 0 };

const runColumns = 'id, schedule_id, planned_at, status, count, reason, execution_id, created_at';

const insertRun = statement(
  'schedule_run_insert',
  `insert into schedule_run (workspace_id, schedule_id, id, planned_at, status, count, reason, execution_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** A moment has one row: a second for the same moment is an error of the database's. */
export const insertScheduleRun = (scope: Scope, row: Omit<ScheduleRunRow, 'created_at'>): Promise<number> =>
  insertRun.run(
    scope,
    scope.workspaceId,
    row.schedule_id,
    row.id,
    row.planned_at,
    row.status,
    row.count,
    row.reason,
    row.execution_id,
  );

const firstQueued = statement<ScheduleRunRow>(
  'schedule_run_queued',
  `select ${runColumns} from schedule_run where workspace_id = $1 and schedule_id = $2 and status = 'queued'
   order by planned_at limit 1`,
);

/** The run that waits longest for the one before it. */
export const firstQueuedRun = (scope: Scope, scheduleId: string): Promise<ScheduleRunRow | undefined> =>
  firstQueued.one(scope, scope.workspaceId, scheduleId);

const finishRun = statement(
  'schedule_run_finish',
  'update schedule_run set status = $3, reason = $4, execution_id = $5 where workspace_id = $1 and id = $2',
);

export const finishScheduleRun = (
  scope: Scope,
  row: Pick<ScheduleRunRow, 'id' | 'status' | 'reason' | 'execution_id'>,
): Promise<number> => finishRun.run(scope, scope.workspaceId, row.id, row.status, row.reason, row.execution_id);

const runs = statement<ListedRun>(
  'schedule_run_list',
  `select ${runColumns
    .split(', ')
    .map((column) => `r.${column}`)
    .join(', ')}, r.planned_at::text as cursor_at, e.status as execution_status
   from schedule_run r left join execution e on e.workspace_id = r.workspace_id and e.id = r.execution_id
   where r.workspace_id = $1 and r.schedule_id = $2 and ($3::timestamptz is null or (r.planned_at, r.id) < ($3, $4))
   order by r.planned_at desc, r.id desc limit $5`,
);

export type ListedRun = ScheduleRunRow & { cursor_at: string; execution_status: ExecutionStatusColumn | null };

/** A page, the latest moment first; one row more than the limit says that there is a next page. */
export const listScheduleRuns = (
  scope: Scope,
  scheduleId: string,
  after: PageStart,
  limit: number,
): Promise<ListedRun[]> =>
  runs.all(scope, scope.workspaceId, scheduleId, after?.at ?? null, after?.id ?? null, limit + 1);

const lastRuns = statement<ListedRun>(
  'schedule_run_last',
  `select distinct on (r.schedule_id) ${runColumns
    .split(', ')
    .map((column) => `r.${column}`)
    .join(', ')}, r.planned_at::text as cursor_at, e.status as execution_status
   from schedule_run r left join execution e on e.workspace_id = r.workspace_id and e.id = r.execution_id
   where r.workspace_id = $1 and r.schedule_id = any ($2) order by r.schedule_id, r.planned_at desc`,
);

/** The latest run of each of these schedules. */
export const lastScheduleRuns = async (scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, ListedRun>> =>
  new Map((await lastRuns.all(scope, scope.workspaceId, ids)).map((row) => [row.schedule_id, row]));

/**
 * What must happen later or again. A job is (kind, subject), so asking twice is asking once; a lock is a lease that
 * ends with time, or soon after the locker's connection to the database is gone.
 */
import { type Database, type Scope, statement, unscoped } from './database.ts';

export type JobKind =
  | 'advance_execution'
  | 'advance_workflow'
  | 'expire_approval'
  | 'remind_approval'
  | 'seal_receipt'
  | 'seal_audit_logs'
  | 'end_recall'
  | 'run_schedule'
  | 'fan_out'
  | 'deliver'
  | 'call_on_call'
  | 'end_hold'
  | 'call_back';

export type Job = {
  readonly kind: JobKind;
  readonly subject: string;
  readonly workspace_id: string;
  /** Fencing: a write that names an older token than the row's is refused. */
  readonly token: number;
  readonly wanted: number;
  readonly attempt: number;
  /** How often in a row it ended in a bug of ours. */
  readonly failures: number;
  /** Of the workflow that it carries on, where the process that enqueued it runs it itself. */
  readonly version?: string | null;
};

export const LEASE_SECONDS = 15;

/** A job of a process whose connection is gone is taken over after this. */
const GONE_SECONDS = 3;

const upsert = statement(
  'job_upsert',
  `insert into job (kind, subject, workspace_id, run_at) values ($1, $2, $3, coalesce($4, clock_timestamp()))
   on conflict (kind, subject) do update set wanted = job.wanted + 1, run_at = least(job.run_at, excluded.run_at)`,
);

/** Enqueues in the caller's transaction. `runAt` null: now. */
export const enqueue = async (scope: Scope, kind: JobKind, subject: string, runAt: Date | null): Promise<void> => {
  upsert.send(scope, kind, subject, scope.workspaceId, runAt);
};

const plant = statement(
  'job_plant',
  `insert into job (kind, subject, workspace_id) values ($1, $1, '') on conflict (kind, subject) do nothing`,
);

/** Makes the one job of a kind that belongs to no workspace and never ends, unless it is there. */
export const plantJob = (database: Database, kind: JobKind): Promise<number> =>
  unscoped(database, (scope) => plant.run(scope, kind));

const move = statement(
  'job_move',
  `insert into job (kind, subject, workspace_id, run_at) values ($1, $2, $3, $4)
   on conflict (kind, subject) do update set wanted = job.wanted + 1, run_at = excluded.run_at`,
);

/** Puts a job on another moment, also a later one. */
export const moveJob = (scope: Scope, kind: JobKind, subject: string, runAt: Date): Promise<number> =>
  move.run(scope, kind, subject, scope.workspaceId, runAt);

const upsertLocked = statement<{ token: number; wanted: number; locked_by: number; failures: number }>(
  'job_upsert_locked',
  `insert into job (kind, subject, workspace_id, locked_by, locked_until, token)
   values ($1, $2, $3, $4, clock_timestamp() + interval '${LEASE_SECONDS} seconds', 1)
   on conflict (kind, subject) do update set
     wanted = job.wanted + 1, run_at = least(job.run_at, excluded.run_at),
     locked_by = case when job.locked_by is null then excluded.locked_by else job.locked_by end,
     locked_until = case when job.locked_by is null then excluded.locked_until else job.locked_until end,
     token = case when job.locked_by is null then job.token + 1 else job.token end
   returning token, wanted, locked_by, failures`,
);

/**
 * Enqueues a job already leased to this instance, so that whoever commits goes on with it without a hop through the
 * queue. Undefined if another holds it: it will see that it is wanted again.
 */
export const enqueueLocked = async (
  scope: Scope,
  kind: JobKind,
  subject: string,
  instance: number,
): Promise<Job | undefined> => {
  const row = await upsertLocked.one(scope, kind, subject, scope.workspaceId, instance);
  if (!row || row.locked_by !== instance || row.token === 0) return undefined;
  return {
    kind,
    subject,
    workspace_id: scope.workspaceId,
    token: row.token,
    wanted: row.wanted,
    attempt: 0,
    failures: row.failures,
  };
};

const claim = statement<Job>(
  'job_claim',
  // Materialized: a plan that ran the subquery more than once would take more than the limit. `now()`, the start of
  // this statement: with the volatile clock_timestamp() the index would be read to its end, through all later jobs.
  `with due as materialized (
     select kind, subject from job
     where run_at <= now() and kind = any ($3)
       and (locked_by is null or locked_until < clock_timestamp()
         or (locked_until < clock_timestamp() + interval '${LEASE_SECONDS - GONE_SECONDS} seconds'
             and (locked_by = $1 and not subject = any ($4)
               or not exists (select from pg_locks where locktype = 'advisory' and classid = 4400 and objid = job.locked_by::oid
                               and database = (select oid from pg_database where datname = current_database())))))
     order by run_at limit $2 for update skip locked)
   update job set locked_by = $1, locked_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds',
     token = job.token + 1, attempt = job.attempt + 1
   from due where job.kind = due.kind and job.subject = due.subject
   returning job.kind, job.subject, job.workspace_id, job.token, job.wanted, job.attempt, job.failures`,
);

/**
 * Takes due jobs, oldest first, that nobody holds or whose holder is gone. Those that this instance holds by a commit
 * whose answer got lost are among them: it names the subjects that it runs, and what it does not run it has forgotten.
 */
export const claimJobs = (
  database: Database,
  instance: number,
  limit: number,
  kinds: readonly JobKind[],
  runningSubjects: readonly string[],
): Promise<Job[]> => unscoped(database, (scope) => claim.all(scope, instance, limit, kinds, runningSubjects));

const renew = statement(
  'job_renew',
  `update job set locked_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds'
   where (kind, subject) in (
     select kind, subject from job join unnest($2::text[], $3::text[]) as held (kind, subject) using (kind, subject)
     where locked_by = $1 for update of job skip locked)`,
);

/**
 * The heartbeat: keeps the leases of these jobs. Only of those that really run here: one that was leased in a commit
 * whose answer got lost must run out, or nobody would ever take it.
 */
export const renewJobs = (
  database: Database,
  instance: number,
  jobs: readonly Pick<Job, 'kind' | 'subject'>[],
): Promise<number> =>
  unscoped(database, (scope) =>
    renew.run(
      scope,
      instance,
      jobs.map(({ kind }) => kind),
      jobs.map(({ subject }) => subject),
    ),
  );

const holds = statement('job_hold', 'select from job where kind = $1 and subject = $2 and token = $3 for update');

/** Whether the job is still ours, and keeps it so until the end of this transaction (fencing). */
export const stillHeld = async (scope: Scope, job: Job): Promise<boolean> =>
  (await holds.run(scope, job.kind, job.subject, job.token)) === 1;

const held = statement<Job & { now: Date }>(
  'job_hold_as_is',
  `select kind, subject, workspace_id, token, wanted, attempt, failures, clock_timestamp() as now from job
   where kind = $1 and subject = $2 and token = $3 for update`,
);

/**
 * The same, with the job as it now is: what was wanted up to here is known then. The time is of this statement, which may
 * have waited for the lock: good for moments that have come, not for a deadline that somebody races.
 */
export const holdJob = (scope: Scope, job: Job): Promise<(Job & { now: Date }) | undefined> =>
  held.one(scope, job.kind, job.subject, job.token);

const finish = statement(
  'job_finish',
  'delete from job where kind = $1 and subject = $2 and token = $3 and wanted = $4',
);
const release = statement(
  'job_release',
  `update job set locked_by = null, locked_until = null, run_at = coalesce($4, clock_timestamp()), failures = $5
   where kind = $1 and subject = $2 and token = $3`,
);

/** Ends a job. False if it was wanted again meanwhile: the caller still holds it and runs it once more. */
export const finishJob = async (scope: Pick<Scope, 'client'>, job: Job): Promise<boolean> =>
  (await finish.run(scope, job.kind, job.subject, job.token, job.wanted)) === 1;

/** Gives a job back to be run at a moment; null: now. `failures`: how often in a row it failed now, 0 after a success. */
export const releaseJob = (scope: Pick<Scope, 'client'>, job: Job, runAt: Date | null, failures = 0): Promise<number> =>
  release.run(scope, job.kind, job.subject, job.token, runAt, failures);

const releaseFor = statement(
  'job_release_for',
  `update job set locked_by = null, locked_until = null, run_at = clock_timestamp() + $4 * interval '1 millisecond', failures = 0
   where kind = $1 and subject = $2 and token = $3`,
);

/** Gives a job back to be run after this long by the database's clock. */
export const releaseJobFor = (scope: Pick<Scope, 'client'>, job: Job, ms: number): Promise<number> =>
  releaseFor.run(scope, job.kind, job.subject, job.token, ms);

const refresh = statement<Job>(
  'job_refresh',
  'select kind, subject, workspace_id, token, wanted, attempt, failures from job where kind = $1 and subject = $2 and token = $3',
);

/** The job as it is now, if it is still ours. */
export const refreshJob = (scope: Pick<Scope, 'client'>, job: Job): Promise<Job | undefined> =>
  refresh.one(scope, job.kind, job.subject, job.token);

const drop = statement('job_drop', 'delete from job where kind = $1 and subject = $2');

/** Removes a job that is no longer needed, such as the expiry of something decided. */
export const dropJob = async (scope: Scope, kind: JobKind, subject: string): Promise<void> => {
  drop.send(scope, kind, subject);
};

const nextDue = statement<{ seconds: number | null }>(
  'job_next',
  'select extract(epoch from min(run_at) - clock_timestamp())::float8 as seconds from job where locked_by is null and kind = any ($1)',
);

/** Seconds until the next job is due (negative if overdue), or null if there is none. */
export const secondsToNextJob = async (database: Database, kinds: readonly JobKind[]): Promise<number | null> =>
  unscoped(database, async (scope) => (await nextDue.one(scope, kinds))?.seconds ?? null);

const nudge = statement(
  'job_nudge',
  'update job set run_at = clock_timestamp(), wanted = wanted + 1 where kind = $1 and subject = $2 and run_at > clock_timestamp()',
);

/** Brings a job that is there forward to now. @returns whether there was one to bring forward */
export const nudgeJob = async (database: Database, kind: JobKind, subject: string): Promise<boolean> =>
  (await unscoped(database, (scope) => nudge.run(scope, kind, subject))) > 0;

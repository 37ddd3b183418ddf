/** Executions of workflows with their jobs, locked for a round. */
import { type Scope, statement } from './database.ts';
import { EXECUTION_COLUMNS } from './executions.ts';
import type { Job } from './jobs.ts';
import type { ExecutionRow } from './rows.ts';

export type HeldExecution = ExecutionRow & {
  job_wanted: number;
  job_attempt: number;
  job_failures: number;
  /** Of this statement, which may have waited for the locks: good for moments that have come, not for a deadline that somebody races. */
  now: Date;
};

const columns = EXECUTION_COLUMNS.split(',').map((column) => `e.${column.trim()}`);
const held = `select ${columns.join(', ')},
     j.wanted as job_wanted, j.attempt as job_attempt, j.failures as job_failures, clock_timestamp() as now
   from unnest($2::text[], $3::bigint[]) as w (subject, token)
   join job j on j.kind = 'advance_workflow' and j.subject = w.subject and j.token = w.token
   join execution e on e.workspace_id = $1 and e.id = w.subject
   for update of e, j`;
const hold = statement<HeldExecution>('execution_hold', held);
const holdFree = statement<HeldExecution>('execution_hold_free', `${held} skip locked`);

/** Locks a workflow's execution and its job, and reads both; undefined if the job is no longer this one (fencing). */
export const holdExecution = (scope: Scope, job: Job): Promise<HeldExecution | undefined> =>
  hold.one(scope, scope.workspaceId, [job.subject], [job.token]);

/** The same of several at once, without waiting: those that somebody else has locked are left out. */
export const holdFreeExecutions = (scope: Scope, jobs: readonly Job[]): Promise<HeldExecution[]> =>
  holdFree.all(
    scope,
    scope.workspaceId,
    jobs.map(({ subject }) => subject),
    jobs.map(({ token }) => token),
  );

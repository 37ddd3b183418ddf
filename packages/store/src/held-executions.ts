/** Executions of workflows with their jobs, locked for a round. */
import { type Scope, statement } from './database.ts';
import { EVENT_ROWS, insertEvents } from './events.ts';
import { EXECUTION_COLUMNS } from './executions.ts';
import type { Job } from './jobs.ts';
import { NODE_RUN_ROWS, upsertNodeRuns } from './node-runs.ts';
import { GATE_ANSWER_ROWS, type LivePolicy, insertGateAnswers } from './policies.ts';
import type { ExecutionRow, ToolRow } from './rows.ts';

export type HeldExecution = ExecutionRow & {
  job_wanted: number;
  job_attempt: number;
  job_failures: number;
  /** Of this statement, which may have waited for the locks: good for moments that have come, not for a deadline that somebody races. */
  now: Date;
};

const columns = EXECUTION_COLUMNS.split(',').map((column) => `e.${column.trim()}`);
const hold = statement<HeldExecution>(
  'execution_hold',
  `select ${columns.join(', ')},
     j.wanted as job_wanted, j.attempt as job_attempt, j.failures as job_failures, clock_timestamp() as now
   from job j join execution e on e.workspace_id = $1 and e.id = $2
   where j.kind = 'advance_workflow' and j.subject = $2 and j.token = $3 for update of e, j`,
);

/** Locks a workflow's execution and its job, and reads both; undefined if the job is no longer this one (fencing). */
export const holdExecution = (scope: Scope, job: Job): Promise<HeldExecution | undefined> =>
  hold.one(scope, scope.workspaceId, job.subject, job.token);

/** What a process knows of an execution whose job it holds, from the last time that it read: what its next round goes by. */
export type KnownExecution = {
  readonly job: Job;
  readonly status: ExecutionRow['status'];
  readonly tools: readonly ToolRow[];
  readonly policies: readonly LivePolicy[];
};

const SEPARATOR = ' ';

/**
 * Which of them are still as they are known: no other process has taken the job, nobody has left a signal, and the tools
 * and policies that were read are those that hold now. Locks them, without waiting: what somebody else has locked is not
 * among them. What is compared is of this statement's moment, as what it replaces would have read it.
 */
const asKnown = `select e.id from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
     as w (subject, token, wanted, status, names, tools, policies)
   join job j on j.kind = 'advance_workflow' and j.subject = w.subject and j.token = w.token and j.wanted = w.wanted
   join execution e on e.workspace_id = $1 and e.id = w.subject and e.status = w.status
   where w.tools = (select coalesce(string_agg(t.id || ':' || t.version, ' ' order by t.id collate "C"), '') from tool t
       where t.workspace_id = $1 and t.name = any (string_to_array(w.names, '${SEPARATOR}')) and t.deleted_at is null)
     and w.policies = (select coalesce(string_agg(p.id || ':' || p.current_version || ':' || p.name, ' ' order by p.position, p.id), '')
       from policy p where p.workspace_id = $1 and p.is_enabled)
   for update of e, j skip locked`;

const parameters = (known: readonly KnownExecution[]): unknown[] => [
  known.map(({ job }) => job.subject),
  known.map(({ job }) => job.token),
  known.map(({ job }) => job.wanted),
  known.map(({ status }) => status),
  known.map(({ tools }) => tools.map(({ name }) => name).join(SEPARATOR)),
  known.map(({ tools }) =>
    tools
      .map(({ id, version }) => `${id}:${version}`)
      .toSorted()
      .join(' '),
  ),
  known.map(({ policies }) => policies.map(({ id, version, name }) => `${id}:${version}:${name}`).join(' ')),
];

const holdKnown = statement<{ id: string }>('execution_hold_known', asKnown);
const save = statement<{ id: string }>(
  'execution_save_known',
  `with held as materialized (${asKnown}),
     events as (${insertEvents('$9', 'r.subject in (select id from held)')}),
     answers as (${insertGateAnswers('$10', 'r.execution_id in (select id from held)')}),
     runs as (${upsertNodeRuns('$11', 'r.execution_id in (select id from held)')})
   select id from held`,
);
const KINDS = [EVENT_ROWS, GATE_ANSWER_ROWS, NODE_RUN_ROWS];

/** Locks those that are still as they are known. @returns their ids */
export const holdKnownExecutions = async (scope: Scope, known: readonly KnownExecution[]): Promise<Set<string>> =>
  new Set((await holdKnown.all(scope, scope.workspaceId, ...parameters(known))).map(({ id }) => id));

/**
 * The same, and writes the rows of their rounds, by the names of their statements; of the others nothing.
 * @returns the ids of those whose round is written
 */
export const saveKnownExecutions = async (
  scope: Scope,
  known: readonly KnownExecution[],
  rows: ReadonlyMap<string, string>,
): Promise<Set<string>> => {
  const other = [...rows.keys()].find((kind) => !KINDS.includes(kind));
  if (other !== undefined) throw new Error(`a round has no place for the rows of ${other}`);
  const saved = await save.all(
    scope,
    scope.workspaceId,
    ...parameters(known),
    ...KINDS.map((kind) => rows.get(kind) ?? '[]'),
  );
  return new Set(saved.map(({ id }) => id));
};

/** What the published APIs show otherwise than we do: ids of another form, and what they keep beside a thing of ours. */
import type { JsonObject } from '@countersign/core';
import { type Scope, statement } from './database.ts';

export type CompatId = { readonly id: string; readonly number: number; readonly uuid: string };

const columns = 'id, number, uuid';
const of = statement<CompatId>(
  'compat_id_of',
  `select ${columns} from compat_id where workspace_id = $1 and dialect = $2 and id = any ($3)`,
);
// One at a time in a workspace: the numbers rise without gaps, and two readers agree on them.
const lock = statement(
  'compat_id_lock',
  `select pg_advisory_xact_lock(hashtextextended('compat_id/' || $1 || '/' || $2, 0))`,
);
const add = statement(
  'compat_id_add',
  `insert into compat_id (workspace_id, dialect, id, number)
   select $1, $2, new.id, (select coalesce(max(number), 0) from compat_id where workspace_id = $1 and dialect = $2) + new.place
   from unnest($3::text[]) with ordinality as new (id, place)`,
);
const byNumber = statement<{ id: string }>(
  'compat_id_by_number',
  'select id from compat_id where workspace_id = $1 and dialect = $2 and number = $3',
);
const byUuid = statement<{ id: string }>(
  'compat_id_by_uuid',
  'select id from compat_id where workspace_id = $1 and dialect = $2 and uuid = $3::uuid',
);

const find = async (scope: Scope, dialect: string, ids: readonly string[]): Promise<Map<string, CompatId>> =>
  new Map((await of.all(scope, scope.workspaceId, dialect, ids)).map((row) => [row.id, row]));

/** The ids that a dialect shows for these, which get one in the given order where they have none. In a writing transaction. */
export const compatIds = async (
  scope: Scope,
  dialect: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, CompatId>> => {
  const known = await find(scope, dialect, ids);
  if (ids.every((id) => known.has(id))) return known;
  await lock.run(scope, scope.workspaceId, dialect);
  const now = await find(scope, dialect, ids);
  const fresh = [...new Set(ids)].filter((id) => !now.has(id));
  await add.run(scope, scope.workspaceId, dialect, fresh);
  return find(scope, dialect, ids);
};

/** Our id for a number that a dialect showed. @param number at most 2^53 */
export const idOfCompatNumber = async (scope: Scope, dialect: string, number: number): Promise<string | undefined> =>
  (await byNumber.one(scope, scope.workspaceId, dialect, number))?.id;

/** @param uuid of its form, or the database refuses it */
export const idOfCompatUuid = async (scope: Scope, dialect: string, uuid: string): Promise<string | undefined> =>
  (await byUuid.one(scope, scope.workspaceId, dialect, uuid))?.id;

const put = statement(
  'compat_note_put',
  `insert into compat_note (workspace_id, dialect, id, note) values ($1, $2, $3, $4)
   on conflict (workspace_id, dialect, id) do update set note = excluded.note`,
);
const notes = statement<{ id: string; note: string }>(
  'compat_note_of',
  'select id, note from compat_note where workspace_id = $1 and dialect = $2 and id = any ($3)',
);

export const putCompatNote = (scope: Scope, dialect: string, id: string, note: JsonObject): Promise<number> =>
  put.run(scope, scope.workspaceId, dialect, id, JSON.stringify(note));

const keep = statement(
  'compat_note_keep',
  `insert into compat_note (workspace_id, dialect, id, note) values ($1, $2, $3, $4) on conflict do nothing`,
);

/** As `putCompatNote`, unless there is one already: of two who write at once both then read the first one's. */
export const keepCompatNote = (scope: Scope, dialect: string, id: string, note: JsonObject): Promise<number> =>
  keep.run(scope, scope.workspaceId, dialect, id, JSON.stringify(note));

export const compatNotes = async (
  scope: Scope,
  dialect: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> =>
  new Map(
    (await notes.all(scope, scope.workspaceId, dialect, ids)).map(({ id, note }) => [
      id,
      JSON.parse(note) as JsonObject,
    ]),
  );

const noted = statement<{ id: string }>(
  'compat_note_with',
  `select id from compat_note where workspace_id = $1 and dialect = $2 and note::json ->> $3 = $4 limit 1000`,
);

/** The ids of up to 1000 whose note has this text in a member. */
export const compatIdsNoted = async (scope: Scope, dialect: string, member: string, value: string): Promise<string[]> =>
  (await noted.all(scope, scope.workspaceId, dialect, member, value)).map(({ id }) => id);

const votedLately = statement<{ found: boolean }>(
  'compat_voted_lately',
  `select exists (select from vote v join approval a on a.workspace_id = v.workspace_id and a.id = v.approval_id
     where v.workspace_id = $1 and (a.execution_id = $2 or a.root_execution_id = $2) and v.person_id = $3
     and v.cast_at > clock_timestamp() - make_interval(secs => $4)) as found`,
);

/** Whether a person has decided something that this execution, or one below it, waited for, within so many seconds. */
export const approvalDecidedLately = async (
  scope: Scope,
  executionId: string,
  personId: string,
  seconds: number,
): Promise<boolean> =>
  (await votedLately.one(scope, scope.workspaceId, executionId, personId, seconds))?.found ?? false;

export type ExecutionFigures = {
  readonly day: string;
  readonly agent_id: string | null;
  readonly agent_version_id: string | null;
  readonly executions: number;
  readonly failed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly seconds: number;
  readonly ended: number;
};

const figures = statement<ExecutionFigures>(
  'compat_execution_figures',
  `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as day, agent_id, agent_version_id,
     count(*)::int as executions, count(*) filter (where status = 'failed')::int as failed,
     sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
     coalesce(sum(extract(epoch from finished_at - started_at)), 0)::float8 as seconds,
     count(*) filter (where finished_at is not null and started_at is not null)::int as ended
   from execution where workspace_id = $1 and created_at > now() - make_interval(days => $2)
   group by 1, 2, 3 order by 1`,
);

/** Executions of the last so many days: by day and by the version that they ran on. */
export const executionFigures = (scope: Scope, days: number): Promise<ExecutionFigures[]> =>
  figures.all(scope, scope.workspaceId, days);

export type ApprovalTally = {
  readonly tool: string | null;
  readonly pending: number;
  readonly approved: number;
  readonly rejected: number;
  readonly cancelled: number;
  readonly expired: number;
  /** From asking to a person's decision, on average; null where nobody has decided. */
  readonly seconds: number | null;
};

const tally = statement<ApprovalTally>(
  'compat_approval_tally',
  `select tool, count(*) filter (where status = 'pending')::int as pending,
     count(*) filter (where status = 'approved')::int as approved,
     count(*) filter (where status = 'rejected')::int as rejected,
     count(*) filter (where status = 'cancelled')::int as cancelled,
     count(*) filter (where status = 'expired')::int as expired,
     avg(extract(epoch from decided_at - created_at)) filter (where status in ('approved', 'rejected'))::float8 as seconds
   from approval where workspace_id = $1 group by tool order by count(*) desc`,
);

/** How approvals ended, by tool; null is what is not about a tool's call. */
export const approvalTally = (scope: Scope): Promise<ApprovalTally[]> => tally.all(scope, scope.workspaceId);

const passed = statement<{ count: number }>(
  'compat_deadlines_passed',
  `select count(*)::int as count from approval where workspace_id = $1 and status = 'pending' and expires_at < now()`,
);

/** How many wait although their time is over: what is about to end, and what was to stay open. */
export const pendingDeadlinesPassed = async (scope: Scope): Promise<number> =>
  (await passed.one(scope, scope.workspaceId))?.count ?? 0;

/** Lists of approvals, and how many there are. */
import { type Standing, accountsOf } from '@countersign/core';
import { type Scope, statement } from './database.ts';
import { type Audience, audiencesNow, audiencesOf } from './approval-audiences.ts';
import { findByWords } from './approval-words.ts';
import { approvalColumns } from './approvals.ts';
import type { ApprovalRow } from './rows.ts';
import { SNOOZE_HOLDS } from './snoozes.ts';

const pendingOf = statement<ApprovalRow>(
  'approval_pending_of',
  `select ${approvalColumns}, null as consumed_at from approval a
   where a.workspace_id = $1 and a.execution_id = $2 and a.status = 'pending' order by a.created_at, a.id`,
);

export const pendingApprovalsOf = (scope: Scope, executionId: string): Promise<ApprovalRow[]> =>
  pendingOf.all(scope, scope.workspaceId, executionId);

const pendingBelow = statement<ApprovalRow>(
  'approval_pending_below',
  `select ${approvalColumns}, null as consumed_at from approval a
   where a.workspace_id = $1 and (a.execution_id = $2 or a.root_execution_id = $2) and a.status = 'pending'
   order by a.created_at, a.id`,
);

/** What an execution waits for, and those below it if it is the outermost. */
export const pendingApprovalsBelow = (scope: Scope, executionId: string): Promise<ApprovalRow[]> =>
  pendingBelow.all(scope, scope.workspaceId, executionId);

export type PastCall = { id: string; shape: string; action: string; decided_at: Date };
const alike = statement<PastCall>(
  'approval_past_alike',
  `select a.id, a.shape, a.action, a.decided_at from unnest($2::text[]) s(shape), lateral (
     select id, shape, action, decided_at, created_at from approval
     where workspace_id = $1 and shape = s.shape and status = 'approved' order by created_at desc limit $3) a
   order by a.created_at desc`,
);

/** Approved calls of each of these shapes (the same tool and kinds of arguments), newest first, so many of each. */
export const pastAlike = (scope: Scope, shapes: readonly string[], limit: number): Promise<PastCall[]> =>
  alike.all(scope, scope.workspaceId, shapes, limit);

const pendingShapes = statement<{
  shape: string;
  rows: { id: string; title: string; digest: string; action: string; priority: string }[];
}>(
  'approval_pending_shapes',
  `select shape, json_agg(json_build_object('id', id, 'title', title, 'digest', digest, 'action', action, 'priority', priority)
     order by created_at) as rows
   from (select *, row_number() over (partition by shape order by created_at) as place from approval
         where workspace_id = $1 and status = 'pending' and shape is not null) a
   where place <= $2 group by shape having count(*) > 1 order by count(*) desc limit 50`,
);

/** Pending calls that are alike, in groups of at most so many. */
export const pendingAlike = (scope: Scope, limit: number) => pendingShapes.all(scope, scope.workspaceId, limit);

/** Somebody as the queue looks for them. */
export type AskedPerson = Pick<Standing, 'personId' | 'otherAccounts' | 'groups' | 'roles'>;

export type ApprovalFilter = {
  readonly status?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly tool?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly priority?: string | undefined;
  readonly conversation_id?: string | undefined;
  readonly execution_id?: string | undefined;
  readonly risk?: string | undefined;
  /** Whether a decider edited it. */
  readonly edited?: 'true' | 'false' | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Only what asks this person, or those for whom they stand in, in the open stage; with `others`, only what does not. */
  readonly mine?:
    | { readonly of: AskedPerson; readonly places: readonly AskedPerson[]; readonly others?: boolean }
    | undefined;
  /** Only (or without) what this person has put off. */
  readonly snoozes?: { readonly personId: string; readonly only: boolean } | undefined;
  readonly waiting_longer_than?: number | undefined;
  readonly due_within?: number | undefined;
  readonly q?: string | undefined;
};

/** By what a list is ordered, with the types of the keys; each in an index of its own where it is for pending ones. */
const ORDERS = {
  newest: { keys: [['a.created_at', 'timestamptz']], direction: 'desc' },
  oldest: { keys: [['a.created_at', 'timestamptz']], direction: 'asc' },
  urgency: { keys: [['a.urgency', 'float8']], direction: 'asc' },
  priority: {
    keys: [
      ['a.priority_order', 'smallint'],
      ['a.urgency', 'float8'],
    ],
    direction: 'asc',
  },
  time_left: { keys: [[`coalesce(a.expires_at, 'infinity')`, 'timestamptz']], direction: 'asc' },
} as const;
export type ApprovalSort = keyof typeof ORDERS;

export type PageStart = { readonly at: string; readonly id: string } | null;

/** Statements of conditions, and the values that they name. */
type Conditions = { readonly texts: string[]; readonly values: unknown[] };

const PRIORITIES = ['critical', 'high', 'medium', 'low'];

/** That a request asks somebody who did not ask for it, has not voted on it as it is, and can fill a place in the open stage. */
const asking = (
  of: AskedPerson,
  places: readonly AskedPerson[],
  audiences: readonly Audience[],
  parameter: (value: unknown) => string,
): string => {
  const named = (people: readonly AskedPerson[]): string =>
    `a.audience = any (${parameter(people.flatMap((person) => audiencesOf(audiences, person)))}::bigint[])`;
  const notOf = (person: AskedPerson): string => `not (a.requesters && ${parameter(accountsOf(person))}::text[])`;
  // Nothing but the id is taken from outside, so that an index alone has all of it.
  const hasVoted = `exists (select from vote v join approval p on p.workspace_id = v.workspace_id and p.id = v.approval_id
    where v.workspace_id = $1 and v.approval_id = a.id and v.digest = p.digest
    and v.person_id = any (${parameter(accountsOf(of))}::text[])
    and (v.stage = p.open_stage or (p.requirement ->> 'isDistinctAcrossStages')::boolean))`;
  const place = (person: AskedPerson): string =>
    person.personId === of.personId ? named([person]) : `(${notOf(person)} and ${named([person])})`;
  const filled = places.length === 1 ? '' : ` and (${places.map(place).join(' or ')})`;
  // `is not true`: looked up for each row that is left, and not joined with every vote that was ever cast.
  return `${named(places)} and not a.is_held and ${notOf(of)}${filled} and (${hasVoted}) is not true`;
};
const conditionsOf = async (scope: Scope, filter: ApprovalFilter): Promise<Conditions> => {
  const values: unknown[] = [scope.workspaceId];
  const texts = ['a.workspace_id = $1'];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    texts.push(condition(`$${values.length}`));
  };
  if (filter.status === 'completed') texts.push(`a.status <> 'pending'`);
  else if (filter.status === 'pending') texts.push(`a.status = 'pending'`);
  else add((p) => `a.status = ${p}`, filter.status);
  for (const column of [
    'agent_id',
    'tool',
    'checkpoint',
    'priority',
    'conversation_id',
    'execution_id',
    'risk',
  ] as const)
    add((p) => `a.${column} = ${p}`, filter[column]);
  // The same once more, as the index on it has it.
  if (filter.priority !== undefined && filter.status === 'pending')
    add((p) => `a.priority_order = ${p}`, PRIORITIES.indexOf(filter.priority));
  if (filter.edited !== undefined) texts.push(`${filter.edited === 'true' ? '' : 'not '}a.is_edited`);
  add((p) => `a.created_at < now() - make_interval(secs => ${p})`, filter.waiting_longer_than);
  add((p) => `a.expires_at < now() + make_interval(secs => ${p})`, filter.due_within);
  add((p) => `a.id = any (${p})`, filter.ids);
  if (filter.mine) {
    const { of, places, others } = filter.mine;
    const asks = asking(of, places, await audiencesNow(scope), (value) => `$${values.push(value)}`);
    texts.push(others === true ? `(${asks}) is not true` : asks);
  }
  if (filter.snoozes) {
    const { personId, only } = filter.snoozes;
    texts.push(`${only ? '' : 'not '}exists (select from snooze s where s.workspace_id = a.workspace_id
      and s.approval_id = a.id and s.person_id = $${values.push(personId)} and ${SNOOZE_HOLDS})`);
  }
  return { texts, values };
};

/** A page of the list; one row more than the limit says that there is a next page. */
export const listApprovals = async (
  scope: Scope,
  filter: ApprovalFilter,
  after: PageStart,
  limit: number,
  sort: ApprovalSort = 'newest',
): Promise<(ApprovalRow & { cursor_at: string })[]> => {
  const { texts, values } = await conditionsOf(scope, filter);
  const { keys, direction } = ORDERS[sort];
  if (after) {
    const place = `$${values.push(after.at)}`;
    const from = keys.map(([, type], index) => `split_part(${place}, '|', ${index + 1})::${type}`);
    const id = `$${values.push(after.id)}`;
    texts.push(
      `(${keys.map(([key]) => key).join(', ')}, a.id) ${direction === 'asc' ? '>' : '<'} (${from.join(', ')}, ${id})`,
    );
  }
  const order = [...keys.map(([key]) => key), 'a.id'].map((key) => `${key} ${direction}`).join(', ');
  // First the ids, from an index alone where it has all that is asked; then the rows of the page.
  const conditions = texts.join(' and ');
  const page = { conditions, values: [...values], order, limit: limit + 1 };
  const picked =
    filter.q === undefined
      ? `a.workspace_id = $1 and a.id = any (array(select a.id from approval a where ${conditions} order by ${order} limit ${page.limit}))`
      : `${conditions} and a.id = any ($${values.push(await findByWords(scope, filter.q, page))})`;
  const { rows } = await scope.client.query<ApprovalRow & { cursor_at: string }>(
    `select ${approvalColumns}, null as consumed_at, concat_ws('|', ${keys.map(([key]) => `${key}::text`).join(', ')}) as cursor_at
     from approval a where ${picked} order by ${order}`,
    values,
  );
  return rows;
};

const alikeOf = statement<{ shape: string; count: number }>(
  'approval_count_alike',
  `select s.shape, (select count(*)::int from (select from approval a
     where a.workspace_id = $1 and a.shape = s.shape and a.status = 'pending' limit $3) counted) as count
   from unnest($2::text[]) s(shape)`,
);

/** How many pending calls each of these shapes has, counted up to a limit. */
export const countAlike = async (
  scope: Scope,
  shapes: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, number>> => {
  const rows = shapes.length === 0 ? [] : await alikeOf.all(scope, scope.workspaceId, [...new Set(shapes)], limit);
  return new Map(rows.map(({ shape, count }) => [shape, count]));
};

/** How many pending ones the filter lets through, counted up to a limit. */
export const countPendingOf = async (scope: Scope, filter: ApprovalFilter, limit: number): Promise<number> => {
  const { texts, values } = await conditionsOf(scope, { ...filter, status: 'pending' });
  const { rows } = await scope.client.query<{ count: number }>(
    `select count(*)::int as count from (select from approval a where ${texts.join(' and ')} limit $${values.push(limit)}) counted`,
    values,
  );
  return rows[0]?.count ?? 0;
};

export type ApprovalCounts = {
  pending: number;
  low: number;
  medium: number;
  high: number;
  critical: number;
  due_soon: number;
  oldest: Date | null;
};

const pendingCounts = statement<ApprovalCounts>(
  'approval_count_pending',
  `select count(*) as pending,
     count(*) filter (where priority = 'low') as low, count(*) filter (where priority = 'medium') as medium,
     count(*) filter (where priority = 'high') as high, count(*) filter (where priority = 'critical') as critical,
     count(*) filter (where expires_at < now() + interval '15 minutes') as due_soon,
     min(created_at) as oldest
   from approval where workspace_id = $1 and status = 'pending'`,
);

/** What waits now, for the queue. */
export const countPending = (scope: Scope): Promise<ApprovalCounts | undefined> =>
  pendingCounts.one(scope, scope.workspaceId);

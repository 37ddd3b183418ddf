/** Lists of approvals, and how many there are. */
import { type Scope, statement } from './database.ts';
import { findByWords } from './approval-words.ts';
import { approvalColumns } from './approvals.ts';
import type { ApprovalRow } from './rows.ts';

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

const alike = statement<{ id: string; action: string; decided_at: Date }>(
  'approval_past_alike',
  `select id, action, decided_at from approval
   where workspace_id = $1 and shape = $2 and status = 'approved' and id <> $3 order by created_at desc limit $4`,
);

/** Approved calls of the same tool and argument shape, newest first. */
export const pastAlike = (
  scope: Scope,
  shape: string,
  exceptId: string,
  limit: number,
): Promise<{ id: string; action: string; decided_at: Date }[]> =>
  alike.all(scope, scope.workspaceId, shape, exceptId, limit);

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

export type ApprovalFilter = {
  readonly status?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly tool?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly priority?: string | undefined;
  readonly conversation_id?: string | undefined;
  readonly execution_id?: string | undefined;
  readonly risk?: string | undefined;
  /** Only what names this person, one of the groups or one of the roles among those asked. */
  readonly mine?:
    | { readonly personId: string; readonly groups: readonly string[]; readonly roles: readonly string[] }
    | undefined;
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

// Each step of the walk finds the next number in the index `approval_audience`.
const audiences = statement<{ audience: string; stages: string | null }>(
  'approval_audiences',
  `with recursive found (audience) as (
     (select audience from approval where workspace_id = $1 and status = 'pending' order by audience limit 1)
     union all
     select (select a.audience from approval a where a.workspace_id = $1 and a.status = 'pending' and a.audience > f.audience
             order by a.audience limit 1)
     from found f where f.audience is not null)
   select audience::text, (select (a.requirement -> 'stages')::text from approval a
     where a.workspace_id = $1 and a.status = 'pending' and a.audience = f.audience limit 1) as stages
   from found f where audience is not null`,
);

/** The audiences of what waits that name this person, one of the groups or one of the roles. */
const audiencesOf = async (
  scope: Scope,
  { personId, groups, roles }: NonNullable<ApprovalFilter['mine']>,
): Promise<string[]> => {
  const names = [personId, ...groups, ...roles].map((name) => JSON.stringify(name));
  const all = await audiences.all(scope, scope.workspaceId);
  return all
    .filter(({ stages }) =>
      stages === null ? roles.includes('approver') : names.some((name) => stages.includes(name)),
    )
    .map(({ audience }) => audience);
};

/** Statements of conditions, and the values that they name. */
type Conditions = { readonly texts: string[]; readonly values: unknown[] };

const PRIORITIES = ['critical', 'high', 'medium', 'low'];

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
  add((p) => `a.created_at < now() - make_interval(secs => ${p})`, filter.waiting_longer_than);
  add((p) => `a.expires_at < now() + make_interval(secs => ${p})`, filter.due_within);
  if (filter.mine) {
    const me = `$${values.push(filter.mine.personId)}`;
    texts.push(
      `a.audience = any ($${values.push(await audiencesOf(scope, filter.mine))}::bigint[])`,
      `not (${me} = any (a.requesters))`,
      'not a.is_held',
      // Who has voted waits for others; with more than one stage another may need them again. Nothing but the id is taken
      // from outside, so that an index alone has all of it.
      `not exists (select from vote v join approval p on p.workspace_id = v.workspace_id and p.id = v.approval_id
         where v.workspace_id = $1 and v.approval_id = a.id and v.person_id = ${me}
           and v.digest = p.digest and jsonb_array_length(p.requirement -> 'stages') = 1)`,
    );
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

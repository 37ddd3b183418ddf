/** Lists and figures of approvals. */
import { type Scope, statement } from './database.ts';
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
  readonly q?: string | undefined;
};

export type PageStart = { readonly at: string; readonly id: string } | null;

/** A page of the list, newest first; one row more than the limit says that there is a next page. */
export const listApprovals = async (
  scope: Scope,
  filter: ApprovalFilter,
  after: PageStart,
  limit: number,
): Promise<(ApprovalRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['a.workspace_id = $1'];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (filter.status === 'completed') conditions.push(`a.status <> 'pending'`);
  else if (filter.status === 'pending') conditions.push(`a.status = 'pending'`);
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
  add((p) => `a.created_at < now() - make_interval(secs => ${p})`, filter.waiting_longer_than);
  add(
    (p) => `(a.title ilike ${p} or a.tool ilike ${p} or a.checkpoint ilike ${p} or a.id ilike ${p})`,
    filter.q === undefined ? undefined : `%${filter.q.replace(/[\\%_]/g, (found) => `\\${found}`)}%`,
  );
  if (filter.mine) {
    const { personId, groups, roles } = filter.mine;
    // A requirement is searched as text for the names in it; null is the plain one: any approver.
    const names = [personId, ...groups, ...roles].map((name) => `%${JSON.stringify(name)}%`);
    conditions.push(`not ($${values.push(personId)} = any (a.requesters))`);
    const patterns = `$${values.push(names)}`;
    const isApprover = roles.includes('approver');
    conditions.push(
      `(${isApprover ? 'a.requirement is null or ' : ''}(a.requirement -> 'stages')::text like any (${patterns}))`,
    );
  }
  if (after) {
    values.push(after.at, after.id);
    conditions.push(`(a.created_at, a.id) < ($${values.length - 1}::timestamptz, $${values.length})`);
  }
  values.push(limit + 1);
  const { rows } = await scope.client.query<ApprovalRow & { cursor_at: string }>(
    `select ${approvalColumns}, null as consumed_at, a.created_at::text as cursor_at from approval a
     where ${conditions.join(' and ')} order by a.created_at desc, a.id desc limit $${values.length}`,
    values,
  );
  return rows;
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

const countPending = statement<ApprovalCounts>(
  'approval_count_pending',
  `select count(*) as pending,
     count(*) filter (where priority = 'low') as low, count(*) filter (where priority = 'medium') as medium,
     count(*) filter (where priority = 'high') as high, count(*) filter (where priority = 'critical') as critical,
     count(*) filter (where expires_at < now() + interval '15 minutes') as due_soon,
     min(created_at) as oldest
   from approval where workspace_id = $1 and status = 'pending'`,
);

const countDecided = statement<{
  approved: number;
  edited: number;
  rejected: number;
  expired: number;
  cancelled: number;
  median: number | null;
}>(
  'approval_count_decided',
  `select count(*) filter (where status = 'approved' and not is_edited) as approved,
     count(*) filter (where status = 'approved' and is_edited) as edited,
     count(*) filter (where status = 'rejected') as rejected,
     count(*) filter (where status = 'expired') as expired,
     count(*) filter (where status = 'cancelled') as cancelled,
     percentile_cont(0.5) within group (order by seconds)
       filter (where status in ('approved', 'rejected')) as median
   from approval
   where workspace_id = $1 and status <> 'pending' and decided_at > now() - interval '24 hours'`,
);

/** Figures for the queue: what waits now, what was decided in the last 24 hours. */
export const countApprovals = async (scope: Scope) => ({
  waiting: await countPending.one(scope, scope.workspaceId),
  decided: await countDecided.one(scope, scope.workspaceId),
});

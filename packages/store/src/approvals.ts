import type { Actor, Decision } from '@countersign/core';
import { type Scope, statement } from './database.ts';
import type { ApprovalRow } from './rows.ts';

export type NewApproval = Omit<ApprovalRow, 'workspace_id' | 'status' | 'created_at' | 'decided_at' | 'decision' | 'consumed_at' | 'original_action'>;

const insert = statement(
  'approval_insert',
  `insert into approval (workspace_id, id, kind, title, checkpoint, priority, action, digest, call_digest, tool,
     arguments_schema, agent, agent_id, execution_id, step_id, conversation_id, requested_by, requesters, input,
     gate_reason, explanation, impact, evidence, metadata, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`,
);

export const insertApproval = async (scope: Scope, row: NewApproval): Promise<void> => {
  insert.send(
    scope, scope.workspaceId, row.id, row.kind, row.title, row.checkpoint, row.priority, row.action, row.digest,
    row.call_digest, row.tool, row.arguments_schema, row.agent, row.agent_id, row.execution_id, row.step_id,
    row.conversation_id, row.requested_by, row.requesters, row.input, row.gate_reason, row.explanation, row.impact,
    JSON.stringify(row.evidence), row.metadata, row.expires_at,
  );
};

const columns = `a.workspace_id, a.id, a.kind, a.status, a.title, a.checkpoint, a.priority, a.action, a.digest,
  a.original_action, a.call_digest, a.tool, a.arguments_schema, a.agent, a.agent_id, a.execution_id, a.step_id,
  a.conversation_id, a.requested_by, a.requesters, a.input, a.gate_reason, a.explanation, a.impact, a.evidence,
  a.metadata, a.created_at, a.expires_at, a.decided_at, a.decision`;

const consumedAt = `(select c.at from consumption c where c.workspace_id = a.workspace_id and c.approval_id = a.id) as consumed_at`;

const get = statement<ApprovalRow>(
  'approval_get',
  `select ${columns}, ${consumedAt} from approval a where a.workspace_id = $1 and a.id = $2`,
);

export const getApproval = (scope: Scope, id: string): Promise<ApprovalRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

const lock = statement<ApprovalRow>(
  'approval_lock',
  `select ${columns}, null as consumed_at from approval a where a.workspace_id = $1 and a.id = $2 for update`,
);
const now = statement<{ now: Date }>('clock', 'select clock_timestamp() as now');

/**
 * Locks the row, then reads the time in a statement of its own: a time read with the lock may be as old as the wait for
 * it (trust.md, short answer 5). The row itself is read again by PostgreSQL after the wait. `consumed_at` is not read.
 */
export const lockApproval = async (scope: Scope, id: string): Promise<{ row: ApprovalRow; now: Date } | undefined> => {
  // Sent together: the second begins when the first has its lock.
  const [row, time] = await Promise.all([lock.one(scope, scope.workspaceId, id), readClock(scope)]);
  return row && { row, now: time };
};

/** The database's clock, which decides every deadline; of this statement, not of the transaction. */
export const readClock = async (scope: Scope): Promise<Date> => {
  const read = await now.one(scope);
  if (!read) throw new Error('the clock returned no row');
  return read.now;
};

const decide = statement(
  'approval_decide',
  `update approval set status = $3, decision = $4, decided_at = $5, action = $6, digest = $7, original_action = $8
   where workspace_id = $1 and id = $2 and status = 'pending'`,
);

/** Writes an approver's outcome. */
export const saveDecision = (
  scope: Scope,
  id: string,
  decision: Decision,
  content: { action: string; digest: string; originalAction: string | null },
): Promise<number> =>
  decide.run(scope, scope.workspaceId, id, decision.outcome, decision, decision.at, content.action, content.digest, content.originalAction);

const end = statement(
  'approval_end',
  `update approval set status = $3, decision = $4, decided_at = $5
   where workspace_id = $1 and id = $2 and status = 'pending'`,
);

/** Writes an end without a vote (expired, cancelled); the one change that the worker may make to an outcome. */
export const saveEnd = (scope: Scope, id: string, decision: Decision): Promise<number> =>
  end.run(scope, scope.workspaceId, id, decision.outcome, decision, decision.at);

const vote = statement(
  'vote_insert',
  `insert into vote (workspace_id, approval_id, digest, person_id, vote, key_id, assurance, reason, cast_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
);

/** Writes a vote; a second one of the same person on the same content changes nothing. */
export const insertVote = async (
  scope: Scope,
  cast: {
    approvalId: string;
    digest: string;
    personId: string;
    vote: 'approved' | 'rejected';
    keyId: string | null;
    assurance: string;
    reason: string | null;
    at: Date;
  },
): Promise<void> => {
  vote.send(
    scope, scope.workspaceId, cast.approvalId, cast.digest, cast.personId, cast.vote, cast.keyId, cast.assurance,
    cast.reason, cast.at,
  );
};

const consume = statement(
  'consumption_insert',
  `insert into consumption (workspace_id, approval_id, digest, consumed_by, at) values ($1, $2, $3, $4, $5)
   on conflict do nothing`,
);

/** @returns whether this call took it; false if it was taken before */
export const insertConsumption = async (
  scope: Scope,
  approvalId: string,
  digest: string,
  by: Actor,
  at: Date,
): Promise<boolean> => (await consume.run(scope, scope.workspaceId, approvalId, digest, by, at)) === 1;

const consumption = statement<{ at: Date; consumed_by: Actor }>(
  'consumption_get',
  'select at, consumed_by from consumption where workspace_id = $1 and approval_id = $2',
);

/** Who took an approved call, and when. */
export const getConsumption = (scope: Scope, approvalId: string): Promise<{ at: Date; consumed_by: Actor } | undefined> =>
  consumption.one(scope, scope.workspaceId, approvalId);

const rejectedCall = statement<{ id: string; decision: Decision }>(
  'approval_rejected_call',
  `select id, decision from approval
   where workspace_id = $1 and call_digest = $2 and status = 'rejected' and requested_by ->> 'id' = $3
     and decided_at > now() - interval '24 hours'
   order by decided_at desc limit 1`,
);

/** A rejection of the same call, asked by the same requester within 24 hours. */
export const findRejectedCall = (
  scope: Scope,
  callDigest: string,
  requesterId: string,
): Promise<{ id: string; decision: Decision } | undefined> =>
  rejectedCall.one(scope, scope.workspaceId, callDigest, requesterId);

const pendingOf = statement<ApprovalRow>(
  'approval_pending_of',
  `select ${columns}, null as consumed_at from approval a
   where a.workspace_id = $1 and a.execution_id = $2 and a.status = 'pending' order by a.created_at, a.id`,
);

export const pendingApprovalsOf = (scope: Scope, executionId: string): Promise<ApprovalRow[]> =>
  pendingOf.all(scope, scope.workspaceId, executionId);

export type ApprovalFilter = {
  readonly status?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly tool?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly priority?: string | undefined;
  readonly conversation_id?: string | undefined;
  readonly execution_id?: string | undefined;
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
  for (const column of ['agent_id', 'tool', 'checkpoint', 'priority', 'conversation_id', 'execution_id'] as const)
    add((p) => `a.${column} = ${p}`, filter[column]);
  add((p) => `a.created_at < now() - make_interval(secs => ${p})`, filter.waiting_longer_than);
  add((p) => `(a.title ilike ${p} or a.tool ilike ${p} or a.checkpoint ilike ${p} or a.id ilike ${p})`,
    filter.q === undefined ? undefined : `%${filter.q.replace(/[\\%_]/g, (found) => `\\${found}`)}%`);
  if (after) {
    values.push(after.at, after.id);
    conditions.push(`(a.created_at, a.id) < ($${values.length - 1}::timestamptz, $${values.length})`);
  }
  values.push(limit + 1);
  const { rows } = await scope.client.query<ApprovalRow & { cursor_at: string }>(
    `select ${columns}, null as consumed_at, a.created_at::text as cursor_at from approval a
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
     count(*) filter (where expires_at < clock_timestamp() + interval '15 minutes') as due_soon,
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
  `select count(*) filter (where status = 'approved' and original_action is null) as approved,
     count(*) filter (where status = 'approved' and original_action is not null) as edited,
     count(*) filter (where status = 'rejected') as rejected,
     count(*) filter (where status = 'expired') as expired,
     count(*) filter (where status = 'cancelled') as cancelled,
     percentile_cont(0.5) within group (order by extract(epoch from decided_at - created_at)::float8)
       filter (where status in ('approved', 'rejected')) as median
   from approval
   where workspace_id = $1 and status <> 'pending' and decided_at > now() - interval '24 hours'`,
);

/** Figures for the queue: what waits now, what was decided in the last 24 hours. */
export const countApprovals = async (scope: Scope) => ({
  waiting: await countPending.one(scope, scope.workspaceId),
  decided: await countDecided.one(scope, scope.workspaceId),
});

import type { Actor, GrantBounds } from '@countersign/core';
import { type Scope, statement } from './database.ts';

export type GrantRow = {
  id: string;
  agent_id: string | null;
  tool: string;
  bounds: GrantBounds;
  reason: string | null;
  created_by: Actor;
  approval_id: string | null;
  uses: number;
  total: number;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
};

const columns = `id, agent_id, tool, bounds, reason, created_by, approval_id, uses, total::float8 as total, created_at, expires_at, revoked_at`;

const insert = statement<GrantRow>(
  'grant_insert',
  `insert into standing_grant (workspace_id, id, agent_id, tool, bounds, reason, created_by, approval_id, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
);
export const insertGrant = async (
  scope: Scope,
  row: Pick<GrantRow, 'id' | 'agent_id' | 'tool' | 'bounds' | 'reason' | 'created_by' | 'approval_id' | 'expires_at'>,
): Promise<GrantRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.agent_id,
    row.tool,
    row.bounds,
    row.reason,
    row.created_by,
    row.approval_id,
    row.expires_at,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<GrantRow>(
  'grant_get',
  `select ${columns} from standing_grant where workspace_id = $1 and id = $2`,
);
export const getGrant = (scope: Scope, id: string): Promise<GrantRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

const list = statement<GrantRow & { cursor_at: string }>(
  'grant_list',
  `select ${columns}, created_at::text as cursor_at from standing_grant
   where workspace_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3))
   order by created_at desc, id desc limit $4`,
);
export const listGrants = (
  scope: Scope,
  after: { at: string; id: string } | null,
  limit: number,
): Promise<(GrantRow & { cursor_at: string })[]> =>
  list.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? null, limit + 1);

// Locked: two calls that would each just fit the budget come one after the other, and the second sees what is left.
const live = statement<GrantRow>(
  'grant_live',
  `select ${columns} from standing_grant
   where workspace_id = $1 and tool = $2 and (agent_id is null or agent_id = $3) and revoked_at is null
     and expires_at > clock_timestamp()
   order by created_at, id for update`,
);

/** Grants that might cover a call now, locked until the transaction ends. */
export const lockLiveGrants = (scope: Scope, tool: string, agentId: string | null): Promise<GrantRow[]> =>
  live.all(scope, scope.workspaceId, tool, agentId);

const use = statement(
  'grant_use',
  'update standing_grant set uses = uses + 1, total = total + $3 where workspace_id = $1 and id = $2',
);
const recordUse = statement(
  'grant_use_insert',
  'insert into grant_use (workspace_id, grant_id, subject, arguments, amount) values ($1, $2, $3, $4, $5)',
);

/** Counts a use, in the transaction of the call that it lets through. */
export const useGrant = async (
  scope: Scope,
  id: string,
  call: { subject: string; arguments: string; amount: number },
): Promise<void> => {
  await use.run(scope, scope.workspaceId, id, call.amount);
  await recordUse.run(scope, scope.workspaceId, id, call.subject, call.arguments, call.amount);
};

const revoke = statement(
  'grant_revoke',
  'update standing_grant set revoked_at = now() where workspace_id = $1 and id = $2 and revoked_at is null',
);
/** @returns 1 if this call revoked it */
export const revokeGrant = (scope: Scope, id: string): Promise<number> => revoke.run(scope, scope.workspaceId, id);

export type GrantUseRow = { id: number; subject: string; arguments: string; amount: number; at: Date };
const uses = statement<GrantUseRow>(
  'grant_uses',
  `select id, subject, arguments, amount::float8 as amount, at from grant_use
   where workspace_id = $1 and grant_id = $2 and id < $3 order by id desc limit $4`,
);
export const listGrantUses = (scope: Scope, id: string, before: number, limit: number): Promise<GrantUseRow[]> =>
  uses.all(scope, scope.workspaceId, id, before, limit + 1);

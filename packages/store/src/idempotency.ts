/** The first answer to a request with an Idempotency-Key, kept for seven days. */
import { type Database, type Scope, statement, unscoped } from './database.ts';

export type StoredAnswer = { readonly fingerprint: string; readonly status: number; readonly body: Buffer };

const insert = statement(
  'idempotency_insert',
  'insert into idempotency (workspace_id, principal, key, fingerprint) values ($1, $2, $3, $4) on conflict do nothing',
);
const select = statement<StoredAnswer>(
  'idempotency_select',
  'select fingerprint, status, body from idempotency where workspace_id = $1 and principal = $2 and key = $3',
);

/**
 * Reserves the key in this transaction, or finds the answer given before. A first request that still runs is waited
 * for: its row blocks ours until it commits or rolls back.
 */
export const reserveKey = async (
  scope: Scope,
  principal: string,
  key: string,
  fingerprint: string,
): Promise<StoredAnswer | undefined> => {
  if ((await insert.run(scope, scope.workspaceId, principal, key, fingerprint)) === 1) return undefined;
  return select.one(scope, scope.workspaceId, principal, key);
};

const update = statement(
  'idempotency_answer',
  'update idempotency set status = $4, body = $5 where workspace_id = $1 and principal = $2 and key = $3',
);

export const storeAnswer = async (
  scope: Scope,
  principal: string,
  key: string,
  status: number,
  body: Buffer,
): Promise<void> => {
  update.send(scope, scope.workspaceId, principal, key, status, body);
};

export const IDEMPOTENCY_DAYS = 7;

/** Forgets what is older than seven days, a workspace at a time. */
export const forgetOldAnswers = async (scope: Scope): Promise<number> => prune.run(scope, scope.workspaceId);

const prune = statement(
  'idempotency_prune',
  `delete from idempotency where workspace_id = $1 and created_at < now() - interval '${IDEMPOTENCY_DAYS} days'`,
);

export const workspaceIds = async (database: Database): Promise<string[]> =>
  unscoped(database, async (scope) => (await workspaces.all(scope)).map(({ id }) => id));

const workspaces = statement<{ id: string }>('workspace_ids', 'select id from workspace');

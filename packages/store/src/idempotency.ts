/** The first answer to a request with an Idempotency-Key, kept for seven days. */
import pg from 'pg';
import { type Database, type Scope, statement, unscoped } from './database.ts';

export type StoredAnswer = { readonly fingerprint: string; readonly status: number; readonly body: Buffer };

const insert = statement(
  'idempotency_insert',
  'insert into idempotency (workspace_id, principal, key, fingerprint) values ($1, $2, $3, $4)',
);
const select = statement<StoredAnswer>(
  'idempotency_select',
  'select fingerprint, status, body from idempotency where workspace_id = $1 and principal = $2 and key = $3',
);

/**
 * Reserves the key in this transaction. Where it has an answer already, that fails, and with it every statement after it
 * and the transaction (`isAnswered`); so nobody has to wait for it before they go on. A first request that still runs is
 * waited for: its row blocks ours until it commits or rolls back.
 */
export const reserveKey = (scope: Scope, principal: string, key: string, fingerprint: string): Promise<number> => {
  const reserved = insert.run(scope, scope.workspaceId, principal, key, fingerprint);
  scope.later(reserved);
  return reserved;
};

/** Whether a transaction failed because its key has an answer. */
export const isAnswered = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === 'idempotency_pkey';

/** The answer given before. */
export const givenAnswer = (scope: Scope, principal: string, key: string): Promise<StoredAnswer | undefined> =>
  select.one(scope, scope.workspaceId, principal, key);

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

/** API keys. A secret is looked up by its SHA-256 and never stored. */
import type { Permission } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Database, type Scope, byCredential, statement, transaction } from './database.ts';
import type { KeyRow } from './rows.ts';

const keyColumns = `k.workspace_id, k.id, k.name, k.kind, k.prefix, k.scopes, k.owner_id, p.name as owner_name, k.created_at,
  k.expires_at, k.last_used_at, k.last_used_address, k.revoked_at, k.rotated_at, k.previous_until, k.agents, k.tools, k.networks`;

// One index or the other: what somebody uses is the secret as it is, or for some days the one before.
const byHash = statement<KeyRow>(
  'api_key_by_hash',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id
   where (k.secret_hash = $1 or (k.previous_hash = $1 and k.previous_until > now()))
     and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
);

/** A key that may be used now. One indexed read, and no write (trust.md, T34). */
export const findKey = (database: Database, secretHash: Buffer): Promise<KeyRow | undefined> =>
  byCredential(database, secretHash, 'read only', (scope) => byHash.one(scope, secretHash));

const deadByHash = statement<KeyRow>(
  'api_key_dead_by_hash',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id where k.secret_hash = $1 or k.previous_hash = $1`,
);

/** A key whatever became of it: who tries a revoked or expired one is written down. */
export const findDeadKey = (database: Database, secretHash: Buffer): Promise<KeyRow | undefined> =>
  byCredential(database, secretHash, 'read only', (scope) => deadByHash.one(scope, secretHash));

const insertOne = statement(
  'api_key_insert',
  `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id, expires_at, agents, tools, networks)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
);

/** What a key may be used for, and from where; null is no limit. */
export type KeyReach = {
  readonly agents: readonly string[] | null;
  readonly tools: readonly string[] | null;
  readonly networks: readonly string[] | null;
};

export const insertKey = (
  scope: Scope,
  row: {
    id: string;
    secretHash: Buffer;
    name: string;
    kind: KeyRow['kind'];
    prefix: string;
    scopes: readonly Permission[];
    ownerId: string;
    expiresAt: Date | null;
  } & Partial<KeyReach>,
): Promise<number> =>
  insertOne.run(
    scope,
    scope.workspaceId,
    row.id,
    row.secretHash,
    row.name,
    row.kind,
    row.prefix,
    row.scopes,
    row.ownerId,
    row.expiresAt,
    row.agents ?? null,
    row.tools ?? null,
    row.networks ?? null,
  );

const byId = statement<KeyRow>(
  'api_key_get',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id where k.workspace_id = $1 and k.id = $2`,
);
export const getKey = (scope: Scope, id: string): Promise<KeyRow | undefined> => byId.one(scope, scope.workspaceId, id);

const liveById = statement<KeyRow>(
  'api_key_get_live',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id
   where k.workspace_id = $1 and k.id = $2 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
);

/** One that may be used now. */
export const getLiveKey = (scope: Scope, id: string): Promise<KeyRow | undefined> =>
  liveById.one(scope, scope.workspaceId, id);

const many = statement<KeyRow & { cursor_at: string }>(
  'api_key_list',
  `select ${keyColumns}, k.created_at::text as cursor_at from api_key k join person p on p.id = k.owner_id
   where k.workspace_id = $1 and ($2::timestamptz is null or (k.created_at, k.id) < ($2::timestamptz, $3))
   order by k.created_at desc, k.id desc limit $4`,
);
export const listKeys = (scope: Scope, after: PageStart, limit: number): Promise<(KeyRow & { cursor_at: string })[]> =>
  many.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? null, limit + 1);

const revoke = statement(
  'api_key_revoke',
  'update api_key set revoked_at = now() where workspace_id = $1 and id = $2 and revoked_at is null',
);
export const revokeKey = (scope: Scope, id: string): Promise<number> => revoke.run(scope, scope.workspaceId, id);

const revokeAll = statement<{ id: string }>(
  'api_key_revoke_of_owner',
  'update api_key set revoked_at = now() where workspace_id = $1 and owner_id = $2 and revoked_at is null returning id',
);

/** @returns the ids of those that were good until now */
export const revokeKeysOf = async (scope: Scope, ownerId: string): Promise<string[]> =>
  (await revokeAll.all(scope, scope.workspaceId, ownerId)).map(({ id }) => id);

const revokeBeyond = statement<{ id: string }>(
  'api_key_revoke_beyond',
  `update api_key set revoked_at = now()
   where workspace_id = $1 and owner_id = $2 and revoked_at is null and not (scopes <@ $3) returning id`,
);

/** Ends the keys that may do more than their owner may now. @returns their ids */
export const revokeKeysBeyond = async (
  scope: Scope,
  ownerId: string,
  permissions: readonly Permission[],
): Promise<string[]> => (await revokeBeyond.all(scope, scope.workspaceId, ownerId, permissions)).map(({ id }) => id);

const rotate = statement(
  'api_key_rotate',
  `update api_key set previous_hash = secret_hash, previous_until = least(expires_at, now() + make_interval(secs => $5)),
     secret_hash = $3, prefix = $4, rotated_at = now(), expires_at = now() + make_interval(days => $6)
   where workspace_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > now())`,
);

/**
 * A new secret for the same key; the one before goes on for the overlap, and one before that ends now.
 * @returns 0 if the key was revoked or its time is over
 */
export const rotateKey = (
  scope: Scope,
  id: string,
  next: { secretHash: Buffer; prefix: string; overlapSeconds: number; expiresInDays: number },
): Promise<number> =>
  rotate.run(scope, scope.workspaceId, id, next.secretHash, next.prefix, next.overlapSeconds, next.expiresInDays);

const touch = statement(
  'api_key_touch',
  `update api_key k set last_used_at = now(), last_used_address = u.address
   from unnest($2::text[], $3::text[]) as u (id, address) where k.workspace_id = $1 and k.id = u.id`,
);

export type KeyUse = { readonly workspaceId: string; readonly keyId: string; readonly address: string };

/** Written in batches, so that using a key costs its request no write. */
export const touchKeys = async (database: Database, uses: readonly KeyUse[]): Promise<void> => {
  for (const [workspaceId, own] of Map.groupBy(uses, (use) => use.workspaceId))
    await transaction(database, workspaceId, (scope) =>
      touch.run(
        scope,
        workspaceId,
        own.map(({ keyId }) => keyId),
        own.map(({ address }) => address),
      ),
    );
};

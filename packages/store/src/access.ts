/** People, sessions and API keys. Tokens and secrets are looked up by their SHA-256 and never stored. */
import type { Permission, Role } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Database, type Scope, statement, unscoped } from './database.ts';
import type { KeyRow, SessionRow } from './rows.ts';

const keyColumns = `k.workspace_id, k.id, k.name, k.kind, k.prefix, k.scopes, k.owner_id, p.name as owner_name, k.created_at,
  k.expires_at, k.last_used_at, k.revoked_at`;

const byHash = statement<KeyRow>(
  'api_key_by_hash',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id
   where k.secret_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
);

/** A key that may be used now. */
export const findKey = (database: Database, secretHash: Buffer): Promise<KeyRow | undefined> =>
  unscoped(database, (scope) => byHash.one(scope, secretHash));

const deadByHash = statement<KeyRow>(
  'api_key_dead_by_hash',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id where k.secret_hash = $1`,
);

/** A key whatever became of it: who tries a revoked or expired one is written down. */
export const findDeadKey = (database: Database, secretHash: Buffer): Promise<KeyRow | undefined> =>
  unscoped(database, (scope) => deadByHash.one(scope, secretHash));

const insertOne = statement(
  'api_key_insert',
  `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

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
  },
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
  );

const byId = statement<KeyRow>(
  'api_key_get',
  `select ${keyColumns} from api_key k join person p on p.id = k.owner_id where k.workspace_id = $1 and k.id = $2`,
);
export const getKey = (scope: Scope, id: string): Promise<KeyRow | undefined> => byId.one(scope, scope.workspaceId, id);

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

const touch = statement('api_key_touch', 'update api_key set last_used_at = now() where id = any ($1)');

/** Written in batches, so that using a key costs its request no write. */
export const touchKeys = (database: Database, ids: readonly string[]): Promise<number> =>
  unscoped(database, (scope) => touch.run(scope, ids));

const bySession = statement<SessionRow>(
  'session_by_hash',
  `select s.id, s.workspace_id, w.name as workspace_name, s.person_id, p.name as person_name, p.email, m.roles, s.expires_at,
     s.method, s.is_two_factor, s.stepped_up_at,
     coalesce(s.stepped_up_at > now() - interval '5 minutes', false) as is_stepped_up,
     (w.settings->>'require_second_factor')::boolean as requires_second_factor,
     exists (select from password where person_id = s.person_id) as has_password,
     exists (select from passkey where person_id = s.person_id) as has_passkey,
     exists (select from totp where person_id = s.person_id and confirmed_at is not null) as has_totp,
     exists (select from identity where person_id = s.person_id) as has_identity
   from session s
   join workspace w on w.id = s.workspace_id
   join person p on p.id = s.person_id
   join member m on m.workspace_id = s.workspace_id and m.person_id = s.person_id
   where s.token_hash = $1 and s.ended_at is null and s.expires_at > now()
     and s.last_seen_at > now() - interval '1 hour'`,
);

/** A session that lives: not ended, not older than its limit, used within the last hour. */
export const findSession = (database: Database, tokenHash: Buffer): Promise<SessionRow | undefined> =>
  unscoped(database, (scope) => bySession.one(scope, tokenHash));

const touchSession = statement('session_touch', 'update session set last_seen_at = now() where id = any ($1)');
export const touchSessions = (database: Database, ids: readonly string[]): Promise<number> =>
  unscoped(database, (scope) => touchSession.run(scope, ids));

const insertSession = statement(
  'session_insert',
  `insert into session (id, token_hash, workspace_id, person_id, method, is_two_factor, stepped_up_at, address, user_agent, expires_at)
   values ($1, $2, $3, $4, $5, $6, case when $7 then now() end, $8, $9, now() + interval '8 hours')`,
);
const endOne = statement('session_end', 'update session set ended_at = now() where id = $1 and ended_at is null');

/** How it began, and from where. */
export type SessionStart = {
  method: SessionRow['method'];
  isTwoFactor: boolean;
  /** Counts as having proved anew who they are. */
  isSteppedUp: boolean;
  address: string;
  userAgent: string | null;
};

export const startSession = (
  scope: Pick<Scope, 'client'>,
  row: { id: string; tokenHash: Buffer; workspaceId: string; personId: string } & Partial<SessionStart>,
): Promise<number> =>
  insertSession.run(
    scope,
    row.id,
    row.tokenHash,
    row.workspaceId,
    row.personId,
    row.method ?? 'link',
    row.isTwoFactor ?? false,
    row.isSteppedUp ?? false,
    row.address ?? null,
    row.userAgent?.slice(0, 300) ?? null,
  );
export const endSession = (scope: Pick<Scope, 'client'>, id: string): Promise<number> => endOne.run(scope, id);

const useLink = statement<{ workspace_id: string; person_id: string }>(
  'sign_in_link_use',
  `update sign_in_link set used_at = now() where token_hash = $1 and used_at is null and expires_at > now()
   returning workspace_id, person_id`,
);
const insertLink = statement(
  'sign_in_link_insert',
  `insert into sign_in_link (token_hash, workspace_id, person_id, expires_at) values ($1, $2, $3, now() + interval '1 day')`,
);

/** Uses a one-time link up. Undefined if it is unknown, was used, or is older than a day. */
export const takeSignInLink = (
  scope: Pick<Scope, 'client'>,
  tokenHash: Buffer,
): Promise<{ workspace_id: string; person_id: string } | undefined> => useLink.one(scope, tokenHash);

export const insertSignInLink = (
  scope: Pick<Scope, 'client'>,
  row: { tokenHash: Buffer; workspaceId: string; personId: string },
): Promise<number> => insertLink.run(scope, row.tokenHash, row.workspaceId, row.personId);

const member = statement<{ workspace_id: string; person_id: string; name: string; email: string; roles: Role[] }>(
  'member_by_email',
  `select m.workspace_id, m.person_id, p.name, p.email, m.roles from member m join person p on p.id = m.person_id
   where lower(p.email) = lower($1) order by m.created_at limit 1`,
);
export const findMemberByEmail = (
  scope: Pick<Scope, 'client'>,
  email: string,
): Promise<{ workspace_id: string; person_id: string; name: string; email: string; roles: Role[] } | undefined> =>
  member.one(scope, email);

const ofPerson = statement<{ workspace_id: string; roles: Role[] }>(
  'member_of_person',
  `select m.workspace_id, m.roles from member m where m.person_id = $1
   order by (select max(s.last_seen_at) from session s where s.workspace_id = m.workspace_id and s.person_id = m.person_id) desc nulls last,
     m.created_at, m.workspace_id`,
);
/** Where somebody is a member; the workspace in which they were last comes first. */
export const membershipsOf = (
  scope: Pick<Scope, 'client'>,
  personId: string,
): Promise<{ workspace_id: string; roles: Role[] }[]> => ofPerson.all(scope, personId);

const memberById = statement<{ roles: Role[]; name: string }>(
  'member_get',
  `select m.roles, p.name from member m join person p on p.id = m.person_id where m.workspace_id = $1 and m.person_id = $2`,
);
export const getMember = (scope: Scope, personId: string): Promise<{ roles: Role[]; name: string } | undefined> =>
  memberById.one(scope, scope.workspaceId, personId);

const insertWorkspace = statement('workspace_insert', 'insert into workspace (id, name) values ($1, $2)');
const insertPerson = statement<{ id: string }>(
  'person_insert',
  `insert into person (id, email, name) values ($1, $2, $3)
   on conflict (email) do update set name = excluded.name returning id`,
);
const insertMember = statement(
  'member_insert',
  `insert into member (workspace_id, person_id, roles) values ($1, $2, $3) on conflict do nothing`,
);

/** A new workspace with its first members. */
export const createWorkspace = async (
  scope: Pick<Scope, 'client'>,
  workspace: { id: string; name: string },
): Promise<number> => insertWorkspace.run(scope, workspace.id, workspace.name);

/** @returns the person's id: the new one, or that of the person who already has this address */
export const addMember = async (
  scope: Pick<Scope, 'client'>,
  workspaceId: string,
  person: { id: string; email: string; name: string; roles: readonly Role[] },
): Promise<string> => {
  const row = await insertPerson.one(scope, person.id, person.email, person.name);
  if (!row) throw new Error('insert returned no row');
  await insertMember.run(scope, workspaceId, row.id, person.roles);
  return row.id;
};

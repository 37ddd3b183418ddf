/** Sessions, one-time links, and who begins in a workspace. Tokens are looked up by their SHA-256 and never stored. */
import type { Role } from '@countersign/core';
import { type Database, type Scope, asPerson, byCredential, statement, transaction, unscoped } from './database.ts';
import type { SessionRow } from './rows.ts';

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
   join member m on m.workspace_id = s.workspace_id and m.person_id = s.person_id and m.status = 'active'
   where s.token_hash = $1 and s.ended_at is null and s.expires_at > now()
     and s.last_seen_at > now() - interval '1 hour'`,
);

const enterSession = statement(
  'session_enter',
  `select set_config('app.workspace', workspace_id, true) from session where token_hash = $1`,
);

/** A session that lives: not ended, not older than its limit, used within the last hour. */
export const findSession = (database: Database, tokenHash: Buffer): Promise<SessionRow | undefined> =>
  byCredential(database, tokenHash, 'read only', (scope) => {
    enterSession.send(scope, tokenHash);
    return bySession.one(scope, tokenHash);
  });

const touchSession = statement(
  'session_touch',
  'update session set last_seen_at = now() where workspace_id = $1 and id = any ($2)',
);

export type SessionUse = { readonly workspaceId: string; readonly sessionId: string };
export const touchSessions = async (database: Database, uses: readonly SessionUse[]): Promise<void> => {
  for (const [workspaceId, own] of Map.groupBy(uses, (use) => use.workspaceId))
    await transaction(database, workspaceId, (scope) =>
      touchSession.run(
        scope,
        workspaceId,
        own.map(({ sessionId }) => sessionId),
      ),
    );
};

const insertSession = statement(
  'session_insert',
  `insert into session (id, token_hash, workspace_id, person_id, method, is_two_factor, stepped_up_at, address, user_agent, expires_at)
   values ($1, $2, $3, $4, $5, $6, case when $7 then now() end, $8, $9, coalesce($10, now() + interval '8 hours'))`,
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
  /** That of the session it goes on from; else in eight hours. */
  expiresAt: Date;
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
    row.expiresAt ?? null,
  );
export const endSession = (scope: Pick<Scope, 'client'>, id: string): Promise<number> => endOne.run(scope, id);

const useLink = statement<{ workspace_id: string; person_id: string }>(
  'sign_in_link_use',
  `update sign_in_link set used_at = now() where token_hash = $1 and used_at is null and expires_at > now()
   returning workspace_id, person_id`,
);
const lookAtLink = statement<{ person_id: string; is_mailed: boolean }>(
  'sign_in_link_look',
  `select person_id, is_mailed from sign_in_link where token_hash = $1 and used_at is null and expires_at > now()`,
);
const insertLink = statement(
  'sign_in_link_insert',
  `insert into sign_in_link (token_hash, workspace_id, person_id, is_mailed, expires_at)
   values ($1, $2, $3, $4, now() + case when $4 then interval '1 hour' else interval '1 day' end)`,
);

/** Whose it is, and whether it was asked for by mail; it is not used up by this. */
export const findSignInLink = (
  database: Database,
  tokenHash: Buffer,
): Promise<{ person_id: string; is_mailed: boolean } | undefined> =>
  byCredential(database, tokenHash, 'read only', (scope) => lookAtLink.one(scope, tokenHash));

/** Uses a one-time link up. Undefined if it is unknown, was used, or is older than a day. */
export const takeSignInLink = (
  database: Database,
  tokenHash: Buffer,
): Promise<{ workspace_id: string; person_id: string } | undefined> =>
  byCredential(database, tokenHash, 'read write', (scope) => useLink.one(scope, tokenHash));

export const insertSignInLink = (
  scope: Pick<Scope, 'client'>,
  row: { tokenHash: Buffer; workspaceId: string; personId: string; isMailed?: boolean },
): Promise<number> => insertLink.run(scope, row.tokenHash, row.workspaceId, row.personId, row.isMailed ?? false);

export type Membership = {
  workspace_id: string;
  workspace_name: string;
  person_id: string;
  name: string;
  email: string;
  roles: Role[];
};

const memberships = statement<Membership>(
  'membership_list',
  `select m.workspace_id, w.name as workspace_name, m.person_id, p.name, p.email, m.roles
   from member m join person p on p.id = m.person_id join workspace w on w.id = m.workspace_id
   where m.person_id = $1 and m.status = 'active'
   order by (select max(s.last_seen_at) from session s where s.workspace_id = m.workspace_id and s.person_id = m.person_id) desc nulls last,
     m.created_at, m.workspace_id`,
);

/** Every workspace in which somebody is an active member; the one in which they were last comes first. */
export const membershipsOf = (database: Database, personId: string): Promise<Membership[]> =>
  asPerson(database, personId, (scope) => memberships.all(scope, personId));

const personByEmail = statement<{ id: string }>(
  'person_by_email',
  'select id from person where lower(email) = lower($1)',
);

/** The account of this address, also where it is a member nowhere. */
export const findPersonByEmail = (scope: Pick<Scope, 'client'>, email: string): Promise<{ id: string } | undefined> =>
  personByEmail.one(scope, email);

/** Where somebody was last. */
export const findMemberByEmail = async (database: Database, email: string): Promise<Membership | undefined> => {
  const person = await unscoped(database, (scope) => findPersonByEmail(scope, email));
  return person && (await membershipsOf(database, person.id))[0];
};

const insertWorkspace = statement('workspace_insert', 'insert into workspace (id, name) values ($1, $2)');

export const createWorkspace = async (
  scope: Pick<Scope, 'client'>,
  workspace: { id: string; name: string },
): Promise<number> => insertWorkspace.run(scope, workspace.id, workspace.name);

/** Invitations: one-time links into a workspace. Their tokens are looked up by SHA-256 and never stored. */
import type { Actor, Role } from '@countersign/core';
import { type Database, type Scope, byCredential, statement } from './database.ts';

export type InvitationRow = {
  workspace_id: string;
  workspace_name: string;
  id: string;
  email: string;
  name: string | null;
  roles: Role[];
  /** Ids of groups. */
  groups: string[];
  invited_by: Actor;
  created_at: Date;
  sent_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  revoked_at: Date | null;
  is_over: boolean;
};

const columns = `i.workspace_id, w.name as workspace_name, i.id, i.email, i.name, i.roles, i.groups, i.invited_by, i.created_at,
  i.sent_at, i.expires_at, i.accepted_at, i.revoked_at, i.expires_at <= now() as is_over`;
const from = 'from invitation i join workspace w on w.id = i.workspace_id';

const byToken = statement<InvitationRow>('invitation_by_token', `select ${columns} ${from} where i.token_hash = $1`);

/** The invitation of this token, whatever became of it. */
export const findInvitation = (database: Database, tokenHash: Buffer): Promise<InvitationRow | undefined> =>
  byCredential(database, tokenHash, 'read only', (scope) => byToken.one(scope, tokenHash));

const byId = statement<InvitationRow>(
  'invitation_get',
  `select ${columns} ${from} where i.workspace_id = $1 and i.id = $2`,
);
export const getInvitation = (scope: Scope, id: string): Promise<InvitationRow | undefined> =>
  byId.one(scope, scope.workspaceId, id);

const locked = statement<InvitationRow>(
  'invitation_lock',
  `select ${columns} ${from} where i.workspace_id = $1 and i.token_hash = $2 for update of i`,
);

/** By its token, and nobody else takes it until the transaction ends. Undefined if it has another token by now. */
export const lockInvitation = (scope: Scope, tokenHash: Buffer): Promise<InvitationRow | undefined> =>
  locked.one(scope, scope.workspaceId, tokenHash);

const INVITATIONS_MAX = 500;
const many = statement<InvitationRow>(
  'invitation_list',
  `select ${columns} ${from} where i.workspace_id = $1 order by i.created_at desc, i.id desc limit ${INVITATIONS_MAX}`,
);

/** Newest first, those that are over, too. */
export const listInvitations = (scope: Scope): Promise<InvitationRow[]> => many.all(scope, scope.workspaceId);

const insertOne = statement(
  'invitation_insert',
  `insert into invitation (workspace_id, id, token_hash, email, name, roles, groups, invited_by, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(days => $9))`,
);
export const insertInvitation = (
  scope: Scope,
  row: {
    id: string;
    tokenHash: Buffer;
    email: string;
    name: string | null;
    roles: readonly Role[];
    groups: readonly string[];
    invitedBy: Actor;
    expiresInDays: number;
  },
): Promise<number> =>
  insertOne.run(
    scope,
    scope.workspaceId,
    row.id,
    row.tokenHash,
    row.email,
    row.name,
    row.roles,
    row.groups,
    row.invitedBy,
    row.expiresInDays,
  );

const OPEN = 'accepted_at is null and revoked_at is null';

const renew = statement(
  'invitation_renew',
  `update invitation set token_hash = $3, sent_at = now(), expires_at = now() + make_interval(days => $4)
   where workspace_id = $1 and id = $2 and ${OPEN}`,
);

/** A new token and a new time; the token before is worth nothing. @returns 0 if it was accepted or revoked */
export const renewInvitation = (scope: Scope, id: string, tokenHash: Buffer, expiresInDays: number): Promise<number> =>
  renew.run(scope, scope.workspaceId, id, tokenHash, expiresInDays);

const accept = statement(
  'invitation_accept',
  `update invitation set accepted_at = now(), accepted_by = $3 where workspace_id = $1 and id = $2 and ${OPEN}`,
);
export const acceptInvitation = (scope: Scope, id: string, personId: string): Promise<number> =>
  accept.run(scope, scope.workspaceId, id, personId);

const revoke = statement(
  'invitation_revoke',
  `update invitation set revoked_at = now() where workspace_id = $1 and id = $2 and ${OPEN}`,
);
export const revokeInvitation = (scope: Scope, id: string): Promise<number> => revoke.run(scope, scope.workspaceId, id);

const revokeOver = statement(
  'invitation_revoke_over',
  `update invitation set revoked_at = now()
   where workspace_id = $1 and lower(email) = lower($2) and expires_at <= now() and ${OPEN}`,
);

/** One that is over makes room for a new one to the same address. */
export const dropOverInvitations = (scope: Scope, email: string): Promise<number> =>
  revokeOver.run(scope, scope.workspaceId, email);

const revokeBy = statement<{ id: string }>(
  'invitation_revoke_by',
  `update invitation set revoked_at = now() where workspace_id = $1 and invited_by ->> 'id' = $2 and ${OPEN} returning id`,
);

/** What somebody promised who may not promise it any more. @returns the ids of those that were open */
export const revokeInvitationsBy = async (scope: Scope, personId: string): Promise<string[]> =>
  (await revokeBy.all(scope, scope.workspaceId, personId)).map(({ id }) => id);

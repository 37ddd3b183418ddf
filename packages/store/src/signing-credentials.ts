/** What people sign decisions with, and the intents that they are asked to sign. */
import { type Scope, statement } from './database.ts';

export type SigningCredentialRow = {
  id: string;
  person_id: string;
  credential_id: string;
  public_key: Buffer;
  cose_key: Buffer;
  counter: number;
  transports: string[];
  name: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
};

const columns =
  'id, person_id, credential_id, public_key, cose_key, counter, transports, name, created_at, last_used_at, revoked_at';

const list = statement<SigningCredentialRow>(
  'signing_credential_list',
  `select ${columns} from signing_credential where workspace_id = $1 and person_id = $2 order by created_at, id`,
);
/** A person's, the revoked ones among them. */
export const listSigningCredentials = (scope: Scope, personId: string): Promise<SigningCredentialRow[]> =>
  list.all(scope, scope.workspaceId, personId);

const insert = statement(
  'signing_credential_insert',
  `insert into signing_credential (workspace_id, id, person_id, credential_id, public_key, cose_key, counter, transports, name)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (workspace_id, credential_id) do nothing`,
);
/** @returns whether it is new; false if somebody has it already */
export const insertSigningCredential = async (
  scope: Scope,
  row: Omit<SigningCredentialRow, 'created_at' | 'last_used_at' | 'revoked_at'>,
): Promise<boolean> =>
  (await insert.run(
    scope,
    scope.workspaceId,
    row.id,
    row.person_id,
    row.credential_id,
    row.public_key,
    row.cose_key,
    row.counter,
    row.transports,
    row.name,
  )) === 1;

const revoke = statement(
  'signing_credential_revoke',
  `update signing_credential set revoked_at = clock_timestamp()
   where workspace_id = $1 and person_id = $2 and id = $3 and revoked_at is null`,
);
export const revokeSigningCredential = async (scope: Scope, personId: string, id: string): Promise<boolean> =>
  (await revoke.run(scope, scope.workspaceId, personId, id)) === 1;

const used = statement(
  'signing_credential_used',
  'update signing_credential set counter = $3, last_used_at = clock_timestamp() where workspace_id = $1 and id = $2',
);
export const signingCredentialUsed = (scope: Scope, id: string, counter: number): Promise<number> =>
  used.run(scope, scope.workspaceId, id, counter);

const begin = statement(
  'signing_registration_put',
  `insert into signing_registration (workspace_id, person_id, challenge, expires_at)
   values ($1, $2, $3, clock_timestamp() + interval '5 minutes')
   on conflict (workspace_id, person_id) do update set challenge = excluded.challenge, expires_at = excluded.expires_at`,
);
export const beginSigningRegistration = (scope: Scope, personId: string, challenge: string): Promise<number> =>
  begin.run(scope, scope.workspaceId, personId, challenge);

const finish = statement<{ challenge: string }>(
  'signing_registration_take',
  `delete from signing_registration where workspace_id = $1 and person_id = $2 and expires_at > clock_timestamp() returning challenge`,
);
/** The challenge of the open registration, which is over with that. */
export const takeSigningRegistration = async (scope: Scope, personId: string): Promise<string | undefined> =>
  (await finish.one(scope, scope.workspaceId, personId))?.challenge;

const addIntent = statement(
  'signing_intent_insert',
  'insert into signing_intent (workspace_id, id, approval_id, person_id, text, expires_at) values ($1, $2, $3, $4, $5, $6)',
);
export const insertSigningIntent = (
  scope: Scope,
  row: { id: string; approvalId: string; personId: string; text: string; expiresAt: string },
): Promise<number> =>
  addIntent.run(scope, scope.workspaceId, row.id, row.approvalId, row.personId, row.text, row.expiresAt);

const takeIntent = statement<{ text: string }>(
  'signing_intent_take',
  `update signing_intent set used_at = clock_timestamp()
   where workspace_id = $1 and id = $2 and approval_id = $3 and person_id = $4 and used_at is null
     and expires_at > clock_timestamp() returning text`,
);
/** What this person was asked to sign about this approval; once, and only in time. */
export const takeSigningIntent = async (
  scope: Scope,
  id: string,
  approvalId: string,
  personId: string,
): Promise<string | undefined> => (await takeIntent.one(scope, scope.workspaceId, id, approvalId, personId))?.text;

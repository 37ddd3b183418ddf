/** What a person signs in with: password, passkeys, one-time codes. It belongs to the person, not to a workspace. */
import { type Scope, statement } from './database.ts';

type Client = Pick<Scope, 'client'>;

const passwordOf = statement<{ person_id: string; hash: string | null }>(
  'password_by_email',
  `select p.id as person_id, w.hash from person p left join password w on w.person_id = p.id where lower(p.email) = lower($1)`,
);
const passwordById = statement<{ hash: string }>('password_get', 'select hash from password where person_id = $1');
const putOne = statement(
  'password_put',
  `insert into password (person_id, hash) values ($1, $2)
   on conflict (person_id) do update set hash = excluded.hash, changed_at = now()`,
);

/** The account of an address, with the hash of its password where it has one. */
export const findPassword = (
  scope: Client,
  email: string,
): Promise<{ person_id: string; hash: string | null } | undefined> => passwordOf.one(scope, email);
export const getPasswordHash = async (scope: Client, personId: string): Promise<string | undefined> =>
  (await passwordById.one(scope, personId))?.hash;
export const putPassword = (scope: Client, personId: string, hash: string): Promise<number> =>
  putOne.run(scope, personId, hash);

export type PasskeyRow = {
  id: string;
  person_id: string;
  credential_id: string;
  public_key: Buffer;
  counter: number;
  transports: string[];
  name: string;
  created_at: Date;
  last_used_at: Date | null;
};
const passkeyColumns = 'id, person_id, credential_id, public_key, counter, transports, name, created_at, last_used_at';

const passkeys = statement<PasskeyRow>(
  'passkey_list',
  `select ${passkeyColumns} from passkey where person_id = $1 order by created_at, id`,
);
const byCredential = statement<PasskeyRow>(
  'passkey_by_credential',
  `select ${passkeyColumns} from passkey where credential_id = $1 for update`,
);
const addOne = statement(
  'passkey_insert',
  `insert into passkey (id, person_id, credential_id, public_key, counter, transports, name) values ($1, $2, $3, $4, $5, $6, $7)`,
);
const used = statement(
  'passkey_used',
  'update passkey set counter = greatest(counter, $2), last_used_at = now() where id = $1',
);
const rename = statement('passkey_rename', 'update passkey set name = $3 where person_id = $1 and id = $2');
const remove = statement('passkey_delete', 'delete from passkey where person_id = $1 and id = $2');
const removeAll = statement('passkey_clear', 'delete from passkey where person_id = $1');

export const listPasskeys = (scope: Client, personId: string): Promise<PasskeyRow[]> => passkeys.all(scope, personId);
/** Locked: of two answers to one challenge the second sees the counter that the first has left. */
export const findPasskey = (scope: Client, credentialId: string): Promise<PasskeyRow | undefined> =>
  byCredential.one(scope, credentialId);
export const insertPasskey = (
  scope: Client,
  row: Pick<PasskeyRow, 'id' | 'person_id' | 'credential_id' | 'public_key' | 'counter' | 'transports' | 'name'>,
): Promise<number> =>
  addOne.run(scope, row.id, row.person_id, row.credential_id, row.public_key, row.counter, row.transports, row.name);
export const touchPasskey = (scope: Client, id: string, counter: number): Promise<number> =>
  used.run(scope, id, counter);
export const renamePasskey = (scope: Client, personId: string, id: string, name: string): Promise<number> =>
  rename.run(scope, personId, id, name);
export const deletePasskey = (scope: Client, personId: string, id: string): Promise<number> =>
  remove.run(scope, personId, id);
export const deletePasskeys = (scope: Client, personId: string): Promise<number> => removeAll.run(scope, personId);

export type TotpRow = { secret: Buffer; confirmed_at: Date | null; last_step: number; now: Date };

const totp = statement<TotpRow>(
  'totp_get',
  'select secret, confirmed_at, last_step, clock_timestamp() as now from totp where person_id = $1',
);
const begin = statement(
  'totp_put',
  `insert into totp (person_id, secret) values ($1, $2)
   on conflict (person_id) do update set secret = excluded.secret, last_step = 0 where totp.confirmed_at is null`,
);
const take = statement(
  'totp_take',
  `update totp set last_step = $2, confirmed_at = coalesce(confirmed_at, now()) where person_id = $1 and last_step < $2`,
);
const removeTotp = statement('totp_delete', 'delete from totp where person_id = $1');

/** With the database's time, which decides what the code of this moment is. */
export const getTotp = (scope: Client, personId: string): Promise<TotpRow | undefined> => totp.one(scope, personId);
/** @returns 0 if a confirmed one is there, which nothing replaces */
export const beginTotp = (scope: Client, personId: string, secret: Buffer): Promise<number> =>
  begin.run(scope, personId, secret);
/** Uses a time step up, and confirms what was begun. @returns 0 if it, or a later one, was used already */
export const takeTotpStep = (scope: Client, personId: string, step: number): Promise<number> =>
  take.run(scope, personId, step);
export const deleteTotp = (scope: Client, personId: string): Promise<number> => removeTotp.run(scope, personId);

const clearCodes = statement('recovery_code_clear', 'delete from recovery_code where person_id = $1');
const addCodes = statement(
  'recovery_code_insert',
  'insert into recovery_code (person_id, code_hash) select $1, unnest($2::bytea[])',
);
const useCode = statement(
  'recovery_code_use',
  'update recovery_code set used_at = now() where person_id = $1 and code_hash = $2 and used_at is null',
);

export const putRecoveryCodes = async (scope: Client, personId: string, hashes: readonly Buffer[]): Promise<void> => {
  await clearCodes.run(scope, personId);
  if (hashes.length > 0) await addCodes.run(scope, personId, hashes);
};
/** @returns 1 the first time, else 0 */
export const takeRecoveryCode = (scope: Client, personId: string, hash: Buffer): Promise<number> =>
  useCode.run(scope, personId, hash);

export type FactorSummary = {
  password_changed_at: Date | null;
  totp_confirmed_at: Date | null;
  recovery_codes: number;
  passkeys: number;
};
const summary = statement<FactorSummary>(
  'factor_summary',
  `select (select changed_at from password where person_id = $1) as password_changed_at,
     (select confirmed_at from totp where person_id = $1) as totp_confirmed_at,
     (select count(*)::int from recovery_code where person_id = $1 and used_at is null) as recovery_codes,
     (select count(*)::int from passkey where person_id = $1) as passkeys`,
);
export const summarizeFactors = async (scope: Client, personId: string): Promise<FactorSummary> => {
  const row = await summary.one(scope, personId);
  if (!row) throw new Error('select returned no row');
  return row;
};

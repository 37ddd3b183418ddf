/** Who people are at providers of single sign-on, and the attempts to sign in that count or were used up. */
import { type Scope, statement } from './database.ts';

type Client = Pick<Scope, 'client'>;

export type IdentityRow = {
  issuer: string;
  subject: string;
  person_id: string;
  linked_at: Date;
  last_used_at: Date | null;
};

const bySubject = statement<{ person_id: string }>(
  'identity_find',
  'update identity set last_used_at = now() where issuer = $1 and subject = $2 returning person_id',
);
const ofPerson = statement<IdentityRow>(
  'identity_list',
  'select issuer, subject, person_id, linked_at, last_used_at from identity where person_id = $1 order by linked_at',
);
const link = statement(
  'identity_insert',
  'insert into identity (issuer, subject, person_id) values ($1, $2, $3) on conflict do nothing',
);
const unlink = statement('identity_delete', 'delete from identity where person_id = $1 and issuer = $2');
const personByEmail = statement<{ id: string }>(
  'person_by_mailbox',
  `select p.id from person p where lower(p.email) = lower($1)
     or p.mailbox = lower(split_part(split_part($1, '@', 1), '+', 1) || '@' || split_part($1, '@', 2)) limit 1`,
);
const rename = statement('person_rename', 'update person set name = $2 where id = $1');

/** The person who linked this identity, if anybody has. */
export const findIdentity = async (scope: Client, issuer: string, subject: string): Promise<string | undefined> =>
  (await bySubject.one(scope, issuer, subject))?.person_id;
export const listIdentities = (scope: Client, personId: string): Promise<IdentityRow[]> =>
  ofPerson.all(scope, personId);
/** @returns 0 if it is somebody's already, or the person has another one there */
export const linkIdentity = (scope: Client, issuer: string, subject: string, personId: string): Promise<number> =>
  link.run(scope, issuer, subject, personId);
export const unlinkIdentity = (scope: Client, personId: string, issuer: string): Promise<number> =>
  unlink.run(scope, personId, issuer);
/** Whoever has this address, or another one of the same mailbox. */
export const findPersonByMailbox = async (scope: Client, email: string): Promise<string | undefined> =>
  (await personByEmail.one(scope, email))?.id;
export const renamePerson = (scope: Client, personId: string, name: string): Promise<number> =>
  rename.run(scope, personId, name);

/** trust.md, T39. */
const FAILURES_MAX = 5;

// One row a subject, whose lock orders those who try at once. An attempt is entered before it is known to fail and taken
// out again when it does not, so that a hundred at the same moment find five places.
const reserve = statement<{ is_free: boolean; wait_seconds: number }>(
  'sign_in_failure_reserve',
  `insert into sign_in_failure as f (subject, at) values ($1, array[statement_timestamp()])
   on conflict (subject) do update set at = (
     select case when count(*) >= ${FAILURES_MAX} then array_agg(t order by t) else array_agg(t order by t) || statement_timestamp() end
     from unnest(f.at) t where t > now() - interval '15 minutes')
   returning at[cardinality(at)] = statement_timestamp() as is_free,
     ceil(extract(epoch from at[1] + interval '15 minutes' - now()))::int as wait_seconds`,
);
const release = statement('sign_in_failure_release', 'delete from sign_in_failure where subject = $1');
const takeBack = statement(
  'sign_in_failure_take_back',
  'update sign_in_failure set at = at[1:cardinality(at) - 1] where subject = $1',
);
const touch = statement('sign_in_failure_keep', 'update sign_in_failure set at = at where subject = $1');
const forget = statement(
  'sign_in_failure_forget',
  `delete from sign_in_failure where at[cardinality(at)] is null or at[cardinality(at)] < now() - interval '15 minutes'`,
);

/** Enters an attempt. @returns null, or after how many seconds the next one is looked at */
export const reserveAttempt = async (scope: Client, subject: string): Promise<number | null> => {
  const row = await reserve.one(scope, subject);
  return row === undefined || row.is_free ? null : Math.max(1, row.wait_seconds);
};
/** It did not fail: nothing before it counts any more. */
export const clearAttempts = (scope: Client, subject: string): Promise<number> => release.run(scope, subject);
/** It did not fail; what failed before from there still counts. */
export const takeBackAttempt = (scope: Client, subject: string): Promise<number> => takeBack.run(scope, subject);
/** Writes what is there again: the same work as recording a failure of somebody known. */
export const keepAttempts = (scope: Client, subject: string): Promise<number> => touch.run(scope, subject);

const useUp = statement(
  'used_attempt_insert',
  `insert into used_attempt (id_hash, expires_at) values ($1, now() + interval '1 hour') on conflict do nothing`,
);
const forgetUsed = statement('used_attempt_forget', 'delete from used_attempt where expires_at < now()');

/** @returns whether this is the first use */
export const useAttempt = async (scope: Client, idHash: Buffer): Promise<boolean> =>
  (await useUp.run(scope, idHash)) === 1;

export const forgetOldAttempts = async (scope: Client): Promise<void> => {
  await forget.run(scope);
  await forgetUsed.run(scope);
};

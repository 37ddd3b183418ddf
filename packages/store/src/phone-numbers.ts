/** A member's phone number, from the code that was sent to it to the number that is known to be theirs. */
import { linkChannelIdentity } from './channel-identities.ts';
import { type Scope, statement } from './database.ts';

const put = statement<{ expires_at: Date }>(
  'phone_code_put',
  `insert into phone_code (workspace_id, person_id, number, code_hash, tries_left, expires_at)
   values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 second')
   on conflict (workspace_id, person_id) do update set number = excluded.number, code_hash = excluded.code_hash,
     tries_left = excluded.tries_left, expires_at = excluded.expires_at
   returning expires_at`,
);
/** The code before is good no longer. @returns until when this one is */
export const putPhoneCode = async (
  scope: Scope,
  personId: string,
  code: { readonly number: string; readonly hash: Buffer; readonly tries: number; readonly validSeconds: number },
): Promise<Date> => {
  const row = await put.one(scope, scope.workspaceId, personId, code.number, code.hash, code.tries, code.validSeconds);
  if (!row) throw new Error('insert returned no row');
  return row.expires_at;
};

const take = statement<{ number: string }>(
  'phone_code_take',
  `delete from phone_code where workspace_id = $1 and person_id = $2 and code_hash = $3 and tries_left > 0
     and expires_at > clock_timestamp() returning number`,
);
const miss = statement(
  'phone_code_miss',
  'update phone_code set tries_left = tries_left - 1 where workspace_id = $1 and person_id = $2 and tries_left > 0',
);
/** Uses the code up; a wrong one costs a try. @returns the number that it was sent to */
export const takePhoneCode = async (scope: Scope, personId: string, hash: Buffer): Promise<string | undefined> => {
  const taken = await take.one(scope, scope.workspaceId, personId, hash);
  if (!taken) await miss.run(scope, scope.workspaceId, personId);
  return taken?.number;
};

const removeOthers = statement(
  'phone_number_remove_others',
  `update channel_identity set removed_at = clock_timestamp()
   where workspace_id = $1 and person_id = $2 and kind = 'phone' and external_id <> $3 and removed_at is null`,
);
/** The one number of this member: one before is theirs no longer, and whoever had this one has it no longer. */
export const linkPhoneNumber = async (scope: Scope, id: string, personId: string, number: string): Promise<void> => {
  await removeOthers.run(scope, scope.workspaceId, personId, number);
  await linkChannelIdentity(
    scope,
    id,
    { kind: 'phone', team: '', user: number },
    { person_id: personId, name: number, how: 'code' },
  );
};

/** Who people are where a channel is: links between a provider's users and members, and the codes by which they are made. */
import { type Scope, statement } from './database.ts';

export type ChannelIdentityRow = {
  id: string;
  kind: string;
  team: string;
  external_id: string;
  person_id: string;
  name: string;
  how: 'email' | 'code';
  linked_at: Date;
  last_used_at: Date | null;
  removed_at: Date | null;
};

/** A user of a provider, by its own ids. */
export type ExternalUser = { readonly kind: string; readonly team: string; readonly user: string };

const columns = 'id, kind, team, external_id, person_id, name, how, linked_at, last_used_at, removed_at';

const find = statement<ChannelIdentityRow>(
  'channel_identity_find',
  `select ${columns} from channel_identity where workspace_id = $1 and kind = $2 and team = $3 and external_id = $4`,
);
/** Also one that its person took back. */
export const findChannelIdentity = (
  scope: Scope,
  { kind, team, user }: ExternalUser,
): Promise<ChannelIdentityRow | undefined> => find.one(scope, scope.workspaceId, kind, team, user);

const used = statement(
  'channel_identity_used',
  'update channel_identity set last_used_at = clock_timestamp() where workspace_id = $1 and id = $2',
);
export const noteIdentityUsed = (scope: Scope, id: string): Promise<number> => used.run(scope, scope.workspaceId, id);

const link = statement<{ id: string }>(
  'channel_identity_link',
  // By an address only what was never linked: what was taken back stays so, and nobody's becomes another's.
  `insert into channel_identity as i (workspace_id, id, kind, team, external_id, person_id, name, how)
   values ($1, $2, $3, $4, $5, $6, $7, $8)
   on conflict (workspace_id, kind, team, external_id) do update
     set person_id = excluded.person_id, name = excluded.name, how = excluded.how, linked_at = clock_timestamp(),
       last_used_at = null, removed_at = null
     where excluded.how = 'code'
   returning i.id`,
);
/** @returns its id; undefined: it was linked before, and an address is not enough to change that */
export const linkChannelIdentity = async (
  scope: Scope,
  id: string,
  { kind, team, user }: ExternalUser,
  to: Pick<ChannelIdentityRow, 'person_id' | 'name' | 'how'>,
): Promise<string | undefined> =>
  (await link.one(scope, scope.workspaceId, id, kind, team, user, to.person_id, to.name, to.how))?.id;

const ofPerson = statement<ChannelIdentityRow>(
  'channel_identity_list',
  `select ${columns} from channel_identity where workspace_id = $1 and person_id = $2 and removed_at is null order by linked_at, id`,
);
export const listChannelIdentities = (scope: Scope, personId: string): Promise<ChannelIdentityRow[]> =>
  ofPerson.all(scope, scope.workspaceId, personId);

const unlink = statement<ChannelIdentityRow>(
  'channel_identity_remove',
  `update channel_identity set removed_at = clock_timestamp()
   where workspace_id = $1 and person_id = $2 and id = $3 and removed_at is null returning ${columns}`,
);
export const removeChannelIdentity = (
  scope: Scope,
  personId: string,
  id: string,
): Promise<ChannelIdentityRow | undefined> => unlink.one(scope, scope.workspaceId, personId, id);

const putCode = statement<{ expires_at: Date }>(
  'channel_link_code_put',
  `insert into channel_link_code (workspace_id, person_id, code_hash, expires_at)
   values ($1, $2, $3, clock_timestamp() + $4 * interval '1 second')
   on conflict (workspace_id, person_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at
   returning expires_at`,
);
/** The one before is good no longer. @returns until when this one is */
export const putLinkCode = async (
  scope: Scope,
  personId: string,
  hash: Buffer,
  validSeconds: number,
): Promise<Date> => {
  const row = await putCode.one(scope, scope.workspaceId, personId, hash, validSeconds);
  if (!row) throw new Error('insert returned no row');
  return row.expires_at;
};

const takeCode = statement<{ person_id: string }>(
  'channel_link_code_take',
  `delete from channel_link_code where workspace_id = $1 and code_hash = $2 and expires_at > clock_timestamp() returning person_id`,
);
/** Uses a code up. @returns whose it was */
export const takeLinkCode = async (scope: Scope, hash: Buffer): Promise<string | undefined> =>
  (await takeCode.one(scope, scope.workspaceId, hash))?.person_id;

const byEmail = statement<{ person_id: string }>(
  'member_by_email',
  `select m.person_id from member m join person p on p.id = m.person_id
   where m.workspace_id = $1 and lower(p.email) = lower($2) and m.status = 'active'`,
);
/** The active member whose address this is, letter by letter. */
export const memberOfEmail = async (scope: Scope, email: string): Promise<string | undefined> =>
  (await byEmail.one(scope, scope.workspaceId, email))?.person_id;

const messageOf = statement<{ subject: string }>(
  'delivery_by_reference',
  `select d.subject from delivery d join channel c on c.workspace_id = d.workspace_id and c.id = d.channel_id
   where d.workspace_id = $1 and c.kind = $2 and d.reference = $3 order by d.position limit 1`,
);
/** What the message is about that is called so there. */
export const subjectOfReference = async (scope: Scope, kind: string, reference: string): Promise<string | undefined> =>
  (await messageOf.one(scope, scope.workspaceId, kind, reference))?.subject;

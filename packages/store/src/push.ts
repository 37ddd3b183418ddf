/** The installation's key for push services, and the browsers that members let us write to. */
import { type Database, type Scope, statement, unscoped } from './database.ts';

export type PushKeyRow = { public_key: string; sealed_key: Buffer };

const insertKey = statement(
  'push_key_insert',
  'insert into push_key (public_key, sealed_key) values ($1, $2) on conflict (is_only) do nothing',
);
const getKey = statement<PushKeyRow>('push_key_get', 'select public_key, sealed_key from push_key');

export const currentPushKey = (database: Database): Promise<PushKeyRow | undefined> =>
  unscoped(database, (scope) => getKey.one(scope));

/** @returns the one key: this, or what another process made first */
export const ensurePushKey = (database: Database, key: PushKeyRow): Promise<PushKeyRow> =>
  unscoped(database, async (scope) => {
    await insertKey.run(scope, key.public_key, key.sealed_key);
    const row = await getKey.one(scope);
    if (!row) throw new Error('no key for push services');
    return row;
  });

export type PushSubscriptionRow = {
  id: string;
  person_id: string;
  endpoint_hash: Buffer;
  sealed: Buffer;
  name: string;
  created_at: Date;
};

const columns = 'id, person_id, endpoint_hash, sealed, name, created_at';

const put = statement<{ id: string }>(
  'push_subscription_put',
  // The same browser, by whoever is signed in there now: it is told nothing any more of what was another’s.
  `insert into push_subscription as s (workspace_id, id, person_id, endpoint_hash, sealed, name)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (workspace_id, endpoint_hash) do update set id = excluded.id, person_id = excluded.person_id,
     sealed = excluded.sealed, name = excluded.name, created_at = clock_timestamp()
   returning s.id`,
);
/** What was sealed is bound to the id: one that is there already gets this one. */
export const putPushSubscription = async (
  scope: Scope,
  row: Omit<PushSubscriptionRow, 'created_at'>,
): Promise<void> => {
  await put.one(scope, scope.workspaceId, row.id, row.person_id, row.endpoint_hash, row.sealed, row.name);
};

const ofPeople = statement<PushSubscriptionRow>(
  'push_subscription_list',
  `select ${columns} from push_subscription where workspace_id = $1 and person_id = any($2) order by created_at, id`,
);
export const listPushSubscriptions = (scope: Scope, personIds: readonly string[]): Promise<PushSubscriptionRow[]> =>
  ofPeople.all(scope, scope.workspaceId, personIds);

const remove = statement(
  'push_subscription_remove',
  'delete from push_subscription where workspace_id = $1 and person_id = $2 and id = any($3)',
);
/** @returns how many of them were this person's */
export const removePushSubscriptions = (scope: Scope, personId: string, ids: readonly string[]): Promise<number> =>
  remove.run(scope, scope.workspaceId, personId, ids);

const told = statement<{ recipient: string }>(
  'delivery_recipients',
  `select distinct recipient from delivery
   where workspace_id = $1 and channel_id = $2 and subject = $3 and recipient <> '' and status in ('queued', 'sent', 'delivered')`,
);
/** Who was told of it there, or is about to be. */
export const toldOn = async (scope: Scope, channelId: string, subject: string): Promise<string[]> =>
  (await told.all(scope, scope.workspaceId, channelId, subject)).map(({ recipient }) => recipient);

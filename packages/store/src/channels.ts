/** Channels: where people and programs outside are told. Secrets are stored sealed. */
import type { NotificationPreference, Priority } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Database, type Scope, asChannel, statement } from './database.ts';
import type { FeedPlace } from './events.ts';

export type ChannelRow = {
  id: string;
  kind: string;
  name: string;
  settings: Record<string, unknown>;
  secret: Buffer | null;
  /** Of the secret before, while it still counts. */
  previous_secret: Buffer | null;
  previous_secret_until: Date | null;
  event_types: string[];
  priority_min: Priority;
  is_ordered: boolean;
  rate_per_second: number | null;
  status: 'active' | 'paused' | 'disabled';
  status_reason: string | null;
  failing_since: Date | null;
  failures: number;
  last_success_at: Date | null;
  created_at: Date;
  updated_at: Date;
  cursor_at: string;
};

const columns = `id, kind, name, settings, secret, event_types, priority_min, is_ordered, rate_per_second, status, status_reason,
  case when previous_secret_until > clock_timestamp() then previous_secret end as previous_secret,
  case when previous_secret_until > clock_timestamp() then previous_secret_until end as previous_secret_until,
  failing_since, failures, last_success_at, created_at, updated_at, created_at::text as cursor_at`;

const list = statement<ChannelRow>(
  'channel_list',
  `select ${columns} from channel where workspace_id = $1 and deleted_at is null
     and ($2::timestamptz is null or (created_at, id) < ($2, $3)) order by created_at desc, id desc limit $4`,
);
export const listChannels = (scope: Scope, after: PageStart, limit: number): Promise<ChannelRow[]> =>
  list.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? '', limit + 1);

const all = statement<ChannelRow>(
  'channel_all',
  `select ${columns} from channel where workspace_id = $1 and deleted_at is null and status = 'active' order by created_at, id`,
);
/** Those that are told now. */
export const activeChannels = (scope: Scope): Promise<ChannelRow[]> => all.all(scope, scope.workspaceId);

const get = statement<ChannelRow>(
  'channel_get',
  `select ${columns} from channel where workspace_id = $1 and id = $2 and deleted_at is null`,
);
export const getChannel = (scope: Scope, id: string): Promise<ChannelRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

const workspaceNamed = statement<{ workspace_id: string }>(
  'channel_workspace',
  'select workspace_id from channel where id = $1 and deleted_at is null',
);
/** Where a channel is, for its provider. */
export const workspaceOfChannel = (database: Database, id: string): Promise<string | undefined> =>
  asChannel(database, id, async (scope) => (await workspaceNamed.one(scope, id))?.workspace_id);

const ofKind = statement<{ id: string; status: ChannelRow['status']; is_deleted: boolean }>(
  'channel_of_kind',
  `select id, status, deleted_at is not null as is_deleted from channel where workspace_id = $1 and kind = $2
   order by deleted_at nulls first, created_at limit 1`,
);
/** One of a kind, also one that was removed where there is no other. */
export const findChannelOfKind = (
  scope: Scope,
  kind: string,
): Promise<{ id: string; status: ChannelRow['status']; is_deleted: boolean } | undefined> =>
  ofKind.one(scope, scope.workspaceId, kind);

const insert = statement(
  'channel_insert',
  `insert into channel (workspace_id, id, kind, name, settings, secret, event_types, priority_min, is_ordered, rate_per_second)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
type Chosen = Pick<ChannelRow, 'name' | 'settings' | 'event_types' | 'priority_min' | 'is_ordered' | 'rate_per_second'>;
export const insertChannel = (
  scope: Scope,
  row: Chosen & Pick<ChannelRow, 'id' | 'kind' | 'secret'>,
): Promise<number> =>
  insert.run(
    scope,
    scope.workspaceId,
    row.id,
    row.kind,
    row.name,
    row.settings,
    row.secret,
    row.event_types,
    row.priority_min,
    row.is_ordered,
    row.rate_per_second,
  );

const save = statement(
  'channel_save',
  `update channel set name = $3, settings = $4, event_types = $5, priority_min = $6, is_ordered = $7, rate_per_second = $8,
     status = $9, status_reason = $10, updated_at = clock_timestamp(),
     failing_since = case when $9 = 'active' and status <> 'active' then null else failing_since end,
     failures = case when $9 = 'active' and status <> 'active' then 0 else failures end
   where workspace_id = $1 and id = $2 and deleted_at is null`,
);
export const saveChannel = (
  scope: Scope,
  row: Chosen & Pick<ChannelRow, 'id' | 'status' | 'status_reason'>,
): Promise<number> =>
  save.run(
    scope,
    scope.workspaceId,
    row.id,
    row.name,
    row.settings,
    row.event_types,
    row.priority_min,
    row.is_ordered,
    row.rate_per_second,
    row.status,
    row.status_reason,
  );

const rotate = statement(
  'channel_rotate',
  `update channel set previous_secret = case when $4 > 0 then secret end,
     previous_secret_until = case when $4 > 0 then clock_timestamp() + $4 * interval '1 second' end,
     secret = $3, updated_at = clock_timestamp()
   where workspace_id = $1 and id = $2 and deleted_at is null`,
);
/** The secret before stays good for so long. */
export const rotateChannelSecret = (
  scope: Scope,
  id: string,
  secret: Buffer,
  overlapSeconds: number,
): Promise<number> => rotate.run(scope, scope.workspaceId, id, secret, overlapSeconds);

const remove = statement(
  'channel_delete',
  `update channel set deleted_at = clock_timestamp(), status = 'disabled', status_reason = 'deleted', secret = null, previous_secret = null, previous_secret_until = null
   where workspace_id = $1 and id = $2 and deleted_at is null`,
);
/** Its deliveries stay on record. */
export const deleteChannel = (scope: Scope, id: string): Promise<number> => remove.run(scope, scope.workspaceId, id);

const worked = statement(
  'channel_worked',
  `update channel set failing_since = null, failures = 0, last_success_at = clock_timestamp()
   where workspace_id = $1 and id = $2
     and (failures > 0 or last_success_at is null or last_success_at < clock_timestamp() - interval '5 seconds')`,
);
const failed = statement<{ failures: number; failing_seconds: number }>(
  'channel_failed',
  `update channel set failing_since = coalesce(failing_since, clock_timestamp()), failures = failures + 1
   where workspace_id = $1 and id = $2 and status = 'active'
   returning failures, extract(epoch from clock_timestamp() - failing_since)::float8 as failing_seconds`,
);
const disable = statement(
  'channel_disable',
  `update channel set status = 'disabled', status_reason = $3, updated_at = clock_timestamp()
   where workspace_id = $1 and id = $2 and status = 'active'`,
);
export const noteChannelWorked = (scope: Scope, id: string): Promise<number> =>
  worked.run(scope, scope.workspaceId, id);
/** @returns how often in a row, and for how long; undefined if it is not active any more */
export const noteChannelFailed = (
  scope: Scope,
  id: string,
): Promise<{ failures: number; failing_seconds: number } | undefined> => failed.one(scope, scope.workspaceId, id);
export const disableChannel = (scope: Scope, id: string, reason: string): Promise<number> =>
  disable.run(scope, scope.workspaceId, id, reason);

export type ChannelHealth = {
  channel_id: string;
  queued: number;
  failed: number;
  last_day: number;
  failed_last_day: number;
  oldest_queued_at: Date | null;
};
const health = statement<ChannelHealth>(
  'channel_health',
  `select channel_id, count(*) filter (where status = 'queued')::int as queued, count(*) filter (where status = 'failed')::int as failed,
     count(*) filter (where created_at > clock_timestamp() - interval '1 day')::int as last_day,
     count(*) filter (where status = 'failed' and created_at > clock_timestamp() - interval '1 day')::int as failed_last_day,
     min(created_at) filter (where status = 'queued') as oldest_queued_at
   from delivery where workspace_id = $1 and channel_id = any ($2) group by channel_id`,
);
export const channelHealth = (scope: Scope, ids: readonly string[]): Promise<ChannelHealth[]> =>
  health.all(scope, scope.workspaceId, ids);

const place = statement<FeedPlace>(
  'fan_out_place',
  'select transaction::text, position from fan_out where workspace_id = $1 for update',
);
const putPlace = statement(
  'fan_out_put',
  `insert into fan_out (workspace_id, transaction, position) values ($1, $2::text::xid8, $3)
   on conflict (workspace_id) do update set transaction = excluded.transaction, position = excluded.position`,
);
/** Up to where everything was fanned out; undefined: nothing ever was. */
export const fanOutPlace = (scope: Scope): Promise<FeedPlace | undefined> => place.one(scope, scope.workspaceId);
export const putFanOutPlace = (scope: Scope, { transaction, position }: FeedPlace): Promise<number> =>
  putPlace.run(scope, scope.workspaceId, transaction, position);

const preferences = statement<{ person_id: string; preference: NotificationPreference }>(
  'preference_list',
  'select person_id, preference from notification_preference where workspace_id = $1 and person_id = any ($2)',
);
const putPreference = statement(
  'preference_put',
  `insert into notification_preference (workspace_id, person_id, preference) values ($1, $2, $3)
   on conflict (workspace_id, person_id) do update set preference = excluded.preference, updated_at = clock_timestamp()`,
);
/** Of those of these people who have said what they want. */
export const notificationPreferences = async (
  scope: Scope,
  people: readonly string[],
): Promise<ReadonlyMap<string, NotificationPreference>> =>
  new Map((await preferences.all(scope, scope.workspaceId, people)).map((row) => [row.person_id, row.preference]));
export const putNotificationPreference = (
  scope: Scope,
  personId: string,
  preference: NotificationPreference,
): Promise<number> => putPreference.run(scope, scope.workspaceId, personId, preference);

const see = statement(
  'inbound_see',
  'insert into inbound_seen (workspace_id, channel_id, key) values ($1, $2, $3) on conflict do nothing',
);
/** Takes what came in, once. @returns false if it came before */
export const takeInbound = async (scope: Scope, channelId: string, key: string): Promise<boolean> =>
  (await see.run(scope, scope.workspaceId, channelId, key)) === 1;

const nameOf = statement<{ name: string }>('workspace_name', 'select name from workspace where id = $1');
export const workspaceName = async (scope: Scope): Promise<string> =>
  (await nameOf.one(scope, scope.workspaceId))?.name ?? '';

export type Contact = {
  id: string;
  name: string;
  email: string;
  /** Proved to be theirs. */
  phone: string | null;
  roles: string[];
  groups: string[];
};

const contacts = statement<Contact>(
  'contact_list',
  `select m.person_id as id, p.name, p.email, m.roles,
     (select i.external_id from channel_identity i where i.workspace_id = m.workspace_id and i.person_id = m.person_id
       and i.kind = 'phone' and i.removed_at is null order by i.linked_at desc limit 1) as phone, coalesce((select array_agg(g.name) from group_member gm
     join people_group g on g.workspace_id = gm.workspace_id and g.id = gm.group_id
     where gm.workspace_id = m.workspace_id and gm.person_id = m.person_id), '{}') as groups
   from member m join person p on p.id = m.person_id where m.workspace_id = $1 and m.status = 'active'`,
);
/** Everybody who can be told: the active members. */
export const listContacts = (scope: Scope): Promise<Contact[]> => contacts.all(scope, scope.workspaceId);

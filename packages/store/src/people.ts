/** Groups, delegations, calendars, switches: who can answer, and when. */
import {
  type Calendar,
  type Delegation,
  type DemandedAssurance,
  type FieldRule,
  type Priority,
  type RedactionMode,
  type Role,
  type Standing,
  settled,
} from '@countersign/core';
import { type Scope, statement } from './database.ts';

/** By every name that a group has had: what was asked of it before it was renamed is still asked of it. */
const GROUPS_SINCE = `coalesce((select json_object_agg(n, extract(epoch from gm.joined_at) * 1000) from group_member gm
  join people_group g on g.workspace_id = gm.workspace_id and g.id = gm.group_id, unnest(g.name || g.former_names) n
  where gm.workspace_id = m.workspace_id and gm.person_id = m.person_id), '{}') as groups_since`;

/** Accounts of one mailbox are one person: a second account is no second signature. */
const OTHER_ACCOUNTS = `coalesce((select array_agg(o.person_id) from person q
  join member o on o.workspace_id = m.workspace_id and o.person_id = q.id
  where q.mailbox = p.mailbox and q.id <> p.id), '{}') as other_accounts`;

type StandingRow = {
  person_id: string;
  name: string;
  roles: Role[];
  role_since: Partial<Record<Role, string>>;
  groups_since: Record<string, number>;
  other_accounts: string[];
  now_ms: number;
  wait_hours: number | null;
};
const standingColumns = `m.person_id, p.name, m.roles, m.role_since, ${GROUPS_SINCE}, ${OTHER_ACCOUNTS},
  extract(epoch from clock_timestamp())::float8 * 1000 as now_ms, (w.settings ->> 'newcomer_wait_hours')::float8 as wait_hours`;
const standingTables = `member m join person p on p.id = m.person_id join workspace w on w.id = m.workspace_id`;

const standing = statement<StandingRow>(
  'member_standing',
  `select ${standingColumns} from ${standingTables}
   where m.workspace_id = $1 and m.person_id = any ($2) and m.status = 'active'`,
);
const approvers = statement<StandingRow>(
  'member_approvers',
  `select ${standingColumns} from ${standingTables}
   where m.workspace_id = $1 and 'approver' = any (m.roles) and m.status = 'active' order by p.name, m.person_id`,
);

/** What counts for quorum of these people, as it is now. */
export const standingOf = async (scope: Scope, personIds: readonly string[]): Promise<Standing[]> =>
  (await standing.all(scope, scope.workspaceId, personIds)).map((row) => toStanding(row));

/** Only approvers can fill a place, and not before they count as such. */
export const approverStandings = async (scope: Scope): Promise<(Standing & { name: string })[]> =>
  (await approvers.all(scope, scope.workspaceId))
    .map((row) => ({ ...toStanding(row), name: row.name }))
    .filter(({ roles }) => roles.includes('approver'));

const toStanding = (row: StandingRow, waitHours = row.wait_hours ?? 0): Standing =>
  settled(
    {
      personId: row.person_id,
      roles: Object.fromEntries(row.roles.map((role) => [role, Date.parse(row.role_since[role] ?? '') || 0])),
      groups: row.groups_since,
      otherAccounts: row.other_accounts,
    },
    row.now_ms,
    waitHours,
  );

export type VoterFacts = {
  roles: Role[];
  /** What counts now, and what would if the workspace did not wait with newcomers. */
  standing: Standing;
  unwaited: Standing;
  settings: WorkspaceSettings;
  delegations: { from: string; to: string; starts: number; ends: number }[];
};
type VoterRow = StandingRow & Pick<VoterFacts, 'settings' | 'delegations'>;

// One statement on the way of every vote; delegations are few, and mostly none.
const voter = statement<VoterRow>(
  'voter_facts',
  `select ${standingColumns}, w.settings,
     coalesce((select json_agg(json_build_object('from', d.from_person, 'to', d.to_person,
         'starts', extract(epoch from d.starts_at) * 1000, 'ends', extract(epoch from d.ends_at) * 1000))
       from delegation d where d.workspace_id = m.workspace_id and d.starts_at <= clock_timestamp() and d.ends_at > clock_timestamp()), '[]') as delegations
   from ${standingTables}
   where m.workspace_id = $1 and m.person_id = $2 and m.status = 'active'`,
);

/** What a vote of this person needs to know; undefined if they are no member any more. */
export const voterFacts = async (scope: Scope, personId: string): Promise<VoterFacts | undefined> => {
  const row = await voter.one(scope, scope.workspaceId, personId);
  if (!row) return undefined;
  const { roles, settings, delegations } = row;
  return { roles, settings, delegations, standing: toStanding(row), unwaited: toStanding(row, 0) };
};

export type GroupRow = { id: string; name: string; former_names: string[]; created_at: Date; members: string[] };

const groupColumns = `g.id, g.name, g.former_names, g.created_at, coalesce((select array_agg(gm.person_id order by gm.person_id)
  from group_member gm where gm.workspace_id = g.workspace_id and gm.group_id = g.id), '{}') as members`;
const groups = statement<GroupRow>(
  'group_list',
  `select ${groupColumns} from people_group g where g.workspace_id = $1 order by lower(g.name)`,
);
const groupById = statement<GroupRow>(
  'group_get',
  `select ${groupColumns} from people_group g where g.workspace_id = $1 and g.id = $2`,
);
const addGroup = statement('group_insert', 'insert into people_group (workspace_id, id, name) values ($1, $2, $3)');
const renameGroup = statement(
  'group_rename',
  `update people_group set name = $3,
     former_names = array_remove(case when name = $3 then former_names else former_names || name end, $3)
   where workspace_id = $1 and id = $2`,
);
const formerName = statement<{ name: string }>(
  'group_former_name',
  `select name from people_group where workspace_id = $1 and id <> $2
     and lower($3) in (select lower(n) from unnest(former_names) n) limit 1`,
);
const inPending = statement<{ count: number }>(
  'group_in_pending',
  `select count(*)::int as count from approval where workspace_id = $1 and status = 'pending'
     and (jsonb_path_exists(requirement, '$.**.groups[*] ? (@ == $names[*])', jsonb_build_object('names', $2::text[]))
       or jsonb_path_exists(timeout, '$.**.groups[*] ? (@ == $names[*])', jsonb_build_object('names', $2::text[])))`,
);
const removeGroup = statement('group_delete', 'delete from people_group where workspace_id = $1 and id = $2');
const countMembers = statement<{ count: number }>(
  'member_count_of',
  `select count(*)::int as count from member where workspace_id = $1 and person_id = any ($2) and status <> 'removed'`,
);
const leaveGroup = statement(
  'group_leave',
  'delete from group_member where workspace_id = $1 and group_id = $2 and person_id <> all ($3)',
);
const fillGroup = statement(
  'group_fill',
  `insert into group_member (workspace_id, group_id, person_id)
   select $1, $2, m.person_id from member m where m.workspace_id = $1 and m.person_id = any ($3) and m.status <> 'removed'
   on conflict do nothing`,
);

export const listGroups = (scope: Scope): Promise<GroupRow[]> => groups.all(scope, scope.workspaceId);
export const getGroup = (scope: Scope, id: string): Promise<GroupRow | undefined> =>
  groupById.one(scope, scope.workspaceId, id);
export const insertGroup = (scope: Scope, id: string, name: string): Promise<number> =>
  addGroup.run(scope, scope.workspaceId, id, name);
export const renameGroupTo = (scope: Scope, id: string, name: string): Promise<number> =>
  renameGroup.run(scope, scope.workspaceId, id, name);

/** The group that once had this name, which policies and waiting requests may still mean by it. */
export const groupFormerlyNamed = async (scope: Scope, exceptId: string, name: string): Promise<string | undefined> =>
  (await formerName.one(scope, scope.workspaceId, exceptId, name))?.name;

/** How many waiting requests ask a group by one of these names, now or when they escalate. */
export const pendingAsking = async (scope: Scope, names: readonly string[]): Promise<number> =>
  (await inPending.one(scope, scope.workspaceId, names))?.count ?? 0;

export const deleteGroup = (scope: Scope, id: string): Promise<number> => removeGroup.run(scope, scope.workspaceId, id);

/** Whoever stays in keeps the time since when. @returns how many of the people are members of the workspace and now in it */
export const setGroupMembers = async (scope: Scope, id: string, personIds: readonly string[]): Promise<number> => {
  await leaveGroup.run(scope, scope.workspaceId, id, personIds);
  await fillGroup.run(scope, scope.workspaceId, id, personIds);
  return (await countMembers.one(scope, scope.workspaceId, personIds))?.count ?? 0;
};

const joinGroups = statement(
  'group_join',
  `insert into group_member (workspace_id, group_id, person_id)
   select $1, g.id, $3 from people_group g where g.workspace_id = $1 and g.id = any ($2) on conflict do nothing`,
);

/** Into those of the groups that there still are. */
export const addToGroups = (scope: Scope, ids: readonly string[], personId: string): Promise<number> =>
  joinGroups.run(scope, scope.workspaceId, ids, personId);

export type DelegationRow = {
  id: string;
  from_person: string;
  to_person: string;
  from_name: string;
  to_name: string;
  starts_at: Date;
  ends_at: Date;
  reason: string | null;
};

const delegations = statement<DelegationRow>(
  'delegation_list',
  `select d.id, d.from_person, d.to_person, f.name as from_name, t.name as to_name, d.starts_at, d.ends_at, d.reason
   from delegation d join person f on f.id = d.from_person join person t on t.id = d.to_person
   where d.workspace_id = $1 and d.ends_at > now() order by d.starts_at, d.id`,
);
const addDelegation = statement(
  'delegation_insert',
  `insert into delegation (workspace_id, id, from_person, to_person, starts_at, ends_at, reason)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const removeDelegation = statement('delegation_delete', 'delete from delegation where workspace_id = $1 and id = $2');

/** Those that are not over yet. */
export const listDelegations = (scope: Scope): Promise<DelegationRow[]> => delegations.all(scope, scope.workspaceId);
export const insertDelegation = (
  scope: Scope,
  row: { id: string; from: string; to: string; startsAt: string; endsAt: string; reason: string | null },
): Promise<number> =>
  addDelegation.run(scope, scope.workspaceId, row.id, row.from, row.to, row.startsAt, row.endsAt, row.reason);
export const deleteDelegation = (scope: Scope, id: string): Promise<number> =>
  removeDelegation.run(scope, scope.workspaceId, id);

export const toDelegation = (row: DelegationRow): Delegation => ({
  from: row.from_person,
  to: row.to_person,
  startsAtMs: row.starts_at.getTime(),
  endsAtMs: row.ends_at.getTime(),
});

const calendars = statement<{ name: string; definition: Calendar; updated_at: Date }>(
  'calendar_list',
  'select name, definition, updated_at from calendar where workspace_id = $1 order by name',
);
const calendar = statement<{ definition: Calendar }>(
  'calendar_get',
  'select definition from calendar where workspace_id = $1 and name = $2',
);
const putOne = statement(
  'calendar_put',
  `insert into calendar (workspace_id, name, definition) values ($1, $2, $3)
   on conflict (workspace_id, name) do update set definition = excluded.definition, updated_at = now()`,
);
const removeCalendar = statement('calendar_delete', 'delete from calendar where workspace_id = $1 and name = $2');

export const listCalendars = (scope: Scope): Promise<{ name: string; definition: Calendar; updated_at: Date }[]> =>
  calendars.all(scope, scope.workspaceId);
export const getCalendar = async (scope: Scope, name: string): Promise<Calendar | undefined> =>
  (await calendar.one(scope, scope.workspaceId, name))?.definition;
export const putCalendar = (scope: Scope, name: string, definition: Calendar): Promise<number> =>
  putOne.run(scope, scope.workspaceId, name, definition);
export const deleteCalendar = (scope: Scope, name: string): Promise<number> =>
  removeCalendar.run(scope, scope.workspaceId, name);

/** A directory makes nobody an owner. */
type ProvisionedRole = Exclude<Role, 'owner'>;

/** Switches of the workspace; what is not there has its default. */
export type WorkspaceSettings = {
  /** Which identities behind a request may not decide it; all of them unless switched off. */
  self_approval?: { requester?: boolean; on_behalf_of?: boolean; builder?: boolean };
  /** The marked mode for a team of one. */
  single_operator?: { cooling_off_seconds: number } | null;
  reason_presets?: string[];
  /** In which figures count days and hours; UTC unless set. */
  time_zone?: string;
  decision_goal_seconds?: number | null;
  /** What is demanded of who approves something critical, where the policy demands nothing more. */
  critical_assurance?: DemandedAssurance | null;
  /** What is taken out of payloads before they are stored; `standard` unless said otherwise. */
  redaction?: RedactionMode;
  /** Fields that are taken out as well, and which roles are shown them. */
  redaction_rules?: FieldRule[];
  /** How long a role or a group that somebody is given counts for no vote yet. */
  newcomer_wait_hours?: number;
  /** What people whom a directory provisions may do (SCIM). */
  scim?: { default_roles: ProvisionedRole[]; roles_by_group: Record<string, ProvisionedRole[]> };
  /** Whether owners, admins and approvers need a second factor; by the server's address where it is not said. */
  require_second_factor?: boolean;
  /** Pages of other origins that may speak the dialects with a key. */
  page_origins?: readonly string[];
  /** How much one asker may put before people, and how much may wait in all; no limit unless set. */
  ask_limits?: AskLimits | null;
  /** Who hears of a request that nobody has opened in time. */
  on_call?: OnCall | null;
};

export type OnCall = { group: string; after_seconds: number; priority_min: Priority };

export type AskLimits = { pending_per_asker: number; new_per_asker_in_10_minutes: number; pending: number };

const settings = statement<{ settings: WorkspaceSettings }>(
  'workspace_settings',
  'select settings from workspace where id = $1',
);
const saveSettings = statement('workspace_settings_save', 'update workspace set settings = $2 where id = $1');

const zones = statement<{ known: boolean }>(
  'workspace_zone',
  'select exists (select from pg_timezone_names where name = $1) as known',
);
/** The database counts the days, and may know other names of time zones than this process. */
export const isZoneOfDatabase = async (scope: Scope, name: string): Promise<boolean> =>
  (await zones.one(scope, name))?.known ?? false;

export const getSettings = async (scope: Scope): Promise<WorkspaceSettings> =>
  (await settings.one(scope, scope.workspaceId))?.settings ?? {};
export const putSettings = (scope: Scope, value: WorkspaceSettings): Promise<number> =>
  saveSettings.run(scope, scope.workspaceId, value);

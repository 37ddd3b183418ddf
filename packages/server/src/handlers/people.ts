import { type Delegation, closesCircle } from '@countersign/core';
import {
  type DelegationRow,
  type GroupRow,
  type Scope,
  type WorkspaceSettings,
  appendEvent,
  deleteCalendar,
  deleteDelegation,
  deleteGroup,
  getGroup,
  getMember,
  getSettings,
  groupFormerlyNamed,
  insertDelegation,
  insertGroup,
  isZoneOfDatabase,
  listCalendars,
  listDelegations,
  listGroups,
  livePolicies,
  newId,
  pendingAsking,
  putCalendar,
  putSettings,
  readClock,
  renameGroupTo,
  setGroupMembers,
  toDelegation,
} from '@countersign/store';
import { actorOf, personOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { isLoopback } from '../http/origin.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';

const presentGroup = (row: GroupRow) => ({
  id: row.id,
  name: row.name,
  former_names: row.former_names,
  members: row.members,
  created_at: row.created_at.toISOString(),
});
const presentDelegation = (row: DelegationRow) => ({
  id: row.id,
  from: { id: row.from_person, name: row.from_name },
  to: { id: row.to_person, name: row.to_name },
  starts_at: row.starts_at.toISOString(),
  ends_at: row.ends_at.toISOString(),
  reason: row.reason,
});

const mustGetGroup = async (scope: Scope, id: string): Promise<GroupRow> => {
  const row = await getGroup(scope, id);
  if (!row) throw notFound('group');
  return row;
};

const fill = async (scope: Scope, id: string, people: readonly string[]): Promise<void> => {
  const distinct = [...new Set(people)];
  if ((await setGroupMembers(scope, id, distinct)) !== distinct.length)
    throw invalid([{ pointer: '/members', detail: 'names somebody who is not a member of this workspace' }]);
};

/** Looked at after the name was written: of two at once, the second waits for the first and then sees it. */
const refuseFormerName = async (scope: Scope, id: string, name: string): Promise<void> => {
  const other = await groupFormerlyNamed(scope, id, name);
  if (other !== undefined)
    throw new Problem('name_taken', `The group ${other} once had this name, and may still be asked by it.`);
};

/** A request that asks a group which is gone could be decided by nobody. */
export const refuseInUse = async (
  scope: Scope,
  group: Pick<GroupRow, 'id' | 'name' | 'former_names'>,
): Promise<void> => {
  const names = [group.name, ...group.former_names];
  const word = new RegExp(`(?<![\\w.-])(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(?![\\w.-])`);
  const policies = (await livePolicies(scope)).filter(({ definition }) => word.test(JSON.stringify(definition)));
  const pending = await pendingAsking(scope, names);
  if (policies.length === 0 && pending === 0) return;
  const by = [
    ...policies.map(({ name }) => `the policy “${name}”`),
    ...(pending > 0 ? [`${pending} waiting request${pending === 1 ? '' : 's'}`] : []),
  ];
  throw new Problem('group_in_use', `It is asked by ${by.join(', ')}.`, {
    policies: policies.map(({ id }) => id),
    pending,
  });
};

export const peopleHandlers = {
  listGroups: async (_, scope) => ({ data: (await listGroups(scope)).map(presentGroup) }),
  createGroup: async ({ principal, body }, scope) => {
    const id = newId('group');
    await insertGroup(scope, id, body.name);
    await refuseFormerName(scope, id, body.name);
    await fill(scope, id, body.members);
    await appendEvent(scope, {
      type: 'group.created',
      subject: id,
      actor: actorOf(principal),
      data: { name: body.name, members: body.members },
    });
    return presentGroup(await mustGetGroup(scope, id));
  },
  updateGroup: async ({ params, principal, body }, scope) => {
    const before = await mustGetGroup(scope, params.id);
    if (body.name !== undefined) {
      await renameGroupTo(scope, params.id, body.name);
      await refuseFormerName(scope, params.id, body.name);
    }
    if (body.members !== undefined) await fill(scope, params.id, body.members);
    const data = { name: body.name ?? before.name, before: before.members, after: body.members ?? before.members };
    await appendEvent(scope, { type: 'group.updated', subject: params.id, actor: actorOf(principal), data });
    return presentGroup(await mustGetGroup(scope, params.id));
  },
  deleteGroup: async ({ params, principal }, scope) => {
    await refuseInUse(scope, await mustGetGroup(scope, params.id));
    await deleteGroup(scope, params.id);
    await appendEvent(scope, { type: 'group.deleted', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },

  listDelegations: async (_, scope) => ({ data: (await listDelegations(scope)).map(presentDelegation) }),
  createDelegation: async ({ principal, body }, scope) => {
    const from = body.from ?? personOf(principal);
    if (from !== personOf(principal) && !principal.permissions.has('groups:write'))
      throw new Problem('forbidden', 'Only an owner or admin says who stands in for somebody else.');
    const roles = (await getMember(scope, body.to))?.roles ?? [];
    if (!roles.includes('approver'))
      throw invalid([{ pointer: '/to', detail: 'is not an approver of this workspace' }]);
    if (from === body.to) throw invalid([{ pointer: '/to', detail: 'can not be the same person' }]);
    const startsAt = body.starts_at ?? (await readClock(scope)).toISOString();
    const added: Delegation = {
      from,
      to: body.to,
      startsAtMs: Date.parse(startsAt),
      endsAtMs: Date.parse(body.ends_at),
    };
    if (added.endsAtMs <= added.startsAtMs) throw invalid([{ pointer: '/ends_at', detail: 'must be after the start' }]);
    if (closesCircle((await listDelegations(scope)).map(toDelegation), added))
      throw invalid([{ pointer: '/to', detail: 'stands in for this person already: it would go round in a circle' }]);
    const id = newId('delegation');
    await insertDelegation(scope, {
      id,
      from,
      to: body.to,
      startsAt,
      endsAt: body.ends_at,
      reason: body.reason ?? null,
    });
    await appendEvent(scope, {
      type: 'delegation.created',
      subject: id,
      actor: actorOf(principal),
      data: { from, to: body.to, starts_at: startsAt, ends_at: body.ends_at },
    });
    const row = (await listDelegations(scope)).find((delegation) => delegation.id === id);
    if (!row) throw invalid([{ pointer: '/ends_at', detail: 'is over already' }]);
    return presentDelegation(row);
  },
  deleteDelegation: async ({ params, principal }, scope) => {
    const row = (await listDelegations(scope)).find(({ id }) => id === params.id);
    if (!row) throw notFound('delegation');
    const mine = row.from_person === personOf(principal) || row.to_person === personOf(principal);
    if (!mine && !principal.permissions.has('groups:write'))
      throw new Problem('forbidden', 'It concerns other people.');
    await deleteDelegation(scope, params.id);
    await appendEvent(scope, { type: 'delegation.deleted', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },

  listCalendars: async (_, scope) => ({
    data: (await listCalendars(scope)).map((row) => ({ ...row, updated_at: row.updated_at.toISOString() })),
  }),
  putCalendar: async ({ principal, body }, scope) => {
    await putCalendar(scope, body.name, body.definition);
    await appendEvent(scope, { type: 'calendar.put', subject: body.name, actor: actorOf(principal) });
    const row = (await listCalendars(scope)).find(({ name }) => name === body.name);
    if (!row) throw new Error('the calendar is gone');
    return { ...row, updated_at: row.updated_at.toISOString() };
  },
  deleteCalendar: async ({ params, principal }, scope) => {
    if ((await deleteCalendar(scope, params.name)) === 0) throw notFound('calendar');
    await appendEvent(scope, { type: 'calendar.deleted', subject: params.name, actor: actorOf(principal) });
    return undefined;
  },

  getSettings: async ({ app }, scope) => withDefaults(await getSettings(scope), app.config.publicUrl),
  putSettings: async ({ app, engine, principal, body }, scope) => {
    if (!(await isZoneOfDatabase(scope, body.time_zone)))
      throw invalid([{ pointer: '/time_zone', detail: 'is not a time zone that the database knows' }]);
    const stored = await getSettings(scope);
    const before = withDefaults(stored, app.config.publicUrl);
    // Whoever does not know the switch leaves it as it is.
    const { require_second_factor: isRequired = stored.require_second_factor, ...others } = body;
    const saved = { ...others, ...(isRequired === undefined ? {} : { require_second_factor: isRequired }) };
    await putSettings(scope, saved);
    scope.afterCommit(() => engine.redaction.forget(scope.workspaceId));
    const after = withDefaults(saved, app.config.publicUrl);
    await appendEvent(scope, {
      type: 'settings.changed',
      subject: scope.workspaceId,
      actor: actorOf(principal),
      data: { before, after },
    });
    return after;
  },
} satisfies Partial<Handlers>;

const withDefaults = (settings: WorkspaceSettings, publicUrl: string) => ({
  self_approval: { requester: true, on_behalf_of: true, builder: true, ...settings.self_approval },
  single_operator: settings.single_operator ?? null,
  critical_assurance: settings.critical_assurance ?? null,
  ask_limits: settings.ask_limits ?? null,
  on_call: settings.on_call ?? null,
  reason_presets: settings.reason_presets ?? [],
  time_zone: settings.time_zone ?? 'UTC',
  decision_goal_seconds: settings.decision_goal_seconds ?? null,
  redaction: settings.redaction ?? ('standard' as const),
  redaction_rules: (settings.redaction_rules ?? []).map(({ name, fields, visible_to: roles }) => ({
    name,
    fields: [...fields],
    visible_to: [...roles],
  })),
  page_origins: [...(settings.page_origins ?? [])],
  newcomer_wait_hours: settings.newcomer_wait_hours ?? 0,
  scim: { default_roles: ['viewer' as const], roles_by_group: {}, ...settings.scim },
  require_second_factor: settings.require_second_factor ?? !isLoopback(publicUrl),
});

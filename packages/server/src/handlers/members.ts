/** Members: who belongs to the workspace, with which roles, and what becomes of what is theirs when they leave. */
import { type Role, eligibility, permissionsOf, tally, unblockers } from '@countersign/core';
import { loadState } from '@countersign/engine';
import {
  type ApprovalRow,
  type MemberRow,
  type MemberStatus,
  type Scope,
  appendEvent,
  approverStandings,
  endSessionsOf,
  findMember,
  joinMember,
  leaveGroupsAndDelegations,
  listApprovals,
  listMembers,
  lockedOwners,
  newId,
  revokeInvitationsBy,
  revokeKeysBeyond,
  revokeKeysOf,
  setMemberRoles,
  setMemberStatus,
} from '@countersign/store';
import { endSessions, mustBePerson, renewOwnSession } from '../auth/begin-session.ts';
import { actorOf } from '../auth/principal.ts';
import type { App, Handlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';

/** So many waiting requests are looked at for one member. */
const ASSIGNMENTS_MAX = 200;

const presentMember = (row: MemberRow) => ({
  id: row.person_id,
  name: row.name,
  email: row.email,
  roles: row.roles,
  groups: row.groups,
  status: row.status === 'active' ? ('active' as const) : ('deactivated' as const),
});

/** @throws Problem `not_found`, also for somebody who was removed */
const mustGetMember = async (scope: Scope, id: string): Promise<MemberRow> => {
  const row = await findMember(scope, id);
  if (!row || row.status === 'removed') throw notFound('member');
  return row;
};

/** @throws Problem `last_owner` where the workspace would be left without one; of two at once, the second is refused */
const refuseLastOwner = async (scope: Scope, id: string): Promise<void> => {
  const owners = await lockedOwners(scope);
  if (owners.length === 1 && owners[0] === id)
    throw new Problem('last_owner', 'Nobody else is an owner of this workspace: make somebody one first.');
};

const LEAVING = { deactivated: 'member.deactivated', removed: 'member.removed' } as const;
type Actor = Parameters<typeof appendEvent>[1]['actor'];

/** An invitation is worth no more than who gave it. */
const dropInvitations = async (scope: Scope, actor: Actor, personId: string): Promise<void> => {
  for (const invitation of await revokeInvitationsBy(scope, personId))
    await appendEvent(scope, { type: 'invitation.revoked', subject: invitation, actor });
};

const tellRevoked = async (app: App, scope: Scope, actor: Actor, keys: readonly string[]): Promise<void> => {
  for (const key of keys) {
    await appendEvent(scope, { type: 'key.revoked', subject: key, actor });
    scope.afterCommit(() => app.authenticator.forgetKey(key));
  }
};

/** Roles, and what they bring: no key may do more than its owner, no invitation gives more than who invited may. */
export const changeRoles = async (
  app: App,
  scope: Scope,
  actor: Actor,
  member: MemberRow,
  roles: readonly Role[],
): Promise<void> => {
  const id = member.person_id;
  if (!roles.includes('owner')) await refuseLastOwner(scope, id);
  await setMemberRoles(scope, id, roles);
  await appendEvent(scope, {
    type: 'member.updated',
    subject: id,
    actor,
    data: { before: member.roles, after: roles },
  });
  await tellRevoked(app, scope, actor, await revokeKeysBeyond(scope, id, [...permissionsOf(roles)]));
  if (member.roles.some((role) => !roles.includes(role))) await dropInvitations(scope, actor, id);
};

/** Ends whatever lets somebody act: sessions and keys, here at once and on every other replica within a second (T33). */
export const leave = async (
  app: App,
  scope: Scope,
  actor: Actor,
  id: string,
  status: Exclude<MemberStatus, 'active'>,
): Promise<void> => {
  await refuseLastOwner(scope, id);
  if ((await setMemberStatus(scope, id, status)) === 0) return;
  const sessions = (await endSessionsOf(scope, id)).length;
  const keys = await revokeKeysOf(scope, id);
  if (status === 'removed') await leaveGroupsAndDelegations(scope, id);
  await appendEvent(scope, { type: LEAVING[status], subject: id, actor, data: { sessions, keys } });
  await dropInvitations(scope, actor, id);
  await tellRevoked(app, scope, actor, keys);
};

export const comeBack = async (scope: Scope, actor: Actor, id: string): Promise<void> => {
  if ((await setMemberStatus(scope, id, 'active')) === 1)
    await appendEvent(scope, { type: 'member.reactivated', subject: id, actor });
};

const standing = ({ person_id, groups, roles }: MemberRow) => ({ personId: person_id, groups, roles });

const asked = async (scope: Scope, member: MemberRow): Promise<ApprovalRow[]> =>
  listApprovals(
    scope,
    { status: 'pending', mine: { of: standing(member), places: [standing(member)] } },
    null,
    ASSIGNMENTS_MAX,
  );

/** The request, if the member could decide it were they here, with everybody else who can. */
const assignmentOf = async (
  scope: Scope,
  row: ApprovalRow,
  member: MemberRow,
  others: Awaited<ReturnType<typeof approverStandings>>,
) => {
  const { requirement, votes, requesters } = await loadState(scope, row);
  const count = tally(requirement, votes);
  const self = standing(member);
  if (count.outcome !== 'open' || eligibility(requirement, votes, count.stage, self, requesters) !== null) return null;
  const names = new Map(others.map(({ personId, name }) => [personId, name]));
  const left = unblockers(requirement, votes, others, requesters);
  return {
    approval_id: row.id,
    title: row.title,
    priority: row.priority,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    can_unblock: left.map(({ personId }) => ({ id: personId, name: names.get(personId) ?? '' })),
    is_stuck: left.length === 0,
  };
};

export const memberHandlers = {
  listMembers: async (_, scope) => ({ data: (await listMembers(scope)).map(presentMember) }),
  createMember: async ({ principal, body }, scope) => {
    const { id, isNew } = await joinMember(scope, { id: newId('person'), ...body });
    if (!isNew) throw new Problem('name_taken', 'Somebody with this address is a member already.');
    await appendEvent(scope, {
      type: 'member.created',
      subject: id,
      actor: actorOf(principal),
      data: { roles: body.roles },
    });
    return presentMember(await mustGetMember(scope, id));
  },
  updateMember: async ({ app, params, principal, body, setCookie }, scope) => {
    const member = await mustGetMember(scope, params.id);
    await changeRoles(app, scope, actorOf(principal), member, [...new Set(body.roles)]);
    // What a session may do has changed: it begins anew, or under another token (trust.md, T35).
    const { session, ...by } = mustBePerson(principal);
    await endSessions(scope, by, params.id, 'roles_changed', session.id);
    if (params.id === by.personId) setCookie(await renewOwnSession(app, scope, session));
    return presentMember(await mustGetMember(scope, params.id));
  },
  deactivateMember: async ({ app, params, principal }, scope) => {
    await mustGetMember(scope, params.id);
    await leave(app, scope, actorOf(principal), params.id, 'deactivated');
    return presentMember(await mustGetMember(scope, params.id));
  },
  reactivateMember: async ({ params, principal }, scope) => {
    await mustGetMember(scope, params.id);
    await comeBack(scope, actorOf(principal), params.id);
    return presentMember(await mustGetMember(scope, params.id));
  },
  removeMember: async ({ app, params, principal }, scope) => {
    await mustGetMember(scope, params.id);
    await leave(app, scope, actorOf(principal), params.id, 'removed');
    return undefined;
  },
  listAssignments: async ({ params }, scope) => {
    const member = await findMember(scope, params.id);
    if (!member) throw notFound('member');
    const others = (await approverStandings(scope)).filter(({ personId }) => personId !== member.person_id);
    const data = [];
    for (const row of await asked(scope, member)) data.push(await assignmentOf(scope, row, member, others));
    return { data: data.filter((found) => found !== null) };
  },
} satisfies Partial<Handlers>;

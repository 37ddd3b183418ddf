/** Who belongs to a workspace: members with roles and groups, how they come, change and leave. */
import type { Role } from '@countersign/core';
import { findPersonByEmail } from './access.ts';
import { type Scope, statement } from './database.ts';

export type MemberStatus = 'active' | 'deactivated' | 'removed';

export type MemberRow = {
  person_id: string;
  name: string;
  email: string;
  roles: Role[];
  groups: string[];
  status: MemberStatus;
  created_at: Date;
};

const memberColumns = `m.person_id, p.name, p.email, m.roles, m.status, m.created_at,
  coalesce((select array_agg(g.name order by g.name) from group_member gm
    join people_group g on g.workspace_id = gm.workspace_id and g.id = gm.group_id
    where gm.workspace_id = m.workspace_id and gm.person_id = m.person_id), '{}') as groups`;

const members = statement<MemberRow>(
  'member_list',
  `select ${memberColumns} from member m join person p on p.id = m.person_id
   where m.workspace_id = $1 and m.status <> 'removed' order by p.name, m.person_id`,
);

/** Everybody in the workspace with roles and groups, by name; those who are deactivated, too. */
export const listMembers = (scope: Scope): Promise<MemberRow[]> => members.all(scope, scope.workspaceId);

const memberById = statement<MemberRow>(
  'member_get',
  `select ${memberColumns} from member m join person p on p.id = m.person_id
   where m.workspace_id = $1 and m.person_id = $2`,
);

/** A member of whatever status: votes of those who left are still theirs. */
export const findMember = (scope: Scope, personId: string): Promise<MemberRow | undefined> =>
  memberById.one(scope, scope.workspaceId, personId);

/** A member who may act now. */
export const getMember = async (scope: Scope, personId: string): Promise<MemberRow | undefined> => {
  const row = await findMember(scope, personId);
  return row?.status === 'active' ? row : undefined;
};

const insertPerson = statement('person_insert', `insert into person (id, email, name) values ($1, $2, $3)`);
// Whoever comes back begins anew: with these roles, and as long as they have them now.
const insertMember = statement(
  'member_insert',
  `insert into member (workspace_id, person_id, roles, role_since)
   values ($1, $2, $3, (select jsonb_object_agg(r, now()) from unnest($3::text[]) r))
   on conflict (workspace_id, person_id) do update
     set roles = excluded.roles, role_since = excluded.role_since, status = 'active', status_at = now()
     where member.status = 'removed'`,
);

/**
 * Adds a person to the scope's workspace. Whoever has the address already is joined as they are: what they are called is
 * not for another workspace to say.
 * @returns the person's id, and whether they were no member before
 */
export const joinMember = async (
  scope: Scope,
  person: { id: string; email: string; name: string; roles: readonly Role[] },
): Promise<{ id: string; isNew: boolean }> => {
  const known = await findPersonByEmail(scope, person.email);
  if (!known) await insertPerson.run(scope, person.id, person.email, person.name);
  const id = known?.id ?? person.id;
  return { id, isNew: (await insertMember.run(scope, scope.workspaceId, id, person.roles)) === 1 };
};

/** @returns the person's id: the new one, or that of the person who already has this address */
export const addMember = async (scope: Scope, person: Parameters<typeof joinMember>[1]): Promise<string> =>
  (await joinMember(scope, person)).id;

const setRoles = statement(
  'member_roles',
  `update member m set roles = $3,
     role_since = (select jsonb_object_agg(r, case when r = any (m.roles) then coalesce(m.role_since -> r, to_jsonb(m.created_at))
       else to_jsonb(now()) end) from unnest($3::text[]) r)
   where workspace_id = $1 and person_id = $2`,
);
export const setMemberRoles = (scope: Scope, personId: string, roles: readonly Role[]): Promise<number> =>
  setRoles.run(scope, scope.workspaceId, personId, roles);

const setStatus = statement(
  'member_status',
  `update member set status = $3, status_at = now() where workspace_id = $1 and person_id = $2 and status <> $3`,
);
export const setMemberStatus = (scope: Scope, personId: string, status: MemberStatus): Promise<number> =>
  setStatus.run(scope, scope.workspaceId, personId, status);

const lockOwners = statement<{ person_id: string }>(
  'member_owners_lock',
  `select person_id from member where workspace_id = $1 and status = 'active' and 'owner' = any (roles)
   order by person_id for update`,
);

/** The active owners, who stay what they are until the transaction ends: of two who demote each other, one is refused. */
export const lockedOwners = async (scope: Scope): Promise<string[]> =>
  (await lockOwners.all(scope, scope.workspaceId)).map(({ person_id: id }) => id);

const leaveGroups = statement('group_leave_all', 'delete from group_member where workspace_id = $1 and person_id = $2');
const dropDelegations = statement(
  'delegation_drop_of',
  'delete from delegation where workspace_id = $1 and (from_person = $2 or to_person = $2)',
);

/** What somebody who is removed leaves behind: nobody stands in for them, and no group counts them. */
export const leaveGroupsAndDelegations = async (scope: Scope, personId: string): Promise<void> => {
  await leaveGroups.run(scope, scope.workspaceId, personId);
  await dropDelegations.run(scope, scope.workspaceId, personId);
};

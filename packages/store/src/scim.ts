/** Members and groups as a directory knows them (SCIM). */
import type { JsonObject, Role } from '@countersign/core';
import { type Scope, statement } from './database.ts';
import type { MemberStatus } from './members.ts';

export type ScimUserRow = {
  person_id: string;
  name: string;
  email: string;
  roles: Role[];
  status: MemberStatus;
  scim: JsonObject | null;
  groups: { value: string; display: string }[];
  created_at: Date;
  changed_at: Date;
};

const userColumns = `m.person_id, p.name, p.email, m.roles, m.status, m.scim, m.created_at,
  coalesce(m.status_at, m.created_at) as changed_at,
  coalesce((select json_agg(json_build_object('value', g.id, 'display', coalesce(g.display_name, g.name)) order by g.name)
    from group_member gm join people_group g on g.workspace_id = gm.workspace_id and g.id = gm.group_id
    where gm.workspace_id = m.workspace_id and gm.person_id = m.person_id), '[]') as groups`;
const users = statement<ScimUserRow>(
  'scim_users',
  `select ${userColumns} from member m join person p on p.id = m.person_id
   where m.workspace_id = $1 and m.status <> 'removed' and ($2::text is null or m.person_id = $2)
   order by m.created_at, m.person_id`,
);

/** @param personId only this one */
export const scimUsers = (scope: Scope, personId: string | null): Promise<ScimUserRow[]> =>
  users.all(scope, scope.workspaceId, personId);

const saveUser = statement('scim_user_save', 'update member set scim = $3 where workspace_id = $1 and person_id = $2');
export const saveScimUser = (scope: Scope, personId: string, scim: JsonObject): Promise<number> =>
  saveUser.run(scope, scope.workspaceId, personId, scim);

const savePerson = statement('scim_person_save', 'update person set name = $2, email = $3 where id = $1');
export const savePersonFacts = (scope: Scope, personId: string, name: string, email: string): Promise<number> =>
  savePerson.run(scope, personId, name, email);

export type ScimGroupRow = {
  id: string;
  name: string;
  display_name: string | null;
  external_id: string | null;
  created_at: Date;
  members: { value: string; display: string }[];
};

const groups = statement<ScimGroupRow>(
  'scim_groups',
  `select g.id, g.name, g.display_name, g.external_id, g.created_at,
     coalesce((select json_agg(json_build_object('value', p.id, 'display', p.name) order by p.id)
       from group_member gm join person p on p.id = gm.person_id
       where gm.workspace_id = g.workspace_id and gm.group_id = g.id), '[]') as members
   from people_group g where g.workspace_id = $1 and ($2::text is null or g.id = $2) order by g.created_at, g.id`,
);
export const scimGroups = (scope: Scope, id: string | null): Promise<ScimGroupRow[]> =>
  groups.all(scope, scope.workspaceId, id);

const saveGroup = statement(
  'scim_group_save',
  'update people_group set display_name = $3, external_id = $4 where workspace_id = $1 and id = $2',
);
export const saveScimGroup = (
  scope: Scope,
  id: string,
  displayName: string,
  externalId: string | null,
): Promise<number> => saveGroup.run(scope, scope.workspaceId, id, displayName, externalId);

/** SCIM groups are our groups, under names that rules can write; a setting says which roles being in one gives. */
import type { Actor, JsonObject, Role } from '@countersign/core';
import {
  type Scope,
  type ScimGroupRow,
  appendEvent,
  findMember,
  getSettings,
  insertGroup,
  listGroups,
  newId,
  renameGroupTo,
  saveScimGroup,
  scimGroups,
  setGroupMembers,
} from '@countersign/store';
import { z } from 'zod';
import { changeRoles } from '../handlers/members.ts';
import type { App } from '../http/context.ts';
import { GROUP_SCHEMA, ScimError } from './answer.ts';

const GroupBody = z.object({
  displayName: z.string().trim().min(1).max(200),
  externalId: z.string().max(200).nullish(),
  members: z
    .array(z.object({ value: z.string().max(100) }))
    .max(5000)
    .default([]),
});
type GroupBody = z.infer<typeof GroupBody>;

export const readGroup = (resource: JsonObject): GroupBody => {
  const parsed = GroupBody.safeParse(resource);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ScimError(400, `${issue?.path.join('.')}: ${issue?.message}`, 'invalidValue');
};

export const presentScimGroup = (row: ScimGroupRow, base: string): JsonObject => ({
  schemas: [GROUP_SCHEMA],
  id: row.id,
  ...(row.external_id === null ? {} : { externalId: row.external_id }),
  displayName: row.display_name ?? row.name,
  members: row.members.map(({ value, display }) => ({ value, display, $ref: `${base}/scim/v2/Users/${value}` })),
  meta: {
    resourceType: 'Group',
    created: row.created_at.toISOString(),
    location: `${base}/scim/v2/Groups/${row.id}`,
  },
});

export const mustGetScimGroup = async (scope: Scope, id: string): Promise<ScimGroupRow> => {
  const [row] = await scimGroups(scope, id);
  if (!row) throw new ScimError(404, 'There is no such group.');
  return row;
};

const NAME_LENGTH_MAX = 64;

/** "Finance Approvers" as rules can write it: `Finance-Approvers`; with a number where that is taken. */
const nameFor = async (scope: Scope, displayName: string, exceptId: string | null): Promise<string> => {
  const plain = displayName
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replaceAll(/^[-.]+|-+$/g, '')
    .slice(0, NAME_LENGTH_MAX - 4);
  const stem = plain === '' || /^(and|or|of|anyone)$/i.test(plain) ? `group_${plain}` : plain;
  const taken = new Set(
    (await listGroups(scope))
      .filter(({ id }) => id !== exceptId)
      .flatMap(({ name, former_names: former }) => [name, ...former].map((one) => one.toLowerCase())),
  );
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
};

const refuseTaken = async (scope: Scope, displayName: string, exceptId: string | null): Promise<void> => {
  const same = (row: ScimGroupRow): boolean =>
    row.id !== exceptId && (row.display_name ?? row.name).toLowerCase() === displayName.toLowerCase();
  if ((await scimGroups(scope, null)).some(same))
    throw new ScimError(409, 'A group has this name already.', 'uniqueness');
};

/** Gives who came in the roles that the group stands for, and takes them from who left, unless another group gives them. */
export const followRoles = async (
  app: App,
  scope: Scope,
  actor: Actor,
  displayName: string,
  before: readonly string[],
  after: readonly string[],
): Promise<void> => {
  const mapping = (await getSettings(scope)).scim?.roles_by_group ?? {};
  const given = mapping[displayName] ?? [];
  if (given.length === 0) return;
  const all = await scimGroups(scope, null);
  for (const id of new Set([...before, ...after])) {
    const member = await findMember(scope, id);
    if (!member || member.status === 'removed' || before.includes(id) === after.includes(id)) continue;
    const own = all.filter(({ members }) => members.some(({ value }) => value === id));
    const still = new Set<Role>(own.flatMap((group) => mapping[group.display_name ?? group.name] ?? []));
    const roles: Role[] = after.includes(id)
      ? [...new Set([...member.roles, ...given])]
      : member.roles.filter((role) => !(given as readonly Role[]).includes(role) || still.has(role));
    await changeRoles(app, scope, actor, member, roles.length === 0 ? ['viewer'] : roles);
  }
};

const fill = async (scope: Scope, id: string, members: readonly string[]): Promise<void> => {
  const distinct = [...new Set(members)];
  if ((await setGroupMembers(scope, id, distinct)) !== distinct.length)
    throw new ScimError(400, 'A member is nobody of this workspace.', 'invalidValue');
};

export const createScimGroup = async (app: App, scope: Scope, actor: Actor, body: GroupBody): Promise<string> => {
  await refuseTaken(scope, body.displayName, null);
  const id = newId('group');
  const name = await nameFor(scope, body.displayName, null);
  const members = body.members.map(({ value }) => value);
  await insertGroup(scope, id, name);
  await saveScimGroup(scope, id, body.displayName, body.externalId ?? null);
  await fill(scope, id, members);
  await appendEvent(scope, { type: 'group.created', subject: id, actor, data: { name, members, how: 'scim' } });
  await followRoles(app, scope, actor, body.displayName, [], members);
  return id;
};

export const updateScimGroup = async (
  app: App,
  scope: Scope,
  actor: Actor,
  row: ScimGroupRow,
  body: GroupBody,
): Promise<void> => {
  const before = row.members.map(({ value }) => value);
  const after = body.members.map(({ value }) => value);
  const oldName = row.display_name ?? row.name;
  let { name } = row;
  if (body.displayName !== oldName) {
    await refuseTaken(scope, body.displayName, row.id);
    name = await nameFor(scope, body.displayName, row.id);
    await renameGroupTo(scope, row.id, name);
  }
  await saveScimGroup(scope, row.id, body.displayName, body.externalId ?? null);
  await fill(scope, row.id, after);
  await appendEvent(scope, {
    type: 'group.updated',
    subject: row.id,
    actor,
    data: { name, before, after, how: 'scim' },
  });
  await followRoles(app, scope, actor, body.displayName, before, after);
};

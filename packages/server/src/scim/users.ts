/** SCIM users are members: who a directory provisions joins, changes and leaves. */
import { type Actor, type JsonObject, type Role, withoutHidden } from '@countersign/core';
import {
  type Scope,
  type ScimUserRow,
  appendEvent,
  findPersonByEmail,
  getSettings,
  joinMember,
  membershipsOf,
  newId,
  savePersonFacts,
  saveScimUser,
  scimUsers,
} from '@countersign/store';
import { z } from 'zod';
import { comeBack, leave } from '../handlers/members.ts';
import type { App } from '../http/context.ts';
import { ScimError, USER_SCHEMA } from './answer.ts';

/** Entra ID writes booleans as texts: "False". */
const flag = z.preprocess(
  (value) => (typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value),
  z.boolean(),
);
const text = z.string().max(200);

/** What is kept of a user; whatever else a directory sends is left aside (RFC 7643, 3.3). */
const UserBody = z.object({
  userName: text.min(1),
  externalId: text.nullish(),
  displayName: text.nullish(),
  name: z.object({ formatted: text.nullish(), givenName: text.nullish(), familyName: text.nullish() }).nullish(),
  emails: z.array(z.object({ value: text, type: text.nullish(), primary: flag.nullish() })).nullish(),
  active: flag.default(true),
});
type UserBody = z.infer<typeof UserBody>;

export const readUser = (resource: JsonObject): UserBody => {
  const parsed = UserBody.safeParse(resource);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ScimError(400, `${issue?.path.join('.')}: ${issue?.message}`, 'invalidValue');
};

const EMAIL = /^[^\s@]+@[^\s@]+$/;

const emailOf = (user: UserBody): string => {
  const found = (user.emails?.find(({ primary }) => primary) ?? user.emails?.[0])?.value ?? user.userName;
  if (!EMAIL.test(found)) throw new ScimError(400, 'A user needs an email address.', 'invalidValue');
  return found;
};

const nameOf = (user: UserBody): string => {
  const { formatted, givenName, familyName } = user.name ?? {};
  const parts = [givenName, familyName].filter((part) => part).join(' ');
  return withoutHidden(user.displayName || formatted || parts || user.userName).slice(0, 100) || user.userName;
};

const locationOf = (base: string, id: string): string => `${base}/scim/v2/Users/${id}`;

export const presentUser = (row: ScimUserRow, base: string): JsonObject => {
  const kept = row.scim ?? {
    userName: row.email,
    displayName: row.name,
    emails: [{ value: row.email, type: 'work', primary: true }],
  };
  return {
    schemas: [USER_SCHEMA],
    id: row.person_id,
    ...kept,
    active: row.status === 'active',
    groups: row.groups,
    roles: row.roles.map((value) => ({ value })),
    meta: {
      resourceType: 'User',
      created: row.created_at.toISOString(),
      lastModified: row.changed_at.toISOString(),
      location: locationOf(base, row.person_id),
    },
  };
};

/** As it is stored: without what we compute, and without nulls. */
const kept = (user: UserBody): JsonObject => {
  const { userName, externalId, displayName, name, emails } = user;
  const plain = JSON.stringify(
    { userName, externalId, displayName, name, emails },
    (_, value: unknown) => value ?? undefined,
  );
  return JSON.parse(plain) as JsonObject;
};

export const mustGetUser = async (scope: Scope, id: string): Promise<ScimUserRow> => {
  const [row] = await scimUsers(scope, id);
  if (!row) throw new ScimError(404, 'There is no such user.');
  return row;
};

const userNameOf = ({ scim, email }: { readonly scim: JsonObject | null; readonly email: string }): string => {
  const name = scim?.['userName'];
  return typeof name === 'string' ? name : email;
};

const refuseTaken = async (scope: Scope, userName: string, exceptId: string | null): Promise<void> => {
  const taken = (await scimUsers(scope, null)).some(
    (row) => row.person_id !== exceptId && userNameOf(row).toLowerCase() === userName.toLowerCase(),
  );
  if (taken) throw new ScimError(409, 'Somebody has this userName already.', 'uniqueness');
};

const DEFAULT_ROLES: readonly Role[] = ['viewer'];

export const createUser = async (app: App, scope: Scope, actor: Actor, user: UserBody): Promise<string> => {
  await refuseTaken(scope, user.userName, null);
  const roles = (await getSettings(scope)).scim?.default_roles ?? DEFAULT_ROLES;
  const person = { id: newId('person'), email: emailOf(user), name: nameOf(user), roles };
  const { id, isNew } = await joinMember(scope, person);
  if (!isNew) throw new ScimError(409, 'Somebody has this address already.', 'uniqueness');
  await saveScimUser(scope, id, kept(user));
  await appendEvent(scope, { type: 'member.created', subject: id, actor, data: { roles, how: 'scim' } });
  if (!user.active) await leave(app, scope, actor, id, 'deactivated');
  return id;
};

export const saveUser = async (
  app: App,
  scope: Scope,
  actor: Actor,
  row: ScimUserRow,
  user: UserBody,
): Promise<void> => {
  const id = row.person_id;
  await refuseTaken(scope, user.userName, id);
  const [name, email] = [nameOf(user), emailOf(user)];
  if (name !== row.name || email !== row.email) {
    const owner = await findPersonByEmail(scope, email);
    if (owner && owner.id !== id) throw new ScimError(409, 'Somebody has this address already.', 'uniqueness');
    // What a person is called is for one directory to say, not for that of another workspace.
    const isOursAlone = (await membershipsOf(app.engine.api, id)).every(
      ({ workspace_id: other }) => other === scope.workspaceId,
    );
    if (isOursAlone) {
      await savePersonFacts(scope, id, name, email);
      await appendEvent(scope, { type: 'member.updated', subject: id, actor, data: { how: 'scim' } });
    }
  }
  await saveScimUser(scope, id, kept(user));
  if (user.active) await comeBack(scope, actor, id);
  else await leave(app, scope, actor, id, 'deactivated');
};

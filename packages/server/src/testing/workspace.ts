/** People, sessions and keys of a test workspace, written straight into the database. */
import { randomBytes } from 'node:crypto';
import { type Permission, ROLES, type Role } from '@countersign/core';
import {
  type Database,
  addMember,
  createWorkspace,
  insertKey,
  newId,
  startSession,
  transaction,
} from '@countersign/store';
import { hashSecret, kindOfKey, makeKeySecret } from '../auth/keys.ts';

/** A signed-in member. */
export type TestPerson = { readonly id: string; readonly name: string; readonly email: string; readonly token: string };
/** An API key, whose owner holds no other one and none of the roles of `people`. */
export type TestKey = {
  readonly id: string;
  readonly secret: string;
  readonly owner: TestPerson;
  readonly scopes: readonly Permission[];
};

export type TestWorkspace = {
  readonly id: string;
  /** One member for each role, with that role only. */
  readonly people: Readonly<Record<Role, TestPerson>>;
  readonly keys: {
    /** Asks, runs, configures. Its owner is a builder. */
    readonly asking: TestKey;
    /** Asks as well, for somebody else: a stranger to what `asking` asked. */
    readonly asking2: TestKey;
    /** Decides. Its owner is an approver. */
    readonly deciding: TestKey;
    /** Changes policies. Its owner is an admin. */
    readonly governing: TestKey;
    /** Only reads. */
    readonly reading: TestKey;
  };
};

const READ: readonly Permission[] = [
  'approvals:read',
  'executions:read',
  'agents:read',
  'tools:read',
  'workflows:read',
  'triggers:read',
  'events:read',
  'members:read',
  'policies:read',
  'keys:read',
];
const ASK: readonly Permission[] = [
  'approvals:comment',
  'approvals:create',
  'gate:call',
  'receipts:consume',
  'executions:run',
  'agents:write',
  'tools:write',
  'workflows:write',
  'triggers:write',
  'keys:write',
];

const KEYS: {
  readonly [Name in keyof TestWorkspace['keys']]: { readonly role: Role; readonly scopes: readonly Permission[] };
} = {
  asking: { role: 'builder', scopes: [...READ, ...ASK] },
  asking2: { role: 'builder', scopes: [...READ, ...ASK] },
  deciding: {
    role: 'approver',
    scopes: [...READ.filter((scope) => scope !== 'keys:read'), 'approvals:comment', 'approvals:decide'],
  },
  governing: { role: 'admin', scopes: [...READ, 'policies:write', 'channels:write'] },
  reading: { role: 'viewer', scopes: READ },
};

/** Adds a member who is signed in. */
export const addPerson = async (
  database: Database,
  workspaceId: string,
  name: string,
  roles: readonly Role[],
): Promise<TestPerson> => {
  const token = randomBytes(32).toString('base64url');
  const email = `${name.replaceAll(' ', '.')}.${randomBytes(4).toString('hex')}@test.example`;
  return transaction(database, workspaceId, async (scope) => {
    const id = await addMember(scope, { id: newId('person'), email, name, roles });
    await startSession(scope, { id: newId('session'), tokenHash: hashSecret(token), workspaceId, personId: id });
    return { id, name, email, token };
  });
};

/** Adds a key for a member. */
export const addKey = async (
  database: Database,
  workspaceId: string,
  owner: TestPerson,
  scopes: readonly Permission[],
): Promise<TestKey> => {
  const kind = kindOfKey(scopes);
  const made = makeKeySecret(kind);
  const id = newId('key');
  await transaction(database, workspaceId, (scope) =>
    insertKey(scope, {
      id,
      secretHash: made.hash,
      name: `${owner.name}'s key`,
      kind,
      prefix: made.prefix,
      scopes,
      ownerId: owner.id,
      expiresAt: null,
    }),
  );
  return { id, secret: made.secret, owner, scopes };
};

export const addWorkspace = async (database: Database, name: string): Promise<TestWorkspace> => {
  const id = newId('workspace');
  await transaction(database, id, (scope) => createWorkspace(scope, { id, name }));
  const people = {} as Record<Role, TestPerson>;
  for (const role of ROLES) people[role] = await addPerson(database, id, `the ${role}`, [role]);
  const keys = {} as Record<keyof TestWorkspace['keys'], TestKey>;
  for (const kind of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    const owner = await addPerson(database, id, `owner of ${kind}`, [KEYS[kind].role]);
    keys[kind] = await addKey(database, id, owner, KEYS[kind].scopes);
  }
  return { id, people, keys };
};

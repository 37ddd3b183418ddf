/** The workspace of `countersign dev`: three people and two keys, made once and found again at every later start. */
import { type Permission, type Role } from '@countersign/core';
import {
  type Database,
  addMember,
  appendEvent,
  createWorkspace,
  findKey,
  findMemberByEmail,
  insertKey,
  newId,
  transaction,
} from '@countersign/store';
import { hashSecret, kindOfKey, makeKeySecret } from '../auth/keys.ts';
import type { Config } from '../config.ts';
import { createDefaultPolicy } from './default-policy.ts';

type Person = { readonly email: string; readonly name: string; readonly roles: readonly Role[] };

const OWNER: Person = { email: 'olivia@demo.example', name: 'Olivia Owner', roles: ['owner', 'builder', 'approver'] };
const REVIEWER: Person = { email: 'rosa@demo.example', name: 'Rosa Reviewer', roles: ['approver'] };
/** Owns the agent's key: whoever asks can not decide, so it is neither of the two above. */
const BUILDER: Person = { email: 'ben@demo.example', name: 'Ben Builder', roles: ['builder'] };

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
];
const AGENT_SCOPES: readonly Permission[] = [
  ...READ,
  'approvals:comment',
  'approvals:create',
  'gate:call',
  'receipts:consume',
  'executions:run',
  'agents:write',
  'tools:write',
  'workflows:write',
  'triggers:write',
  'keys:read',
  'keys:write',
];
const REVIEWER_SCOPES: readonly Permission[] = [...READ, 'approvals:comment', 'approvals:decide'];

export type DevWorkspace = {
  readonly workspaceId: string;
  readonly ownerId: string;
  readonly agentKey: string;
  readonly reviewerKey: string;
  readonly isNew: boolean;
};

export const ensureDevWorkspace = async (database: Database, kept: Config['devKeys']): Promise<DevWorkspace> => {
  const known = await findMemberByEmail(database, OWNER.email);
  const workspaceId = known?.workspace_id ?? newId('workspace');
  // One transaction: a crash in the middle must not leave a workspace without its people.
  const ids = await transaction(database, workspaceId, async (scope) => {
    if (!known) {
      await createWorkspace(scope, { id: workspaceId, name: 'Demo workspace' });
      await createDefaultPolicy(scope);
    }
    const add = (person: Person): Promise<string> => addMember(scope, { id: newId('person'), ...person });
    return { owner: await add(OWNER), reviewer: await add(REVIEWER), builder: await add(BUILDER) };
  });
  return {
    workspaceId,
    ownerId: ids.owner,
    agentKey: await ensureKey(database, workspaceId, kept?.agent_key, 'Demo agent', AGENT_SCOPES, ids.builder),
    reviewerKey: await ensureKey(
      database,
      workspaceId,
      kept?.reviewer_key,
      'Demo reviewer',
      REVIEWER_SCOPES,
      ids.reviewer,
    ),
    isNew: !known,
  };
};

const ensureKey = async (
  database: Database,
  workspaceId: string,
  kept: string | undefined,
  name: string,
  scopes: readonly Permission[],
  ownerId: string,
): Promise<string> => {
  const row = kept === undefined ? undefined : await findKey(database, hashSecret(kept));
  if (kept !== undefined && row?.workspace_id === workspaceId) return kept;
  const kind = kindOfKey(scopes);
  const made = makeKeySecret(kind);
  const id = newId('key');
  await transaction(database, workspaceId, async (scope) => {
    await insertKey(scope, {
      id,
      secretHash: made.hash,
      name,
      kind,
      prefix: made.prefix,
      scopes,
      ownerId,
      expiresAt: null,
    });
    await appendEvent(scope, {
      type: 'key.created',
      subject: id,
      actor: { kind: 'system', id: 'system', name: 'countersign dev' },
      data: { name, scopes },
    });
  });
  return made.secret;
};

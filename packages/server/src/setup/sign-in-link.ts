/** One-time sign-in links: for the first owner, and for whoever is locked out. The link's token is in its fragment, so it reaches no log. */
import { randomBytes } from 'node:crypto';
import {
  type Database,
  type Scope,
  addMember,
  appendEvent,
  deletePasskeys,
  deleteTotp,
  putRecoveryCodes,
  createWorkspace,
  findMemberByEmail,
  insertSignInLink,
  newId,
  openDatabase,
  transaction,
  workspaceIds,
} from '@countersign/store';
import { hashSecret } from '../auth/keys.ts';
import type { Config } from '../config.ts';
import { createDefaultPolicy } from './default-policy.ts';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

type Invited = { workspaceId: string; personId: string; isMailed?: boolean };

/** @returns the link, good for one use within a day; within an hour if it is mailed to whoever asked for it at the sign-in page */
export const addSignInLink = async (
  scope: Pick<Scope, 'client'>,
  publicUrl: string,
  member: Invited,
): Promise<string> => {
  const token = randomBytes(32).toString('base64url');
  await insertSignInLink(scope, { tokenHash: hashSecret(token), ...member });
  // Whoever forgot a password sets a new one next; for five minutes nothing more is asked.
  return `${publicUrl}/sign-in${member.isMailed ? '?return=/account' : ''}#token=${token}`;
};

/** The same in a transaction of its own. */
export const makeSignInLink = (database: Database, publicUrl: string, member: Invited): Promise<string> =>
  transaction(database, member.workspaceId, (scope) => addSignInLink(scope, publicUrl, member));

/**
 * A link for a member. On an installation without any workspace it makes the first one, with this person as its owner:
 * whoever can run this can reach the database anyway.
 */
export const createSignInLink = async (
  config: Pick<Config, 'databaseUrl' | 'publicUrl'>,
  email: string,
  options: { resetSecondFactor?: boolean } = {},
): Promise<{ ok: true; url: string } | { ok: false; reason: string }> => {
  if (!EMAIL.test(email)) return { ok: false, reason: `${email} is not an email address.` };
  const database = openDatabase(config.databaseUrl, 'countersign_api', 1);
  try {
    const member = await findMemberByEmail(database, email);
    if (member) {
      const { workspace_id: workspaceId, person_id: personId } = member;
      if (options.resetSecondFactor) await resetSecondFactor(database, workspaceId, personId);
      return { ok: true, url: await makeSignInLink(database, config.publicUrl, { workspaceId, personId }) };
    }
    if ((await workspaceIds(database)).length > 0)
      return { ok: false, reason: `Nobody here has the address ${email}.` };
    const workspaceId = newId('workspace');
    const personId = await transaction(database, workspaceId, async (scope) => {
      await createWorkspace(scope, { id: workspaceId, name: 'Workspace' });
      const id = await addMember(scope, {
        id: newId('person'),
        email,
        name: email.split('@')[0] ?? email,
        roles: ['owner', 'builder', 'approver'],
      });
      await createDefaultPolicy(scope);
      return id;
    });
    return { ok: true, url: await makeSignInLink(database, config.publicUrl, { workspaceId, personId }) };
  } finally {
    await database.close();
  }
};

/** For somebody who lost their phone and their recovery codes: whoever can run this is the operator, and the record says so. */
const resetSecondFactor = (database: Database, workspaceId: string, personId: string): Promise<void> =>
  transaction(database, workspaceId, async (scope) => {
    await deleteTotp(scope, personId);
    await putRecoveryCodes(scope, personId, []);
    await deletePasskeys(scope, personId);
    await appendEvent(scope, {
      type: 'factor.removed',
      subject: personId,
      actor: { kind: 'system', id: 'operator', name: 'Operator' },
      data: { kind: 'all' },
    });
  });

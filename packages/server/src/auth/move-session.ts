/** Begins sessions: of somebody who has just proved who they are, or who goes on in another workspace. */
import { randomBytes } from 'node:crypto';
import type { WireSession } from '@countersign/contract';
import {
  type Scope,
  type SessionRow,
  appendEvent,
  endSession,
  findSession,
  newId,
  startSession,
  within,
} from '@countersign/store';
import type { FreeContext } from '../http/context.ts';
import { presentSession } from '../handlers/session.ts';
import { sessionCookie } from './cookie.ts';
import { hashSecret } from './keys.ts';

type Begun = { readonly personId: string; readonly name: string; readonly how: string };

/** @param before the session that it goes on from: as old as that one, and as sure @returns the token, for the cookie */
export const beginSession = async (
  scope: Scope,
  { personId, name, how }: Begun,
  before?: Pick<SessionRow, 'method' | 'is_two_factor' | 'expires_at'>,
): Promise<string> => {
  const token = randomBytes(32).toString('base64url');
  const id = newId('session');
  await startSession(scope, {
    id,
    tokenHash: hashSecret(token),
    workspaceId: scope.workspaceId,
    personId,
    ...(before ? { before } : {}),
  });
  await appendEvent(scope, {
    type: 'session.started',
    subject: id,
    actor: { kind: 'person', id: personId, name },
    data: { how },
  });
  return token;
};

/**
 * Into the scope's workspace: a new session there, and the one before ends. How its person signed in goes along; a step-up
 * does not, since it was given for the other workspace.
 */
export const moveSession = async (scope: Scope, session: SessionRow): Promise<string> => {
  const actor = { kind: 'person', id: session.person_id, name: session.person_name } as const;
  await within(scope, session.workspace_id, async (there) => {
    await endSession(there, session.id);
    await appendEvent(there, {
      type: 'session.ended',
      subject: session.id,
      actor,
      data: { moved_to: scope.workspaceId },
    });
  });
  return beginSession(scope, { personId: session.person_id, name: session.person_name, how: 'switched' }, session);
};

/** The answer that signs in. After the commit: before, nobody sees the session. */
export const answerWithSession = async (
  { app, engine, json }: Pick<FreeContext<'signIn'>, 'app' | 'engine' | 'json'>,
  token: string,
): Promise<Response> => {
  const row = await findSession(engine.api, hashSecret(token));
  if (!row) throw new Error('the session is gone');
  const seconds = Math.max(0, Math.floor((row.expires_at.getTime() - Date.now()) / 1000));
  const body: WireSession = presentSession(row);
  return json(body, { 'set-cookie': sessionCookie(app.config.publicUrl, token, seconds) });
};

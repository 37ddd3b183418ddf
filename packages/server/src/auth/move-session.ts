/** Going on in another workspace with the same sign-in. */
import { randomBytes } from 'node:crypto';
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
import { presentSession } from './begin-session.ts';
import { sessionCookie } from './cookie.ts';
import { hashSecret } from './keys.ts';

/**
 * Into the scope's workspace: a new session there, as old and as sure as the one before, which ends. A step-up does not go
 * along: it was given for the other workspace.
 * @returns the token, for the cookie
 */
export const moveSession = async (
  { address, request }: Pick<FreeContext<'switchWorkspace'>, 'address' | 'request'>,
  scope: Scope,
  session: SessionRow,
): Promise<string> => {
  const actor = { kind: 'person', id: session.person_id, name: session.person_name } as const;
  await within(scope, session.workspace_id, async (there) => {
    await endSession(there, session.id);
    const data = { why: 'switched', person: session.person_id };
    await appendEvent(there, { type: 'session.ended', subject: session.id, actor, data });
  });
  const token = randomBytes(32).toString('base64url');
  const id = newId('session');
  await startSession(scope, {
    id,
    tokenHash: hashSecret(token),
    workspaceId: scope.workspaceId,
    personId: session.person_id,
    method: session.method,
    isTwoFactor: session.is_two_factor,
    address,
    userAgent: request.headers.get('user-agent'),
    expiresAt: session.expires_at,
  });
  const data = { how: 'switched', two_factor: session.is_two_factor };
  await appendEvent(scope, { type: 'session.started', subject: id, actor, data });
  return token;
};

/** The answer that sets the cookie. After the commit: before, nobody sees the session. */
export const answerWithSession = async (
  { app, engine, json }: Pick<FreeContext<'switchWorkspace'>, 'app' | 'engine' | 'json'>,
  token: string,
): Promise<Response> => {
  const row = await findSession(engine.api, hashSecret(token));
  if (!row) throw new Error('the session is gone');
  const seconds = Math.max(1, Math.floor((row.expires_at.getTime() - Date.now()) / 1000));
  return json(presentSession(row, app.config.publicUrl), {
    'set-cookie': sessionCookie(app.config.publicUrl, token, seconds),
  });
};

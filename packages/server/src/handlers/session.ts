/** Signing in with a one-time link, and out. Full sign-in (passwords, passkeys, single sign-on) is a later landing. */
import { randomBytes } from 'node:crypto';
import type { WireSession } from '@countersign/contract';
import { permissionsOf } from '@countersign/core';
import {
  type SessionRow,
  appendEvent,
  endSession,
  findSession,
  newId,
  startSession,
  takeSignInLink,
  transaction,
} from '@countersign/store';
import { sessionCookie } from '../auth/cookie.ts';
import { hashSecret } from '../auth/keys.ts';
import type { FreeHandlers } from '../http/context.ts';
import { Problem } from '../http/problem.ts';

const SESSION_SECONDS = 8 * 3600;

export const presentSession = (row: SessionRow): WireSession => ({
  person: { id: row.person_id, name: row.person_name, email: row.email },
  workspace: { id: row.workspace_id, name: row.workspace_name },
  roles: [...row.roles],
  permissions: [...permissionsOf(row.roles)],
  expires_at: row.expires_at.toISOString(),
});

export const sessionHandlers: Pick<FreeHandlers, 'signIn' | 'signOut'> = {
  signIn: async ({ app, engine, body, json }) => {
    const link = await takeSignInLink(engine.api, hashSecret(body.token));
    if (!link)
      throw new Problem('unauthenticated', 'The sign-in link is unknown, was used already, or is older than a day.');
    const token = randomBytes(32).toString('base64url');
    const id = newId('session');
    await transaction(engine.api, link.workspace_id, async (scope) => {
      await startSession(scope, {
        id,
        tokenHash: hashSecret(token),
        workspaceId: link.workspace_id,
        personId: link.person_id,
      });
      await appendEvent(scope, {
        type: 'session.started',
        subject: id,
        actor: { kind: 'person', id: link.person_id, name: '' },
        data: { how: 'sign_in_link' },
      });
    });
    const row = await findSession(engine.api, hashSecret(token));
    if (!row) throw new Error('the session is gone');
    return json(presentSession(row), { 'set-cookie': sessionCookie(app.config.publicUrl, token, SESSION_SECONDS) });
  },
  signOut: async ({ app, engine, principal, json }) => {
    if (principal.kind === 'person') {
      const { session } = principal;
      await transaction(engine.api, principal.workspaceId, async (scope) => {
        await endSession(scope, session.id);
        await appendEvent(scope, {
          type: 'session.ended',
          subject: session.id,
          actor: { kind: 'person', id: principal.personId, name: principal.name },
        });
      });
    }
    return json(undefined, { 'set-cookie': sessionCookie(app.config.publicUrl, null, 0) });
  },
};

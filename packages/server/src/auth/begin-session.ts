/** Every way to sign in ends here: a new session, its cookie, and what the record says about it. */
import { randomBytes } from 'node:crypto';
import type { WireSession } from '@countersign/contract';
import { permissionsOf } from '@countersign/core';
import {
  type Scope,
  type SessionRow,
  appendEvent,
  endSessionsOf,
  findSession,
  membershipsOf,
  newId,
  renewSession,
  startSession,
  summarizeFactors,
  transaction,
} from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { sessionCookie } from './cookie.ts';
import { hashSecret } from './keys.ts';
import type { Principal } from './principal.ts';
import { STEP_UP_MS, secondFactorOf } from './second-factor.ts';

const SESSION_SECONDS = 8 * 3600;

export const presentSession = (row: SessionRow, publicUrl: string): WireSession => ({
  person: { id: row.person_id, name: row.person_name, email: row.email },
  workspace: { id: row.workspace_id, name: row.workspace_name },
  roles: [...row.roles],
  permissions: [...permissionsOf(row.roles)],
  method: row.method,
  second_factor: secondFactorOf(row, publicUrl),
  signs_in_with: [
    ...(row.has_password ? (['password'] as const) : []),
    ...(row.has_passkey ? (['passkey'] as const) : []),
    ...(row.has_totp ? (['totp'] as const) : []),
    ...(row.has_identity ? (['identity'] as const) : []),
  ],
  stepped_up_until:
    row.is_stepped_up && row.stepped_up_at ? new Date(row.stepped_up_at.getTime() + STEP_UP_MS).toISOString() : null,
  expires_at: row.expires_at.toISOString(),
});

type Request_ = { readonly app: App; readonly request: Request; readonly address: string };

/** How the person proved who they are; `data` goes into the record. */
type Proof = {
  readonly method: SessionRow['method'];
  readonly isTwoFactor: boolean;
  readonly data: Record<string, unknown>;
};

/** The workspace that a person enters: where they were last. @throws Problem for somebody who is in none */
export const workspaceOf = async (app: App, personId: string): Promise<string> => {
  const [first] = await membershipsOf(app.engine.api, personId);
  if (!first) throw new Problem('unauthenticated', 'You are in no workspace any more.');
  return first.workspace_id;
};

/**
 * @param before what must happen in the same transaction, and may still throw: using a challenge up, adding the member
 * @returns the session with the cookie that carries it
 */
export const beginSession = async (
  { app, request, address }: Request_,
  workspaceId: string,
  personId: string,
  proof: Proof,
  before: (scope: Scope) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ session: WireSession; cookie: string }> => {
  const token = randomBytes(32).toString('base64url');
  const id = newId('session');
  await transaction(app.engine.api, workspaceId, async (scope) => {
    await before(scope);
    const factors = await summarizeFactors(scope, personId);
    const hasSecond = factors.passkeys > 0 || factors.totp_confirmed_at !== null;
    await startSession(scope, {
      id,
      tokenHash: hashSecret(token),
      workspaceId,
      personId,
      method: proof.method,
      isTwoFactor: proof.isTwoFactor,
      // A link or a password is the best proof of somebody who has no second factor, and none of somebody who has.
      isSteppedUp: proof.isTwoFactor || (proof.method !== 'oidc' && !hasSecond),
      address,
      userAgent: request.headers.get('user-agent'),
    });
    await appendEvent(scope, {
      type: 'session.started',
      subject: id,
      actor: { kind: 'person', id: personId, name: '' },
      data: { ...proof.data, two_factor: proof.isTwoFactor },
      detail: { address, user_agent: request.headers.get('user-agent') },
    });
    scope.afterCommit(() => app.engine.wake.changed(workspaceId, [id]));
  });
  const row = await findSession(app.engine.api, hashSecret(token));
  if (!row) throw new Error('the session is gone');
  return {
    session: presentSession(row, app.config.publicUrl),
    cookie: sessionCookie(app.config.publicUrl, token, SESSION_SECONDS),
  };
};

type PersonPrincipal = Extract<Principal, { kind: 'person' }>;

/** The signed-in person. Routes with the permission `session` have no other principal. */
export const mustBePerson = (principal: Principal): PersonPrincipal => {
  if (principal.kind !== 'person') throw new Error('a route for people let a key through');
  return principal;
};

/** Gives the session of this browser another token, and returns its cookie: what it may do has changed (trust.md, T35). */
export const renewOwnSession = async (app: App, scope: Scope, session: SessionRow): Promise<string> => {
  const token = randomBytes(32).toString('base64url');
  await renewSession(scope, session.id, hashSecret(token));
  const seconds = Math.max(1, Math.floor((session.expires_at.getTime() - Date.now()) / 1000));
  return sessionCookie(app.config.publicUrl, token, seconds);
};

/** Ends sessions of somebody in this workspace, and says so. */
export const endSessions = async (
  scope: Scope,
  by: Pick<PersonPrincipal, 'personId' | 'name'>,
  personId: string,
  why: string,
  exceptId?: string,
): Promise<void> => {
  for (const id of await endSessionsOf(scope, personId, exceptId))
    await appendEvent(scope, {
      type: 'session.ended',
      subject: id,
      actor: { kind: 'person', id: by.personId, name: by.name },
      data: { why, person: personId },
    });
};

/** The same in every workspace of the person, each in a transaction of its own. */
export const endSessionsEverywhere = async (app: App, by: PersonPrincipal, why: string): Promise<void> => {
  const memberships = await membershipsOf(app.engine.api, by.personId);
  for (const { workspace_id: workspaceId } of memberships)
    await transaction(app.engine.api, workspaceId, (scope) => endSessions(scope, by, by.personId, why, by.session.id));
};

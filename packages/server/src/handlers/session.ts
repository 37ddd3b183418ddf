/** Signing in with a one-time link, out again, and one's sessions. */
import { mailLink } from '@countersign/engine';
import {
  appendEvent,
  endSession,
  endSessionOf,
  findSignInLink,
  getMember,
  listSessions,
  membershipsOf,
  takeSignInLink,
  transaction,
} from '@countersign/store';
import {
  beginSession,
  endSessions,
  endSessionsEverywhere,
  mustBePerson,
  presentSession,
} from '../auth/begin-session.ts';
import { sessionCookie } from '../auth/cookie.ts';
import { hashSecret } from '../auth/keys.ts';
import { secondFactor } from '../auth/second-step.ts';
import { enterAttempt } from '../auth/throttle.ts';
import type { FreeHandlers, Handlers } from '../http/context.ts';
import { ownOrigin } from '../http/origin.ts';
import { Problem, notFound } from '../http/problem.ts';
import { addSignInLink } from '../setup/sign-in-link.ts';

const LINK_SECONDS = 24 * 3600;

export const freeSessionHandlers = {
  signIn: async (context) => {
    const { app, engine, body, address, json } = context;
    const hash = hashSecret(body.token);
    const found = await findSignInLink(engine.api, hash);
    const mailedTo = found?.is_mailed === true ? found.person_id : null;
    const attempt = await enterAttempt(app, 'link', address, mailedTo ?? undefined);
    const second = mailedTo === null ? null : await secondFactor(app, mailedTo, body.code, 'link', attempt);
    const link = found && (await takeSignInLink(engine.api, hash));
    if (!link) throw new Problem('unauthenticated', 'The sign-in link is unknown, was used already, or is too old.');
    await attempt.passed();
    const { session, cookie } = await beginSession(context, link.workspace_id, link.person_id, {
      method: 'link',
      isTwoFactor: second !== null,
      data: { how: 'sign_in_link', ...(second === null ? {} : { second }) },
    });
    return json(session, { 'set-cookie': cookie });
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
  endOtherSessions: async ({ app, principal, json }) => {
    await endSessionsEverywhere(app, mustBePerson(principal), 'by_hand');
    return json(undefined);
  },
} satisfies Partial<FreeHandlers>;

export const sessionHandlers = {
  getSession: ({ app, principal }) =>
    Promise.resolve(presentSession(mustBePerson(principal).session, app.config.publicUrl)),
  listSessions: async ({ principal }, scope) => {
    const { personId, session } = mustBePerson(principal);
    return {
      data: (await listSessions(scope, personId)).map((row) => ({
        ...row,
        is_current: row.id === session.id,
        created_at: row.created_at.toISOString(),
        last_seen_at: row.last_seen_at.toISOString(),
        expires_at: row.expires_at.toISOString(),
      })),
    };
  },
  endSession: async ({ principal, params }, scope) => {
    const { personId, name } = mustBePerson(principal);
    if ((await endSessionOf(scope, personId, params.id)) === undefined) throw notFound('session');
    await appendEvent(scope, {
      type: 'session.ended',
      subject: params.id,
      actor: { kind: 'person', id: personId, name },
      data: { why: 'by_hand' },
    });
    return undefined;
  },
  endMemberSessions: async ({ principal, params }, scope) => {
    if (!(await getMember(scope, params.id))) throw notFound('member');
    await endSessions(scope, mustBePerson(principal), params.id, 'by_admin');
    return undefined;
  },
  createMemberSignInLink: async ({ engine, app, request, principal, params }, scope) => {
    const actor = mustBePerson(principal);
    const member = await getMember(scope, params.id);
    if (!member) throw notFound('member');
    // Whoever holds the link is that person: it must not be a way up.
    if (member.roles.includes('owner') && !actor.roles.includes('owner'))
      throw new Problem('forbidden', 'Only an owner makes a link for an owner.');
    // The link lets its holder set a password, which is good in every workspace of the person.
    const others = (await membershipsOf(engine.api, params.id)).filter(
      ({ workspace_id: workspaceId }) => workspaceId !== scope.workspaceId,
    );
    if (others.length > 0)
      throw new Problem(
        'forbidden',
        'This person is in other workspaces too: only the operator can make a link for them.',
      );
    const url = await addSignInLink(scope, ownOrigin(request, app.config.publicUrl), {
      workspaceId: scope.workspaceId,
      personId: params.id,
    });
    await appendEvent(scope, {
      type: 'sign_in_link.created',
      subject: params.id,
      actor: { kind: 'person', id: actor.personId, name: actor.name },
    });
    const { pathname, hash } = new URL(url);
    const mailed = await mailLink(
      engine,
      scope,
      {
        type: 'sign_in_link.created',
        subject: params.id,
        actor: { kind: 'person', id: actor.personId, name: actor.name },
      },
      {
        to: { name: member.name, email: member.email },
        sentence: `${actor.name} made a link with which you sign in, and set a new password if you want.`,
        url: engine.issuer() + pathname + hash,
        label: 'Sign in',
      },
    );
    return { url, mailed, expires_at: new Date(Date.now() + LINK_SECONDS * 1000).toISOString() };
  },
} satisfies Partial<Handlers>;

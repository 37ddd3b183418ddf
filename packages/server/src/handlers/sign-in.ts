/** Signing in with a password, a passkey, or at a provider of single sign-on. Each ends in a session of ours. */
import { findPasskey, findPassword, touchPasskey, unscoped } from '@countersign/store';
import { keepAttempt, openAttempt, useUp } from '../auth/attempts.ts';
import { beginSession, workspaceOf } from '../auth/begin-session.ts';
import { askForPasskey, checkAnswer, mustHaveRelyingParty, relyingParty } from '../auth/passkeys.ts';
import { isPassword } from '../auth/password.ts';
import { arrive } from '../auth/sso-arrival.ts';
import { recordFailure, secondFactor } from '../auth/second-step.ts';
import { enterAttempt } from '../auth/throttle.ts';
import type { FreeHandlers } from '../http/context.ts';
import { Problem } from '../http/problem.ts';

/** One sentence for an address that nobody has and for a password that is not theirs. */
const wrong = (): Problem => new Problem('unauthenticated', 'The address or the password is wrong.');

export const signInHandlers = {
  getSignInWays: ({ app, request, json }) =>
    Promise.resolve(
      json({
        providers: app.sso.providers,
        passkeys: relyingParty(request, app.config.publicUrl) !== null,
        mail: app.engine.channels.has('email'),
      }),
    ),

  signInWithPassword: async (context) => {
    const { app, engine, body, address, json } = context;
    const attempt = await enterAttempt(app, 'password', address, body.email);
    const account = await unscoped(engine.api, (scope) => findPassword(scope, body.email));
    // Hashed whether there is such an account or not, and before anything else is asked about it (trust.md, T39).
    if (!(await isPassword(account?.hash, body.password)) || !account) {
      await recordFailure(app, account?.person_id, 'password', 'password', attempt);
      throw wrong();
    }
    const personId = account.person_id;
    const second = await secondFactor(app, personId, body.code, 'password', attempt);
    await attempt.passed();
    const { session, cookie } = await beginSession(context, await workspaceOf(app, personId), personId, {
      method: 'password',
      isTwoFactor: second !== null,
      data: { how: 'password', ...(second === null ? {} : { second }) },
    });
    return json(session, { 'set-cookie': cookie });
  },

  startPasskeySignIn: async ({ app, request, json }) => {
    const options = await askForPasskey(mustHaveRelyingParty(request, app.config.publicUrl));
    const cookie = await keepAttempt(app, 'sign-in', { challenge: options.challenge });
    return json({ options: { ...options } as never }, { 'set-cookie': cookie });
  },
  signInWithPasskey: async (context) => {
    const { app, engine, request, body, address, json } = context;
    const party = mustHaveRelyingParty(request, app.config.publicUrl);
    const attempt = await enterAttempt(app, 'passkey', address);
    const begun = await openAttempt(app, request, 'sign-in');
    const key = await unscoped(engine.api, (scope) => findPasskey(scope, body.credential.id));
    const counter = key ? await checkAnswer(party, key, begun.challenge, body.credential) : null;
    if (!key || counter === null) {
      await recordFailure(app, key?.person_id, 'passkey', 'passkey', attempt);
      throw new Problem('unauthenticated', 'This passkey does not open anything here.');
    }
    await attempt.passed();
    const { session, cookie } = await beginSession(
      context,
      await workspaceOf(app, key.person_id),
      key.person_id,
      // The device, and the finger or the number that unlocked it.
      { method: 'passkey', isTwoFactor: true, data: { how: 'passkey', passkey: key.id } },
      async (scope) => {
        await useUp(scope, begun);
        await touchPasskey(scope, key.id, counter);
      },
    );
    return json(session, { 'set-cookie': cookie });
  },

  startSso: async ({ app, request, body, json }) => {
    const { url, attempt } = await app.sso.begin(request, body.provider, null);
    return json({ url }, { 'set-cookie': await keepAttempt(app, 'sso', attempt) });
  },
  finishSso: async (context) => {
    const { app, request, body, address, json } = context;
    const attempt = await enterAttempt(app, 'sso', address);
    const begun = await openAttempt(app, request, 'sso');
    if (begun.personId !== null) throw new Problem('invalid', 'This was begun to connect an account.');
    const claims = await app.sso.finish(begun, body.query);
    const { personId, workspaceId, before } = await arrive(app, claims);
    await attempt.passed();
    const { session, cookie } = await beginSession(
      context,
      workspaceId,
      personId,
      {
        method: 'oidc',
        isTwoFactor: claims.isTwoFactor,
        data: { how: 'single_sign_on', provider: claims.provider.id },
      },
      async (scope) => {
        await useUp(scope, begun);
        await before(scope);
      },
    );
    return json(session, { 'set-cookie': cookie });
  },
} satisfies Partial<FreeHandlers>;

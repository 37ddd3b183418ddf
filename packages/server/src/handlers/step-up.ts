/** Proving again who one is, within a session: what guards the rules asks for it, and so does a workspace of two factors. */
import {
  appendEvent,
  findPasskey,
  findSession,
  getPasswordHash,
  listPasskeys,
  stepUpSession,
  touchPasskey,
  transaction,
  unscoped,
} from '@countersign/store';
import { keepAttempt, openAttempt, useUp } from '../auth/attempts.ts';
import { mustBePerson, presentSession, renewOwnSession } from '../auth/begin-session.ts';
import { sessionToken } from '../auth/cookie.ts';
import { hashSecret } from '../auth/keys.ts';
import { askForPasskey, checkAnswer, mustHaveRelyingParty, relyingParty } from '../auth/passkeys.ts';
import { isPassword } from '../auth/password.ts';
import { waysToStepUp } from '../auth/second-factor.ts';
import { enterAttempt } from '../auth/throttle.ts';
import { takeCode } from '../auth/totp.ts';
import type { FreeContext, FreeHandlers } from '../http/context.ts';
import { Problem, invalid } from '../http/problem.ts';

type StepUp = FreeContext<'stepUp'>;
type Proof = { readonly how: string; readonly isTwoFactor: boolean; readonly usedUp?: { readonly id: string } };

const byPasskey = async (context: StepUp): Promise<Proof | null> => {
  const { app, engine, request, body } = context;
  const { personId } = mustBePerson(context.principal);
  const party = mustHaveRelyingParty(request, app.config.publicUrl);
  const begun = await openAttempt(app, request, 'step-up');
  const { credential } = body;
  if (!credential || begun.personId !== personId) return null;
  const key = await unscoped(engine.api, (scope) => findPasskey(scope, credential.id));
  if (!key || key.person_id !== personId) return null;
  const counter = await checkAnswer(party, key, begun.challenge, credential);
  if (counter === null) return null;
  await unscoped(engine.api, (scope) => touchPasskey(scope, key.id, counter));
  return { how: 'passkey', isTwoFactor: true, usedUp: begun };
};

const isOwnPassword = async ({ engine, body, principal }: StepUp): Promise<boolean> =>
  isPassword(
    await unscoped(engine.api, (scope) => getPasswordHash(scope, mustBePerson(principal).personId)),
    body.password ?? '',
  );

const prove = async (context: StepUp): Promise<Proof | null> => {
  const { engine, body } = context;
  const { personId, session } = mustBePerson(context.principal);
  const ways = waysToStepUp(session);
  if (body.credential !== undefined) return ways.includes('passkey') ? byPasskey(context) : null;
  const { code } = body;
  if (code !== undefined && ways.includes('totp')) {
    // The password first: a code is used up by being looked at.
    if (session.has_password && !(await isOwnPassword(context))) return null;
    const how = await unscoped(engine.api, (scope) => takeCode(scope, engine.secrets, personId, code));
    return how === null ? null : { how, isTwoFactor: true };
  }
  if (body.password !== undefined && ways.includes('password'))
    return (await isOwnPassword(context)) ? { how: 'password', isTwoFactor: false } : null;
  throw invalid([{ pointer: '', detail: `needs one of: ${ways.join(', ') || 'nothing that you have'}` }]);
};

export const stepUpHandlers = {
  startStepUp: async ({ app, engine, request, principal, setCookie, json }) => {
    const { personId, session } = mustBePerson(principal);
    const party = relyingParty(request, app.config.publicUrl);
    const ways = waysToStepUp(session).filter((way) => way !== 'passkey' || party !== null);
    let options = null;
    if (party && ways.includes('passkey')) {
      const keys = await unscoped(engine.api, (scope) => listPasskeys(scope, personId));
      const asked = await askForPasskey(party, keys);
      setCookie(await keepAttempt(app, 'step-up', { challenge: asked.challenge, personId }));
      options = { ...asked } as never; // JSON by its own word
    }
    return json({ ways, needs_password: session.has_totp && session.has_password, options });
  },
  stepUp: async (context) => {
    const { app, engine, request, principal, address, setCookie, json } = context;
    const { personId, name, session } = mustBePerson(principal);
    const attempt = await enterAttempt(app, 'step-up', address, personId);
    const proof = await prove(context).catch(async (error: unknown) => {
      await attempt.undone();
      throw error;
    });
    const actor = { kind: 'person', id: personId, name } as const;
    if (!proof) {
      await transaction(engine.api, session.workspace_id, (scope) =>
        appendEvent(scope, { type: 'sign_in.failed', subject: personId, actor, data: { how: 'step_up' } }),
      );
      throw new Problem('step_up_required', 'That is not right.', { ways: waysToStepUp(session) });
    }
    await attempt.passed();
    const cookie = await transaction(engine.api, session.workspace_id, async (scope) => {
      if (proof.usedUp) await useUp(scope, proof.usedUp);
      await stepUpSession(scope, session.id, proof.isTwoFactor);
      await appendEvent(scope, {
        type: 'session.stepped_up',
        subject: session.id,
        actor,
        data: { how: proof.how },
      });
      // It may do more from now on, and whoever had seen its token before may not.
      return proof.isTwoFactor && !session.is_two_factor ? renewOwnSession(app, scope, session) : null;
    });
    if (cookie) setCookie(cookie);
    const token = cookie ? /=([^;]+)/.exec(cookie)?.[1] : sessionToken(request, app.config.publicUrl);
    const row = await findSession(engine.api, hashSecret(token ?? ''));
    if (!row) throw new Problem('unauthenticated', 'The session has ended. Sign in again.');
    return json(presentSession(row, app.config.publicUrl));
  },
} satisfies Partial<FreeHandlers>;

/** What proves who one is beside a password: passkeys, an authenticator app, recovery codes. */
import {
  type Scope,
  appendEvent,
  deletePasskey,
  deleteTotp,
  insertPasskey,
  listPasskeys,
  newId,
  putRecoveryCodes,
  renamePasskey,
  stepUpSession,
} from '@countersign/store';
import { keepAttempt, openAttempt, useUp } from '../auth/attempts.ts';
import { mustBePerson, renewOwnSession } from '../auth/begin-session.ts';
import { askForNewPasskey, checkNewPasskey, mustHaveRelyingParty } from '../auth/passkeys.ts';
import { actorOf } from '../auth/principal.ts';
import { makeRecoveryCodes, startTotpFor, takeTotp } from '../auth/totp.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';
import { personOfSession, showAccount } from './account.ts';

type Anyones = Pick<Context<'getAccount'>, 'app' | 'principal' | 'setCookie'>;

/** Somebody who has just shown a second factor has given it: the session is one of two from now on, under another token. */
const enrolled = async (context: Anyones, scope: Scope, kind: 'passkey' | 'totp', subject: string): Promise<void> => {
  const { app, principal, setCookie } = context;
  const { session } = mustBePerson(principal);
  await appendEvent(scope, { type: 'factor.enrolled', subject, actor: actorOf(principal), data: { kind } });
  await stepUpSession(scope, session.id, true);
  if (!session.is_two_factor) setCookie(await renewOwnSession(app, scope, session));
};

const removed = ({ principal }: Anyones, scope: Scope, kind: 'passkey' | 'totp', subject: string): Promise<void> =>
  appendEvent(scope, { type: 'factor.removed', subject, actor: actorOf(principal), data: { kind } });

/** Nobody locks themselves out by taking the last way away. */
const refuseLast = (hasOther: boolean): void => {
  if (!hasOther) throw new Problem('forbidden', 'It is the only way you sign in: set a password first.');
};

export const factorHandlers = {
  startPasskey: async (context, scope) => {
    const { app, request, setCookie } = context;
    const person = personOfSession(context);
    const party = mustHaveRelyingParty(request, app.config.publicUrl);
    const options = await askForNewPasskey(party, person, await listPasskeys(scope, person.id));
    setCookie(await keepAttempt(app, 'new-passkey', { challenge: options.challenge, personId: person.id }, scope));
    return { options: { ...options } as never }; // JSON by its own word
  },
  addPasskey: async (context, scope) => {
    const { app, request, body } = context;
    const person = personOfSession(context);
    const party = mustHaveRelyingParty(request, app.config.publicUrl);
    const begun = await openAttempt(app, request, 'new-passkey', scope);
    const key = begun.personId === person.id ? await checkNewPasskey(party, begun.challenge, body.credential) : null;
    if (!key) throw invalid([{ pointer: '/credential', detail: 'is no answer to the challenge at this address' }]);
    await useUp(scope, begun);
    const id = newId('passkey');
    await insertPasskey(scope, { id, person_id: person.id, name: body.name, ...key });
    await enrolled(context, scope, 'passkey', id);
    return showAccount(app, scope, person);
  },
  renamePasskey: async (context, scope) => {
    const { app, params, body } = context;
    const person = personOfSession(context);
    if ((await renamePasskey(scope, person.id, params.id, body.name)) === 0) throw notFound('passkey');
    return showAccount(app, scope, person);
  },
  removePasskey: async (context, scope) => {
    const { personId, session } = mustBePerson(context.principal);
    const keys = await listPasskeys(scope, personId);
    if (!keys.some(({ id }) => id === context.params.id)) throw notFound('passkey');
    refuseLast(keys.length > 1 || session.has_password || session.has_identity);
    await deletePasskey(scope, personId, context.params.id);
    await removed(context, scope, 'passkey', context.params.id);
    return undefined;
  },

  startTotp: async (context, scope) => {
    const begun = await startTotpFor(scope, context.engine.secrets, personOfSession(context));
    if (!begun) throw new Problem('name_taken', 'An authenticator app is enrolled already: remove it first.');
    return begun;
  },
  confirmTotp: async (context, scope) => {
    const { engine, body } = context;
    const person = personOfSession(context);
    if (!(await takeTotp(scope, engine.secrets, person.id, body.code.replaceAll(/\s/g, ''), 'begun')))
      throw invalid([
        { pointer: '/code', detail: 'is not the code of this moment: is the clock of the device right?' },
      ]);
    await enrolled(context, scope, 'totp', person.id);
    const { codes, hashes } = makeRecoveryCodes();
    await putRecoveryCodes(scope, person.id, hashes);
    return { recovery_codes: codes };
  },
  removeTotp: async (context, scope) => {
    const { personId } = mustBePerson(context.principal);
    if ((await deleteTotp(scope, personId)) === 0) throw notFound('authenticator app');
    await putRecoveryCodes(scope, personId, []);
    await removed(context, scope, 'totp', personId);
    return undefined;
  },
  createRecoveryCodes: async (context, scope) => {
    const { personId, session } = mustBePerson(context.principal);
    if (!session.has_totp) throw notFound('authenticator app');
    const { codes, hashes } = makeRecoveryCodes();
    await putRecoveryCodes(scope, personId, hashes);
    await appendEvent(scope, {
      type: 'recovery_codes.created',
      subject: personId,
      actor: actorOf(context.principal),
    });
    return { recovery_codes: codes };
  },
} satisfies Partial<Handlers>;

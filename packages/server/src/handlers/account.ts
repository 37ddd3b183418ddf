/** One's own account: name, password, connected accounts of single sign-on. */
import {
  type Scope,
  appendEvent,
  linkIdentity,
  listIdentities,
  listPasskeys,
  putPassword,
  reading,
  renamePerson,
  stepUpSession,
  summarizeFactors,
  transaction,
  unlinkIdentity,
} from '@countersign/store';
import type { accountShapes } from '@countersign/contract';
import type { z } from 'zod';
import { keepAttempt, openAttempt, useUp } from '../auth/attempts.ts';
import { endSessionsEverywhere, mustBePerson, renewOwnSession } from '../auth/begin-session.ts';
import { faultOfPassword, hashOf } from '../auth/password.ts';
import { actorOf } from '../auth/principal.ts';
import type { App, Context, FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';

type Account = z.output<typeof accountShapes.Account>;

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export const showAccount = async (
  app: App,
  scope: Scope,
  person: { readonly id: string; readonly name: string; readonly email: string },
): Promise<Account> => {
  const factors = await summarizeFactors(scope, person.id);
  const passkeys = await listPasskeys(scope, person.id);
  const identities = await listIdentities(scope, person.id);
  return {
    person,
    password_changed_at: time(factors.password_changed_at),
    totp_enrolled_at: time(factors.totp_confirmed_at),
    recovery_codes: factors.recovery_codes,
    passkeys: passkeys.map((key) => ({
      id: key.id,
      name: key.name,
      created_at: key.created_at.toISOString(),
      last_used_at: time(key.last_used_at),
    })),
    identities: identities.map(({ issuer, linked_at: linkedAt, last_used_at: lastUsedAt }) => {
      const provider = app.sso.providerAt(issuer);
      return {
        provider: provider?.id ?? issuer,
        name: provider?.name ?? issuer,
        linked_at: linkedAt.toISOString(),
        last_used_at: time(lastUsedAt),
      };
    }),
  };
};

export const personOfSession = ({ principal }: Pick<Context<'getAccount'>, 'principal'>) => {
  const { session } = mustBePerson(principal);
  return { id: session.person_id, name: session.person_name, email: session.email };
};

export const accountHandlers = {
  getAccount: (context, scope) => showAccount(context.app, scope, personOfSession(context)),
  updateAccount: async (context, scope) => {
    const { principal, body, app } = context;
    const person = personOfSession(context);
    await renamePerson(scope, person.id, body.name);
    await appendEvent(scope, { type: 'person.renamed', subject: person.id, actor: actorOf(principal) });
    return showAccount(app, scope, { ...person, name: body.name });
  },
  unlinkIdentity: async ({ app, principal, params }, scope) => {
    const { personId, session } = mustBePerson(principal);
    const rows = await listIdentities(scope, personId);
    const row = rows.find(({ issuer }) => (app.sso.providerAt(issuer)?.id ?? issuer) === params.provider);
    if (!row) throw notFound('connected account');
    if (rows.length === 1 && !session.has_password && !session.has_passkey)
      throw new Problem('forbidden', 'It is the only way you sign in: set a password or add a passkey first.');
    await unlinkIdentity(scope, personId, row.issuer);
    await appendEvent(scope, {
      type: 'identity.unlinked',
      subject: personId,
      actor: actorOf(principal),
      data: { provider: params.provider },
    });
    return undefined;
  },
} satisfies Partial<Handlers>;

export const freeAccountHandlers = {
  putPassword: async (context) => {
    const { app, engine, principal, body, json, setCookie } = context;
    const { personId, session } = mustBePerson(principal);
    const person = personOfSession(context);
    const fault = faultOfPassword(body.password, [person.name, person.email, 'countersign', session.workspace_name]);
    if (fault !== null) throw invalid([{ pointer: '/password', detail: fault }]);
    const hash = await hashOf(body.password);
    await transaction(engine.api, principal.workspaceId, async (scope) => {
      await putPassword(scope, personId, hash);
      await appendEvent(scope, { type: 'password.changed', subject: personId, actor: actorOf(principal) });
      // Its first proof was this very request.
      if (!session.has_passkey && !session.has_totp) await stepUpSession(scope, session.id, false);
      setCookie(await renewOwnSession(app, scope, session));
    });
    await endSessionsEverywhere(app, mustBePerson(principal), 'password_changed');
    return json(await reading(engine.api, principal.workspaceId, (scope) => showAccount(app, scope, person)));
  },
  startIdentity: async ({ app, request, principal, body, json }) => {
    const { url, attempt } = await app.sso.begin(request, body.provider, mustBePerson(principal).personId);
    return json({ url }, { 'set-cookie': await keepAttempt(app, 'sso', attempt) });
  },
  linkIdentity: async (context) => {
    const { app, engine, request, principal, body, json } = context;
    const { personId } = mustBePerson(principal);
    const begun = await openAttempt(app, request, 'sso');
    if (begun.personId !== personId) throw new Problem('invalid', 'Somebody else began this. Begin again.');
    const { provider, subject } = await app.sso.finish(begun, body.query);
    const account = await transaction(engine.api, principal.workspaceId, async (scope) => {
      await useUp(scope, begun);
      if ((await linkIdentity(scope, provider.issuer, subject, personId)) === 0)
        throw new Problem('name_taken', `You, or somebody else, are connected with ${provider.name} already.`);
      await appendEvent(scope, {
        type: 'identity.linked',
        subject: personId,
        actor: actorOf(principal),
        data: { provider: provider.id },
      });
      return showAccount(app, scope, personOfSession(context));
    });
    return json(account);
  },
} satisfies Partial<FreeHandlers>;

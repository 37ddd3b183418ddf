/** Who somebody is here who was sent back by a provider of single sign-on (trust.md, B5). */
import { withoutHidden } from '@countersign/core';
import {
  type Scope,
  addMember,
  appendEvent,
  findIdentity,
  findPersonByMailbox,
  linkIdentity,
  newId,
  unscoped,
  workspaceIds,
} from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { workspaceOf } from './begin-session.ts';
import type { Claims } from './sso.ts';

type Arrival = {
  readonly personId: string;
  readonly workspaceId: string;
  /** In the transaction that begins the session. */
  readonly before: (scope: Scope) => Promise<void>;
};

/**
 * The person who connected this account; or a new member, if the provider vouches for an address in one of its domains
 * that nobody here has. An equal address connects nothing.
 * @throws Problem `identity_not_linked`
 */
export const arrive = async (app: App, claims: Claims): Promise<Arrival> => {
  const { provider, subject, email } = claims;
  const known = await unscoped(app.engine.api, (scope) => findIdentity(scope, provider.issuer, subject));
  if (known !== undefined)
    return { personId: known, workspaceId: await workspaceOf(app, known), before: () => Promise.resolve() };
  const refuse = (detail: string): never => {
    throw new Problem('identity_not_linked', detail);
  };
  if (email !== null && (await unscoped(app.engine.api, (scope) => findPersonByMailbox(scope, email))) !== undefined)
    return refuse(
      `Somebody here has the address ${email} already. Sign in as before, and connect ${provider.name} on your account page.`,
    );
  const domain = email?.split('@').at(-1)?.toLowerCase() ?? '';
  if (email === null || !claims.isEmailVerified || !provider.domains.includes(domain))
    return refuse(`Nobody here has connected this account of ${provider.name}. Ask an owner to invite you.`);
  const workspaceId = provider.workspace_id ?? (await onlyWorkspace(app));
  const personId = newId('person');
  return {
    personId,
    workspaceId,
    before: async (scope) => {
      const actor = { kind: 'system', id: `sso/${provider.id}`, name: provider.name } as const;
      const person = {
        id: personId,
        email,
        name: withoutHidden(claims.name ?? '') || email.split('@')[0] || email,
        roles: provider.roles,
      };
      // Of two windows at once, the second finds that the first has made the account.
      if ((await addMember(scope, person)) !== personId) refuse('Somebody signed in at the same moment. Try again.');
      if ((await linkIdentity(scope, provider.issuer, subject, personId)) === 0) refuse('Try again.');
      await appendEvent(scope, { type: 'member.created', subject: personId, actor, data: { roles: provider.roles } });
      await appendEvent(scope, { type: 'identity.linked', subject: personId, actor, data: { provider: provider.id } });
    },
  };
};

const onlyWorkspace = async (app: App): Promise<string> => {
  const [first, second] = await workspaceIds(app.engine.api);
  if (first === undefined || second !== undefined)
    throw new Problem(
      'identity_not_linked',
      'There are several workspaces: the setting must say into which newcomers go.',
    );
  return first;
};

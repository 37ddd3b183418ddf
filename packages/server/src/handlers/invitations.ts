/** Invitations: a one-time link, given on by who invites, that makes its reader a member. */
import { mailLink } from '@countersign/engine';
import { randomBytes } from 'node:crypto';
import type { Role } from '@countersign/core';
import {
  type Database,
  type InvitationRow,
  type Scope,
  acceptInvitation,
  addToGroups,
  appendEvent,
  dropOverInvitations,
  findInvitation,
  findPersonByEmail,
  getInvitation,
  getMember,
  insertInvitation,
  joinMember,
  listGroups,
  listInvitations,
  lockInvitation,
  membershipsOf,
  newId,
  renewInvitation,
  revokeInvitation,
  transaction,
  unscoped,
  workspaceName,
} from '@countersign/store';
import { hashSecret } from '../auth/keys.ts';
import { type Principal, actorOf } from '../auth/principal.ts';
import { beginSession } from '../auth/begin-session.ts';
import { answerWithSession, moveSession } from '../auth/move-session.ts';
import { sessionToken } from '../auth/cookie.ts';
import type { App, FreeHandlers, Handlers } from '../http/context.ts';
import { ownOrigin } from '../http/origin.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';

const stateOf = (row: InvitationRow) => {
  if (row.accepted_at) return 'accepted' as const;
  if (row.revoked_at) return 'revoked' as const;
  return row.is_over ? ('expired' as const) : ('open' as const);
};

const presentInvitation = (row: InvitationRow) => ({
  id: row.id,
  email: row.email,
  name: row.name,
  roles: row.roles,
  groups: row.groups,
  status: stateOf(row),
  invited_by: row.invited_by,
  created_at: row.created_at.toISOString(),
  sent_at: row.sent_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  accepted_at: row.accepted_at?.toISOString() ?? null,
});

/** The token stands in the fragment, which reaches no server, no log and no mail scanner. */
const makeToken = (publicUrl: string): { hash: Buffer; url: string } => {
  const token = randomBytes(32).toString('base64url');
  return { hash: hashSecret(token), url: `${publicUrl}/join#token=${token}` };
};

const mustGet = async (scope: Scope, id: string): Promise<InvitationRow> => {
  const row = await getInvitation(scope, id);
  if (!row) throw notFound('invitation');
  return row;
};

/** Nobody makes somebody more than they may make of people: an owner is made by owners. */
const refuseOwnerBy = (principal: Principal, roles: readonly Role[]): void => {
  if (roles.includes('owner') && !principal.permissions.has('members:write'))
    throw new Problem('forbidden', 'Only an owner invites somebody as an owner.');
};

const refuseMember = async (scope: Scope, email: string): Promise<void> => {
  const person = await findPersonByEmail(scope, email);
  if (person && (await getMember(scope, person.id)))
    throw new Problem('name_taken', 'Somebody with this address is a member already.');
};

const open = (row: InvitationRow | undefined): InvitationRow => {
  // The same for all: whoever guesses learns nothing.
  if (!row || stateOf(row) !== 'open')
    throw new Problem('not_found', 'The invitation is unknown, was used or revoked, or its time is over.');
  return row;
};

/** Whether the address belongs to somebody who is a member somewhere: they join as who they are, and prove that. */
const knownAs = async (database: Database, email: string): Promise<string | null> => {
  const person = await unscoped(database, (scope) => findPersonByEmail(scope, email));
  return person && (await membershipsOf(database, person.id)).length > 0 ? person.id : null;
};

const signedIn = async (
  app: App,
  request: Request,
  address: string,
): Promise<(Principal & { kind: 'person' }) | null> => {
  const token = sessionToken(request, app.config.publicUrl);
  if (token === undefined) return null;
  const principal = await app.authenticator
    .authenticate({ authorization: undefined, sessionToken: token, address })
    .catch((error: unknown) => {
      if (error instanceof Problem) return null;
      throw error;
    });
  return principal?.kind === 'person' ? principal : null;
};

/** By the address that the operator set, whatever address the request came to: a link in a mail must not lead elsewhere. */
const mailInvitation = async (
  { engine }: App,
  scope: Scope,
  principal: Principal,
  row: InvitationRow,
  url: string,
  type: 'invitation.created' | 'invitation.resent',
): Promise<boolean> => {
  const { pathname, hash } = new URL(url);
  return mailLink(
    engine,
    scope,
    { type, subject: row.id, actor: actorOf(principal) },
    {
      to: { name: row.name ?? '', email: row.email },
      sentence: `${principal.name} invites you to ${await workspaceName(scope)} on Countersign.`,
      url: engine.issuer() + pathname + hash,
      label: 'Accept the invitation',
    },
  );
};

export const invitationHandlers = {
  listInvitations: async (_, scope) => ({ data: (await listInvitations(scope)).map(presentInvitation) }),
  createInvitation: async ({ app, request, principal, body }, scope) => {
    const roles = [...new Set(body.roles)];
    refuseOwnerBy(principal, roles);
    await refuseMember(scope, body.email);
    const known = new Set((await listGroups(scope)).map(({ id }) => id));
    if (body.groups.some((id) => !known.has(id)))
      throw invalid([{ pointer: '/groups', detail: 'names a group that there is not' }]);
    await dropOverInvitations(scope, body.email);
    const id = newId('invitation');
    const { hash, url } = makeToken(ownOrigin(request, app.config.publicUrl));
    await insertInvitation(scope, {
      id,
      tokenHash: hash,
      email: body.email,
      name: body.name ?? null,
      roles,
      groups: [...new Set(body.groups)],
      invitedBy: actorOf(principal),
      expiresInDays: body.expires_in_days,
    });
    const data = { roles, groups: body.groups };
    await appendEvent(scope, { type: 'invitation.created', subject: id, actor: actorOf(principal), data });
    const row = await mustGet(scope, id);
    return {
      ...presentInvitation(row),
      url,
      mailed: await mailInvitation(app, scope, principal, row, url, 'invitation.created'),
    };
  },
  resendInvitation: async ({ app, request, params, principal, body }, scope) => {
    const row = await mustGet(scope, params.id);
    refuseOwnerBy(principal, row.roles);
    const { hash, url } = makeToken(ownOrigin(request, app.config.publicUrl));
    if ((await renewInvitation(scope, params.id, hash, body.expires_in_days)) === 0)
      throw new Problem('invitation_closed', 'It was accepted or revoked: invite anew.');
    await appendEvent(scope, { type: 'invitation.resent', subject: params.id, actor: actorOf(principal) });
    const renewed = await mustGet(scope, params.id);
    const mailed = await mailInvitation(app, scope, principal, renewed, url, 'invitation.resent');
    return { ...presentInvitation(renewed), url, mailed };
  },
  revokeInvitation: async ({ params, principal }, scope) => {
    await mustGet(scope, params.id);
    if ((await revokeInvitation(scope, params.id)) === 1)
      await appendEvent(scope, { type: 'invitation.revoked', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },
} satisfies Partial<Handlers>;

/** In one transaction: of many who use the link at once, one becomes the member. */
const join = async (
  scope: Scope,
  tokenHash: Buffer,
  { personId, name: given }: { readonly personId: string; readonly name: string | undefined },
): Promise<void> => {
  const row = open(await lockInvitation(scope, tokenHash));
  const name = given ?? row.name ?? row.email.split('@')[0] ?? row.email;
  const { id, isNew } = await joinMember(scope, { id: personId, email: row.email, name, roles: row.roles });
  if (!isNew || id !== personId) throw new Problem('name_taken', 'This address is a member of the workspace already.');
  await addToGroups(scope, row.groups, id);
  await acceptInvitation(scope, row.id, id);
  const actor = { kind: 'person', id, name } as const;
  const data = { person: id, roles: row.roles, groups: row.groups };
  await appendEvent(scope, { type: 'invitation.accepted', subject: row.id, actor, data });
  await appendEvent(scope, { type: 'member.created', subject: id, actor: row.invited_by, data: { roles: row.roles } });
};

export const freeInvitationHandlers: Pick<FreeHandlers, 'previewInvitation' | 'acceptInvitation'> = {
  previewInvitation: async ({ engine, body, json }) => {
    const row = open(await findInvitation(engine.api, hashSecret(body.token)));
    return json({
      workspace: row.workspace_name,
      email: row.email,
      name: row.name,
      roles: row.roles,
      invited_by: row.invited_by.name,
      expires_at: row.expires_at.toISOString(),
      must_sign_in: (await knownAs(engine.api, row.email)) !== null,
    });
  },
  acceptInvitation: async (context) => {
    const { app, engine, body, request, address, json } = context;
    const hash = hashSecret(body.token);
    const found = open(await findInvitation(engine.api, hash));
    const known = await knownAs(engine.api, found.email);
    const self = known === null ? null : await signedIn(app, request, address);
    // Who invites holds the link, too. With the link alone they would become whoever has the address.
    if (known !== null && self?.personId !== known)
      throw new Problem('sign_in_first', `${found.email} has an account here: sign in with it, then accept.`);
    const personId =
      known ?? (await unscoped(engine.api, (scope) => findPersonByEmail(scope, found.email)))?.id ?? newId('person');
    const become = (scope: Scope): Promise<void> => join(scope, hash, { personId, name: self?.name ?? body.name });
    if (self) {
      const token = await transaction(engine.api, found.workspace_id, async (scope) => {
        await become(scope);
        return moveSession(context, scope, self.session);
      });
      return answerWithSession(context, token);
    }
    const proof = { method: 'link', isTwoFactor: false, data: { how: 'invitation' } } as const;
    const { session, cookie } = await beginSession(context, found.workspace_id, personId, proof, become);
    return json(session, { 'set-cookie': cookie });
  },
};

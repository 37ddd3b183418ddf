/** Which member somebody in a channel is: by a link that was made before, or by the address that its provider vouches for. */
import type { Who } from '@countersign/channels';
import { type SignInMethod, permissionsOf } from '@countersign/core';
import {
  type ExternalUser,
  type Scope,
  appendEvent,
  findChannelIdentity,
  getMember,
  linkChannelIdentity,
  memberOfEmail,
  newId,
  noteIdentityUsed,
  takeLinkCode,
  transaction,
} from '@countersign/store';
import { hashSecret } from '../auth/keys.ts';
import type { Principal } from '../auth/principal.ts';
import { enterAttempt } from '../auth/throttle.ts';
import type { App } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import type { Place } from './place.ts';

export type ChannelPrincipal = Extract<Principal, { kind: 'channel' }>;

const userOf = ({ row, channel }: Pick<Place, 'row' | 'channel'>, { team, user }: Who): ExternalUser => ({
  kind: channel.people ?? row.kind,
  team,
  user,
});

/** The words by which the log knows somebody who is no member. */
export const strangerIn = ({ row }: Pick<Place, 'row'>, { team, user }: Who): string => `${row.kind}:${team}/${user}`;

const principalIn = async (scope: Scope, place: Place, personId: string): Promise<ChannelPrincipal | undefined> => {
  const member = await getMember(scope, personId);
  return (
    member && {
      kind: 'channel',
      workspaceId: scope.workspaceId,
      personId,
      name: member.name,
      roles: member.roles,
      permissions: permissionsOf(member.roles),
      channel: { id: place.row.id, kind: place.row.kind as SignInMethod },
    }
  );
};

const linkIn = async (
  scope: Scope,
  place: Place,
  who: Who,
  personId: string,
  how: 'email' | 'code',
): Promise<boolean> => {
  const member = await getMember(scope, personId);
  const id = newId('channelIdentity');
  const to = { person_id: personId, name: who.name.slice(0, 200), how };
  if (!member || !(await linkChannelIdentity(scope, id, userOf(place, who), to))) return false;
  await appendEvent(scope, {
    type: 'channel_identity.linked',
    subject: personId,
    actor: { kind: 'person', id: personId, name: member.name },
    data: { channel: place.row.kind, user: who.user, team: who.team, how },
  });
  return true;
};

/** The member as they are now (trust.md, T33); undefined: nobody knows who that is. */
export const memberOf = async (app: App, place: Place, who: Who): Promise<ChannelPrincipal | undefined> => {
  const { api } = app.engine;
  const known = await transaction(api, place.workspaceId, async (scope) => {
    const identity = await findChannelIdentity(scope, userOf(place, who));
    if (identity && !identity.removed_at) await noteIdentityUsed(scope, identity.id);
    return {
      identity,
      principal: identity && !identity.removed_at ? await principalIn(scope, place, identity.person_id) : undefined,
    };
  });
  // What its person took back stays taken back, and whoever was removed does not come back as another.
  if (known.identity) return known.principal;
  const profile = await place.inbound.profileOf?.(who, place.at);
  if (!profile?.isConfirmed || !profile.isFullMember) return undefined;
  return transaction(api, place.workspaceId, async (scope) => {
    const personId = await memberOfEmail(scope, profile.email);
    if (personId === undefined || !(await linkIn(scope, place, who, personId, 'email'))) return undefined;
    return principalIn(scope, place, personId);
  });
};

/** @throws Problem for a code that is none, or after too many of those */
export const linkByCode = async (app: App, place: Place, who: Who, code: string): Promise<ChannelPrincipal> => {
  const attempt = await enterAttempt(app, 'channel-link', place.row.id, strangerIn(place, who));
  const principal = await transaction(app.engine.api, place.workspaceId, async (scope) => {
    const personId = await takeLinkCode(scope, hashSecret(plainCode(code)));
    if (personId === undefined || !(await linkIn(scope, place, who, personId, 'code'))) return undefined;
    return principalIn(scope, place, personId);
  });
  if (!principal) throw new Problem('forbidden', 'This code is none of ours, or its ten minutes are over.');
  await attempt.passed();
  return principal;
};

/** As it is typed: letters of either case, with hyphens and spaces or without. */
export const plainCode = (code: string): string => code.toUpperCase().replace(/[^0-9A-Z]/g, '');

/** Where the operator has named a mail server each workspace has a channel for mail; links for one reader go over it, too. */
import {
  type Scope,
  enqueue,
  findChannelOfKind,
  insertChannel,
  insertDeliveries,
  newId,
  sealDelivery,
  transaction,
  workspaceIds,
} from '@countersign/store';
import type { Actor } from '@countersign/core';
import type { Engine } from '../engine.ts';
import { startFanOut } from './fan-out.ts';

const KIND = 'email';

/** Adds the channel to a workspace that never had one. Whoever removes or pauses it, has it so. */
export const openMailChannel = async (engine: Pick<Engine, 'channels'>, scope: Scope): Promise<void> => {
  if (!engine.channels.has(KIND) || (await findChannelOfKind(scope, KIND))) return;
  await insertChannel(scope, {
    id: newId('channel'),
    kind: KIND,
    name: 'Email',
    settings: {},
    secret: null,
    event_types: [],
    priority_min: 'low',
    is_ordered: false,
    rate_per_second: null,
  });
  await startFanOut(scope);
};

export const openMailChannels = async (engine: Pick<Engine, 'channels' | 'api'>): Promise<void> => {
  if (!engine.channels.has(KIND)) return;
  for (const workspaceId of await workspaceIds(engine.api))
    await transaction(engine.api, workspaceId, (scope) => openMailChannel(engine, scope));
};

export type PersonalLink = {
  readonly to: { readonly name: string; readonly email: string };
  readonly sentence: string;
  readonly url: string;
  readonly label: string;
};

export const linkContext = (workspaceId: string, deliveryId: string): string => `${workspaceId}/delivery/${deliveryId}`;

/** Mails a one-time link, if mail can be sent here. It is kept sealed, and no longer than until it is sent. @returns whether it goes */
export const mailLink = async (
  engine: Pick<Engine, 'channels' | 'secrets' | 'wake'>,
  scope: Scope,
  about: { readonly type: string; readonly subject: string; readonly actor: Actor },
  link: PersonalLink,
): Promise<boolean> => {
  await openMailChannel(engine, scope);
  const channel = await findChannelOfKind(scope, KIND);
  if (channel?.status !== 'active' || channel.is_deleted || !engine.channels.has(KIND)) return false;
  const id = newId('delivery');
  await insertDeliveries(scope, [
    {
      id,
      channel_id: channel.id,
      cause: id,
      recipient: '',
      event_type: about.type,
      subject: about.subject,
      notice: { event_id: id, at: new Date().toISOString(), actor: about.actor, data: {}, sequence: 0 },
      is_digest: false,
      next_at: null,
    },
  ]);
  await sealDelivery(scope, id, engine.secrets.seal(JSON.stringify(link), linkContext(scope.workspaceId, id)));
  await enqueue(scope, 'deliver', channel.id, null);
  scope.afterCommit(() => engine.wake.jobs());
  return true;
};

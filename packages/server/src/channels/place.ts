/** A channel as it stands, for what comes in on it. */
import type { At, Channel, InboundCommand, InboundPart } from '@countersign/channels';
import { inboundUrlOf, secretsOf } from '@countersign/engine';
import {
  type ChannelRow,
  type Scope,
  activeChannels,
  getChannel,
  reading,
  workspaceOfChannel,
} from '@countersign/store';
import type { App } from '../http/context.ts';

export type Place = {
  readonly workspaceId: string;
  readonly row: ChannelRow;
  readonly channel: Channel;
  readonly inbound: InboundPart;
  readonly at: At;
};

export const placeOf = (app: App, scope: Scope, row: ChannelRow): Place | undefined => {
  const channel = app.engine.channels.get(row.kind);
  if (!channel?.inbound) return undefined;
  return {
    workspaceId: scope.workspaceId,
    row,
    channel,
    inbound: channel.inbound,
    at: {
      settings: row.settings as At['settings'],
      secrets: secretsOf(app.engine, scope, row),
      publicUrl: app.engine.issuer(),
      inboundUrl: inboundUrlOf(app.engine, row),
      now: new Date(),
    },
  };
};

/** The channel of this id, in whichever workspace, if anything comes in on it. */
export const findPlace = async (app: App, id: string): Promise<Place | undefined> => {
  const workspaceId = /^chn_[0-9A-Za-z]{27}$/.test(id) ? await workspaceOfChannel(app.engine.api, id) : undefined;
  if (workspaceId === undefined) return undefined;
  return reading(app.engine.api, workspaceId, async (scope) => {
    const row = await getChannel(scope, id);
    return row && placeOf(app, scope, row);
  });
};

/**
 * One app of a provider posts to one address, and may be in several channels of the workspace: the one that the click was in
 * says what may be done there.
 */
export const placeOfCommand = async (app: App, found: Place, { placeId }: InboundCommand): Promise<Place> => {
  if (placeId === null || found.row.settings['channel'] === placeId) return found;
  return reading(app.engine.api, found.workspaceId, async (scope) => {
    const others = await activeChannels(scope);
    const row = others.find(({ kind, settings }) => kind === found.row.kind && settings['channel'] === placeId);
    return (row && placeOf(app, scope, row)) ?? found;
  });
};

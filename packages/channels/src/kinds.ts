/** Every kind of channel there is, by its name. */
import type { Channel } from './channel.ts';
import { discordChannel } from './discord/discord.ts';
import { emailChannel } from './email/email.ts';
import { createMailer } from './email/mailer.ts';
import { slackChannel } from './slack/slack.ts';
import { pushChannel } from './push/push.ts';
import type { VapidKey } from './push/vapid.ts';
import { teamsChannel } from './teams/teams.ts';
import { phoneChannel } from './twilio/phone.ts';
import { webhookChannel } from './webhook/webhook.ts';

export type Kinds = ReadonlyMap<string, Channel>;

/** What kinds reach the outside with. A kind whose tool is not there is not there either. */
export type Tools = {
  /** Guarded: whoever configures a channel chooses the address. */
  readonly fetch: typeof fetch;
  /** Guarded, too. */
  readonly openSocket: (url: string) => WebSocket;
  /** By which push services know us. */
  readonly vapid: () => Promise<VapidKey>;
  readonly smtp: { readonly url: string; readonly from: string } | null;
};

export const createKinds = ({ fetch, openSocket, vapid, smtp }: Tools): Kinds => {
  const channels = [
    webhookChannel(fetch),
    slackChannel(fetch, openSocket),
    discordChannel(fetch),
    teamsChannel(fetch),
    phoneChannel('sms', fetch),
    phoneChannel('voice', fetch),
    pushChannel(fetch, vapid),
    ...(smtp ? [emailChannel(createMailer(smtp))] : []),
  ];
  return new Map(channels.map((channel) => [channel.kind, channel]));
};

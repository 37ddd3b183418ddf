import { NotificationPreference } from '@countersign/core';
import { z } from 'zod';
import { EVENT_TYPES, EventName } from '../events.ts';
import { Priority } from './approvals.ts';
import { Actor, id, instant, jsonObject, listOf, listQuery, phoneNumber } from './common.ts';

const common = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .describe('by which policies and workflows name it: unique, whatever its letters’ case'),
  event_types: z
    .array(EventName)
    .max(EVENT_TYPES.length)
    .default([])
    .describe('which events it tells of; none chosen: every one that its kind tells of'),
  priority_min: Priority.default('low').describe('requests of a lower priority are not told there'),
  ordered: z
    .boolean()
    .default(false)
    .describe(
      'what is about one subject goes out in its order: the next waits until the one before is through or given up',
    ),
  rate_per_second: z.number().min(0.01).max(1000).nullable().default(null).describe('null: what its kind takes'),
};

export const WebhookSettings = z.strictObject({
  url: z.url().max(2000),
  description: z.string().max(500).default(''),
});

export const EmailSettings = z.strictObject({});

/** How far people decide right there. */
const deciding = {
  decide_up_to: z
    .enum(['none', 'low', 'medium', 'high'])
    .default('high')
    .describe('up to which priority requests are approved right there; what is critical never is'),
};

export const SlackSettings = z.strictObject({
  channel: z.string().regex(/^[CGD][A-Z0-9]{6,30}$/, 'must be the id of a channel, such as C0123456789'),
  connection: z
    .enum(['http', 'socket'])
    .default('http')
    .describe(
      'http: Slack posts clicks to /channels/{id}/inbound; socket: we connect to Slack, from behind a firewall',
    ),
  match_email: z
    .boolean()
    .default(true)
    .describe('a full member of the Slack workspace whose confirmed address is a member’s is taken for that member'),
  ...deciding,
  api_url: z.url().max(500).default('https://slack.com/api').describe('another one for Slack’s government cloud'),
});

export const DiscordSettings = z.strictObject({
  channel: z.string().regex(/^[0-9]{15,21}$/, 'must be the id of a channel'),
  public_key: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be the application’s public key')
    .describe('what Discord signs clicks with; they come back to /channels/{id}/inbound'),
  ...deciding,
  api_url: z.url().max(500).default('https://discord.com/api/v10'),
});

const phone = {
  account_sid: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be an account’s SID, AC…'),
  api_url: z.url().max(500).default('https://api.twilio.com').describe('another one for another region'),
};
/** Both reach the numbers that members have verified, tell what waits there, and decide nothing. */
export const SmsSettings = z.strictObject({
  ...phone,
  from: z
    .string()
    .regex(
      /^(\+[1-9][0-9]{6,14}|MG[0-9a-f]{32})$/i,
      'must be a number such as +4915112345678, or a messaging service, MG…',
    ),
});
export const VoiceSettings = z.strictObject({
  ...phone,
  from: phoneNumber,
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
    .default('en-US')
    .describe('in which the call is read out'),
});
const TwilioSecrets = z.strictObject({
  auth_token: z.string().regex(/^[0-9a-f]{32}$/i, 'must be the account’s auth token'),
});

const guid = (what: string) =>
  z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, `must be ${what}, in lower case`);

export const TeamsSettings = z.strictObject({
  channel: z
    .string()
    .regex(
      /^19:[A-Za-z0-9_.-]{1,200}@thread\.(tacv2|skype|v2)$/,
      'must be the id of a channel or a chat, 19:…@thread.…',
    )
    .describe('of a channel, or of a group chat (…@thread.v2), which the app is in'),
  app_id: guid('the bot’s app id').describe(
    'what the Bot Connector’s tokens are for; presses come back to /channels/{id}/inbound',
  ),
  tenant_id: guid('the directory’s id').describe('of the bot’s own directory: nothing is taken from another'),
  match_email: z
    .boolean()
    .default(true)
    .describe('who is of the directory, and signs in there with the address of a member, is taken for that member'),
  ...deciding,
  api_url: z
    .url()
    .max(500)
    .default('https://smba.trafficmanager.net/teams')
    .describe('of the Bot Connector; another one for government clouds, as are the two below'),
  login_url: z.url().max(500).default('https://login.microsoftonline.com').describe('where the bot’s token is from'),
  openid_url: z
    .url()
    .max(500)
    .default('https://login.botframework.com/v1/.well-known/openidconfiguration')
    .describe('which keys the Bot Connector signs with'),
});

export const PushSettings = z.strictObject({
  decide_up_to: z
    .enum(['none', 'low', 'medium'])
    .default('medium')
    .describe('up to which priority a notification has buttons that decide; all else opens the page'),
});

const TeamsSecrets = z.strictObject({
  client_secret: z.string().min(8).max(500).describe('of the bot’s app registration'),
});

const DiscordSecrets = z.strictObject({
  bot_token: z.string().regex(/^[A-Za-z0-9._-]{20,200}$/, 'must be the bot’s token'),
});

const SlackSecrets = z.strictObject({
  bot_token: z.string().regex(/^xoxb-[A-Za-z0-9-]{10,300}$/, 'must be a bot’s token, xoxb-…'),
  signing_secret: z
    .string()
    .regex(/^[A-Za-z0-9]{16,128}$/, 'must be the app’s signing secret')
    .optional()
    .describe('without it, or a socket, the channel only tells'),
  app_token: z
    .string()
    .regex(/^xapp-[A-Za-z0-9-]{10,300}$/, 'must be an app’s token, xapp-…')
    .optional()
    .describe('for socket mode, with the scope connections:write'),
});

/** What rings or costs is for what is critical, unless somebody says otherwise. */
const onlyCritical = {
  ...common,
  priority_min: Priority.default('critical').describe(common.priority_min.description ?? ''),
};

/** A kind has its settings; what is secret in them is not shown again. */
export const CreateChannel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), settings: WebhookSettings, ...common }),
  z.strictObject({ kind: z.literal('push'), settings: PushSettings.prefault({}), ...common }),
  z.strictObject({ kind: z.literal('email'), settings: EmailSettings.default({}), ...common }),
  z.strictObject({
    kind: z.literal('slack'),
    settings: SlackSettings,
    secrets: SlackSecrets.describe('of the Slack app; not shown again'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('discord'),
    settings: DiscordSettings,
    secrets: DiscordSecrets.describe('of the bot; not shown again'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('teams'),
    settings: TeamsSettings,
    secrets: TeamsSecrets.describe('of the bot; not shown again'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('sms'),
    settings: SmsSettings,
    secrets: TwilioSecrets.describe('of the Twilio account; not shown again'),
    ...onlyCritical,
  }),
  z.strictObject({
    kind: z.literal('voice'),
    settings: VoiceSettings,
    secrets: TwilioSecrets.describe('of the Twilio account; not shown again'),
    ...onlyCritical,
  }),
]);

export const UpdateChannel = z.strictObject({
  name: common.name.optional(),
  settings: jsonObject.optional().describe('replaces the settings, whole'),
  event_types: common.event_types.unwrap().optional(),
  priority_min: Priority.optional(),
  ordered: z.boolean().optional(),
  rate_per_second: common.rate_per_second.unwrap().optional(),
  status: z.enum(['active', 'paused']).optional().describe('active: also takes one up again that was disabled'),
});

/** The settings of each kind, for a change of them. */
export const SETTINGS_OF = {
  webhook: WebhookSettings,
  email: EmailSettings,
  slack: SlackSettings,
  discord: DiscordSettings,
  teams: TeamsSettings,
  sms: SmsSettings,
  voice: VoiceSettings,
  push: PushSettings,
} as const;

/** What the other side gave, by kind. */
export const SECRETS_OF = {
  slack: SlackSecrets,
  discord: DiscordSecrets,
  teams: TeamsSecrets,
  sms: TwilioSecrets,
  voice: TwilioSecrets,
} as const;

export const ChannelKind = z.enum(['webhook', 'email', 'slack', 'discord', 'teams', 'push', 'sms', 'voice']);

export const Channel = z.object({
  id: id('channel'),
  kind: ChannelKind,
  name: z.string(),
  settings: jsonObject,
  event_types: z.array(z.string()),
  priority_min: Priority,
  ordered: z.boolean(),
  rate_per_second: z.number().nullable(),
  status: z.enum(['active', 'paused', 'disabled']),
  status_reason: z.string().nullable(),
  failing_since: instant.nullable(),
  last_success_at: instant.nullable(),
  inbound_url: z.string().nullable().describe('where its provider posts to; null: nothing comes in by HTTP'),
  previous_secret_until: instant.nullable().describe('until then deliveries carry a signature with each secret'),
  health: z.object({
    queued: z.number(),
    failed: z.number().describe('dead letters'),
    last_day: z.number(),
    failed_last_day: z.number(),
    oldest_queued_at: instant.nullable(),
  }),
  created_at: instant,
  updated_at: instant,
});
export const ChannelList = listOf(Channel);
export const ChannelListQuery = z.strictObject(listQuery);
export const CreatedChannel = Channel.extend({
  secret: z
    .string()
    .nullable()
    .describe('to check its signatures with; shown once. Null where the other side gave the secret'),
});

export const RotateChannelSecret = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .default(86_400)
    .describe('how long deliveries are signed with the old secret too'),
  secrets: z
    .union([SlackSecrets, DiscordSecrets, TeamsSecrets, TwilioSecrets])
    .optional()
    .describe('the new ones, where the other side gives them'),
});

export const DeliveryState = z
  .enum(['queued', 'sent', 'delivered', 'opened', 'seen_whole', 'acted', 'failed', 'skipped'])
  .describe('the furthest it has come; failed: a dead letter; skipped: not worth telling any more');

const DeliveryStatus = z.enum(['queued', 'sent', 'delivered', 'failed', 'skipped']);

export const Delivery = z.object({
  id: id('delivery'),
  channel_id: id('channel'),
  event_type: z.string(),
  subject: z.string(),
  recipient: id('person').nullable().describe('null where the channel is a place of its own'),
  state: DeliveryState,
  attempts: z.number(),
  next_attempt_at: instant.nullable(),
  problem: z.string().nullable(),
  created_at: instant,
  sent_at: instant.nullable(),
  opened_at: instant.nullable(),
  seen_whole_at: instant.nullable(),
  acted_at: instant.nullable(),
});
export const DeliveryList = listOf(Delivery);
export const DeliveryListQuery = z.strictObject({
  ...listQuery,
  channel_id: id('channel').optional(),
  status: DeliveryStatus.optional(),
  subject: z.string().max(100).optional(),
  recipient: id('person').optional(),
});
export const DeliveryDetail = Delivery.extend({
  tries: z.array(
    z.object({
      attempt: z.number(),
      outcome: z.enum(['sent', 'delivered', 'retry', 'refused']),
      request: z.string(),
      response: z.string().nullable(),
      problem: z.string().nullable(),
      duration_ms: z.number(),
      at: instant,
    }),
  ),
});

export const ReplayDeliveries = z.strictObject({
  since: instant,
  until: instant.optional(),
  status: z.enum(['sent', 'delivered', 'failed']).optional().describe('only those; without it all'),
});
export const Replayed = z.object({ replayed: z.number() });

export const PreviewQuery = z.strictObject({ event_type: EventName.default('approval.requested') });
export const Preview = z.object({
  media_type: z.string(),
  headers: z.record(z.string(), z.string()),
  text: z.string(),
  html: z.string().nullable(),
});

/** What a channel proves of itself, against its configured other side. */
export const Conformance = z.object({
  passed: z.boolean(),
  checks: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
});

export const Seen = z.strictObject({ whole: z.boolean().default(false).describe('nothing of it is left folded') });

/** Who else has said so in the last 45 seconds; a page says it every 20. */
export const AlsoReading = z.object({
  also_reading: z
    .array(z.object({ id: z.string(), name: z.string(), since: instant.describe('when they first opened it') }))
    .describe('who else has the request open now, at most 20, the first to open it first'),
});

/** How far the telling of a request has come, for one person or place. */
export const Notified = z.object({
  data: z.array(
    z.object({
      delivery_id: id('delivery'),
      channel: z.object({ id: id('channel'), kind: ChannelKind, name: z.string() }),
      recipient: z.object({ id: id('person'), name: z.string() }).nullable(),
      event_type: z.string(),
      state: DeliveryState,
      at: instant,
    }),
  ),
});

export const Notifications = NotificationPreference;

/** The body of a webhook (Standard Webhooks 1.0.0): thin. Whoever needs the content asks for it by `subject`, with their own key. */
export const WebhookEvent = z.object({
  type: z.enum([...EVENT_TYPES, 'channel.test']),
  timestamp: instant,
  data: z.object({
    event_id: z.string(),
    workspace_id: id('workspace'),
    subject: z.string(),
    ordering_key: z.string().describe('what has the same happened in the order of `sequence`'),
    sequence: z.number(),
    actor: Actor,
    details: jsonObject,
    url: z.string().describe('where a person who is signed in sees it'),
  }),
});

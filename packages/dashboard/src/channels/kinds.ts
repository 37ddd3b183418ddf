/** What each kind of channel asks of who sets it up: its settings, and the secrets that the other side gave. */
import type { WireChannel } from '@countersign/contract';

export type ChannelKind = WireChannel['kind'];

export type KindField = {
  readonly place: 'settings' | 'secrets';
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly placeholder?: string;
  readonly choices?: readonly (readonly [value: string, label: string])[];
  readonly isRequired?: boolean;
  /** Of a box that is ticked or not. */
  readonly isCheck?: boolean;
  readonly initial?: string | boolean;
};

const DECIDE_UP_TO: KindField = {
  place: 'settings',
  name: 'decide_up_to',
  label: 'Approved right there up to',
  hint: 'What is critical, too long to be shown, or has to be vouched for, is approved on its page.',
  choices: [
    ['high', 'high priority'],
    ['medium', 'medium priority'],
    ['low', 'low priority'],
    ['none', 'nothing: it only tells'],
  ],
  initial: 'high',
};

const SLACK: readonly KindField[] = [
  {
    place: 'settings',
    name: 'channel',
    label: 'Channel id',
    hint: 'At the bottom of the channel’s details in Slack. Invite the app there.',
    placeholder: 'C0123456789',
    isRequired: true,
  },
  {
    place: 'secrets',
    name: 'bot_token',
    label: 'Bot token',
    hint: 'Of the app, under “OAuth & Permissions”. Kept sealed, and shown to nobody.',
    placeholder: 'xoxb-…',
    isRequired: true,
  },
  {
    place: 'settings',
    name: 'connection',
    label: 'How clicks come back',
    hint: 'Socket mode works from behind a firewall: nothing has to reach this server.',
    choices: [
      ['http', 'Slack posts them to this server'],
      ['socket', 'this server connects to Slack (socket mode)'],
    ],
    initial: 'http',
  },
  {
    place: 'secrets',
    name: 'signing_secret',
    label: 'Signing secret',
    hint: 'Under “Basic Information”. Without it, and without a socket, the channel only tells.',
  },
  {
    place: 'secrets',
    name: 'app_token',
    label: 'App token',
    hint: 'For socket mode, with the scope connections:write.',
    placeholder: 'xapp-…',
  },
  DECIDE_UP_TO,
  {
    place: 'settings',
    name: 'match_email',
    label: 'Know people by their address in Slack',
    hint: 'Full members of the Slack workspace, with a confirmed address. Others enter a code from their account page.',
    isCheck: true,
    initial: true,
  },
];

const DISCORD: readonly KindField[] = [
  {
    place: 'settings',
    name: 'channel',
    label: 'Channel id',
    hint: 'In Discord with developer mode on: right click on the channel, “Copy Channel ID”.',
    placeholder: '1234567890123456789',
    isRequired: true,
  },
  {
    place: 'settings',
    name: 'public_key',
    label: 'Public key',
    hint: 'Of the application, under “General Information”: Discord signs clicks with it.',
    isRequired: true,
  },
  {
    place: 'secrets',
    name: 'bot_token',
    label: 'Bot token',
    hint: 'Under “Bot”. Kept sealed, and shown to nobody.',
    isRequired: true,
  },
  DECIDE_UP_TO,
];

const TEAMS: readonly KindField[] = [
  {
    place: 'settings',
    name: 'channel',
    label: 'Channel id',
    hint: 'In “Get link to channel”, between /channel/ and the next slash, with %3A as : and %40 as @.',
    placeholder: '19:…@thread.tacv2',
    isRequired: true,
  },
  {
    place: 'settings',
    name: 'app_id',
    label: 'App id',
    hint: 'Of the bot, under “Configuration” of the Azure Bot.',
    placeholder: '00000000-0000-0000-0000-000000000000',
    isRequired: true,
  },
  {
    place: 'settings',
    name: 'tenant_id',
    label: 'Directory id',
    hint: 'Beside it. Nothing is taken from another directory.',
    placeholder: '00000000-0000-0000-0000-000000000000',
    isRequired: true,
  },
  {
    place: 'secrets',
    name: 'client_secret',
    label: 'Client secret',
    hint: 'Of the bot’s app registration. Kept sealed, and shown to nobody.',
    isRequired: true,
  },
  DECIDE_UP_TO,
  {
    place: 'settings',
    name: 'match_email',
    label: 'Know people by how they sign in to Microsoft',
    hint: 'People of your directory, not guests, whose sign-in name is a member’s address. Others enter a code from their account page.',
    isCheck: true,
    initial: true,
  },
];

const TWILIO: readonly KindField[] = [
  {
    place: 'settings',
    name: 'account_sid',
    label: 'Account SID',
    hint: 'On the first page of Twilio’s console.',
    placeholder: 'AC…',
    isRequired: true,
  },
  {
    place: 'secrets',
    name: 'auth_token',
    label: 'Auth token',
    hint: 'Beside it. Kept sealed, and shown to nobody.',
    isRequired: true,
  },
  {
    place: 'settings',
    name: 'from',
    label: 'Number',
    hint: 'Of yours at Twilio, with the country’s code.',
    placeholder: '+4915112345678',
    isRequired: true,
  },
];

const PUSH: readonly KindField[] = [
  {
    place: 'settings',
    name: 'decide_up_to',
    label: 'Decided in a notification up to',
    hint: 'What is of a higher priority, or does not fit a notification, opens its page.',
    choices: [
      ['medium', 'medium priority'],
      ['low', 'low priority'],
      ['none', 'nothing: it only tells'],
    ],
    initial: 'medium',
  },
];

const WEBHOOK: readonly KindField[] = [
  {
    place: 'settings',
    name: 'url',
    label: 'Address',
    hint: 'Signed by the Standard Webhooks specification; it carries ids and no content.',
    placeholder: 'https://hooks.example.com/countersign',
    isRequired: true,
  },
];

type Kind = { readonly kind: ChannelKind; readonly label: string; readonly fields: readonly KindField[] };

/** Those that people add. Mail is there by itself where the operator has set it up. */
export const KINDS: readonly Kind[] = [
  { kind: 'webhook', label: 'Webhook: tells a program', fields: WEBHOOK },
  { kind: 'slack', label: 'Slack: people are told, and decide there', fields: SLACK },
  { kind: 'teams', label: 'Microsoft Teams: people are told, and decide there', fields: TEAMS },
  { kind: 'push', label: 'Web push: members are told in their browsers', fields: PUSH },
  { kind: 'discord', label: 'Discord: people are told, and decide there', fields: DISCORD },
  { kind: 'sms', label: 'Text messages: members are told what is critical', fields: TWILIO },
  { kind: 'voice', label: 'Calls: members are called for what is critical', fields: TWILIO },
];

export const fieldsOfKind = (kind: ChannelKind): readonly KindField[] =>
  KINDS.find((one) => one.kind === kind)?.fields ?? [];

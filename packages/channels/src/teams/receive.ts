/**
 * What the Bot Connector sends us of Teams: presses of a card’s buttons (https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model)
 * and messages below ours. It is checked by its token (bot-token.ts) and by what the activity says of itself.
 */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { CODE_FIELD, type FormValues } from '../form.ts';
import { type Act, type Inbound, type Received, type Who, nothingToSay } from '../inbound.ts';
import type { CheckToken } from './bot-token.ts';

const TOLERANCE_MS = 300_000;

type Account = { readonly id?: string; readonly name?: string; readonly aadObjectId?: string };
type Activity = {
  readonly type?: string;
  readonly id?: string;
  readonly name?: string;
  readonly timestamp?: string;
  readonly serviceUrl?: string;
  readonly channelId?: string;
  readonly from?: Account;
  readonly conversation?: { readonly id?: string; readonly tenantId?: string };
  readonly channelData?: { readonly tenant?: { readonly id?: string } };
  readonly replyToId?: string;
  readonly text?: string;
  readonly entities?: readonly { readonly type?: string; readonly text?: string; readonly mentioned?: Account }[];
  readonly value?: {
    readonly action?: {
      readonly verb?: string;
      readonly data?: Readonly<Record<string, unknown>>;
    };
  };
};

const refused = (reason: string): Received => ({ type: 'refused', reason });
const ignored: Received = { type: 'answer', answer: nothingToSay };

const parse = (body: Uint8Array): Activity | null => {
  try {
    const value = JSON.parse(new TextDecoder().decode(body)) as Activity | null;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
};

export const receiveTeams =
  (check: CheckToken) =>
  async (request: Inbound, at: At): Promise<Received> => {
    const token = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
    if (token === undefined) return refused('it carries no token');
    const activity = parse(request.body);
    if (!activity) return refused('its body is none that Teams sends');
    const { settings, now } = at;
    const claims = await check(token, {
      openIdUrl: settings['openid_url'] as string,
      audience: settings['app_id'] as string,
      now,
    });
    if (typeof claims === 'string') return refused(claims);
    if (activity.channelId !== 'msteams') return refused('it is not from Teams');
    // The token is for one place of the connector: what it says of another is not its to say.
    if (!activity.serviceUrl || activity.serviceUrl !== claims.serviceUrl)
      return refused('it comes from another address than its token says');
    if (tenantOf(activity) !== settings['tenant_id']) return refused('it is from another directory');
    const sentMs = Date.parse(activity.timestamp ?? '');
    if (!(Math.abs(now.getTime() - sentMs) <= TOLERANCE_MS))
      return refused('it is of another time than now, by more than five minutes');
    return commandOf(activity, at);
  };

const tenantOf = ({ channelData, conversation }: Activity): string | undefined =>
  channelData?.tenant?.id ?? conversation?.tenantId;

/** `19:…@thread.tacv2;messageid=17…`: a channel, and the message that a thread began with. */
const placeOf = (conversation: string): { readonly channel: string; readonly root: string | null } => {
  const [channel = '', root] = conversation.split(';messageid=');
  return { channel, root: root ?? null };
};

const whoOf = (activity: Activity): Who | null => {
  const { id, name, aadObjectId } = activity.from ?? {};
  // Without it it is a bot, or nobody of a directory.
  if (!id || !aadObjectId) return null;
  return { team: tenantOf(activity) ?? '', user: aadObjectId, name: name ?? aadObjectId, handle: id };
};

const valuesIn = (data: Readonly<Record<string, unknown>>, prefix: string): FormValues =>
  Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      key.startsWith(`${prefix}:`) && ['string', 'number', 'boolean'].includes(typeof value)
        ? [[key.slice(prefix.length + 1), String(value)]]
        : [],
    ),
  );

const textIn = (data: Readonly<Record<string, unknown>>, name: string): string => {
  const value = data[name];
  return typeof value === 'string' ? value : '';
};

const actOf = (verb: string, data: Readonly<Record<string, unknown>>, reference: string): Act | null => {
  if (verb === 'link') return { type: 'link', code: textIn(data, CODE_FIELD) };
  if (verb === 'look') return { type: 'look', reference: textIn(data, 'reference') || reference };
  const [approvalId, digest] = [textIn(data, 'approval'), textIn(data, 'digest')];
  if (!approvalId.startsWith('apr_') || digest === '') return null;
  switch (verb) {
    case 'approve':
      return { type: 'decide', decision: 'approved', reason: null, approvalId, digest };
    case 'claim':
      return { type: 'claim', approvalId };
    case 'reject':
    case 'edit':
    case 'answer':
      return { type: 'submit', form: verb, values: valuesIn(data, verb), approvalId, digest };
    default:
      return null;
  }
};

const commandOf = (activity: Activity, at: At): Received => {
  const { type, id } = activity;
  const who = whoOf(activity);
  const isPress = type === 'invoke' && activity.name === 'adaptiveCard/action';
  if (!id || !who || !(isPress || type === 'message')) return ignored;
  const { channel, root } = placeOf(activity.conversation?.id ?? '');
  const pressed = isPress ? pressOf(activity) : null;
  const act = isPress ? (pressed?.act ?? null) : commentOf(activity, root, at);
  if (!act) return ignored;
  const context: JsonObject = { is_press: isPress, reference: pressed?.reference ?? null };
  return {
    type: 'command',
    // A press is sent once; a message may come again where our answer got lost.
    command: { onceKey: `${type}:${id}`, who, act, placeId: channel, context, isRetry: type === 'message' },
  };
};

const pressOf = ({ conversation, replyToId = '', value }: Activity): { act: Act | null; reference: string } => {
  const reference = referenceOf(conversation?.id ?? '', replyToId);
  return { act: actOf(value?.action?.verb ?? '', value?.action?.data ?? {}, reference), reference };
};

/** What `send` calls a message. */
export const referenceOf = (conversation: string, activity: string): string => `${conversation}|${activity}`;

/** What people write below a message of ours, without the mention of the bot that brings it here. */
const commentOf = (activity: Activity, root: string | null, { settings }: At): Act | null => {
  const { conversation, text = '', entities = [], id } = activity;
  if (root === null || root === id || !conversation?.id) return null;
  const bot = `28:${settings['app_id'] as string}`;
  const mentions = entities.flatMap(({ type, text: mention, mentioned }) =>
    type === 'mention' && mentioned?.id === bot && mention ? [mention] : [],
  );
  const said = mentions.reduce((rest, mention) => rest.replaceAll(mention, ''), text).trim();
  return said === '' ? null : { type: 'comment', reference: referenceOf(conversation.id, root), body: said };
};

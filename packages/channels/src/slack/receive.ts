/**
 * What Slack sends: clicks and submitted modals (a form with `payload`), and messages in threads (JSON). Checked as Slack says:
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { CODE_FIELD, type FormKind, type FormValues } from '../form.ts';
import { givenSecrets } from '../given-secrets.ts';
import { type Act, type Inbound, type InboundCommand, type Received, jsonAnswer, nothingToSay } from '../inbound.ts';
import type { ModalContext } from './modal.ts';
import type { SlackSecrets } from './web-api.ts';

const TOLERANCE_SECONDS = 300;

/** Over the body's bytes as they came; compared in constant time. */
export const signatureOf = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

const isSignedBy = (secret: string, timestamp: string, body: Uint8Array, given: string): boolean => {
  const expected = signatureOf(secret, timestamp, body);
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const refused = (reason: string): Received => ({ type: 'refused', reason });
const ignored: Received = { type: 'answer', answer: nothingToSay };

export const receiveSlack = (request: Inbound, at: At): Received => {
  const timestamp = request.headers.get('x-slack-request-timestamp') ?? '';
  const signature = request.headers.get('x-slack-signature') ?? '';
  if (!/^\d{1,12}$/.test(timestamp) || signature === '') return refused('it is not signed');
  if (Math.abs(at.now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    return refused('it is of another time than now, by more than five minutes');
  const secrets = givenSecrets<SlackSecrets>(at).flatMap(({ signing_secret: secret }) => secret ?? []);
  if (!secrets.some((secret) => isSignedBy(secret, timestamp, request.body, signature)))
    return refused('the signature is not that of this body');
  const text = new TextDecoder().decode(request.body);
  const payload = payloadOf(text, request.headers.get('content-type') ?? '');
  if (!payload) return refused('its body is none that Slack sends');
  // Only events are sent again by Slack itself; a click that comes again is a replay.
  return commandOf(payload, payload.type === 'event_callback' && request.headers.has('x-slack-retry-num'));
};

type Payload = JsonObject & { readonly type?: string };

const payloadOf = (text: string, mediaType: string): Payload | null => {
  try {
    const json = mediaType.startsWith('application/json') ? text : (new URLSearchParams(text).get('payload') ?? '');
    const value = JSON.parse(json) as Payload;
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
};

type User = { readonly id?: string; readonly team_id?: string; readonly name?: string; readonly username?: string };
type View = {
  readonly private_metadata?: string;
  readonly state?: {
    readonly values?: Readonly<
      Record<
        string,
        { readonly value?: { readonly value?: string | null; readonly selected_option?: { value: string } | null } }
      >
    >;
  };
};
type Interaction = {
  readonly type: string;
  readonly trigger_id?: string;
  readonly response_url?: string;
  readonly user?: User;
  readonly team?: { readonly id?: string } | null;
  readonly channel?: { readonly id?: string };
  readonly container?: { readonly channel_id?: string; readonly message_ts?: string };
  readonly message?: { readonly thread_ts?: string };
  readonly actions?: readonly { readonly action_id?: string; readonly value?: string; readonly action_ts?: string }[];
  readonly view?: View & { readonly id?: string };
};
type Event = {
  readonly type?: string;
  readonly subtype?: string;
  readonly bot_id?: string;
  readonly channel?: string;
  readonly user?: string;
  readonly text?: string;
  readonly ts?: string;
  readonly thread_ts?: string;
};
type Callback = { readonly event_id?: string; readonly team_id?: string; readonly event?: Event };

/** @param isRetry whether it is Slack itself that may be sending it again */
export const commandOf = (payload: Payload, isRetry: boolean): Received => {
  switch (payload.type) {
    case 'url_verification':
      return { type: 'answer', answer: jsonAnswer({ challenge: (payload['challenge'] ?? '') as string }) };
    case 'block_actions':
      return clickOf(payload as unknown as Interaction, isRetry);
    case 'view_submission':
      return submissionOf(payload as unknown as Interaction, isRetry);
    case 'event_callback':
      return commentOf(payload as unknown as Callback, isRetry);
    default:
      return ignored;
  }
};

const whoOf = ({ user, team }: Interaction): InboundCommand['who'] => ({
  team: user?.team_id ?? team?.id ?? '',
  user: user?.id ?? '',
  name: user?.name ?? user?.username ?? user?.id ?? '',
});

/** What a button of ours carries: the request and the content that was seen. */
const seenOf = (value: string): { readonly approvalId: string; readonly digest: string } | null => {
  const [approvalId = '', digest = ''] = value.split(' ');
  return approvalId.startsWith('apr_') && digest !== '' ? { approvalId, digest } : null;
};

const actOf = (action: string, value: string): Act | null => {
  if (action === 'link') return { type: 'ask_link' };
  const seen = seenOf(value);
  if (!seen) return null;
  switch (action) {
    case 'approve':
      return { type: 'decide', decision: 'approved', reason: null, ...seen };
    case 'reject':
    case 'edit':
    case 'answer':
      return { type: 'form', form: action, ...seen };
    case 'claim':
      return { type: 'claim', approvalId: seen.approvalId };
    default:
      return null;
  }
};

const clickOf = (interaction: Interaction, isRetry: boolean): Received => {
  const { actions = [], trigger_id: trigger = '', response_url: url, channel, container, message } = interaction;
  const [first] = actions;
  const act = first && actOf(first.action_id ?? '', first.value ?? '');
  if (!act || trigger === '') return ignored;
  const place = container?.channel_id ?? channel?.id ?? null;
  return {
    type: 'command',
    command: {
      onceKey: `click:${trigger}`,
      who: whoOf(interaction),
      act,
      placeId: place,
      context: {
        trigger,
        channel: place,
        response_url: url ?? null,
        thread: message?.thread_ts ?? null,
      },
      isRetry,
    },
  };
};

const valuesIn = ({ state }: View): FormValues =>
  Object.fromEntries(
    Object.entries(state?.values ?? {}).flatMap(([block, { value }]) =>
      block.startsWith('field:')
        ? [[block.slice('field:'.length), value?.selected_option?.value ?? value?.value ?? '']]
        : [],
    ),
  );

const KINDS: ReadonlySet<string> = new Set<FormKind>(['reject', 'edit', 'answer', 'link']);

const submissionOf = (interaction: Interaction, isRetry: boolean): Received => {
  const { view, trigger_id: trigger = '' } = interaction;
  const kept = JSON.parse(view?.private_metadata || '{}') as Partial<ModalContext>;
  const { kind, about, channel = null } = kept;
  if (!view || !kind || !KINDS.has(kind)) return ignored;
  const values = valuesIn(view);
  const act: Act | null =
    kind === 'link'
      ? { type: 'link', code: values[CODE_FIELD] ?? '' }
      : about
        ? { ...about, type: 'submit', form: kind, values }
        : null;
  if (!act) return ignored;
  return {
    type: 'command',
    command: {
      onceKey: `submit:${trigger === '' ? (view.id ?? '') : trigger}`,
      who: whoOf(interaction),
      act,
      placeId: channel,
      context: { view: view.id ?? '', channel },
      isRetry,
    },
  };
};

/** What people write under a message of ours. What an app writes, and what is changed or deleted there, is no comment. */
const commentOf = ({ event, event_id: id, team_id: team }: Callback, isRetry: boolean): Received => {
  if (event?.type !== 'message' || event.subtype !== undefined || event.bot_id !== undefined) return ignored;
  const { channel, thread_ts: thread, ts, user, text = '' } = event;
  if (!channel || !thread || thread === ts || !user || text.trim() === '') return ignored;
  return {
    type: 'command',
    command: {
      onceKey: `event:${id ?? `${channel}:${ts ?? ''}`}`,
      who: { team: team ?? '', user, name: user },
      act: { type: 'comment', reference: `${channel}:${thread}`, body: unescapeText(text) },
      placeId: channel,
      context: { channel, thread },
      isRetry,
    },
  };
};

/** Slack escapes three characters, and writes links and mentions in angle brackets: they are kept as they are written. */
const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

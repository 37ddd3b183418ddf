/**
 * A Slack channel of a workspace: one message for each request, changed in place by what becomes of it; what happens on the way
 * stands in its thread. Methods and errors: https://docs.slack.dev/reference/methods/chat.postMessage (and chat.update).
 */
import type { JsonObject } from '@countersign/core';
import type { At, Channel, Message, Notice, On, Outcome } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { CHANGES, REPLIES, followsInPlace, saysInPlace } from '../in-place.ts';
import type { Profile, Who } from '../inbound.ts';
import { answerSlack } from './answer.ts';
import { requestMessage, threadMessage, whyNotInSlack } from './blocks.ts';
import { findSent, metadataOf } from './find-sent.ts';
import { imitateSlack } from './imitate.ts';
import { receiveSlack } from './receive.ts';
import { connectSlack } from './socket.ts';
import { type SlackSecrets, callSlack, judgeSlack, requestText } from './web-api.ts';

/** The first message is gone, or too old to be changed: it is told anew. */
const GONE: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** `C0123:1700000000.000100`: where the first message about a request stands. */
const placeOf = (reference: string | null): { readonly channel: string; readonly ts: string } | null => {
  const [channel, ts] = reference?.split(':') ?? [];
  return channel && ts ? { channel, ts } : null;
};

/** Clicks come back only where Slack can reach us, or we are connected to it. */
const canAnswer = (at: Pick<At, 'settings' | 'secrets'>): boolean => {
  const [given] = givenSecrets<SlackSecrets>(at);
  return at.settings['connection'] === 'socket' ? Boolean(given?.app_token) : Boolean(given?.signing_secret);
};

type Call = { readonly method: 'chat.postMessage' | 'chat.update'; readonly body: JsonObject };

const callOf = (notice: Notice, on: Pick<On, 'settings' | 'secrets' | 'reference'>): Call => {
  const place = placeOf(on.reference);
  const quiet = { unfurl_links: false, unfurl_media: false, metadata: metadataOf(notice.id) };
  if (place && REPLIES.has(notice.type))
    return {
      method: 'chat.postMessage',
      body: { channel: place.channel, thread_ts: place.ts, ...threadMessage(notice), ...quiet },
    };
  const message = requestMessage(notice, on, canAnswer(on));
  if (place && CHANGES.has(notice.type)) return { method: 'chat.update', body: { ...place, ...message } };
  return {
    method: 'chat.postMessage',
    body: { channel: on.settings['channel'] as string, ...message, ...quiet },
  };
};

const send =
  (fetcher: typeof fetch) =>
  async (message: Message, notice: Notice, on: On): Promise<Outcome> => {
    const call = JSON.parse(message.text) as Call;
    const outcome = await sendCall(fetcher, call, notice, on);
    if (outcome !== 'gone') return outcome;
    const again = await sendCall(fetcher, callOf(notice, { ...on, reference: null }), notice, on);
    return again === 'gone'
      ? { outcome: 'retry', request: message.text, response: null, problem: 'its message is gone' }
      : again;
  };

const sendCall = async (
  fetcher: typeof fetch,
  { method, body }: Call,
  notice: Notice,
  on: On,
): Promise<Outcome | 'gone'> => {
  const isPost = method === 'chat.postMessage';
  const { channel, thread_ts: thread } = body as { readonly channel: string; readonly thread_ts?: string };
  const isFirst = isPost && thread === undefined;
  try {
    if (isPost && on.isRepeat) {
      const ts = await findSent(
        fetcher,
        { deliveryId: notice.id, since: notice.at, channel, ...(thread ? { thread } : {}) },
        on,
      );
      const request = requestText(method, body, on);
      const response = 'It is there already: the attempt before got through.';
      if (ts !== undefined)
        return {
          outcome: 'delivered',
          wasThere: true,
          request,
          response,
          ...(isFirst ? { reference: `${channel}:${ts}` } : {}),
        };
    }
    const exchanged = await callSlack(fetcher, method, body, on);
    const { answer } = exchanged;
    if (answer?.ok === false && GONE.has(answer.error ?? '')) return 'gone';
    const outcome = judgeSlack(exchanged);
    const [where, ts] = [answer?.['channel'], answer?.['ts']];
    const isNamed = isFirst && typeof where === 'string' && typeof ts === 'string';
    return outcome.outcome === 'delivered' && isNamed ? { ...outcome, reference: `${where}:${ts}` } : outcome;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { outcome: 'retry', request: requestText(method, body, on), response: null, problem };
  }
};

type SlackUser = {
  readonly id?: string;
  readonly team_id?: string;
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
  readonly is_email_confirmed?: boolean;
  readonly profile?: { readonly email?: string };
};

/** https://docs.slack.dev/reference/methods/users.info, with the scope users:read.email */
const profileOf =
  (fetcher: typeof fetch) =>
  async ({ user, team }: Who, at: At): Promise<Profile | null> => {
    if (at.settings['match_email'] === false) return null;
    const told = await callSlack(fetcher, 'users.info', { user }, at, { isRead: true, timeoutMs: 2500 }).catch(
      () => null,
    );
    const found = told?.answer?.ok ? (told.answer['user'] as unknown as SlackUser | undefined) : undefined;
    if (!found?.profile?.email) return null;
    const isGuest = found.is_restricted || found.is_ultra_restricted || found.is_stranger;
    const isOfTeam = found.team_id === undefined || found.team_id === team;
    return {
      email: found.profile.email,
      isConfirmed: found.is_email_confirmed !== false,
      isFullMember: !found.deleted && !found.is_bot && !isGuest && isOfTeam,
    };
  };

/** https://docs.slack.dev/reference/methods/users.lookupByEmail */
const findUser =
  (fetcher: typeof fetch) =>
  async (email: string, at: At): Promise<Who | null> => {
    const { answer } = await callSlack(fetcher, 'users.lookupByEmail', { email }, at, { isRead: true });
    const found = answer?.ok ? (answer['user'] as unknown as SlackUser | undefined) : undefined;
    return found?.id ? { team: found.team_id ?? '', user: found.id, name: found.id } : null;
  };

/** @param fetcher guarded, as is the socket: whoever configures a channel chooses the address */
export const slackChannel = (fetcher: typeof fetch, openSocket: (url: string) => WebSocket): Channel => ({
  kind: 'slack',
  audience: 'place',
  keepsOrder: true,
  // One message a second in one channel: https://docs.slack.dev/apis/web-api/rate-limits
  ratePerSecond: 1,
  concurrency: 1,
  tells: saysInPlace,
  follows: followsInPlace,
  render: (notice, on): Message => ({ mediaType: 'application/json', text: JSON.stringify(callOf(notice, on)) }),
  send: send(fetcher),
  inbound: {
    receive: receiveSlack,
    answer: answerSlack(fetcher),
    profileOf: profileOf(fetcher),
    whyNot: whyNotInSlack,
    imitate: imitateSlack,
    findUser: findUser(fetcher),
    connect: connectSlack(fetcher, openSocket),
  },
});

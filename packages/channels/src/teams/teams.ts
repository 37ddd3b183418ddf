/**
 * A channel or a group chat in Microsoft Teams, through a bot: one card for each request, changed in place by what becomes of it; what
 * happens on the way stands in its thread. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
 */
import type { JsonObject } from '@countersign/core';
import type { Channel, Message, Notice, On, Outcome } from '../channel.ts';
import { CHANGES, REPLIES, followsInPlace, saysInPlace } from '../in-place.ts';
import { answerTeams } from './answer.ts';
import { type Call, type CallBot, TokenRefused, botCaller, judgeTeams, requestText } from './bot-api.ts';
import { tokenChecker } from './bot-token.ts';
import { replyActivity, requestActivity, whyNotInTeams } from './card.ts';
import { imitateTeams } from './imitate.ts';
import { findUser, profileOf } from './people.ts';
import { receiveTeams, referenceOf } from './receive.ts';

const activitiesOf = (conversation: string): string =>
  `/v3/conversations/${encodeURIComponent(conversation)}/activities`;

/** Where the first message about a request stands. */
const placeOf = (reference: string | null): { readonly conversation: string; readonly activity: string } | null => {
  const [conversation, activity] = reference?.split('|') ?? [];
  return conversation && activity ? { conversation, activity } : null;
};

/** A chat of several: it has no threads. */
const isChat = (channel: string): boolean => channel.endsWith('@thread.v2');

/** In a channel a message begins a conversation of its own, whose id its thread then goes by. */
const firstCall = ({ settings }: Pick<On, 'settings'>, activity: JsonObject): Call => {
  const channel = settings['channel'] as string;
  if (isChat(channel)) return { method: 'POST', path: activitiesOf(channel), body: activity };
  const tenantId = settings['tenant_id'] as string;
  const body = {
    isGroup: true,
    bot: { id: `28:${settings['app_id'] as string}` },
    tenantId,
    channelData: { channel: { id: channel }, tenant: { id: tenantId } },
    activity,
  };
  return { method: 'POST', path: '/v3/conversations', body };
};

const callOf = (notice: Notice, on: Pick<On, 'settings' | 'reference'>): Call => {
  const place = placeOf(on.reference);
  if (place && REPLIES.has(notice.type))
    return { method: 'POST', path: activitiesOf(place.conversation), body: replyActivity(notice) };
  const body = requestActivity(notice, on);
  if (place && CHANGES.has(notice.type))
    return {
      method: 'PUT',
      path: `${activitiesOf(place.conversation)}/${encodeURIComponent(place.activity)}`,
      body: { ...body, id: place.activity },
    };
  return firstCall(on, body);
};

/** What a first message is called from then on; an answer below one is called nothing. */
const referenceIn = (notice: Notice, on: On, { method }: Call, answer: JsonObject): string | null => {
  const { id, activityId } = answer;
  const isFirst = method === 'POST' && !(on.reference !== null && REPLIES.has(notice.type));
  if (!isFirst || typeof id !== 'string') return null;
  const channel = on.settings['channel'] as string;
  return isChat(channel)
    ? referenceOf(channel, id)
    : typeof activityId === 'string'
      ? referenceOf(id, activityId)
      : null;
};

const sendCall = async (callBot: CallBot, call: Call, notice: Notice, on: On): Promise<Outcome | 'gone'> => {
  try {
    const exchanged = await callBot(call, on);
    if (call.method === 'PUT' && exchanged.status === 404) return 'gone';
    const outcome = judgeTeams(exchanged);
    const reference = outcome.outcome === 'delivered' ? referenceIn(notice, on, call, exchanged.answer) : null;
    return reference === null ? outcome : ({ ...outcome, reference } as Outcome);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const exchange = { request: requestText(call, on), response: null, problem };
    return error instanceof TokenRefused
      ? { outcome: 'refused', ...exchange, endsChannel: true }
      : { outcome: 'retry', ...exchange };
  }
};

const send =
  (callBot: CallBot) =>
  async (message: Message, notice: Notice, on: On): Promise<Outcome> => {
    const outcome = await sendCall(callBot, JSON.parse(message.text) as Call, notice, on);
    if (outcome !== 'gone') return outcome;
    const anew = { ...on, reference: null };
    const again = await sendCall(callBot, callOf(notice, anew), notice, anew);
    return again === 'gone'
      ? { outcome: 'retry', request: message.text, response: null, problem: 'its message is gone' }
      : again;
  };

/** @param fetcher guarded: whoever configures a channel chooses the addresses */
export const teamsChannel = (fetcher: typeof fetch): Channel => {
  const callBot = botCaller(fetcher);
  return {
    kind: 'teams',
    audience: 'place',
    keepsOrder: true,
    mayTellTwice: true,
    // https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: 60 in half a minute, 1,800 an hour in one thread.
    ratePerSecond: 1,
    concurrency: 1,
    tells: saysInPlace,
    follows: followsInPlace,
    render: (notice, on): Message => ({ mediaType: 'application/json', text: JSON.stringify(callOf(notice, on)) }),
    send: send(callBot),
    inbound: {
      receive: receiveTeams(tokenChecker(fetcher)),
      answer: answerTeams(callBot),
      profileOf: profileOf(callBot),
      findUser: findUser(callBot),
      whyNot: whyNotInTeams,
      imitate: imitateTeams,
      answersWithRequest: true,
    },
  };
};

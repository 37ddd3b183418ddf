/**
 * A Discord channel of a workspace: one message for each request, changed in place; what happens on the way answers it. Discord's
 * `nonce` makes a repeated message come to the first one: https://docs.discord.com/developers/resources/message#create-message
 */
import type { JsonObject } from '@countersign/core';
import type { At, Channel, Message, Notice, On, Outcome } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { CHANGES, REPLIES, followsInPlace, saysInPlace } from '../in-place.ts';
import { readStart } from '../read-start.ts';
import { answerDiscord } from './answer.ts';
import { replyMessage, requestMessage, whyNotInDiscord } from './message.ts';
import { receiveDiscord } from './receive.ts';

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 65_536;
const NONCE_MAX = 25;

type Call = { readonly method: 'POST' | 'PATCH'; readonly path: string; readonly body: JsonObject };

/** `reference`: the id of the first message. */
const callOf = (notice: Notice, { settings, reference }: Pick<On, 'settings' | 'reference'>): Call => {
  const path = `/channels/${settings['channel'] as string}/messages`;
  const once = { nonce: notice.id.slice(-NONCE_MAX), enforce_nonce: true };
  if (reference !== null && REPLIES.has(notice.type))
    return { method: 'POST', path, body: { ...replyMessage(notice, reference), ...once } };
  const body = requestMessage(notice, { settings });
  return reference !== null && CHANGES.has(notice.type)
    ? { method: 'PATCH', path: `${path}/${reference}`, body }
    : { method: 'POST', path, body: { ...body, ...once } };
};

const UNKNOWN_MESSAGE = 10_008;

type Answer = {
  readonly id?: string;
  readonly code?: number;
  readonly message?: string;
  readonly retry_after?: number;
};

const parse = (text: string): Answer => {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
};

const judge = (status: number, told: Answer, exchange: { request: string; response: string }): Outcome => {
  if (status === 200) return { ...exchange, outcome: 'delivered', ...(told.id ? { reference: told.id } : {}) };
  if (status === 401)
    return { ...exchange, outcome: 'refused', problem: 'Discord does not take the token', endsChannel: true };
  const why = `Discord answered ${status}${told.message ? `: ${told.message}` : ''}`;
  // It can't be told there, or not so: trying again changes nothing.
  if (status === 400 || status === 403 || status === 404) return { ...exchange, outcome: 'refused', problem: why };
  const wait = told.retry_after === undefined ? {} : { retryAfterSeconds: Math.ceil(told.retry_after) };
  return { ...exchange, outcome: 'retry', problem: why, ...wait };
};

const sendCall = async (fetcher: typeof fetch, { method, path, body }: Call, on: On): Promise<Outcome | 'gone'> => {
  const url = `${on.settings['api_url'] as string}${path}`;
  const text = JSON.stringify(body);
  const request = `${method} ${url}\nauthorization: Bot …\n\n${text}`;
  const token = givenSecrets<{ readonly bot_token: string }>(on)[0]?.bot_token ?? '';
  try {
    const answer = await fetcher(url, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bot ${token}` },
      body: text,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const said = await readStart(answer, ANSWER_BYTES_MAX);
    const told = parse(said);
    if (method === 'PATCH' && answer.status === 404 && told.code === UNKNOWN_MESSAGE) return 'gone';
    return judge(answer.status, told, { request, response: `${answer.status} ${answer.statusText}\n\n${said}` });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { outcome: 'retry', request, response: null, problem };
  }
};

const send =
  (fetcher: typeof fetch) =>
  async (message: Message, notice: Notice, on: On): Promise<Outcome> => {
    const call = JSON.parse(message.text) as Call;
    const outcome = await sendCall(fetcher, call, on);
    if (outcome !== 'gone') return withoutReplies(outcome, call);
    const again = await sendCall(fetcher, callOf(notice, { ...on, reference: null }), on);
    return again === 'gone'
      ? { outcome: 'retry', request: message.text, response: null, problem: 'its message is gone' }
      : again;
  };

/** The message of the request is what later ones change and answer, and not those answers. */
const withoutReplies = (outcome: Outcome, { body }: Call): Outcome => {
  if (outcome.outcome !== 'delivered' || !('message_reference' in body)) return outcome;
  const { reference: _, ...rest } = outcome;
  return rest;
};

/** @param fetcher guarded: whoever configures a channel chooses the address */
export const discordChannel = (fetcher: typeof fetch): Channel => ({
  kind: 'discord',
  audience: 'place',
  keepsOrder: true,
  knowsRepeats: true,
  // Five messages in five seconds in one channel, as its answers say; a 429 says when to go on.
  ratePerSecond: 1,
  concurrency: 1,
  tells: saysInPlace,
  follows: followsInPlace,
  render: (notice, on): Message => ({ mediaType: 'application/json', text: JSON.stringify(callOf(notice, on)) }),
  send: send(fetcher),
  inbound: {
    receive: receiveDiscord,
    answer: (reply: Parameters<typeof answerDiscord>[0], _command, _at: At) => Promise.resolve(answerDiscord(reply)),
    whyNot: whyNotInDiscord,
  },
});

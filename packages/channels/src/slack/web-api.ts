/** Calls of Slack's Web API: https://docs.slack.dev/apis/web-api */
import type { JsonObject } from '@countersign/core';
import type { At, Outcome } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { readStart } from '../read-start.ts';

const TIMEOUT_MS = 15_000;
/** Slack answers with the whole message, which we wrote, and what it made of it. */
const ANSWER_BYTES_MAX = 524_288;

export type SlackSecrets = {
  /** `xoxb-…` */
  readonly bot_token: string;
  /** What Slack signs its requests with. */
  readonly signing_secret: string;
  /** `xapp-…`, for socket mode. */
  readonly app_token: string;
};

export type SlackAnswer = JsonObject & { readonly ok?: boolean; readonly error?: string };

/** What was asked and answered, as people may read it. */
export type Exchanged = {
  readonly request: string;
  readonly response: string;
  readonly status: number;
  readonly answer: SlackAnswer | null;
  readonly retryAfterSeconds: number | undefined;
};

const parse = (text: string): SlackAnswer | null => {
  try {
    return JSON.parse(text) as SlackAnswer;
  } catch {
    return null;
  }
};

/** Tokens and one-time addresses in what Slack says, which people read in the list of deliveries. */
const withoutTokens = (text: string): string => text.replace(/\bx(ox[a-z]|app)-[A-Za-z0-9-]+/g, 'x…');

const urlOf = (method: string, { settings }: Pick<At, 'settings'>): string =>
  `${settings['api_url'] as string}/${method}`;

/** What a call says of itself before it is made. */
export const requestText = (method: string, body: JsonObject, at: Pick<At, 'settings'>): string =>
  `POST ${urlOf(method, at)}\nauthorization: Bearer …\n\n${JSON.stringify(body)}`;

/**
 * One call as JSON; reading methods take their arguments in the query.
 * @throws whatever the connection did
 */
export const callSlack = async (
  fetcher: typeof fetch,
  method: string,
  body: JsonObject,
  at: Pick<At, 'settings' | 'secrets'>,
  { isRead = false, token = givenSecrets<SlackSecrets>(at)[0]?.bot_token ?? '', timeoutMs = TIMEOUT_MS } = {},
): Promise<Exchanged> => {
  const query = isRead ? `?${new URLSearchParams(body as Record<string, string>).toString()}` : '';
  const answer = await fetcher(`${urlOf(method, at)}${query}`, {
    method: isRead ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(isRead ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
    ...(isRead ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await readStart(answer, ANSWER_BYTES_MAX);
  const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return {
    request: requestText(method, body, at),
    response: `${answer.status} ${answer.statusText}`.trim() + `\n\n${withoutTokens(text)}`,
    status: answer.status,
    answer: answer.status === 200 ? parse(text) : null,
    retryAfterSeconds: Number.isFinite(asked) && asked >= 0 ? Math.min(asked, 86_400) : undefined,
  };
};

/** What can be mended only by who set the channel up. */
const ENDS_CHANNEL: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'org_login_required',
  'team_access_not_granted',
]);
const REFUSED: Readonly<Record<string, string>> = {
  channel_not_found: 'Slack knows no such channel, or the app is not in it: invite it with /invite',
  not_in_channel: 'the app is not in the channel: invite it with /invite',
  is_archived: 'the channel is archived',
  missing_scope: 'the app lacks the scope chat:write',
  invalid_blocks: 'Slack does not take the message',
  msg_too_long: 'Slack does not take a message of this length',
};

/** What an exchange comes to for a delivery. */
export const judgeSlack = (exchanged: Exchanged): Outcome => {
  const { request, response, status, answer, retryAfterSeconds } = exchanged;
  const exchange = { request, response };
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  if (!answer) return { ...exchange, outcome: 'retry', problem: `answered ${status}`, ...wait };
  if (answer.ok) return { ...exchange, outcome: 'delivered' };
  const error = answer.error ?? 'no reason given';
  if (ENDS_CHANNEL.has(error))
    return { ...exchange, outcome: 'refused', problem: `Slack does not take the token: ${error}`, endsChannel: true };
  const refused = REFUSED[error];
  if (refused !== undefined) return { ...exchange, outcome: 'refused', problem: refused };
  return { ...exchange, outcome: 'retry', problem: `Slack answered ${error}`, ...wait };
};

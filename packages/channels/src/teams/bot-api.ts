/**
 * Calls of the Bot Connector, with a token by client credentials:
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
 */
import type { Json, JsonObject } from '@countersign/core';
import type { At, Outcome } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import { readStart } from '../read-start.ts';

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 524_288;
/** A token that ends sooner than this is not used any more. */
const SPARE_MS = 300_000;

export type TeamsSecrets = { readonly client_secret: string };

export type Call = { readonly method: 'GET' | 'POST' | 'PUT'; readonly path: string; readonly body: JsonObject | null };

export type Exchanged = {
  readonly request: string;
  readonly response: string;
  readonly status: number;
  readonly answer: JsonObject;
  readonly retryAfterSeconds: number | undefined;
};

/** Microsoft does not give the bot a token: what is set up is wrong, or taken back. */
export class TokenRefused extends Error {}

export type CallBot = (call: Call, at: Pick<At, 'settings' | 'secrets'>, timeoutMs?: number) => Promise<Exchanged>;

const parse = (text: string): JsonObject => {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
  } catch {
    return {};
  }
};

const urlOf = ({ path }: Call, { settings }: Pick<At, 'settings'>): string =>
  `${(settings['api_url'] as string).replace(/\/$/, '')}${path}`;

/** What a call says of itself before it is made. */
export const requestText = (call: Call, at: Pick<At, 'settings'>): string =>
  `${call.method} ${urlOf(call, at)}\nauthorization: Bearer …${call.body === null ? '' : `\n\n${JSON.stringify(call.body)}`}`;

type Token = { readonly value: string; readonly endsAtMs: number };

/** @param fetcher guarded: whoever configures a channel chooses the addresses */
export const botCaller = (fetcher: typeof fetch): CallBot => {
  const tokens = new Map<string, Token>();

  const newToken = async ({ settings }: Pick<At, 'settings'>, secret: string, timeoutMs: number): Promise<Token> => {
    const answer = await fetcher(
      `${settings['login_url'] as string}/${settings['tenant_id'] as string}/oauth2/v2.0/token`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: settings['app_id'] as string,
          client_secret: secret,
          scope: 'https://api.botframework.com/.default',
        }).toString(),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      },
    );
    const told = parse(await readStart(answer, ANSWER_BYTES_MAX));
    const { access_token: value, expires_in: seconds } = told;
    if (answer.status === 200 && typeof value === 'string')
      return { value, endsAtMs: Date.now() + (typeof seconds === 'number' ? seconds : 600) * 1000 };
    const why = typeof told['error'] === 'string' ? told['error'] : `answered ${answer.status}`;
    if (answer.status === 400 || answer.status === 401) throw new TokenRefused(`Microsoft gives no token: ${why}`);
    throw new Error(`no token: ${why}`);
  };

  const once = async (call: Call, at: Pick<At, 'settings' | 'secrets'>, timeoutMs: number): Promise<Exchanged> => {
    const { settings } = at;
    const secret = givenSecrets<TeamsSecrets>(at)[0]?.client_secret ?? '';
    const key = JSON.stringify([settings['login_url'], settings['tenant_id'], settings['app_id'], secret]);
    let token = tokens.get(key);
    if (!token || token.endsAtMs - SPARE_MS < Date.now()) {
      token = await newToken(at, secret, timeoutMs);
      tokens.set(key, token);
    }
    const answer = await fetcher(urlOf(call, at), {
      method: call.method,
      headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
      ...(call.body === null ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readStart(answer, ANSWER_BYTES_MAX);
    if (answer.status === 401) tokens.delete(key);
    const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
    return {
      request: requestText(call, at),
      response: `${answer.status} ${answer.statusText}`.trim() + `\n\n${text}`,
      status: answer.status,
      answer: parse(text),
      retryAfterSeconds: Number.isFinite(asked) && asked >= 0 ? Math.min(asked, 86_400) : undefined,
    };
  };

  return async (call, at, timeoutMs = TIMEOUT_MS) => {
    const first = await once(call, at, timeoutMs);
    // A token that was taken back before its time: once more, with a new one.
    return first.status === 401 ? once(call, at, timeoutMs) : first;
  };
};

const REFUSED: Readonly<Record<number, string>> = {
  400: 'Teams does not take the message',
  403: 'the app may not write there: add it to the team or the chat',
  404: 'Teams knows no such channel, or the app is not in it: add it to the team or the chat',
  413: 'Teams does not take a message of this length',
};

/** What an exchange comes to for a delivery. */
export const judgeTeams = ({ request, response, status, answer, retryAfterSeconds }: Exchanged): Outcome => {
  const exchange = { request, response };
  if (status >= 200 && status < 300) return { ...exchange, outcome: 'delivered' };
  const { code, message } = (answer['error'] ?? {}) as { readonly code?: string; readonly message?: string };
  const said = [code, message].filter(Boolean).join(': ');
  if (status === 401)
    return { ...exchange, outcome: 'refused', problem: 'Teams does not take the bot’s token', endsChannel: true };
  const refused = REFUSED[status];
  if (refused !== undefined)
    return { ...exchange, outcome: 'refused', problem: `${refused}${said === '' ? '' : ` (${said})`}` };
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { ...exchange, outcome: 'retry', problem: `answered ${status}${said === '' ? '' : `: ${said}`}`, ...wait };
};

/** Calls of Twilio's REST API: https://www.twilio.com/docs/usage/twilios-request-format */
import type { Outcome } from '../channel.ts';
import { readStart } from '../read-start.ts';

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 65_536;

export type TwilioAccount = {
  /** `AC…` */
  readonly sid: string;
  readonly token: string;
  readonly apiUrl: string;
};

export type TwilioAnswer = {
  readonly sid?: string;
  readonly status?: string | number;
  /** Twilio's number for what went wrong. */
  readonly code?: number;
  readonly message?: string;
};

/** What was asked and answered, as people may read it: phone numbers and codes are not in it. */
export type TwilioExchange = {
  readonly request: string;
  readonly response: string;
  readonly status: number;
  readonly answer: TwilioAnswer | null;
  readonly retryAfterSeconds: number | undefined;
};

/** A number whose owner alone may know it whole. */
export const maskNumber = (number: string): string => number.replace(/^(\+?\d{2})\d+(\d{2})$/, '$1…$2');

const parse = (text: string): TwilioAnswer | null => {
  try {
    return JSON.parse(text) as TwilioAnswer;
  } catch {
    return null;
  }
};

const masked = (text: string): string => text.replace(/\+\d{7,15}\b/g, maskNumber);

/**
 * Posts a form to a resource of the account, such as `Messages`.
 * @throws whatever the connection did
 */
export const callTwilio = async (
  fetcher: typeof fetch,
  { sid, token, apiUrl }: TwilioAccount,
  resource: string,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<TwilioExchange> => {
  const url = `${apiUrl}/2010-04-01/Accounts/${sid}/${resource}.json`;
  const form = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
    ),
  );
  const answer = await fetcher(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: form.toString(),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await readStart(answer, ANSWER_BYTES_MAX);
  const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const told = parse(text);
  return {
    request: requestText(url, fields),
    response:
      `${answer.status} ${answer.statusText}`.trim() +
      `\n\n${masked(JSON.stringify({ sid: told?.sid, status: told?.status, code: told?.code, message: told?.message }))}`,
    status: answer.status,
    answer: told,
    retryAfterSeconds: Number.isFinite(asked) && asked >= 0 ? Math.min(asked, 86_400) : undefined,
  };
};

const requestText = (url: string, fields: Readonly<Record<string, string | readonly string[]>>): string =>
  `POST ${url}\nauthorization: Basic …\n\n${masked(
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : value.join(', ')}`)
      .join('\n'),
  )}`;

/** What an exchange comes to for a delivery. */
export const judgeTwilio = ({ request, response, status, answer, retryAfterSeconds }: TwilioExchange): Outcome => {
  const exchange = { request, response };
  if (status === 200 || status === 201)
    return { ...exchange, outcome: 'sent', ...(answer?.sid ? { reference: answer.sid } : {}) };
  const why = `Twilio answered ${answer?.code ?? status}${answer?.message ? `: ${masked(answer.message)}` : ''}`;
  if (status === 401)
    return {
      ...exchange,
      outcome: 'refused',
      problem: 'Twilio does not take the account and its token',
      endsChannel: true,
    };
  if (status === 400 || status === 403 || status === 404) return { ...exchange, outcome: 'refused', problem: why };
  return {
    ...exchange,
    outcome: 'retry',
    problem: why,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
};

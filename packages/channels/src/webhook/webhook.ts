/** Webhooks by the Standard Webhooks specification: thin, signed, the same bytes in every attempt. */
import type { JsonObject } from '@countersign/core';
import type { Channel, Message, Notice, On, Outcome } from '../channel.ts';
import { readStart } from '../read-start.ts';
import { conformWebhook } from './conform.ts';
import { signWebhook } from './standard-webhooks.ts';
import { urlOf } from './webhook-url.ts';

const TIMEOUT_MS = 15_000;
/** 429, 502 and 504 ask to go slower (trust.md, T65): without a Retry-After that long. */
const SLOW_SECONDS = 60;
const SLOW = new Set([429, 502, 504]);
const GONE = 410;

const FAMILIES = /^(approval|execution|grant|receipt|policy|channel|workflow)\./;

/** What the program at the other end gets: ids and states. Whoever needs the content asks for it with their own key. */
const webhookBody = (notice: Notice): JsonObject => ({
  type: notice.type,
  timestamp: notice.at.toISOString(),
  data: {
    event_id: notice.eventId,
    workspace_id: notice.workspace.id,
    subject: notice.subject,
    // Whatever has the same key happened in the order of `sequence`.
    ordering_key: notice.subject,
    sequence: notice.sequence,
    actor: { kind: notice.actor.kind, id: notice.actor.id, name: notice.actor.name },
    details: notice.data,
    url: notice.url,
  },
});

const render = (notice: Notice): Message => ({
  mediaType: 'application/json',
  text: JSON.stringify(webhookBody(notice)),
});

const send =
  (fetcher: typeof fetch) =>
  async (message: Message, notice: Notice, { settings, secrets, now }: On): Promise<Outcome> => {
    const timestampSeconds = Math.floor(now.getTime() / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': notice.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signWebhook(secrets, { id: notice.id, timestampSeconds, body: message.text }),
    };
    const url = urlOf(settings);
    const request = [
      `POST ${url}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      message.text,
    ].join('\n');
    try {
      const answer = await fetcher(url, {
        method: 'POST',
        headers,
        body: message.text,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return judge(answer, request, await readStart(answer));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { outcome: 'retry', request, response: null, problem };
    }
  };

const judge = (answer: Response, request: string, text: string): Outcome => {
  const response = `${answer.status} ${answer.statusText}`.trim() + (text === '' ? '' : `\n\n${text}`);
  if (answer.ok) return { outcome: 'delivered', request, response };
  const problem = `answered ${answer.status}`;
  if (answer.status === GONE)
    return { outcome: 'refused', request, response, problem: 'answered 410: it is gone for good', endsChannel: true };
  if (answer.headers.get('webhook-delivery') === 'abort-message')
    return { outcome: 'refused', request, response, problem };
  const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const slow = SLOW.has(answer.status) ? SLOW_SECONDS : undefined;
  const retryAfterSeconds = Number.isFinite(asked) && asked >= 0 ? Math.min(asked, 86_400) : slow;
  return {
    outcome: 'retry',
    request,
    response,
    problem,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
};

/** @param fetcher guarded: whoever configures a channel chooses the address */
export const webhookChannel = (fetcher: typeof fetch): Channel => ({
  kind: 'webhook',
  audience: 'place',
  isForPrograms: true,
  ratePerSecond: 200,
  concurrency: 8,
  tells: (type) => FAMILIES.test(type),
  render,
  send: send(fetcher),
  conform: conformWebhook(fetcher, render),
});

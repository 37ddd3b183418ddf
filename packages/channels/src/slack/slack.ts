/**
 * A Slack channel of a workspace: one message for each request, changed in place by what becomes of it; what happens on the way
 * stands in its thread. Methods and errors: https://docs.slack.dev/reference/methods/chat.postMessage (and chat.update).
 */
import type { JsonObject } from '@countersign/core';
import type { Channel, Message, Notice, On, Outcome } from '../channel.ts';
import { readStart } from '../read-start.ts';
import { requestMessage, threadMessage } from './blocks.ts';

const TIMEOUT_MS = 15_000;
/** Slack answers with the whole message, which we wrote, and what it made of it. */
const ANSWER_BYTES_MAX = 262_144;

/** They change what the message of the request says. */
const CHANGES: ReadonlySet<string> = new Set(['approval.decided', 'approval.expired', 'approval.cancelled']);
const IN_THREAD: ReadonlySet<string> = new Set([
  'approval.stage_passed',
  'approval.escalated',
  'approval.reassigned',
  'approval.reminder',
  'approval.overdue',
  'approval.commented',
  'approval.extended',
  'approval.on_call',
]);

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
/** The first message is gone, or too old to be changed: it is told anew. */
const GONE: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** `C0123:1700000000.000100`: where the first message about a request stands. */
const placeOf = (reference: string | null): { readonly channel: string; readonly ts: string } | null => {
  const [channel, ts] = reference?.split(':') ?? [];
  return channel && ts ? { channel, ts } : null;
};

type Call = { readonly method: 'chat.postMessage' | 'chat.update'; readonly body: JsonObject };

const callOf = (notice: Notice, { settings, reference }: Pick<On, 'settings' | 'reference'>): Call => {
  const place = placeOf(reference);
  const quiet = { unfurl_links: false, unfurl_media: false };
  const channel = String(settings['channel']);
  if (place && CHANGES.has(notice.type))
    return { method: 'chat.update', body: { ...place, ...requestMessage(notice) } as JsonObject };
  if (place && IN_THREAD.has(notice.type))
    return {
      method: 'chat.postMessage',
      body: { channel: place.channel, thread_ts: place.ts, ...threadMessage(notice), ...quiet } as JsonObject,
    };
  return { method: 'chat.postMessage', body: { channel, ...requestMessage(notice), ...quiet } as JsonObject };
};

type Answer = { readonly ok?: boolean; readonly error?: string; readonly channel?: string; readonly ts?: string };

const parse = (text: string): Answer | null => {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return null;
  }
};

const send =
  (fetcher: typeof fetch) =>
  async (message: Message, notice: Notice, on: On): Promise<Outcome> => {
    const call = JSON.parse(message.text) as Call;
    const outcome = await sendCall(fetcher, call, on);
    if (outcome !== 'gone') return outcome;
    const again = await sendCall(fetcher, callOf(notice, { ...on, reference: null }), on);
    return again === 'gone'
      ? { outcome: 'retry', request: message.text, response: null, problem: 'its message is gone' }
      : again;
  };

const sendCall = async (fetcher: typeof fetch, { method, body }: Call, on: On): Promise<Outcome | 'gone'> => {
  const url = `${String(on.settings['api_url'])}/${method}`;
  const text = JSON.stringify(body);
  const request = `POST ${url}\nauthorization: Bearer …\n\n${text}`;
  try {
    const answer = await fetcher(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${on.secrets[0] ?? ''}` },
      body: text,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return judge(
      answer,
      request,
      await readStart(answer, ANSWER_BYTES_MAX),
      method === 'chat.postMessage' && !('thread_ts' in body),
    );
  } catch (error) {
    return {
      outcome: 'retry',
      request,
      response: null,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
};

const judge = (answer: Response, request: string, text: string, isFirst: boolean): Outcome | 'gone' => {
  const exchange = { request, response: `${answer.status} ${answer.statusText}`.trim() + `\n\n${text}` };
  const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const wait = Number.isFinite(asked) && asked >= 0 ? { retryAfterSeconds: Math.min(asked, 86_400) } : {};
  const told = parse(text);
  if (answer.status !== 200 || !told)
    return { ...exchange, outcome: 'retry', problem: `answered ${answer.status}`, ...wait };
  if (told.ok) {
    const reference = isFirst && told.channel && told.ts ? { reference: `${told.channel}:${told.ts}` } : {};
    return { ...exchange, outcome: 'delivered', ...reference };
  }
  const error = told.error ?? 'no reason given';
  if (GONE.has(error)) return 'gone';
  if (ENDS_CHANNEL.has(error))
    return { ...exchange, outcome: 'refused', problem: `Slack does not take the token: ${error}`, endsChannel: true };
  const refused = REFUSED[error];
  if (refused !== undefined) return { ...exchange, outcome: 'refused', problem: refused };
  return { ...exchange, outcome: 'retry', problem: `Slack answered ${error}`, ...wait };
};

/** @param fetcher guarded: whoever configures a channel chooses the address */
export const slackChannel = (fetcher: typeof fetch): Channel => ({
  kind: 'slack',
  audience: 'place',
  // One message a second in one channel: https://docs.slack.dev/apis/web-api/rate-limits
  ratePerSecond: 1,
  concurrency: 1,
  tells: (type) => type === 'approval.requested' || CHANGES.has(type) || IN_THREAD.has(type),
  render: (notice, on): Message => ({ mediaType: 'application/json', text: JSON.stringify(callOf(notice, on)) }),
  send: send(fetcher),
});

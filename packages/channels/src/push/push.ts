/**
 * Web push: to each browser that a member subscribed, through the push service of its maker (RFC 8030), encrypted for that
 * browser. A message with the topic of one that still waits there takes its place.
 */
import { createHash } from 'node:crypto';
import type { Channel, Message, Notice, On, Outcome, PushAddress, Recipient } from '../channel.ts';
import { readStart } from '../read-start.ts';
import { PLAIN_BYTES_MAX, encryptPush } from './encrypt.ts';
import { pushPayload } from './payload.ts';
import { type VapidKey, vapidHeader } from './vapid.ts';

const TIMEOUT_MS = 15_000;
const TTL_SECONDS_MAX = 24 * 3600;
const FOR_PEOPLE =
  /^approval\.(requested|stage_passed|escalated|reassigned|reminder|overdue|on_call|decided|expired|cancelled)$/;

type One = { readonly address: PushAddress; readonly outcome: Outcome | 'gone' };

/** Of at most 32 characters of base64url: the request, unreadable. */
const topicOf = (subject: string): string => createHash('sha256').update(subject).digest('base64url').slice(0, 32);

/** How long the push service keeps it for a browser that is off. */
const ttlOf = ({ approval }: Notice, now: Date): number => {
  if (!approval?.expiresAt) return TTL_SECONDS_MAX;
  const left = Math.floor((approval.expiresAt.getTime() - now.getTime()) / 1000);
  return Math.max(0, Math.min(TTL_SECONDS_MAX, left));
};

const isUrgent = ({ approval }: Notice): boolean =>
  approval?.status === 'pending' && (approval.priority === 'high' || approval.priority === 'critical');

const judge = async (answer: Response, request: string): Promise<Outcome | 'gone'> => {
  const { status } = answer;
  if (status === 404 || status === 410) {
    await answer.body?.cancel();
    return 'gone';
  }
  const response = `${status} ${answer.statusText}`.trim() + `\n\n${await readStart(answer)}`;
  if (status >= 200 && status < 300) return { outcome: 'sent', request, response };
  const problem = `the push service answered ${status}`;
  if (status === 429 || status >= 500) {
    const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
    const wait = Number.isFinite(asked) && asked >= 0 ? { retryAfterSeconds: Math.min(asked, 86_400) } : {};
    return { outcome: 'retry', request, response, problem, ...wait };
  }
  return { outcome: 'refused', request, response, problem };
};

const sendOne = async (
  fetcher: typeof fetch,
  key: VapidKey,
  text: string,
  notice: Notice,
  on: On,
  address: PushAddress,
): Promise<One> => {
  // The path of an endpoint is a secret of its browser's.
  const request = `POST ${new URL(address.endpoint).origin}/…\n\n${text}`;
  try {
    const answer = await fetcher(address.endpoint, {
      method: 'POST',
      headers: {
        authorization: vapidHeader(key, address.endpoint, on.publicUrl, on.now),
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(ttlOf(notice, on.now)),
        urgency: isUrgent(notice) ? 'high' : 'normal',
        topic: topicOf(notice.subject),
      },
      body: new Uint8Array(encryptPush(Buffer.from(text), address)),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { address, outcome: await judge(answer, request) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { address, outcome: { outcome: 'retry', request, response: null, problem } };
  }
};

/** One of several browsers that did not get it makes it come again to all: a notification of the same request replaces its like. */
const together = (all: readonly One[], text: string): Outcome => {
  const gone = all.filter(({ outcome }) => outcome === 'gone').map(({ address }) => address.id);
  const rest = all.flatMap(({ outcome }) => (outcome === 'gone' ? [] : [outcome]));
  const worst = ['retry', 'sent', 'refused'].flatMap((kind) => rest.find(({ outcome }) => outcome === kind) ?? [])[0];
  const problem = 'no browser of theirs is subscribed any more';
  return { ...(worst ?? { outcome: 'refused', request: text, response: null, problem }), gone };
};

const cannotReach = ({ browsers = [] }: Recipient): string | null =>
  browsers.length > 0 ? null : 'no browser of theirs is subscribed';

const render = (notice: Notice, on: On): Message => ({
  mediaType: 'application/json',
  text: JSON.stringify(pushPayload(notice, on, on.recipient?.id ?? '')),
});

/** @param key the installation's, read when it is needed first */
export const pushChannel = (fetcher: typeof fetch, key: () => Promise<VapidKey>): Channel => ({
  kind: 'push',
  audience: 'people',
  reachesBrowsers: true,
  keepsTold: true,
  cannotReach,
  ratePerSecond: 50,
  concurrency: 8,
  tells: (type) => FOR_PEOPLE.test(type),
  render,
  send: async ({ text }, notice, on) => {
    if (Buffer.byteLength(text) > PLAIN_BYTES_MAX)
      return { outcome: 'refused', request: text, response: null, problem: 'it is longer than a push service takes' };
    const ours = await key();
    const addresses = on.recipient?.browsers ?? [];
    const all = await Promise.all(addresses.map((address) => sendOne(fetcher, ours, text, notice, on, address)));
    return together(all, text);
  },
});

/**
 * Slack takes no key by which a repeated message would be known. Each of ours carries the delivery's id as metadata, and where
 * an attempt ended without an answer the next one looks for it first: https://docs.slack.dev/messaging/message-metadata
 */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { callSlack } from './web-api.ts';

const EVENT_TYPE = 'countersign_delivery';
/** Messages with their blocks: many of them are more than we read of an answer. */
const A_PAGE = '30';
const PAGES_MAX = 20;
const CLOCKS_APART_SECONDS = 120;

export const metadataOf = (deliveryId: string): JsonObject => ({
  event_type: EVENT_TYPE,
  event_payload: { delivery: deliveryId },
});

type Found = { readonly ts: string; readonly metadata?: { readonly event_payload?: { readonly delivery?: string } } };
type Looked = { readonly messages?: readonly Found[]; readonly response_metadata?: { readonly next_cursor?: string } };

/**
 * @returns its `ts`; undefined: it is not there, or the app may not look (it lacks channels:history)
 * @throws where Slack does not answer
 */
export const findSent = async (
  fetcher: typeof fetch,
  {
    deliveryId,
    since,
    channel,
    thread,
  }: { readonly deliveryId: string; readonly since: Date; readonly channel: string; readonly thread?: string },
  at: Pick<At, 'settings' | 'secrets'>,
): Promise<string | undefined> => {
  const where = thread === undefined ? { channel } : { channel, ts: thread };
  const method = thread === undefined ? 'conversations.history' : 'conversations.replies';
  // It was written after what it tells of happened; clocks may differ by as much.
  const oldest = String(Math.floor(since.getTime() / 1000) - CLOCKS_APART_SECONDS);
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = {
      ...where,
      oldest,
      limit: A_PAGE,
      include_all_metadata: 'true',
      ...(cursor === '' ? {} : { cursor }),
    };
    const { answer, status } = await callSlack(fetcher, method, query, at, { isRead: true });
    // Not known is not "not there": it is looked for again.
    if (!answer) throw new Error(`answered ${status} when asked for the message of the attempt before`);
    if (!answer.ok) return undefined;
    const { messages = [], response_metadata: more } = answer as unknown as Looked;
    const found = messages.find(({ metadata }) => metadata?.event_payload?.delivery === deliveryId);
    if (found) return found.ts;
    cursor = more?.next_cursor ?? '';
    if (cursor === '') return undefined;
  }
  return undefined;
};

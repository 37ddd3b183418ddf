/**
 * Slack takes no key by which a repeated message would be known. Each of ours carries the delivery's id as metadata, and where
 * an attempt ended without an answer the next one looks for it first: https://docs.slack.dev/messaging/message-metadata
 */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { callSlack } from './web-api.ts';

const EVENT_TYPE = 'countersign_delivery';
const LOOKED_AT = '100';

export const metadataOf = (deliveryId: string): JsonObject => ({
  event_type: EVENT_TYPE,
  event_payload: { delivery: deliveryId },
});

type Found = { readonly ts: string; readonly metadata?: { readonly event_payload?: { readonly delivery?: string } } };

/**
 * @returns its `ts`; undefined: it is not there, or the app may not look (it lacks channels:history)
 * @throws where Slack does not answer
 */
export const findSent = async (
  fetcher: typeof fetch,
  { deliveryId, channel, thread }: { readonly deliveryId: string; readonly channel: string; readonly thread?: string },
  at: Pick<At, 'settings' | 'secrets'>,
): Promise<string | undefined> => {
  const where = thread === undefined ? { channel } : { channel, ts: thread };
  const method = thread === undefined ? 'conversations.history' : 'conversations.replies';
  const query = { ...where, limit: LOOKED_AT, include_all_metadata: 'true' };
  const { answer, status } = await callSlack(fetcher, method, query, at, { isRead: true });
  // Not known is not "not there": it is looked for again.
  if (!answer) throw new Error(`answered ${status} when asked for the message of the attempt before`);
  const messages = (answer?.ok ? answer['messages'] : []) as unknown as readonly Found[] | undefined;
  return messages?.find(({ metadata }) => metadata?.event_payload?.delivery === deliveryId)?.ts;
};

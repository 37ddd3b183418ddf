/** What was told to whom, how it went, and once more; what each person wants to hear. */
import type { WireChannel } from '@countersign/contract';
import { PLAIN_PREFERENCE } from '@countersign/core';
import {
  type Scope,
  type ShownDelivery,
  appendEvent,
  enqueue,
  getApproval,
  getDelivery,
  listAttempts,
  listDeliveries,
  noteSeen,
  notificationPreferences,
  notifiedOf,
  putNotificationPreference,
  replayDeliveries,
} from '@countersign/store';
import { actorOf, personOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { notFound } from '../http/problem.ts';
import { presentDelivery, presentDeliveryDetail, stateOf } from '../present/channels.ts';
import { mustGetChannel } from './channels.ts';

const mustGetDelivery = async (scope: Scope, id: string): Promise<ShownDelivery> => {
  const row = await getDelivery(scope, id);
  if (!row) throw notFound('delivery');
  return row;
};

export const deliveryHandlers = {
  listDeliveries: async ({ page, query }, scope) =>
    page.of(
      await listDeliveries(
        scope,
        { channelId: query.channel_id, status: query.status, subject: query.subject, recipient: query.recipient },
        page.after,
        page.limit,
      ),
      (row) => [row.cursor_at, row.id],
      presentDelivery,
    ),
  getDelivery: async ({ params }, scope) =>
    presentDeliveryDetail(await mustGetDelivery(scope, params.id), await listAttempts(scope, params.id)),
  replayDelivery: async ({ engine, principal, params }, scope) => {
    const row = await mustGetDelivery(scope, params.id);
    await replayDeliveries(scope, { id: row.id });
    await enqueue(scope, 'deliver', row.channel_id, null);
    await appendEvent(scope, {
      type: 'channel.replayed',
      subject: row.channel_id,
      actor: actorOf(principal),
      data: { delivery: row.id, replayed: 1 },
    });
    scope.afterCommit(() => engine.wake.jobs());
    return presentDelivery(await mustGetDelivery(scope, row.id));
  },
  replayChannel: async ({ engine, principal, params, body }, scope) => {
    const { id: channelId } = await mustGetChannel(scope, params.id);
    const { since, until, status } = body;
    const replayed = (await replayDeliveries(scope, { channelId, since, until, status })).length;
    await enqueue(scope, 'deliver', channelId, null);
    await appendEvent(scope, {
      type: 'channel.replayed',
      subject: channelId,
      actor: actorOf(principal),
      data: { since, until: until ?? null, replayed },
    });
    scope.afterCommit(() => engine.wake.jobs());
    return { replayed };
  },

  noteSeen: async ({ principal, params, body }, scope) => {
    if (!(await getApproval(scope, params.id))) throw notFound('approval');
    const readers = await noteSeen(scope, params.id, personOf(principal), body.whole);
    return { also_reading: readers.map(({ id, name, since }) => ({ id, name, since: since.toISOString() })) };
  },
  listNotified: async ({ params }, scope) => {
    if (!(await getApproval(scope, params.id))) throw notFound('approval');
    return {
      data: (await notifiedOf(scope, params.id)).map((row) => ({
        delivery_id: row.id,
        channel: { id: row.channel_id, kind: row.kind as WireChannel['kind'], name: row.channel_name },
        recipient: row.recipient === '' ? null : { id: row.recipient, name: row.recipient_name ?? '' },
        event_type: row.event_type,
        state: stateOf(row),
        at: (row.acted_at ?? row.seen_whole_at ?? row.opened_at ?? row.sent_at ?? row.created_at).toISOString(),
      })),
    };
  },

  getNotifications: async ({ principal }, scope) => {
    const personId = personOf(principal);
    return (await notificationPreferences(scope, [personId])).get(personId) ?? PLAIN_PREFERENCE;
  },
  putNotifications: async ({ principal, body }, scope) => {
    await putNotificationPreference(scope, personOf(principal), body);
    await appendEvent(scope, {
      type: 'notifications.changed',
      subject: personOf(principal),
      actor: actorOf(principal),
    });
    return body;
  },
} satisfies Partial<Handlers>;

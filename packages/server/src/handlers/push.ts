/** The browsers in which one is told. */
import { createECDH, createHash } from 'node:crypto';
import type { RouteResponse, Routes } from '@countersign/contract';
import { type Engine, checkUrl, sealPushAddress } from '@countersign/engine';
import {
  type Scope,
  appendEvent,
  findChannelOfKind,
  listPushSubscriptions,
  newId,
  putPushSubscription,
  removePushSubscriptions,
} from '@countersign/store';
import { mustBePerson } from '../auth/begin-session.ts';
import { actorOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { invalid, notFound } from '../http/problem.ts';

/** Of one person: each is written to for every request. */
const SUBSCRIPTIONS_MAX = 20;

const shown = async (engine: Engine, scope: Scope, personId: string): Promise<RouteResponse<Routes['getPush']>> => {
  const channel = await findChannelOfKind(scope, 'push');
  const { publicKey } = await engine.pushKey();
  return {
    is_offered: channel?.status === 'active' && !channel.is_deleted,
    public_key: publicKey,
    subscriptions: (await listPushSubscriptions(scope, [personId])).map((row) => ({
      id: row.id,
      name: row.name,
      endpoint_hash: row.endpoint_hash.toString('hex'),
      created_at: row.created_at.toISOString(),
    })),
  };
};

const isPoint = (p256dh: string): boolean => {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  try {
    pair.computeSecret(Buffer.from(p256dh, 'base64url'));
    return true;
  } catch {
    return false;
  }
};

export const pushHandlers = {
  getPush: ({ engine, principal }, scope) => shown(engine, scope, mustBePerson(principal).personId),
  addPushSubscription: async ({ engine, principal, body }, scope) => {
    const { personId } = mustBePerson(principal);
    const { name, ...address } = body;
    const refused = checkUrl(address.endpoint, engine.outbound);
    if (refused) throw invalid([{ pointer: '/endpoint', detail: refused.detail }]);
    if (!isPoint(address.p256dh)) throw invalid([{ pointer: '/p256dh', detail: 'is no point of P-256' }]);
    if ((await listPushSubscriptions(scope, [personId])).length >= SUBSCRIPTIONS_MAX)
      throw invalid([{ pointer: '', detail: `there are ${SUBSCRIPTIONS_MAX} browsers already` }]);
    const id = newId('pushSubscription');
    await putPushSubscription(scope, {
      id,
      person_id: personId,
      endpoint_hash: createHash('sha256').update(address.endpoint).digest(),
      sealed: sealPushAddress(engine, scope, { id, ...address }),
      name,
    });
    await appendEvent(scope, { type: 'push.subscribed', subject: personId, actor: actorOf(principal), data: { name } });
    return shown(engine, scope, personId);
  },
  removePushSubscription: async ({ principal, params }, scope) => {
    const { personId } = mustBePerson(principal);
    if ((await removePushSubscriptions(scope, personId, [params.id])) === 0) throw notFound('browser');
    await appendEvent(scope, {
      type: 'push.unsubscribed',
      subject: personId,
      actor: actorOf(principal),
      data: { id: params.id },
    });
    return undefined;
  },
} satisfies Partial<Handlers>;

/**
 * From events to deliveries. The event that a command wrote in its own transaction is the outbox: this job reads them in
 * order, below the oldest running transaction (ADR 0003), and writes for each what has to be told to whom. A workspace
 * without a channel has no such job, and asking or deciding costs the same with channels as without (ADR 0060).
 */
import { ASKING, type Channel } from '@countersign/channels';
import { PLAIN_PREFERENCE, type Placing, type Priority, isAtLeast, placeFor } from '@countersign/core';
import {
  type ApprovalRow,
  type ChannelRow,
  type EventRow,
  type FeedPlace,
  type NewDelivery,
  type Scope,
  activeChannels,
  currentPlace,
  enqueue,
  fanOutPlace,
  getApproval,
  getSettings,
  insertDeliveries,
  newId,
  noteActed,
  notificationPreferences,
  putFanOutPlace,
  readFeed,
  toldOn,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { OUTCOMES, isForPeople, recipientsOf } from './recipients.ts';

const EVENTS_A_ROUND = 200;
/** A hint usually comes earlier. */
const LOOK_MS = 1000;

type Feed = EventRow & FeedPlace;
type Target = { readonly row: ChannelRow; readonly channel: Channel };

/** From now on what happens in the workspace is told. For the transaction that makes or wakes a channel. */
export const startFanOut = async (scope: Scope): Promise<void> => {
  const active = await activeChannels(scope);
  if (active.length <= 1) await putFanOutPlace(scope, await currentPlace(scope));
  await enqueue(scope, 'fan_out', scope.workspaceId, null);
};

/** The job. @returns when it comes again; null: there is no channel to tell anything */
export const fanOut = async (engine: Engine, scope: Scope): Promise<Date | null> => {
  const targets = (await activeChannels(scope)).flatMap((row) => {
    const channel = engine.channels.get(row.kind);
    return channel ? [{ row, channel }] : [];
  });
  if (targets.length === 0) return null;
  const events = await readFeed(scope, (await fanOutPlace(scope)) ?? (await currentPlace(scope)), EVENTS_A_ROUND);
  const last = events.at(-1);
  if (!last) return new Date(Date.now() + LOOK_MS);
  const approvals = new Map<string, ApprovalRow | undefined>();
  const deliveries: NewDelivery[] = [];
  for (const event of events) {
    const isOfApproval = event.type.startsWith('approval.');
    if (isOfApproval && !approvals.has(event.subject))
      approvals.set(event.subject, await getApproval(scope, event.subject));
    const approval = isOfApproval ? approvals.get(event.subject) : undefined;
    await noteWhoActed(scope, event);
    if (event.type === 'approval.requested' && approval) await expectOnCall(scope, approval);
    deliveries.push(...(await deliveriesOf(scope, event, approval, targets)));
  }
  await insertDeliveries(scope, deliveries);
  for (const [channelId, due] of Map.groupBy(deliveries, ({ channel_id: id }) => id))
    await enqueue(scope, 'deliver', channelId, earliest(due));
  await putFanOutPlace(scope, last);
  if (deliveries.length > 0) scope.afterCommit(() => engine.wake.jobs());
  // Whatever happened meanwhile is looked for at once.
  return new Date();
};

const earliest = (deliveries: readonly NewDelivery[]): Date | null =>
  deliveries.reduce<Date | null>(
    (least, { next_at: at }) => (least === null || at === null ? null : at < least ? at : least),
    deliveries[0]?.next_at ?? null,
  );

const noteWhoActed = async (scope: Scope, { type, subject, actor, at }: Feed): Promise<void> => {
  if (type === 'approval.vote' && actor.kind === 'person') await noteActed(scope, subject, actor.id, at);
};

const expectOnCall = async (scope: Scope, approval: ApprovalRow): Promise<void> => {
  const onCall = (await getSettings(scope)).on_call;
  if (!onCall || approval.status !== 'pending' || !isAtLeast(approval.priority, onCall.priority_min)) return;
  await enqueue(
    scope,
    'call_on_call',
    approval.id,
    new Date(approval.created_at.getTime() + onCall.after_seconds * 1000),
  );
};

const deliveriesOf = async (
  scope: Scope,
  event: Feed,
  approval: ApprovalRow | undefined,
  targets: readonly Target[],
): Promise<NewDelivery[]> => {
  const wanted = targets.filter((target) => wants(target, event, approval, namedOf(event, approval, targets)));
  if (wanted.length === 0) return [];
  const toPeople = wanted.some(({ channel }) => channel.audience === 'people') && isForPeople(event.type);
  const people = toPeople ? await recipientsOf(scope, event, approval) : [];
  const told = await toldBefore(scope, event, wanted);
  const everybody = [...new Set([...people, ...[...told.values()].flat()])];
  const preferences = await notificationPreferences(scope, everybody);
  return wanted.flatMap(({ row, channel }) => {
    if (channel.audience === 'place') return [delivery(row, event, '', { atMs: 0, isDigest: false })];
    const here = new Set([...people, ...(told.get(row.id) ?? [])]);
    return [...here].flatMap((personId) => {
      const preference = preferences.get(personId) ?? PLAIN_PREFERENCE;
      // The last one who is called is called at any hour.
      const priority: Priority = event.type === 'approval.on_call' ? 'critical' : (approval?.priority ?? 'medium');
      const placing = placeFor(preference, row.kind, priority, event.at.getTime());
      return placing ? [delivery(row, event, personId, placing)] : [];
    });
  });
};

/** Who was asked on a channel that keeps them up to date; whoever decided knows. */
const toldBefore = async (
  scope: Scope,
  { type, subject, actor }: Feed,
  wanted: readonly Target[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const told = new Map<string, readonly string[]>();
  if (!OUTCOMES.has(type)) return told;
  for (const { row, channel } of wanted)
    if (channel.keepsTold)
      told.set(
        row.id,
        (await toldOn(scope, row.id, subject)).filter((id) => id !== actor.id),
      );
  return told;
};

/** The channels that the request names, or that the workflow's step does: none if no name is a channel's. */
const namedOf = (event: Feed, approval: ApprovalRow | undefined, targets: readonly Target[]): ReadonlySet<string> => {
  const given = event.type === 'workflow.notification' ? event.data['channels'] : approval?.channels;
  const names = new Set((Array.isArray(given) ? given : []).map((name) => String(name).toLowerCase()));
  return new Set(targets.filter(({ row }) => names.has(row.name.toLowerCase())).map(({ row }) => row.id));
};

const wants = (
  { row, channel }: Target,
  event: Feed,
  approval: ApprovalRow | undefined,
  named: ReadonlySet<string>,
): boolean => {
  // What was said there stands there already.
  if (event.type === 'approval.commented' && event.data['channel_id'] === row.id) return false;
  const chosen = row.event_types.length > 0 ? row.event_types.includes(event.type) : channel.tells(event.type);
  if (!chosen) return false;
  if (approval && !isAtLeast(approval.priority, row.priority_min)) return false;
  if (named.size === 0 || named.has(row.id)) return true;
  // Naming channels says where people are asked; a program that listens hears the rest all the same.
  return channel.isForPrograms === true && !ASKING.has(event.type) && event.type !== 'workflow.notification';
};

const delivery = (row: ChannelRow, event: Feed, recipient: string, { atMs, isDigest }: Placing): NewDelivery => ({
  id: newId('delivery'),
  channel_id: row.id,
  cause: event.id,
  recipient,
  event_type: event.type,
  subject: event.subject,
  notice: {
    event_id: event.id,
    at: event.at.toISOString(),
    actor: event.actor,
    data: event.data,
    sequence: event.position,
  },
  is_digest: isDigest,
  next_at: atMs <= event.at.getTime() ? null : new Date(atMs),
});

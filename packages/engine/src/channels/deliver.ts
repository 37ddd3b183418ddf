/**
 * Brings what is due on one channel there: the job of that channel, of which one process at a time holds the lease. So the
 * rate is kept over all processes, and one dead endpoint keeps nobody waiting but itself. Nothing of the database is held
 * while the other side is spoken to; what a process that dies has sent and not yet written down is sent again, under the same id.
 */
import type { Channel, Message, Notice, On, Outcome } from '@countersign/channels';
import { retryWaitSeconds } from '@countersign/core';
import {
  type ChannelRow,
  type DeliveryRow,
  type Job,
  type Scope,
  appendEvent,
  disableChannel,
  dueDeliveries,
  finishJob,
  getChannel,
  giveUpDeliveries,
  holdJob,
  nextDelivery,
  noteChannelFailed,
  noteChannelWorked,
  releaseJob,
  removePushSubscriptions,
  restOfDigests,
  settleDelivery,
  transaction,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { TEST_TYPE } from './notice.ts';
import { type Parcel, parcelsOf } from './parcels.ts';

const DUE_A_ROUND = 200;
/** So many failures in a row end a round: the rest would most likely only wait as well. */
const BREAK_AFTER = 16;
const BREAK_SECONDS = 30;
/** trust.md, T66. */
const DISABLE_AFTER_SECONDS = 5 * 24 * 3600;
const DISABLE_FAILURES_MIN = 2;
const SHOWN_MAX = 8192;

export const SYSTEM = { kind: 'system', id: 'system', name: 'Countersign' } as const;

type Round = {
  readonly row: ChannelRow;
  readonly channel: Channel;
  readonly secrets: readonly string[];
  readonly parcels: readonly Parcel[];
};

export const deliver = async (engine: Engine, job: Job): Promise<void> => {
  const round = await transaction(engine.api, job.workspace_id, async (scope): Promise<Round | null | undefined> => {
    if (!(await holdJob(scope, job))) return undefined;
    const row = await getChannel(scope, job.subject);
    const channel = row && engine.channels.get(row.kind);
    if (row?.status !== 'active' || !channel) return null;
    const first = await dueDeliveries(scope, row.id, DUE_A_ROUND, isOrdered(row, channel));
    const due = [...first, ...(await restOfDigests(scope, row.id, first))];
    return {
      row,
      channel,
      secrets: secretsOf(engine, scope, row),
      parcels: await parcelsOf(engine, scope, row, channel, due),
    };
  });
  if (round === undefined) return;
  const pauseSeconds = round === null ? 0 : await sendAll(engine, job.workspace_id, round);
  await transaction(engine.api, job.workspace_id, async (scope) => {
    // Held before what comes next is read: whoever queues more meanwhile waits here, and then brings the job forward.
    const held = await holdJob(scope, job);
    if (!held) return;
    const next = round === null ? null : await nextDelivery(scope, job.subject, isOrdered(round.row, round.channel));
    if (next === null) await finishJob(scope, held);
    else await releaseJob(scope, job, new Date(Math.max(next.getTime(), held.now.getTime() + pauseSeconds * 1000)));
    scope.afterCommit(() => engine.wake.jobs());
  });
};

/** A message has to be there before what became of it can be said. */
const isOrdered = (row: ChannelRow, channel: Channel): boolean => row.is_ordered || channel.keepsOrder === true;

const contextOf = (workspaceId: string, channelId: string): string => `${workspaceId}/channel/${channelId}`;

export const sealChannelSecret = (
  engine: Pick<Engine, 'secrets'>,
  workspaceId: string,
  id: string,
  secret: string,
): Buffer => engine.secrets.seal(secret, contextOf(workspaceId, id));

export const secretsOf = (
  engine: Pick<Engine, 'secrets'>,
  { workspaceId }: Pick<Scope, 'workspaceId'>,
  row: Pick<ChannelRow, 'id' | 'secret' | 'previous_secret'>,
): string[] =>
  [row.secret, row.previous_secret].flatMap((sealed) =>
    sealed ? [engine.secrets.open(sealed, contextOf(workspaceId, row.id))] : [],
  );

/** Where a channel's provider posts to. */
export const inboundUrlOf = ({ issuer }: Pick<Engine, 'issuer'>, { id }: Pick<ChannelRow, 'id'>): string =>
  `${issuer()}/channels/${id}/inbound`;

/** @returns how long the channel then rests, in seconds */
const sendAll = async (engine: Engine, workspaceId: string, round: Round): Promise<number> => {
  const { channel, row, parcels } = round;
  const startedMs = performance.now();
  let failuresInARow = 0;
  let sent = 0;
  const left = [...parcels];
  const worker = async (): Promise<void> => {
    for (let parcel = left.shift(); parcel; parcel = left.shift()) {
      if (failuresInARow >= BREAK_AFTER) return;
      sent += 1;
      const outcome = await sendParcel(engine, workspaceId, round, parcel);
      failuresInARow = outcome.outcome === 'retry' ? failuresInARow + 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: channel.concurrency }, worker));
  if (failuresInARow >= BREAK_AFTER) return BREAK_SECONDS;
  const dueSeconds = sent / (row.rate_per_second ?? channel.ratePerSecond);
  return Math.max(0, dueSeconds - (performance.now() - startedMs) / 1000);
};

/** One message, brought there and written down. */
export const sendParcel = async (
  engine: Engine,
  workspaceId: string,
  { row, channel, secrets }: Pick<Round, 'row' | 'channel' | 'secrets'>,
  parcel: Parcel,
): Promise<Outcome> => {
  const on: On = {
    ...parcel.on,
    settings: row.settings as On['settings'],
    secrets,
    publicUrl: engine.issuer(),
    inboundUrl: inboundUrlOf(engine, row),
    now: new Date(),
  };
  const startedMs = performance.now();
  const outcome = await attempt(engine, channel, parcel, on);
  const durationMs = performance.now() - startedMs;
  await transaction(engine.api, workspaceId, (scope) => settle(engine, scope, row, parcel, outcome, durationMs));
  return outcome;
};

const attempt = async (engine: Engine, channel: Channel, { notices }: Parcel, on: On): Promise<Outcome> => {
  const [first] = notices;
  if (!first) throw new Error('a message about nothing');
  let message: Message | undefined;
  try {
    message = renderAll(channel, notices, on);
    return await channel.send(message, first, on);
  } catch (error) {
    // A bug of ours: seen in the log and in the list of deliveries, and not the other side's failure.
    engine.log.error({ err: error, kind: channel.kind, delivery: first.id }, 'a delivery failed by a bug');
    const problem = 'a bug of ours; the log says more';
    return { outcome: 'retry', request: message?.text ?? '', response: null, problem };
  }
};

export const renderAll = (channel: Channel, notices: readonly Notice[], on: On): Message => {
  const [first, ...more] = notices;
  if (!first) throw new Error('a message about nothing');
  return more.length > 0 && channel.digest ? channel.digest(notices, on) : channel.render(first, on);
};

const cut = (text: string): string =>
  (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}… (${text.length - SHOWN_MAX} more)`).replaceAll(
    '\0',
    '',
  );

const settle = async (
  engine: Engine,
  scope: Scope,
  row: ChannelRow,
  { deliveries }: Parcel,
  outcome: Outcome,
  durationMs: number,
): Promise<void> => {
  const problem = 'problem' in outcome ? outcome.problem.slice(0, 500) : null;
  const shown = {
    outcome: outcome.outcome,
    request: cut(outcome.request),
    response: outcome.response && cut(outcome.response),
    problem,
    duration_ms: durationMs,
  };
  const asked = outcome.outcome === 'retry' ? outcome.retryAfterSeconds : undefined;
  for (const delivery of deliveries) {
    const waitSeconds = outcome.outcome === 'retry' ? waitOf(delivery, asked) : null;
    const status =
      outcome.outcome === 'retry' && waitSeconds !== null
        ? 'queued'
        : outcome.outcome === 'sent' || outcome.outcome === 'delivered'
          ? outcome.outcome
          : 'failed';
    const reference = 'reference' in outcome ? (outcome.reference ?? null) : null;
    await settleDelivery(scope, delivery.id, shown, { status, reference, waitSeconds });
  }
  const reader = deliveries[0]?.recipient ?? '';
  if (outcome.gone && outcome.gone.length > 0) await removePushSubscriptions(scope, reader, outcome.gone);
  if (outcome.outcome === 'sent' || outcome.outcome === 'delivered') await noteChannelWorked(scope, row.id);
  else if (outcome.outcome === 'retry') await noteFailure(engine, scope, row);
  else if (outcome.outcome === 'refused' && outcome.endsChannel) await disable(engine, scope, row, outcome.problem);
};

/** A test says at once how it went. */
const waitOf = (delivery: DeliveryRow, askedSeconds: number | undefined): number | null =>
  delivery.event_type === TEST_TYPE ? null : retryWaitSeconds(delivery.attempts + 1, Math.random(), askedSeconds);

const noteFailure = async (engine: Engine, scope: Scope, row: ChannelRow): Promise<void> => {
  const failing = await noteChannelFailed(scope, row.id);
  if (failing && failing.failures >= DISABLE_FAILURES_MIN && failing.failing_seconds >= DISABLE_AFTER_SECONDS)
    await disable(engine, scope, row, 'nothing got through for five days');
};

/** Its event tells the owners, on every other channel. */
const disable = async (engine: Engine, scope: Scope, row: ChannelRow, why: string): Promise<void> => {
  if ((await disableChannel(scope, row.id, why)) === 0) return;
  await giveUpDeliveries(scope, row.id, `the channel was disabled: ${why}`);
  await appendEvent(scope, {
    type: 'channel.disabled',
    subject: row.id,
    actor: SYSTEM,
    data: { name: row.name, kind: row.kind, reason: why },
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
};

import type { WireChannel, WireDelivery, WireDeliveryDetail, WireDeliveryState } from '@countersign/contract';
import { type Engine, inboundUrlOf } from '@countersign/engine';
import type { AttemptRow, ChannelHealth, ChannelRow, ShownDelivery } from '@countersign/store';

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

export const presentChannel = (
  row: ChannelRow,
  health: ChannelHealth | undefined,
  { channels, issuer }: Pick<Engine, 'channels' | 'issuer'>,
): WireChannel => ({
  id: row.id,
  kind: row.kind as WireChannel['kind'],
  name: row.name,
  settings: row.settings as WireChannel['settings'],
  event_types: row.event_types,
  priority_min: row.priority_min,
  ordered: row.is_ordered,
  rate_per_second: row.rate_per_second,
  status: row.status,
  status_reason: row.status_reason,
  failing_since: instant(row.failing_since),
  last_success_at: instant(row.last_success_at),
  inbound_url:
    channels.get(row.kind)?.inbound && row.settings['connection'] !== 'socket' ? inboundUrlOf({ issuer }, row) : null,
  previous_secret_until: instant(row.previous_secret_until),
  health: {
    queued: health?.queued ?? 0,
    failed: health?.failed ?? 0,
    last_day: health?.last_day ?? 0,
    failed_last_day: health?.failed_last_day ?? 0,
    oldest_queued_at: instant(health?.oldest_queued_at ?? null),
  },
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

/** The furthest it has come. A dead letter stays one, whatever its recipient found out elsewhere. */
export const stateOf = (
  row: Pick<ShownDelivery, 'status' | 'opened_at' | 'seen_whole_at' | 'acted_at'>,
): WireDeliveryState => {
  if (row.status === 'failed' || row.status === 'skipped') return row.status;
  if (row.acted_at) return 'acted';
  if (row.seen_whole_at) return 'seen_whole';
  return row.opened_at ? 'opened' : row.status;
};

export const presentDelivery = (row: ShownDelivery): WireDelivery => ({
  id: row.id,
  channel_id: row.channel_id,
  event_type: row.event_type,
  subject: row.subject,
  recipient: row.recipient === '' ? null : row.recipient,
  state: stateOf(row),
  attempts: row.attempts,
  next_attempt_at: row.status === 'queued' ? row.next_at.toISOString() : null,
  problem: row.problem,
  created_at: row.created_at.toISOString(),
  sent_at: instant(row.sent_at),
  opened_at: instant(row.opened_at),
  seen_whole_at: instant(row.seen_whole_at),
  acted_at: instant(row.acted_at),
});

export const presentDeliveryDetail = (row: ShownDelivery, tries: readonly AttemptRow[]): WireDeliveryDetail => ({
  ...presentDelivery(row),
  tries: tries.map((one) => ({ ...one, at: one.at.toISOString() })),
});

/** Incoming webhooks and their deliveries as they go over the wire. */
import type { WireIncomingDelivery, WireIncomingWebhook } from '@countersign/contract';
import type { Json } from '@countersign/core';
import type { IncomingWebhookRow, ListedDelivery } from '@countersign/store';
import { presentTarget } from './schedules.ts';

export const presentIncomingWebhook = (
  row: IncomingWebhookRow,
  names: ReadonlyMap<string, string>,
): WireIncomingWebhook => ({
  id: row.id,
  name: row.name,
  target: presentTarget(row, names),
  input: row.input === null ? null : (JSON.parse(row.input) as Json),
  signature: row.signature,
  delivery_header: row.delivery_header,
  on_behalf_of: row.on_behalf_of,
  token_prefix: row.token_prefix,
  enabled: row.disabled_at === null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  created_by: { kind: row.created_by.kind, id: row.created_by.id, name: row.created_by.name },
});

export const presentIncomingDelivery = (row: ListedDelivery): WireIncomingDelivery => ({
  id: row.id,
  delivery_id: row.delivery_id,
  status: row.status,
  code: row.code,
  reason: row.reason,
  execution:
    row.execution_id === null || row.execution_status === null
      ? null
      : { id: row.execution_id, status: row.execution_status },
  repeats: row.repeats,
  address: row.address,
  received_at: row.received_at.toISOString(),
});

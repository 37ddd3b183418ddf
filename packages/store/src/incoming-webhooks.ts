/** Addresses that others post to, each found by the hash of its token, and the deliveries that came. */
import type { Actor } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Database, type Scope, byCredential, statement } from './database.ts';
import type { ExecutionStatusColumn } from './rows.ts';

export type WebhookSignature = {
  readonly scheme: 'standard' | 'body' | 'timestamp_body';
  readonly header: string;
  readonly timestamp_header: string | null;
  readonly tolerance_seconds: number;
};

export type IncomingWebhookRow = {
  workspace_id: string;
  id: string;
  name: string;
  agent_id: string | null;
  workflow_id: string | null;
  version: number | null;
  input: string | null;
  signature: WebhookSignature | null;
  delivery_header: string | null;
  on_behalf_of: string | null;
  askers: string[];
  token_prefix: string;
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
  last_used_at: Date | null;
  disabled_at: Date | null;
};

export type IncomingDeliveryRow = {
  id: string;
  webhook_id: string;
  delivery_id: string | null;
  status: 'started' | 'refused';
  code: string | null;
  reason: string | null;
  execution_id: string | null;
  repeats: number;
  address: string;
  received_at: Date;
};

const columns = `workspace_id, id, name, agent_id, workflow_id, version, input, signature, delivery_header, on_behalf_of,
  askers, token_prefix, created_by, created_at, updated_at, last_used_at, disabled_at`;

const byToken = statement<IncomingWebhookRow>(
  'incoming_webhook_by_token',
  `select ${columns} from incoming_webhook where token_hash = $1 and deleted_at is null`,
);

/** The webhook whose token has this hash, in whichever workspace. */
export const findIncomingWebhook = (database: Database, tokenHash: Buffer): Promise<IncomingWebhookRow | undefined> =>
  byCredential(database, tokenHash, 'read only', (scope) => byToken.one(scope, tokenHash));

const insert = statement(
  'incoming_webhook_insert',
  `insert into incoming_webhook (workspace_id, id, name, agent_id, workflow_id, version, input, signature, delivery_header,
     on_behalf_of, askers, token_hash, token_prefix, created_by)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
);

export const insertIncomingWebhook = (
  scope: Scope,
  row: Omit<IncomingWebhookRow, 'workspace_id' | 'created_at' | 'updated_at' | 'last_used_at' | 'disabled_at'> & {
    readonly token_hash: Buffer;
  },
): Promise<number> =>
  insert.run(
    scope,
    scope.workspaceId,
    row.id,
    row.name,
    row.agent_id,
    row.workflow_id,
    row.version,
    row.input,
    row.signature,
    row.delivery_header,
    row.on_behalf_of,
    row.askers,
    row.token_hash,
    row.token_prefix,
    row.created_by,
  );

const get = statement<IncomingWebhookRow>(
  'incoming_webhook_get',
  `select ${columns} from incoming_webhook where workspace_id = $1 and id = $2 and deleted_at is null`,
);
const lock = statement<IncomingWebhookRow>(
  'incoming_webhook_lock',
  `select ${columns} from incoming_webhook where workspace_id = $1 and id = $2 and deleted_at is null for update`,
);

export const getIncomingWebhook = (scope: Scope, id: string): Promise<IncomingWebhookRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockIncomingWebhook = (scope: Scope, id: string): Promise<IncomingWebhookRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'incoming_webhook_update',
  `update incoming_webhook set name = $3, version = $4, input = $5, signature = $6, delivery_header = $7, askers = $8,
     disabled_at = $9, updated_at = clock_timestamp() where workspace_id = $1 and id = $2`,
);

export const saveIncomingWebhook = (scope: Scope, row: IncomingWebhookRow): Promise<number> =>
  update.run(
    scope,
    scope.workspaceId,
    row.id,
    row.name,
    row.version,
    row.input,
    row.signature,
    row.delivery_header,
    row.askers,
    row.disabled_at,
  );

const rotate = statement(
  'incoming_webhook_rotate',
  `update incoming_webhook set token_hash = $3, token_prefix = $4, updated_at = clock_timestamp()
   where workspace_id = $1 and id = $2`,
);

/** Another token; the one before is worth nothing from now on. */
export const rotateIncomingToken = (scope: Scope, id: string, hash: Buffer, prefix: string): Promise<number> =>
  rotate.run(scope, scope.workspaceId, id, hash, prefix);

const remove = statement(
  'incoming_webhook_delete',
  'update incoming_webhook set deleted_at = clock_timestamp() where workspace_id = $1 and id = $2',
);
export const deleteIncomingWebhook = (scope: Scope, id: string): Promise<number> =>
  remove.run(scope, scope.workspaceId, id);

const many = statement<IncomingWebhookRow & { cursor_at: string }>(
  'incoming_webhook_list',
  `select ${columns}, created_at::text as cursor_at from incoming_webhook
   where workspace_id = $1 and deleted_at is null and ($2::timestamptz is null or (created_at, id) < ($2, $3))
   order by created_at desc, id desc limit $4`,
);

/** A page, newest first; one row more than the limit says that there is a next page. */
export const listIncomingWebhooks = (
  scope: Scope,
  after: PageStart,
  limit: number,
): Promise<(IncomingWebhookRow & { cursor_at: string })[]> =>
  many.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? null, limit + 1);

const deliveryColumns =
  'id, webhook_id, delivery_id, status, code, reason, execution_id, repeats, address, received_at';

const insertOnce = statement(
  'incoming_delivery_insert',
  `insert into incoming_delivery (workspace_id, webhook_id, id, delivery_id, status, code, reason, address)
   values ($1, $2, $3, $4, $5, $6, $7, $8)
   on conflict (workspace_id, webhook_id, delivery_id) where status = 'started' and delivery_id is not null do nothing`,
);

/** False if the sender's id is taken by one that started something; one that is being worked on is waited for. */
export const insertIncomingDelivery = async (
  scope: Scope,
  row: Omit<IncomingDeliveryRow, 'execution_id' | 'repeats' | 'received_at'>,
): Promise<boolean> =>
  (await insertOnce.run(
    scope,
    scope.workspaceId,
    row.webhook_id,
    row.id,
    row.delivery_id,
    row.status,
    row.code,
    row.reason,
    row.address,
  )) === 1;

const settle = statement(
  'incoming_delivery_settle',
  'update incoming_delivery set status = $3, code = $4, reason = $5, execution_id = $6 where workspace_id = $1 and id = $2',
);

export const settleIncomingDelivery = (
  scope: Scope,
  row: Pick<IncomingDeliveryRow, 'id' | 'status' | 'code' | 'reason' | 'execution_id'>,
): Promise<number> => settle.run(scope, scope.workspaceId, row.id, row.status, row.code, row.reason, row.execution_id);

const repeat = statement<{ execution_id: string | null }>(
  'incoming_delivery_repeat',
  `update incoming_delivery set repeats = repeats + 1
   where workspace_id = $1 and webhook_id = $2 and delivery_id = $3 and status = 'started' returning execution_id`,
);

/** Counts one that came again. @returns what the first one started */
export const repeatIncomingDelivery = async (
  scope: Scope,
  webhookId: string,
  deliveryId: string,
): Promise<string | undefined> =>
  (await repeat.one(scope, scope.workspaceId, webhookId, deliveryId))?.execution_id ?? undefined;

const touch = statement(
  'incoming_webhook_touch',
  'update incoming_webhook set last_used_at = clock_timestamp() where workspace_id = $1 and id = $2',
);
/** Refused deliveries are for looking at: only so many are kept. Accepted ones stay, or a late repeat would start anew. */
const REFUSED_KEPT = 100;
const trim = statement(
  'incoming_delivery_trim',
  `delete from incoming_delivery where workspace_id = $1 and webhook_id = $2 and status = 'refused' and received_at <
     (select received_at from incoming_delivery where workspace_id = $1 and webhook_id = $2 and status = 'refused'
      order by received_at desc offset ${REFUSED_KEPT} limit 1)`,
);

export const noteIncomingUse = async (scope: Scope, webhookId: string): Promise<void> => {
  touch.send(scope, scope.workspaceId, webhookId);
  trim.send(scope, scope.workspaceId, webhookId);
};

export type ListedDelivery = IncomingDeliveryRow & {
  cursor_at: string;
  execution_status: ExecutionStatusColumn | null;
};

const deliveries = statement<ListedDelivery>(
  'incoming_delivery_list',
  `select ${deliveryColumns
    .split(', ')
    .map((column) => `d.${column}`)
    .join(', ')}, d.received_at::text as cursor_at, e.status as execution_status
   from incoming_delivery d left join execution e on e.workspace_id = d.workspace_id and e.id = d.execution_id
   where d.workspace_id = $1 and d.webhook_id = $2 and ($3::timestamptz is null or (d.received_at, d.id) < ($3, $4))
   order by d.received_at desc, d.id desc limit $5`,
);

/** A page, the latest first; one row more than the limit says that there is a next page. */
export const listIncomingDeliveries = (
  scope: Scope,
  webhookId: string,
  after: PageStart,
  limit: number,
): Promise<ListedDelivery[]> =>
  deliveries.all(scope, scope.workspaceId, webhookId, after?.at ?? null, after?.id ?? null, limit + 1);

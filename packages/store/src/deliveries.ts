/** Deliveries: one thing told to one recipient on one channel, with every attempt. */
import type { Actor } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';

/** What happened, as it is kept with each delivery: the same in every attempt. */
export type NoticeRow = {
  readonly event_id: string;
  readonly at: string;
  readonly actor: Actor;
  readonly data: Record<string, unknown>;
  readonly sequence: number;
};

export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'failed' | 'skipped';

export type DeliveryRow = {
  id: string;
  channel_id: string;
  cause: string;
  recipient: string;
  event_type: string;
  subject: string;
  notice: NoticeRow;
  position: number;
  status: DeliveryStatus;
  attempts: number;
  next_at: Date;
  is_digest: boolean;
  problem: string | null;
  reference: string | null;
  /** A link for its reader alone; gone once it is sent. */
  sealed: Buffer | null;
  created_at: Date;
  sent_at: Date | null;
  cursor_at: string;
};

/** With what its recipient did since. */
export type ShownDelivery = DeliveryRow & Reading;
export type Reading = { opened_at: Date | null; seen_whole_at: Date | null; acted_at: Date | null };

const columns = `id, channel_id, cause, recipient, event_type, subject, notice, position, status, attempts, next_at, is_digest,
  problem, reference, sealed, created_at, sent_at, created_at::text as cursor_at`;

export type NewDelivery = Pick<
  DeliveryRow,
  'id' | 'channel_id' | 'cause' | 'recipient' | 'event_type' | 'subject' | 'notice' | 'is_digest'
> & {
  /** Null: at once. */
  readonly next_at: Date | null;
};

const insert = statement(
  'delivery_insert',
  // Whatever led to it twice is told once a channel, cause and recipient.
  `insert into delivery (workspace_id, id, channel_id, cause, recipient, event_type, subject, notice, is_digest, next_at)
   select $1, r.id, r.channel_id, r.cause, r.recipient, r.event_type, r.subject, r.notice, r.is_digest, coalesce(r.next_at, clock_timestamp())
   from jsonb_to_recordset($2) as r (id text, channel_id text, cause text, recipient text, event_type text, subject text,
     notice jsonb, is_digest boolean, next_at timestamptz)
   on conflict (workspace_id, channel_id, cause, recipient) do nothing`,
);
export const insertDeliveries = async (scope: Scope, rows: readonly NewDelivery[]): Promise<number> =>
  rows.length === 0 ? 0 : insert.run(scope, scope.workspaceId, JSON.stringify(rows));

const seal = statement('delivery_seal', 'update delivery set sealed = $3 where workspace_id = $1 and id = $2');
export const sealDelivery = (scope: Scope, id: string, sealed: Buffer): Promise<number> =>
  seal.run(scope, scope.workspaceId, id, sealed);

const due = statement<DeliveryRow>(
  'delivery_due',
  `select ${columns} from delivery d where workspace_id = $1 and channel_id = $2 and status = 'queued' and next_at <= clock_timestamp()
     and (not $4 or not exists (select from delivery e where e.workspace_id = d.workspace_id and e.channel_id = d.channel_id
       and e.subject = d.subject and e.recipient = d.recipient and e.status = 'queued' and e.position < d.position))
   order by next_at, position limit $3`,
);
/** What is to be tried now, oldest first. `ordered`: of each subject only the first that is not through. */
export const dueDeliveries = (
  scope: Scope,
  channelId: string,
  limit: number,
  ordered: boolean,
): Promise<DeliveryRow[]> => due.all(scope, scope.workspaceId, channelId, limit, ordered);

const dueDigests = statement<DeliveryRow>(
  'delivery_due_digests',
  `select ${columns} from delivery d where workspace_id = $1 and channel_id = $2 and status = 'queued' and next_at <= clock_timestamp()
     and is_digest and recipient = any ($3) and not id = any ($4)
   order by next_at, position limit 2000`,
);
/** What else is due of the digests that these deliveries are part of: a person gets one, and not its parts. */
export const restOfDigests = async (
  scope: Scope,
  channelId: string,
  rows: readonly DeliveryRow[],
): Promise<DeliveryRow[]> => {
  const recipients = [...new Set(rows.filter(({ is_digest }) => is_digest).map(({ recipient }) => recipient))];
  const ids = rows.map(({ id }) => id);
  return recipients.length === 0 ? [] : dueDigests.all(scope, scope.workspaceId, channelId, recipients, ids);
};

const nextDue = statement<{ next_at: Date | null }>(
  'delivery_next',
  `select min(next_at) as next_at from delivery d where workspace_id = $1 and channel_id = $2 and status = 'queued'
     and (not $3 or not exists (select from delivery e where e.workspace_id = d.workspace_id and e.channel_id = d.channel_id
       and e.subject = d.subject and e.recipient = d.recipient and e.status = 'queued' and e.position < d.position))`,
);
export const nextDelivery = async (scope: Scope, channelId: string, ordered: boolean): Promise<Date | null> =>
  (await nextDue.one(scope, scope.workspaceId, channelId, ordered))?.next_at ?? null;

const shown = `select d.id, d.channel_id, d.cause, d.recipient, d.event_type, d.subject, d.notice, d.position, d.status, d.attempts, d.next_at,
    d.is_digest, d.problem, d.reference, d.sealed, d.created_at, d.sent_at, d.created_at::text as cursor_at, r.opened_at, r.seen_whole_at, r.acted_at
  from delivery d left join approval_reader r
    on r.workspace_id = d.workspace_id and r.approval_id = d.subject and r.person_id = d.recipient`;

const get = statement<ShownDelivery>('delivery_get', `${shown} where d.workspace_id = $1 and d.id = $2`);
export const getDelivery = (scope: Scope, id: string): Promise<ShownDelivery | undefined> =>
  get.one(scope, scope.workspaceId, id);

const list = statement<ShownDelivery>(
  'delivery_list',
  `${shown} where d.workspace_id = $1
     and ($2::text is null or d.channel_id = $2) and ($3::text is null or d.status = $3) and ($4::text is null or d.subject = $4)
     and ($5::text is null or d.recipient = $5)
     and ($6::timestamptz is null or (d.created_at, d.id) < ($6, $7)) order by d.created_at desc, d.id desc limit $8`,
);
export type DeliveryFilter = {
  readonly channelId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly subject?: string | undefined;
  readonly recipient?: string | undefined;
};
export const listDeliveries = (
  scope: Scope,
  filter: DeliveryFilter,
  after: PageStart,
  limit: number,
): Promise<ShownDelivery[]> =>
  list.all(
    scope,
    scope.workspaceId,
    filter.channelId ?? null,
    filter.status ?? null,
    filter.subject ?? null,
    filter.recipient ?? null,
    after?.at ?? null,
    after?.id ?? '',
    limit + 1,
  );

export type AttemptRow = {
  attempt: number;
  outcome: 'sent' | 'delivered' | 'retry' | 'refused';
  request: string;
  response: string | null;
  problem: string | null;
  duration_ms: number;
  at: Date;
};
const attempts = statement<AttemptRow>(
  'attempt_list',
  `select attempt, outcome, request, response, problem, duration_ms, at from delivery_attempt
   where workspace_id = $1 and delivery_id = $2 order by attempt`,
);
export const listAttempts = (scope: Scope, deliveryId: string): Promise<AttemptRow[]> =>
  attempts.all(scope, scope.workspaceId, deliveryId);

const insertAttempt = statement(
  'attempt_insert',
  `insert into delivery_attempt (workspace_id, delivery_id, attempt, outcome, request, response, problem, duration_ms)
   values ($1, $2, (select count(*) + 1 from delivery_attempt where workspace_id = $1 and delivery_id = $2), $3, $4, $5, $6, $7)`,
);
const settle = statement(
  'delivery_settle',
  // What the other side said meanwhile of a message that got through is further than what we knew of it.
  `update delivery set status = case when $3 in ('queued', 'sent') and status in ('sent', 'delivered', 'failed') then status else $3 end,
     attempts = attempts + 1, problem = $4, reference = coalesce($5, reference),
     next_at = case when $6::float8 is null then next_at else clock_timestamp() + $6 * interval '1 second' end,
     sent_at = case when $3 in ('sent', 'delivered') then clock_timestamp() else sent_at end,
     sealed = case when $3 = 'queued' then sealed end
   where workspace_id = $1 and id = $2`,
);
/** Writes what an attempt came to. `waitSeconds`: until the next one, where there is one. */
export const settleDelivery = async (
  scope: Scope,
  id: string,
  attempt: Omit<AttemptRow, 'attempt' | 'at'>,
  now: { status: DeliveryStatus; reference: string | null; waitSeconds: number | null },
): Promise<void> => {
  insertAttempt.send(
    scope,
    scope.workspaceId,
    id,
    attempt.outcome,
    attempt.request,
    attempt.response,
    attempt.problem,
    Math.round(attempt.duration_ms),
  );
  settle.send(scope, scope.workspaceId, id, now.status, attempt.problem, now.reference, now.waitSeconds);
};

const report = statement<{ status: DeliveryStatus }>(
  'delivery_report',
  `update delivery set status = $4, problem = $5, reference = coalesce(reference, $6),
     sent_at = coalesce(sent_at, clock_timestamp()), sealed = null
   where workspace_id = $1 and channel_id = $2 and id = $3 and (reference is null or reference = $6)
     and (status = 'queued' or status = 'sent' and $4 in ('delivered', 'failed')) returning status`,
);
/** What the other side says of something that was sent; never back to what it was before. @returns whether that is news */
export const reportDelivery = async (
  scope: Scope,
  channelId: string,
  told: {
    readonly deliveryId: string;
    readonly status: 'sent' | 'delivered' | 'failed';
    readonly problem: string | null;
    readonly reference: string;
  },
): Promise<boolean> => {
  const { deliveryId, status, problem, reference } = told;
  const row = await report.one(scope, scope.workspaceId, channelId, deliveryId, status, problem, reference);
  if (!row) return false;
  const outcome = status === 'failed' ? 'refused' : status;
  insertAttempt.send(scope, scope.workspaceId, deliveryId, outcome, `Reported of ${reference}`, status, problem, 0);
  return true;
};

const skip = statement(
  'delivery_skip',
  `update delivery set status = 'skipped', problem = $3 where workspace_id = $1 and id = $2 and status = 'queued'`,
);
/** It is not worth telling any more. */
export const skipDelivery = (scope: Scope, id: string, why: string): Promise<number> =>
  skip.run(scope, scope.workspaceId, id, why);

const postpone = statement(
  'delivery_postpone',
  `update delivery set next_at = $3, is_digest = true where workspace_id = $1 and id = any ($2) and status = 'queued'`,
);
/** They are told later, and together. */
export const bundleDeliveries = (scope: Scope, ids: readonly string[], at: Date): Promise<number> =>
  postpone.run(scope, scope.workspaceId, ids, at);

const recent = statement<{ recipient: string; count: number; oldest: Date }>(
  'delivery_recent',
  // What went out in one message has one reference.
  `select recipient, count(distinct coalesce(reference, id))::int as count, min(sent_at) as oldest from delivery
   where workspace_id = $1 and channel_id = $2 and recipient = any ($3) and sent_at > clock_timestamp() - $4 * interval '1 second'
   group by recipient`,
);
/** How many messages these people got on the channel within the last seconds. */
export const recentMessages = (
  scope: Scope,
  channelId: string,
  recipients: readonly string[],
  seconds: number,
): Promise<{ recipient: string; count: number; oldest: Date }[]> =>
  recent.all(scope, scope.workspaceId, channelId, recipients, seconds);

const again = statement<{ id: string; channel_id: string }>(
  'delivery_again',
  `update delivery set status = 'queued', attempts = 0, next_at = clock_timestamp(), problem = null, is_digest = false
   where workspace_id = $1 and status <> 'queued' and ($2::text is null or id = $2) and ($3::text is null or channel_id = $3)
     and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at < $5)
     and ($6::text is null or status = $6)
   returning id, channel_id`,
);
/** Queues them anew, with all their attempts before them. */
export const replayDeliveries = (
  scope: Scope,
  which: {
    id?: string;
    channelId?: string;
    since?: string | undefined;
    until?: string | undefined;
    status?: DeliveryStatus | undefined;
  },
): Promise<{ id: string; channel_id: string }[]> =>
  again.all(
    scope,
    scope.workspaceId,
    which.id ?? null,
    which.channelId ?? null,
    which.since ?? null,
    which.until ?? null,
    which.status ?? null,
  );

const giveUp = statement(
  'delivery_give_up',
  `update delivery set status = 'failed', problem = $3 where workspace_id = $1 and channel_id = $2 and status = 'queued'`,
);
/** Whatever a channel still has to deliver becomes a dead letter. */
export const giveUpDeliveries = (scope: Scope, channelId: string, why: string): Promise<number> =>
  giveUp.run(scope, scope.workspaceId, channelId, why);

const firstReference = statement<{ reference: string }>(
  'delivery_reference',
  `select reference from delivery where workspace_id = $1 and channel_id = $2 and subject = $3 and recipient = $4 and reference is not null
   order by position limit 1`,
);
/** What the first message about the subject is called there. */
export const referenceOf = async (
  scope: Scope,
  { channel_id: channelId, subject, recipient }: Pick<DeliveryRow, 'channel_id' | 'subject' | 'recipient'>,
): Promise<string | null> =>
  (await firstReference.one(scope, scope.workspaceId, channelId, subject, recipient))?.reference ?? null;

export type NotifiedRow = ShownDelivery & { kind: string; channel_name: string; recipient_name: string | null };

const notified = statement<NotifiedRow>(
  'delivery_notified',
  `select d.id, d.channel_id, d.recipient, d.event_type, d.status, d.created_at, d.sent_at, r.opened_at, r.seen_whole_at, r.acted_at,
     c.kind, c.name as channel_name, p.name as recipient_name
   from delivery d join channel c on c.workspace_id = d.workspace_id and c.id = d.channel_id
     left join person p on p.id = d.recipient
     left join approval_reader r on r.workspace_id = d.workspace_id and r.approval_id = d.subject and r.person_id = d.recipient
   where d.workspace_id = $1 and d.subject = $2 order by d.position limit 200`,
);
/** Who was told of it, where, and how far each has come. */
export const notifiedOf = (scope: Scope, subject: string): Promise<NotifiedRow[]> =>
  notified.all(scope, scope.workspaceId, subject);

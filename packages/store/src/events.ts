import type { Actor } from '@countersign/core';
import { type Scope, statement, statementOfRows } from './database.ts';
import { newId } from './ids.ts';
import type { EventRow } from './rows.ts';

/** $1 is the workspace. @param rows the parameter that holds them @param where which of them (`r`) */
export const insertEvents = (rows: string, where = 'true'): string =>
  `insert into event (workspace_id, id, type, subject, actor, data, detail)
   select $1, r.id, r.type, r.subject, r.actor, r.data, r.detail
   from rows from (jsonb_to_recordset(${rows}) as (id text, type text, subject text, actor jsonb, data jsonb, detail jsonb))
     with ordinality as r (id, type, subject, actor, data, detail, place)
   where ${where} order by r.place`;

export const EVENT_ROWS = 'event_insert';
const insert = statementOfRows<Pick<EventRow, 'id' | 'type' | 'subject' | 'actor' | 'data'> & { detail: unknown }>(
  EVENT_ROWS,
  insertEvents('$2'),
);

/**
 * Appends what happened, in the transaction in which it happens. `data` carries ids and states and goes out on streams;
 * `detail` (arguments, results) is for the audit log alone.
 */
export const appendEvent = async (
  scope: Scope,
  event: {
    type: string;
    subject: string;
    actor: Actor;
    data?: Record<string, unknown>;
    detail?: Record<string, unknown>;
    /** Where the caller goes on with it. */
    id?: string;
  },
): Promise<void> => {
  insert.send(scope, {
    id: event.id ?? newId('event'),
    type: event.type,
    subject: event.subject,
    actor: event.actor,
    data: event.data ?? {},
    detail: event.detail ?? null,
  });
};

const columns = 'workspace_id, id, type, subject, actor, data, at';

// Only transactions older than every running one: what commits later has a higher place, so no reader skips it.
// The order names the table's column: the bare name would be the text of the answer, which puts 1000 before 999.
const feed = statement<EventRow & { transaction: string; position: number }>(
  'event_feed',
  `select ${columns}, transaction::text, position from event
   where workspace_id = $1 and (transaction, position) > ($2::text::xid8, $3)
     and transaction < pg_snapshot_xmin(pg_current_snapshot())
   order by event.transaction, event.position limit $4`,
);

/** A place in the feed: opaque to readers of events, who name the last event's id instead. */
export type FeedPlace = { readonly transaction: string; readonly position: number };

export const FEED_START: FeedPlace = { transaction: '0', position: 0 };

/** The next events after a place, oldest first. */
export const readFeed = (scope: Scope, after: FeedPlace, limit: number): Promise<(EventRow & FeedPlace)[]> =>
  feed.all(scope, scope.workspaceId, after.transaction, after.position, limit);

const placeOf = statement<FeedPlace>(
  'event_place',
  'select transaction::text, position from event where workspace_id = $1 and id = $2',
);

export const placeOfEvent = (scope: Scope, id: string): Promise<FeedPlace | undefined> =>
  placeOf.one(scope, scope.workspaceId, id);

const endOfFeed = statement<{ transaction: string }>(
  'event_end',
  `select (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text as transaction`,
);

/** Now: events of transactions that commit from here on come after it. */
export const currentPlace = async (scope: Scope): Promise<FeedPlace> => ({
  transaction: (await endOfFeed.one(scope))?.transaction ?? '0',
  position: Number.MAX_SAFE_INTEGER,
});

const ofSubject = statement<EventRow & { position: number }>(
  'event_of_subject',
  `select ${columns}, position from event where workspace_id = $1 and subject = $2 and position > $3
     and type <> 'request.refused' order by position limit $4`,
);

/**
 * What happened to one thing, oldest first. Its events are written under its row's lock, so that their positions are in
 * the order of their commits. What was refused happened to nothing, is written outside of that lock, and is the audit log's.
 */
export const eventsOf = (
  scope: Scope,
  subject: string,
  afterPosition = 0,
  limit = 1000,
): Promise<(EventRow & { position: number })[]> =>
  ofSubject.all(scope, scope.workspaceId, subject, afterPosition, limit);

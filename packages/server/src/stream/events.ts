/** What happens in the workspace, or to one execution, from where the reader left off. */
import type { StreamEvent } from '@countersign/contract';
import type { JsonObject } from '@countersign/core';
import {
  type EventRow,
  type FeedPlace,
  type Scope,
  currentPlace,
  eventsOf,
  getExecution,
  placeOfEvent,
  readFeed,
  reading,
} from '@countersign/store';
import { hasEnded } from '@countersign/core';
import type { FreeHandlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { frameOf, sendEvents } from './send-events.ts';

const PAGE = 200;

const toWire = (row: EventRow): StreamEvent => ({
  id: row.id,
  type: row.type as StreamEvent['type'],
  timestamp: row.at.toISOString(),
  workspace_id: row.workspace_id,
  subject: row.subject,
  actor: row.actor,
  data: row.data as JsonObject,
});

const frame = (event: StreamEvent): string => frameOf(event.id, event.type, event);

export const streamEvents: FreeHandlers['streamEvents'] = async (context) => {
  const { engine, request, principal, query } = context;
  const wanted = query.types === undefined ? null : new Set(query.types.split(',').map((type) => type.trim()));
  const lastId = request.headers.get('last-event-id') ?? query.after;
  let place: FeedPlace = await context.reading(async (scope) => {
    if (!lastId) return currentPlace(scope);
    const known = await placeOfEvent(scope, lastId);
    if (!known) throw new Problem('invalid_cursor', 'There is no event of this id to go on from.');
    return known;
  });
  return sendEvents(
    context,
    'events:read',
    (listener) => engine.wake.onWorkspace(principal.workspaceId, listener),
    async () => {
      const rows = await reading(engine.api, principal.workspaceId, (scope: Scope) => readFeed(scope, place, PAGE));
      const last = rows.at(-1);
      if (last) place = { transaction: last.transaction, position: last.position };
      const events = rows.filter((row) => wanted === null || wanted.has(row.type)).map(toWire);
      return { frames: events.map(frame), isOver: false };
    },
  );
};

export const streamExecution: FreeHandlers['streamExecution'] = async (context) => {
  const { engine, params, principal, request } = context;
  const lastId = request.headers.get('last-event-id');
  let position = await context.reading(async (scope) => {
    if (!(await getExecution(scope, params.id))) throw notFound('execution');
    return (lastId ? await placeOfEvent(scope, lastId) : undefined)?.position ?? 0;
  });
  return sendEvents(
    context,
    'executions:read',
    (listener) => engine.wake.onSubject(params.id, listener),
    () =>
      reading(engine.api, principal.workspaceId, async (scope: Scope) => {
        // The state is read first: whatever ended it is then among the events.
        const [execution, rows] = await Promise.all([
          getExecution(scope, params.id),
          eventsOf(scope, params.id, position, PAGE),
        ]);
        position = rows.at(-1)?.position ?? position;
        const hasMore = rows.length === PAGE;
        return { frames: rows.map(toWire).map(frame), isOver: !hasMore && (!execution || hasEnded(execution.status)) };
      }),
  );
};

/** Server-sent events: what happens in the workspace, from where the reader left off. */
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
import { sessionToken } from '../auth/cookie.ts';
import type { FreeContext, FreeHandlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { nextChange } from './wait.ts';

const HEARTBEAT_MS = 15_000;
/** An event of a transaction that still waits for an older one becomes visible soon after, without another hint. */
const SETTLE_MS = 50;
const POLL_MS = 2000;
/** Nothing goes out on rights that were looked at longer ago than this (trust.md, T33) … */
const RIGHTS_MS = 1000;
/** … and a stream on which nothing happens is closed this much later. */
const RIGHTS_IDLE_MS = 15_000;
const PAGE = 200;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
};

const toWire = (row: EventRow): StreamEvent => ({
  id: row.id,
  type: row.type as StreamEvent['type'],
  timestamp: row.at.toISOString(),
  workspace_id: row.workspace_id,
  subject: row.subject,
  actor: row.actor,
  data: row.data as JsonObject,
});

const frame = (event: StreamEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

type AnyContext = Pick<FreeContext<'streamEvents'>, 'app' | 'engine' | 'request' | 'address' | 'principal' | 'reading'>;
type Right = 'events:read' | 'executions:read';

/** Writes what `next` finds, again and again, until it says that it is over or the reader goes. */
const stream = (
  context: AnyContext,
  right: Right,
  subscribe: (listener: () => void) => () => void,
  next: () => Promise<{ events: StreamEvent[]; isOver: boolean }>,
): Response => {
  const gone = new AbortController();
  context.request.signal.addEventListener('abort', () => gone.abort());
  const encoder = new TextEncoder();
  let lastWriteMs = Date.now();
  let rightsMs = Date.now();
  let hint = nextChange(subscribe, gone.signal);
  let quick = 0;

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode('retry: 1000\n\n')),
    // Called only when the reader has taken what was written: a slow one costs no memory.
    pull: async (controller) => {
      while (!gone.signal.aborted) {
        const found = await next().catch(() => ({ events: [], isOver: false }));
        if (Date.now() - rightsMs > (found.events.length > 0 ? RIGHTS_MS : RIGHTS_IDLE_MS)) {
          if (!(await stillAllowed(context, right))) {
            hint.stop();
            return controller.close();
          }
          rightsMs = Date.now();
        }
        if (gone.signal.aborted) break;
        if (found.events.length > 0) {
          lastWriteMs = Date.now();
          controller.enqueue(encoder.encode(found.events.map(frame).join('')));
        }
        if (found.isOver) {
          hint.stop();
          return controller.close();
        }
        if (found.events.length > 0) return undefined;
        if (Date.now() - lastWriteMs > HEARTBEAT_MS) {
          lastWriteMs = Date.now();
          controller.enqueue(encoder.encode(': still here\n\n'));
          return undefined;
        }
        const startMs = Date.now();
        await hint.wait(quick > 0 ? SETTLE_MS : POLL_MS);
        quick = Date.now() - startMs < (quick > 0 ? SETTLE_MS : POLL_MS) - 5 ? 3 : Math.max(0, quick - 1);
        hint.stop();
        hint = nextChange(subscribe, gone.signal);
      }
      hint.stop();
      return undefined;
    },
    cancel: () => {
      gone.abort();
      hint.stop();
    },
  });
  return new Response(body, { status: 200, headers: HEADERS });
};

const stillAllowed = async ({ app, request, address }: AnyContext, right: Right): Promise<boolean> => {
  try {
    const principal = await app.authenticator.authenticate({
      authorization: request.headers.get('authorization') ?? undefined,
      sessionToken: sessionToken(request, app.config.publicUrl),
      address,
    });
    return principal.permissions.has(right);
  } catch (error) {
    // A database that is away says nothing about rights.
    return !(error instanceof Problem);
  }
};

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
  return stream(
    context,
    'events:read',
    (listener) => engine.wake.onWorkspace(principal.workspaceId, listener),
    async () => {
      const rows = await reading(engine.api, principal.workspaceId, (scope: Scope) => readFeed(scope, place, PAGE));
      const last = rows.at(-1);
      if (last) place = { transaction: last.transaction, position: last.position };
      const events = rows.filter((row) => wanted === null || wanted.has(row.type)).map(toWire);
      return { events, isOver: false };
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
  return stream(
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
        return { events: rows.map(toWire), isOver: !hasMore && (!execution || hasEnded(execution.status)) };
      }),
  );
};

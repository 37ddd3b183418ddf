/** Server-sent events: over a connection that its reader's rights, its reader or its end close. */
import { sessionToken } from '../auth/cookie.ts';
import type { FreeContext } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { nextChange } from './wait.ts';

const HEARTBEAT_MS = 15_000;
/** An event of a transaction that still waits for an older one becomes visible soon after, without another hint. */
const SETTLE_MS = 50;
const POLL_MS = 2000;
/** Nothing goes out on rights that were looked at longer ago than this (trust.md, T33) … */
const RIGHTS_MS = 1000;
/** … and a stream on which nothing happens is closed this much later. */
const RIGHTS_IDLE_MS = 15_000;
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
};

/** @param id from which a reader goes on that comes back with it as Last-Event-ID */
export const frameOf = (id: string, type: string, data: unknown): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

export type StreamContext = Pick<
  FreeContext<'streamEvents'>,
  'app' | 'engine' | 'request' | 'address' | 'principal' | 'reading'
>;
type Right = 'events:read' | 'executions:read';

/** Writes what `next` finds, again and again, until it says that it is over or the reader goes. */
export const sendEvents = (
  context: StreamContext,
  right: Right,
  subscribe: (listener: () => void) => () => void,
  next: () => Promise<{ frames: string[]; isOver: boolean }>,
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
        const found = await next().catch(() => ({ frames: [], isOver: false }));
        if (Date.now() - rightsMs > (found.frames.length > 0 ? RIGHTS_MS : RIGHTS_IDLE_MS)) {
          if (!(await stillAllowed(context, right))) {
            hint.stop();
            return controller.close();
          }
          rightsMs = Date.now();
        }
        if (gone.signal.aborted) break;
        if (found.frames.length > 0) {
          lastWriteMs = Date.now();
          controller.enqueue(encoder.encode(found.frames.join('')));
        }
        if (found.isOver) {
          hint.stop();
          return controller.close();
        }
        if (found.frames.length > 0) return undefined;
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

const stillAllowed = async ({ app, request, address }: StreamContext, right: Right): Promise<boolean> => {
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

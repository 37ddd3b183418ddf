/**
 * As much of Inngest's server as a test needs: it takes events, calls functions over HTTP, keeps their steps, and wakes what
 * waits for an event. It speaks the protocol of Inngest's SDK (https://github.com/inngest/inngest/blob/main/docs/SDK_SPEC.md).
 * Inngest's own server is on GitHub alone. Conditions are understood in one form: `async.data.NAME == 'VALUE'` or
 * `async.data.NAME == event.data.NAME`.
 */
import { type Listening, jsonReply, listen } from '../../recorded-model/listen.ts';

type Event = { readonly id?: string; readonly name: string; readonly data: Record<string, unknown> };

type Registered = {
  readonly id: string;
  readonly triggers: readonly { readonly event?: string }[];
  readonly cancel?: readonly { readonly event: string; readonly if?: string }[];
  readonly steps: Readonly<Record<string, { readonly runtime: { readonly url: string } }>>;
};

type Op = {
  readonly id: string;
  readonly op: string;
  readonly data?: unknown;
  readonly opts?: { readonly event?: string; readonly if?: string; readonly timeout?: string };
  readonly name?: string;
};

type Run = {
  readonly id: string;
  readonly of: Registered;
  readonly event: Event;
  readonly steps: Record<string, { type: 'data'; data: unknown }>;
  readonly stack: string[];
  readonly waiting: Map<string, { readonly event: string; readonly if: string | undefined }>;
  isOver: boolean;
};

const RETRY_MS = 500;
/** Of a timer of Node. */
const LONGEST_MS = 2 ** 31 - 1;

const isMet = (condition: string | undefined, given: Event, run: Run): boolean => {
  if (condition === undefined) return true;
  const found = /^async\.data\.(\w+) == (?:'([^']*)'|event\.data\.(\w+))$/.exec(condition);
  if (!found) throw new Error(`not understood: ${condition}`);
  const [, name = '', text, other = ''] = found;
  return given.data[name] === (text ?? run.event.data[other]);
};

export const startExecutor = async (): Promise<Listening> => {
  const functions = new Map<string, Registered>();
  const seen = new Set<string>();
  const runs: Run[] = [];
  let isClosed = false;

  /** Calls the function again and again until it has no more to do now; where nobody answers, later. */
  const go = async (run: Run): Promise<void> => {
    while (!run.isOver && !isClosed) {
      const body = {
        version: 2,
        ctx: { run_id: run.id, attempt: 0, stack: { stack: run.stack, current: run.stack.length } },
        event: run.event,
        events: [run.event],
        steps: run.steps,
      };
      // Of the newest registration: the function may have moved with its worker.
      const url = Object.values((functions.get(run.of.id) ?? run.of).steps)[0]?.runtime.url ?? '';
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).catch(() => null);
      if (response?.status === 200) {
        run.isOver = true;
        return;
      }
      if (response?.status !== 206) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      const ops = (await response.json()) as Op[];
      let isFurther = false;
      for (const { id, op, data, opts } of ops) {
        if (op === 'StepRun') {
          run.steps[id] = { type: 'data', data };
          run.stack.push(id);
          isFurther = true;
        } else if (op === 'WaitForEvent') {
          run.waiting.set(id, { event: opts?.event ?? '', if: opts?.if });
          const milliseconds = Math.min(Number.parseInt(opts?.timeout ?? '', 10) * 1000, LONGEST_MS);
          setTimeout(() => wake(run, [id], null), milliseconds).unref();
        } else throw new Error(`not understood: ${op}`);
      }
      if (!isFurther) return;
    }
  };

  /** Each of them once: by an event, or by null when its time is over. */
  const wake = (run: Run, ids: readonly string[], data: Event | null): void => {
    const woken = ids.filter((id) => run.waiting.delete(id));
    for (const id of woken) {
      run.steps[id] = { type: 'data', data };
      run.stack.push(id);
    }
    if (woken.length > 0) void go(run);
  };

  const take = (event: Event): void => {
    if (event.id !== undefined && seen.has(event.id)) return;
    if (event.id !== undefined) seen.add(event.id);
    for (const run of runs.filter(({ isOver }) => !isOver)) {
      const ending = run.of.cancel?.some((each) => each.event === event.name && isMet(each.if, event, run));
      if (ending) {
        run.isOver = true;
        take({ name: 'inngest/function.cancelled', data: { run_id: run.id, function_id: run.of.id } });
        continue;
      }
      const met = [...run.waiting].filter(([, wait]) => wait.event === event.name && isMet(wait.if, event, run));
      wake(
        run,
        met.map(([id]) => id),
        event,
      );
    }
    for (const of of functions.values())
      if (of.triggers.some((trigger) => trigger.event === event.name)) {
        const run = { id: crypto.randomUUID(), of, event, steps: {}, stack: [], waiting: new Map(), isOver: false };
        runs.push(run);
        void go(run);
      }
  };

  const { url, close } = await listen(({ path, body }) => {
    if (path === '/fn/register') {
      const { functions: given } = JSON.parse(body) as { functions: Registered[] };
      for (const each of given) functions.set(each.id, each);
      return jsonReply(200, { ok: true, modified: true });
    }
    if (!path.startsWith('/e/')) return jsonReply(404, {});
    const given = JSON.parse(body) as Event | Event[];
    const events = Array.isArray(given) ? given : [given];
    for (const event of events) take(event);
    return jsonReply(200, { ids: events.map(({ id }) => id ?? ''), status: 200 });
  });
  return {
    url,
    close: () => {
      isClosed = true;
      return close();
    },
  };
};

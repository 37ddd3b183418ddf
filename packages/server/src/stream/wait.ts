/** Long poll: answers when the approval is decided, or with the pending one when the time is up. */
import { readApproval } from '../handlers/read-approval.ts';
import type { FreeHandlers } from '../http/context.ts';
import { notFound } from '../http/problem.ts';

/** Without a hint the row is looked at this often: a hint can get lost with the connection that carries it. */
const POLL_MS = 5000;

export const waitForApproval: FreeHandlers['waitForApproval'] = async (context) => {
  const { engine, params, query, principal, request, reading, json } = context;
  const endMs = Date.now() + query.timeout * 1000;
  for (;;) {
    // Listen first, look then: what happens in between is not missed.
    const signal = nextChange((listener) => engine.wake.onSubject(params.id, listener), request.signal);
    try {
      const approval = await reading((scope) => readApproval(scope, params.id, principal));
      if (!approval) throw notFound('approval');
      const leftMs = endMs - Date.now();
      if (approval.status !== 'pending' || leftMs <= 0 || request.signal.aborted) return json(approval);
      await signal.wait(Math.min(leftMs, POLL_MS));
    } finally {
      signal.stop();
    }
  }
};

/** One change to come: resolves at the first of a hint, the time, or the asker's leaving. */
export const nextChange = (subscribe: (listener: () => void) => () => void, abort: AbortSignal) => {
  let wake: () => void = () => undefined;
  let isWoken = false;
  const changed = new Promise<void>((resolve) => {
    wake = () => {
      isWoken = true;
      resolve();
    };
  });
  const unsubscribe = subscribe(wake);
  abort.addEventListener('abort', wake);
  let timer: NodeJS.Timeout | undefined;
  return {
    wait: async (ms: number): Promise<void> => {
      if (isWoken) return;
      timer = setTimeout(wake, ms);
      await changed;
    },
    stop: (): void => {
      clearTimeout(timer);
      unsubscribe();
      abort.removeEventListener('abort', wake);
    },
  };
};

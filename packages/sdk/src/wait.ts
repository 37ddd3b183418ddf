/** Waiting for a decision, by long poll, through whatever happens to the server meanwhile. */
import type { WireApproval } from '@countersign/contract';
import type { Call } from './call.ts';
import { TimeoutError } from './errors.ts';
import { delay, within } from './timing.ts';
import { isPassing, pauseMs } from './transport.ts';

export type WaitOptions = {
  /** How long to wait in all, 0 to look once; without it, until it is decided. The approval's own deadline is another thing: it is kept by the server. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Of one long poll. Below a minute, after which many proxies cut an idle connection. */
const POLL_SECONDS = 50;

/** What one poll may take beyond its own time before the connection counts as dead. */
const POLL_GRACE_SECONDS = 10;

/** How long to stay away from a server that does not answer: a decision must not lie about for long. */
const BACKOFF_MOST_MS = 3000;

/** Between polls that come back undecided at once, as from a server that is shutting down. */
const POLL_GAP_MS = 500;

/**
 * Waits until an approval is decided. A server that restarts, a lost connection, 429 and 502 to 504 are waited through.
 * @throws TimeoutError when the caller's time is up, ApiError where the server refuses (such as 401 or 404).
 */
export const waitForApproval = async (call: Call, id: string, options: WaitOptions = {}): Promise<WireApproval> => {
  const { timeoutSeconds, signal } = options;
  let seen: WireApproval | null = null;

  const poll = async (seconds: number, inner: AbortSignal | undefined): Promise<WireApproval> =>
    call(
      'waitForApproval',
      { id, query: { timeout: seconds } },
      { signal: inner, timeoutSeconds: seconds + POLL_GRACE_SECONDS, retries: 0 },
    );

  const untilDecided = async (inner: AbortSignal | undefined): Promise<WireApproval> => {
    const endsAtMs = performance.now() + (timeoutSeconds ?? Infinity) * 1000;
    for (let failures = 0; ;) {
      const startedMs = performance.now();
      try {
        const seconds = Math.max(0, Math.min(POLL_SECONDS, Math.ceil((endsAtMs - startedMs) / 1000)));
        seen = await poll(seconds, inner);
        if (seen.status !== 'pending') return seen;
        failures = 0;
      } catch (error) {
        if (inner?.aborted || !isPassing(error)) throw error;
        await delay(pauseMs(error, failures, BACKOFF_MOST_MS), inner);
        failures += 1;
      }
      await delay(Math.max(0, POLL_GAP_MS - (performance.now() - startedMs)), inner);
    }
  };

  if (timeoutSeconds === undefined) return untilDecided(signal);
  if (timeoutSeconds === 0) return lookOnce(call, id, signal);
  try {
    return await within(timeoutSeconds, signal, untilDecided);
  } catch (error) {
    if (!(error instanceof TimeoutError) || signal?.aborted) throw error;
    throw new TimeoutError(`${id} was not decided within ${timeoutSeconds} s`, timeoutSeconds, seen);
  }
};

const lookOnce = async (call: Call, id: string, signal: AbortSignal | undefined): Promise<WireApproval> => {
  const seen = await call('getApproval', { id }, { signal });
  if (seen.status !== 'pending') return seen;
  throw new TimeoutError(`${id} is not decided yet`, 0, seen);
};

/** Waiting, giving up, and how long to stay away after a failure. */
import { TimeoutError } from './errors.ts';

/** What timers can hold (2^31 − 1 ms, about 24 days); they fire at once for more. */
const TIMER_MS_MAX = 2_147_483_647;

const BACKOFF_FIRST_MS = 300;

/** Exponential from 300 ms, half of it random: a crowd that lost its server does not come back as one. */
export const backoffMs = (failures: number, mostMs: number): number =>
  Math.min(mostMs, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);

/** `Retry-After` in seconds, whether written as seconds or as a date (RFC 9110, 10.2.3). */
export const retryAfterSeconds = (header: string | null, nowMs: number): number | null => {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
};

/**
 * The promise's outcome, or the signal's reason if that comes first; the promise itself goes on. By hand instead of
 * `AbortSignal.any`, whose signals pile up on a long-lived source in some runtimes.
 */
export const unlessAborted = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
};

/** @throws the signal's reason when it aborts. */
export const delay = async (ms: number, signal?: AbortSignal): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, TIMER_MS_MAX));
  });
  try {
    await unlessAborted(over, signal);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Runs work with a signal that aborts when the caller's does or when the time is up.
 * @throws the caller's reason, or `TimeoutError` after `timeoutSeconds`.
 */
export const within = async <T>(
  timeoutSeconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const tooLate = (): void =>
    controller.abort(new TimeoutError(`No answer within ${timeoutSeconds} s`, timeoutSeconds));
  const timer = timeoutSeconds * 1000 <= TIMER_MS_MAX ? setTimeout(tooLate, timeoutSeconds * 1000) : undefined;
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await unlessAborted(work(controller.signal), controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
};

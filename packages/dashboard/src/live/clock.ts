/** The server's time, as well as it is known: deadlines are the server's, and the machine's own clock is never trusted. */
import { useSyncExternalStore } from 'react';

let offsetMs = 0;
/** How exact the offset is: `server_time` has milliseconds, the `Date` header only seconds. */
let exact = false;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

const tick = (): void => {
  now = Date.now() + offsetMs;
  for (const listener of listeners) listener();
};

/** Learns the offset from an answer: its `server_time`, else its `Date` header. Times in milliseconds. */
export const noteServerTime = (
  answer: unknown,
  dateHeader: string | null,
  sentAt: number,
  receivedAt: number,
): void => {
  const middle = (sentAt + receivedAt) / 2;
  const stated =
    typeof answer === 'object' && answer !== null && 'server_time' in answer ? answer.server_time : undefined;
  const fromBody = typeof stated === 'string' ? Date.parse(stated) : Number.NaN;
  if (Number.isFinite(fromBody)) {
    offsetMs = fromBody - middle;
    exact = true;
  } else if (!exact && dateHeader !== null) {
    const fromHeader = Date.parse(dateHeader) + 500;
    // Below the header's resolution a difference means nothing.
    if (Number.isFinite(fromHeader) && Math.abs(fromHeader - middle) > 1000) offsetMs = fromHeader - middle;
  }
  now = Date.now() + offsetMs;
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
};

/** The server's time in milliseconds since 1970, in steps of one second; one timer serves the whole page. */
export const useServerNow = (): number => useSyncExternalStore(subscribe, () => now);

import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { TimeoutError } from './errors.ts';
import { backoffMs, delay, retryAfterSeconds, unlessAborted, within } from './timing.ts';

const never = new Promise<never>(() => undefined);

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  expect(retryAfterSeconds('7', now)).toBe(7);
  expect(retryAfterSeconds('Sat, 21 Nov 2026 10:00:30 GMT', now)).toBe(30);
  expect(retryAfterSeconds('Sat, 21 Nov 2026 09:00:00 GMT', now)).toBe(0);
  expect(retryAfterSeconds('soon', now)).toBeNull();
  expect(retryAfterSeconds(null, now)).toBeNull();
});

test('the pause doubles up to its limit, and is never the same for all', () => {
  for (const [failures, most] of [
    [0, 300],
    [1, 600],
    [3, 2400],
    [5, 8000],
    [1000, 8000],
  ] as const) {
    const pauses = Array.from({ length: 50 }, () => backoffMs(failures, 8000));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(most / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
    expect(new Set(pauses).size).toBeGreaterThan(40);
  }
});

test('work that takes too long is told so, and given up', async () => {
  let told: unknown;
  const work = within(0.02, undefined, (signal) => {
    signal.addEventListener('abort', () => (told = signal.reason));
    return never;
  });
  await expect(work).rejects.toThrow(TimeoutError);
  expect(told).toBeInstanceOf(TimeoutError);
});

test('a time that no timer can hold is no time at all, rather than none', async () => {
  expect(await within(3_000_000, undefined, async () => 'done')).toBe('done');
  await expect(within(3_000_000, AbortSignal.timeout(20), () => never)).rejects.toThrow('timeout');
});

test('an abort ends a pause at once, with its own reason', async () => {
  const controller = new AbortController();
  const pause = delay(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(pause).rejects.toThrow('enough');
  await expect(delay(60_000, controller.signal)).rejects.toThrow('enough');
});

test('nothing stays behind on a signal that outlives many calls', async () => {
  const { signal } = new AbortController();
  for (let call = 0; call < 20; call += 1) {
    await within(1, signal, async () => delay(0, signal));
    await unlessAborted(Promise.reject(new Error('no')), signal).catch(() => undefined);
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

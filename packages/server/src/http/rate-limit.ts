/** A token bucket for each credential and address, in this process's memory: it protects the process, it bills nobody. */
import { Problem } from './problem.ts';

const WINDOW_SECONDS = 60;
const BUCKETS_MAX = 50_000;

export type RateLimit = {
  /** @returns the headers that tell how much is left @throws Problem `rate_limited` */
  readonly take: (name: string) => Record<string, string>;
};

/** @param perMinute how many requests a minute, with as many at once */
export const createRateLimit = (perMinute: number, nowMs: () => number = Date.now): RateLimit => {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const perMs = perMinute / (WINDOW_SECONDS * 1000);
  return {
    take: (name) => {
      const now = nowMs();
      let bucket = buckets.get(name);
      if (!bucket) {
        if (buckets.size >= BUCKETS_MAX) buckets.clear();
        bucket = { tokens: perMinute, atMs: now };
        buckets.set(name, bucket);
      }
      bucket.tokens = Math.min(perMinute, bucket.tokens + (now - bucket.atMs) * perMs);
      bucket.atMs = now;
      const policy = { 'RateLimit-Policy': `"default";q=${perMinute};w=${WINDOW_SECONDS}` };
      if (bucket.tokens < 1) {
        const seconds = Math.ceil((1 - bucket.tokens) / perMs / 1000);
        throw new Problem(
          'rate_limited',
          `At most ${perMinute} requests a minute. Try again in ${seconds} s.`,
          {},
          {
            ...policy,
            RateLimit: `"default";r=0;t=${seconds}`,
            'Retry-After': String(seconds),
          },
        );
      }
      bucket.tokens -= 1;
      const reset = Math.ceil((perMinute - bucket.tokens) / perMs / 1000);
      return { ...policy, RateLimit: `"default";r=${Math.floor(bucket.tokens)};t=${reset}` };
    },
  };
};

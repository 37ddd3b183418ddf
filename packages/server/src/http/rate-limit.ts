/**
 * A token bucket for each credential and address, in the database: one count for all processes, which outlives a restart
 * (trust.md, T62).
 *
 * A process takes a handful of tokens at a time, at most a hundredth of what a minute allows, and counts them off by itself:
 * most requests cost the database nothing. Nothing is let through that was not taken; what a process still holds is all that
 * another may be short of. Who is at the limit is refused without asking the database again until the next handful is there.
 */
import { type Database, takeTokens } from '@countersign/store';
import { Problem } from './problem.ts';

const WINDOW_SECONDS = 60;
const HANDFUL_MAX = 100;
const BUCKETS_MAX = 50_000;

export type RateLimit = {
  /** @returns the headers that tell how much is left @throws Problem `rate_limited` */
  readonly take: (name: string) => Promise<Record<string, string>>;
};

type Bucket = {
  /** Taken from the database, and not used up. */
  held: number;
  /** In the database after the last look. */
  shared: number;
  /** Nobody asks the database again before. */
  refusedUntilMs: number;
  /** How many requests wait for tokens. */
  waiting: number;
  filling: Promise<void> | null;
};

type Source = (name: string, wanted: number) => Promise<{ readonly granted: number; readonly tokens: number }>;

/** @param perMinute how many requests a minute, with as many at once @param onFailure the database did not count */
export const createRateLimit = (
  database: Database,
  perMinute: number,
  onFailure: (error: unknown) => void = () => undefined,
  nowMs: () => number = Date.now,
): RateLimit => {
  const buckets = new Map<string, Bucket>();
  const handful = Math.min(HANDFUL_MAX, Math.max(1, Math.floor(perMinute / 100)));
  const perMs = perMinute / (WINDOW_SECONDS * 1000);
  const alone = createOwnCount(perMinute, nowMs);
  const source: Source = async (name, wanted) => {
    try {
      return await takeTokens(database, name, perMinute, wanted);
    } catch (error) {
      // A standby, or a database without room: what can still be read is, and this process counts for itself.
      onFailure(error);
      return alone(name, wanted);
    }
  };

  const fill = async (name: string, bucket: Bucket): Promise<void> => {
    // Whoever comes at the same moment asks with it.
    await Promise.resolve();
    const { granted, tokens } = await source(name, Math.max(handful, bucket.waiting));
    bucket.held += granted;
    bucket.shared = tokens;
    if (tokens < 1) bucket.refusedUntilMs = nowMs() + (handful - tokens) / perMs;
  };

  const bucketOf = (name: string): Bucket => {
    const known = buckets.get(name);
    if (known) return known;
    if (buckets.size >= BUCKETS_MAX) buckets.clear();
    const fresh: Bucket = { held: 0, shared: 0, refusedUntilMs: 0, waiting: 0, filling: null };
    buckets.set(name, fresh);
    return fresh;
  };

  const policy = { 'RateLimit-Policy': `"default";q=${perMinute};w=${WINDOW_SECONDS}` };
  const refuse = (bucket: Bucket): never => {
    const seconds = Math.max(1, Math.ceil((bucket.refusedUntilMs - nowMs()) / 1000));
    const headers = { ...policy, RateLimit: `"default";r=0;t=${seconds}`, 'Retry-After': String(seconds) };
    const detail = `At most ${perMinute} requests a minute. Try again in ${seconds} s.`;
    throw new Problem('rate_limited', detail, {}, headers);
  };

  return {
    take: async (name) => {
      const bucket = bucketOf(name);
      while (bucket.held < 1) {
        if (nowMs() < bucket.refusedUntilMs) refuse(bucket);
        bucket.waiting += 1;
        bucket.filling ??= fill(name, bucket).finally(() => (bucket.filling = null));
        await bucket.filling.finally(() => (bucket.waiting -= 1));
      }
      bucket.held -= 1;
      const left = Math.floor(bucket.held + bucket.shared);
      const reset = Math.ceil((perMinute - left) / perMs / 1000);
      return { ...policy, RateLimit: `"default";r=${left};t=${reset}` };
    },
  };
};

/** The same bucket in this process's memory. */
const createOwnCount = (perMinute: number, nowMs: () => number): Source => {
  const counts = new Map<string, { tokens: number; atMs: number }>();
  return async (name, wanted) => {
    if (counts.size >= BUCKETS_MAX) counts.clear();
    const { tokens, atMs } = counts.get(name) ?? { tokens: perMinute, atMs: nowMs() };
    const filled = Math.min(perMinute, tokens + ((nowMs() - atMs) * perMinute) / (WINDOW_SECONDS * 1000));
    const granted = Math.min(Math.floor(filled), wanted);
    counts.set(name, { tokens: filled - granted, atMs: nowMs() });
    return { granted, tokens: filled - granted };
  };
};

/** When a delivery that failed is tried again: ten attempts over three days (trust.md, T65; Standard Webhooks 1.0.0). */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const WAITS_SECONDS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const JITTER = 0.2;

/** The first one among them. */
export const DELIVERY_ATTEMPTS_MAX = WAITS_SECONDS.length + 1;

/**
 * Seconds until the next attempt after so many; null: there is none, and what was not delivered is a dead letter.
 * @param random in [0, 1): spreads those that failed together
 * @param askedSeconds what the other side asked us to wait, which is a least and never ends the attempts
 */
export const retryWaitSeconds = (attempts: number, random: number, askedSeconds = 0): number | null => {
  const wait = WAITS_SECONDS[attempts - 1];
  if (wait === undefined) return null;
  return Math.max(wait * (1 - JITTER + 2 * JITTER * random), askedSeconds);
};

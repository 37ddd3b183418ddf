/** When a failed attempt is made again. */

export const ATTEMPTS_MAX = 6;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

/**
 * Milliseconds until the next attempt: doubling from half a second to a minute, ±20 % so that many do not come back at
 * once; what the other side asked for (`Retry-After`) if that is longer, up to an hour.
 *
 * @param attempt how many attempts failed so far, from 1
 * @param dice a random number in [0, 1), which the caller brings
 */
export const retryDelayMs = (attempt: number, dice: number, retryAfterSeconds = 0): number => {
  const base = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
  const asked = Math.min(retryAfterSeconds, 3600) * 1000;
  return Math.round(Math.max(base * (0.8 + 0.4 * dice), asked));
};

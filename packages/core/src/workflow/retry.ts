import { ATTEMPTS_MAX, retryDelayMs } from '../execution/retry.ts';
import type { WorkflowNode } from './schema.ts';

const DELAY_SECONDS_MAX = 86_400;

/**
 * Seconds until a node's failed attempt is made again, or null if it is not. `delay_seconds`, then the double, or once
 * more the same, each time; longer where the other side asked for that. A tool whose node says nothing about it is
 * tried again as one that an agent calls (E14); any other node is not.
 *
 * @param attempt how many attempts failed so far, from 1
 * @param dice a random number in [0, 1), which the caller brings
 */
export const retryInSeconds = (
  node: WorkflowNode,
  attempt: number,
  dice: number,
  retryAfterSeconds = 0,
): number | null => {
  const retry = 'retry' in node ? node.retry : undefined;
  if (!retry) {
    const isUsual = node.type === 'tool' && attempt < ATTEMPTS_MAX;
    return isUsual ? retryDelayMs(attempt, dice, retryAfterSeconds) / 1000 : null;
  }
  if (attempt > retry.count) return null;
  const factor = retry.backoff === 'linear' ? attempt : 2 ** (attempt - 1);
  return Math.min(Math.max(retry.delay_seconds * factor, retryAfterSeconds), DELAY_SECONDS_MAX);
};

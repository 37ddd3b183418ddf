/** What an agent asks on a call is asked with a caller waiting: by then, or not at all. */
import { ID_PREFIXES } from '@countersign/core';
import { type ExecutionRow, type Scope, patienceOfLine } from '@countersign/store';
import type { HoldPlan } from '../policies/hold-plan.ts';

/** The line's own job ends the wait first, where it does more than wait for the request to expire. */
const GRACE_SECONDS = 15;

/** Whether a call's line started the execution. */
export const isOnCall = ({ trigger_id: id }: Pick<ExecutionRow, 'trigger_id'>): boolean =>
  id?.startsWith(`${ID_PREFIXES.voiceLine}_`) === true;

/** With the caller's patience as its deadline; where we call back, people have the time that their policy gives them. */
export const heldInCall = async (
  scope: Scope,
  execution: Pick<ExecutionRow, 'trigger_id'>,
  plan: HoldPlan,
): Promise<HoldPlan> => {
  if (!isOnCall(execution)) return plan;
  const line = await patienceOfLine(scope, execution.trigger_id ?? '');
  if (!line || line.fallback === 'callback') return plan;
  const most = line.timeout_seconds + (line.fallback === 'return_to_agent' ? 0 : GRACE_SECONDS);
  const seconds = Math.min(plan.timeout.seconds ?? most, most);
  return {
    ...plan,
    calendar: null,
    timeout: { ...plan.timeout, seconds, action: 'reject', levels: [], retriesLeft: 0 },
  };
};

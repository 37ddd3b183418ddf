/** Limits on what is put before people (trust.md, D1): whoever is asked too often reads nothing any more. */
import { type Scope, type WorkspaceSettings, askFigures } from '@countersign/store';
import { type Principal, actorOf } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';

/** When to come again, where that depends on people. */
const RETRY_SECONDS = 30;

/** @throws Problem `too_many_waiting`, if the workspace has limits and this asker, or everybody together, has reached one */
export const refuseFlood = async (
  scope: Scope,
  principal: Principal,
  { ask_limits: limits }: WorkspaceSettings,
): Promise<void> => {
  if (!limits) return;
  const figures = await askFigures(scope, actorOf(principal).id, limits);
  const refuse = (detail: string, seconds: number): never => {
    throw new Problem('too_many_waiting', detail, { limits }, { 'retry-after': String(seconds) });
  };
  if (figures.pending_of_asker >= limits.pending_per_asker)
    refuse(`${limits.pending_per_asker} requests of yours wait for people already.`, RETRY_SECONDS);
  if (figures.lately >= limits.new_per_asker_in_10_minutes)
    refuse(
      `You asked ${limits.new_per_asker_in_10_minutes} times within ten minutes.`,
      Math.max(1, figures.seconds_to_room),
    );
  if (figures.pending >= limits.pending)
    refuse(`${limits.pending} requests wait for people in this workspace already.`, RETRY_SECONDS);
};

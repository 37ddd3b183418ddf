import type { WireStep } from '@countersign/contract';

/** Shorter pauses are the machinery's own and say nothing. */
const WORTH_SAYING_MS = 10_000;

export type Wait = { readonly ms: number; readonly forPerson: boolean };

/** The long pauses of an execution, by the step after which they come: a held call's time until it was decided. */
export const waitsBetween = (steps: readonly WireStep[]): ReadonlyMap<string, Wait> => {
  const waits = new Map<string, Wait>();
  for (const [index, step] of steps.entries()) {
    const held = step.gate?.outcome === 'hold' || step.approval_id !== null;
    // Held calls of one turn wait side by side: the pause is told once, after the last of them.
    const next = steps[index + 1];
    const nextHeld =
      next !== undefined && next.turn === step.turn && (next.gate?.outcome === 'hold' || next.approval_id !== null);
    if (held && nextHeld) continue;
    const end =
      held && step.finished_at !== null
        ? Date.parse(step.finished_at)
        : next === undefined
          ? Number.NaN
          : Date.parse(next.created_at);
    const start = held
      ? Date.parse(step.created_at)
      : step.finished_at === null
        ? Number.NaN
        : Date.parse(step.finished_at);
    const ms = end - start;
    if (ms >= WORTH_SAYING_MS) waits.set(step.id, { ms, forPerson: held });
  }
  return waits;
};

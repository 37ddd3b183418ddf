/** What a schedule does when it is due: which moments run, after a standstill too, and whether beside what still runs. */
import { type Timing, momentsBetween, nextMoment } from './timing.ts';

/** What happens while an execution of the schedule has not ended: nothing new, one after another, or both at once. */
export const OVERLAPS = ['skip', 'queue', 'allow'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** What happens with moments at which no server ran: nothing, one run for all of them, or one for each. */
export const MISSED_POLICIES = ['skip', 'run_once', 'run_all'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

/** A moment that is later than this was missed: a server that runs is never so late. */
export const LATE_MS = 60_000;
/** Of many missed moments, `run_all` runs the last ones. */
export const RUNS_AT_ONCE_MAX = 100;
/** More wait for each other no further. */
export const QUEUED_MAX = 100;
/** What a schedule with `allow` may have open, so that one that nobody decides about ends somewhere. */
export const ACTIVE_MAX = 1000;

/** A moment, and how many it stands for, itself among them. */
export type DueMoment = { readonly atMs: number; readonly count: number };

export type Due = {
  readonly runs: readonly DueMoment[];
  /** Those that run no more. */
  readonly missed: DueMoment | null;
  readonly nextAtMs: number | null;
};

/** @param nextAtMs the moment that the schedule is waiting for */
export const planDue = (timing: Timing, policy: MissedPolicy, nextAtMs: number, nowMs: number): Due => {
  if (nextAtMs > nowMs) return { runs: [], missed: null, nextAtMs };
  const moments = momentsBetween(timing, nextAtMs, nowMs);
  return { ...byPolicy(policy, moments, nowMs), nextAtMs: nextMoment(timing, nowMs) };
};

const single = (atMs: number): DueMoment => ({ atMs, count: 1 });

const standFor = (moments: readonly number[]): DueMoment | null => {
  const atMs = moments.at(-1);
  return atMs === undefined ? null : { atMs, count: moments.length };
};

const byPolicy = (policy: MissedPolicy, moments: readonly number[], nowMs: number): Omit<Due, 'nextAtMs'> => {
  switch (policy) {
    case 'skip': {
      const late = moments.filter((at) => nowMs - at > LATE_MS);
      return { runs: moments.slice(late.length).map(single), missed: standFor(late) };
    }
    case 'run_once': {
      const all = standFor(moments);
      return { runs: all ? [all] : [], missed: null };
    }
    case 'run_all':
      return {
        runs: moments.slice(-RUNS_AT_ONCE_MAX).map(single),
        missed: standFor(moments.slice(0, -RUNS_AT_ONCE_MAX)),
      };
  }
};

export type Admission = 'start' | 'queue' | { readonly skip: string };

/** Whether a run begins beside these: executions that have not ended, runs that wait for them. */
export const admitRun = (overlap: Overlap, active: number, queued: number): Admission => {
  switch (overlap) {
    case 'skip':
      return active === 0 && queued === 0 ? 'start' : { skip: 'the run before it has not ended' };
    case 'queue':
      if (active === 0 && queued === 0) return 'start';
      return queued < QUEUED_MAX ? 'queue' : { skip: `${QUEUED_MAX} runs wait for each other already` };
    case 'allow':
      return active < ACTIVE_MAX ? 'start' : { skip: `${ACTIVE_MAX} executions of it have not ended` };
  }
};

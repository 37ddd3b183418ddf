/** Figures in words. Pure. */
import type { WireApprovalStats } from '@countersign/contract';
import { formatDuration } from '../live/time.ts';

export type Stat = WireApprovalStats['data'][number];

export const share = (value: number | null): string =>
  value === null ? '–' : `${(value * 100).toFixed(value === 0 || value === 1 ? 0 : 1)} %`;
export const took = (seconds: number | null): string => (seconds === null ? '–' : formatDuration(seconds * 1000));

type Counts = Pick<Stat, 'approved' | 'approved_with_edits' | 'rejected'>;
export const decidedOf = (stat: Counts): number => stat.approved + stat.approved_with_edits + stat.rejected;
export const endedOf = (stat: Stat): number => decidedOf(stat) + stat.expired + stat.cancelled;
export const partOf = (count: number, of: number): number | null => (of === 0 ? null : count / of);

/** `4m 12s faster than before`; null where there is nothing to compare. */
export const fasterBy = (now: number | null, before: number | null): string | null => {
  if (now === null || before === null) return null;
  if (took(now) === took(before)) return 'as fast as before';
  return `${took(Math.abs(now - before))} ${now < before ? 'faster' : 'slower'} than before`;
};

/** `1.1 points more than before`. */
export const pointsBy = (now: number | null, before: number | null): string | null => {
  if (now === null || before === null) return null;
  const points = Math.abs(now - before) * 100;
  return points < 0.05 ? 'as before' : `${points.toFixed(1)} points ${now < before ? 'less' : 'more'} than before`;
};

/** `12 % more than before`; in times where it has at least doubled. */
export const moreBy = (now: number, before: number): string | null => {
  if (before === 0) return null;
  if (now === before) return 'as many as before';
  if (now >= 2 * before) return `${(now / before).toFixed(1)} times as many as before`;
  return `${Math.round((Math.abs(now - before) / before) * 100)} % ${now < before ? 'fewer' : 'more'} than before`;
};

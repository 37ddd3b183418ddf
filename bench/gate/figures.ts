/** Medians, percentiles and rates of what was measured. */

/** The value below which this share (0 to 1) of the values lies, by the nearest rank. NaN where there are none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
};

/** What one process measured at one point. */
export type Measured = {
  /** Cycles that ended within the time. */
  readonly cycles: number;
  readonly seconds: number;
  /** What the measuring process itself used, in seconds of processor time. */
  readonly cpuSeconds: number;
  /** From sending the decision to being told that it goes on, in milliseconds. */
  readonly latenciesMs: readonly number[];
};

export const rate = ({ cycles, seconds }: Pick<Measured, 'cycles' | 'seconds'>): number => cycles / seconds;

/**
 * The median of the ratios product : limit of each round, so that what else the machine does in a round bears on both.
 */
export const medianRatio = (rounds: readonly { readonly product: number; readonly limit: number }[]): number =>
  median(rounds.map(({ product, limit }) => product / limit));

/** As a table in Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

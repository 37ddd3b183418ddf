/** Figures as CSV (RFC 4180), with the names of the API. */
import { csvText } from '../files/csv.ts';
import type { Stat } from './words.ts';

const COLUMNS = [
  'key',
  'name',
  'approved',
  'approved_with_edits',
  'rejected',
  'expired',
  'cancelled',
  'median_seconds',
  'p95_seconds',
  'unchanged_share',
  'quick_share',
] as const satisfies readonly (keyof Stat)[];

export const csvOf = (rows: readonly Stat[]): string =>
  csvText([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]);

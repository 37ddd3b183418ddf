/** Figures as CSV (RFC 4180), with the names of the API. */
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

/** Names come from agents, too: one that begins like a formula must stay text in a spreadsheet. */
const cell = (value: string | number | null): string => {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvOf = (rows: readonly Stat[]): string =>
  [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    .map((row) => `${row.map(cell).join(',')}\r\n`)
    .join('');

/** Hands a file to the browser to keep. */
export const saveFile = (name: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
};

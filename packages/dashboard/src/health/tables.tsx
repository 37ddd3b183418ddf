/** The same figures by agent, tool, approver, group or day. Approvers are in the order of their names: this is no ranking. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { saveCsv } from '../files/csv.ts';
import { csvOf } from './csv.ts';
import { dayWord } from './days.ts';
import { statsQuery } from './queries.ts';
import type { FigureFilter, Table } from './search.ts';
import { type Stat, decidedOf, share, took } from './words.ts';

const TABLES = [
  { by: 'agent', label: 'By agent', head: 'Agent' },
  { by: 'tool', label: 'By tool', head: 'Tool' },
  { by: 'approver', label: 'By approver', head: 'Approver' },
  { by: 'group', label: 'By group', head: 'Group' },
  { by: 'day', label: 'By day', head: 'Day' },
] as const satisfies readonly { readonly by: Table; readonly label: string; readonly head: string }[];

/** Days from the newest, people and groups by name: only agents and tools are ranked. */
const inOrder = (by: Table, rows: readonly Stat[]): readonly Stat[] => {
  if (by === 'day') return rows.toReversed();
  return by === 'agent' || by === 'tool'
    ? rows.toSorted((a, b) => decidedOf(b) - decidedOf(a))
    : rows.toSorted((a, b) => a.name.localeCompare(b.name));
};

const CELL = 'px-4 py-2 text-right whitespace-nowrap';

type BreakdownProps = { readonly by: Table; readonly days: number; readonly filter: FigureFilter };

export const Breakdown = ({ by, days, filter }: BreakdownProps): ReactNode => {
  const { data, error, refetch, isPlaceholderData } = useQuery(statsQuery(by, days, filter));
  // What is still on screen of another table would stand under the wrong heading.
  const rows = data === undefined || isPlaceholderData ? [] : inOrder(by, data.data);
  return (
    <section aria-label="Figures in detail" className="card overflow-hidden">
      <div className="flex items-center gap-4 border-b px-4">
        <nav aria-label="Figures by" className="flex min-w-0 flex-1 gap-4 overflow-x-auto">
          {TABLES.map((table) => (
            <Link
              key={table.by}
              to="."
              search={(before) => ({ ...before, by: table.by })}
              replace
              aria-current={table.by === by ? 'true' : undefined}
              className={clsx(
                'inline-flex h-10 items-center border-b-2 text-label font-medium whitespace-nowrap pointer-coarse:h-11',
                table.by === by ? 'border-fg text-fg' : 'border-transparent text-fg-2 hover:text-fg',
              )}
            >
              {table.label}
            </Link>
          ))}
        </nav>
        <Button
          size="small"
          look="outline"
          blockedBecause={rows.length === 0 ? 'Nothing to save' : null}
          onClick={() => saveCsv(`figures-by-${by}-${days}-days.csv`, csvOf(rows))}
        >
          <Download size={14} aria-hidden="true" /> CSV
          <span className="sr-only"> of the figures by {by}</span>
        </Button>
      </div>
      {data === undefined &&
        (error === null ? (
          <div className="p-4">
            <Skeleton rows={3} className="h-8" />
          </div>
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.data.length === 0 && <p className="px-4 py-8 text-center text-fg-3">Nothing was decided in this time.</p>}
      {rows.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Figures by ${by}`}>
          <table className="w-full">
            <thead>
              <tr className="text-label text-fg-2">
                <th scope="col" className="px-4 py-2 text-left font-medium">
                  {TABLES.find((table) => table.by === by)?.head}
                </th>
                {[
                  'Decided',
                  'Approved unchanged',
                  'With edits',
                  'Rejected',
                  'Expired',
                  'Median time',
                  'p95',
                  'Under 3 s',
                ].map((head) => (
                  <th key={head} scope="col" className="px-4 py-2 text-right font-medium">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key} className="border-t">
                  <th
                    scope="row"
                    className={clsx(
                      'max-w-72 px-4 py-2 text-left font-medium',
                      by === 'day' ? 'whitespace-nowrap' : '[overflow-wrap:anywhere]',
                      by === 'tool' && 'font-mono text-[13px]',
                    )}
                  >
                    {by === 'day' ? dayWord(row.key) : row.name}
                  </th>
                  <td className={CELL}>{decidedOf(row)}</td>
                  <td className={CELL}>{share(row.unchanged_share)}</td>
                  <td className={CELL}>{row.approved_with_edits}</td>
                  <td className={CELL}>{row.rejected}</td>
                  <td className={CELL}>{row.expired}</td>
                  <td className={CELL}>{took(row.median_seconds)}</td>
                  <td className={CELL}>{took(row.p95_seconds)}</td>
                  <td className={CELL}>{share(row.quick_share)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

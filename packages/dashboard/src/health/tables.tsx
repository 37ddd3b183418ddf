/** The same figures by agent, tool or approver. Approvers are in the order of their names: this is no ranking. */
import type { WireApprovalStats } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { formatDuration } from '../live/time.ts';
import { Failure, Skeleton } from '../ui/states.tsx';
import { statsQuery } from './queries.ts';

export type Stat = WireApprovalStats['data'][number];

export const share = (value: number | null): string =>
  value === null ? '–' : `${(value * 100).toFixed(value === 0 || value === 1 ? 0 : 1)} %`;
export const took = (seconds: number | null): string => (seconds === null ? '–' : formatDuration(seconds * 1000));
export const decidedOf = (stat: Pick<Stat, 'approved' | 'approved_with_edits' | 'rejected'>): number =>
  stat.approved + stat.approved_with_edits + stat.rejected;

const TABLES = [
  { by: 'agent', label: 'By agent' },
  { by: 'tool', label: 'By tool' },
  { by: 'approver', label: 'By approver' },
] as const;
export type By = (typeof TABLES)[number]['by'];

const CELL = 'px-4 py-2 text-right whitespace-nowrap';

export const Breakdown = ({ by, days }: { readonly by: By; readonly days: number }): ReactNode => {
  const { data, error, refetch } = useQuery(statsQuery(by, days));
  const rows =
    data === undefined
      ? []
      : by === 'approver'
        ? data.toSorted((a, b) => a.name.localeCompare(b.name))
        : data.toSorted((a, b) => decidedOf(b) - decidedOf(a));
  return (
    <section aria-label="Figures in detail" className="card overflow-hidden">
      <nav aria-label="Figures by" className="flex gap-4 border-b px-4">
        {TABLES.map((table) => (
          <Link
            key={table.by}
            to="."
            search={(before) => ({ ...before, by: table.by })}
            replace
            aria-current={table.by === by ? 'true' : undefined}
            className={clsx(
              '-mb-px inline-flex h-10 items-center border-b-2 text-label font-medium pointer-coarse:h-11',
              table.by === by ? 'border-fg text-fg' : 'border-transparent text-fg-2 hover:text-fg',
            )}
          >
            {table.label}
          </Link>
        ))}
      </nav>
      {data === undefined &&
        (error === null ? (
          <div className="p-4">
            <Skeleton rows={3} className="h-8" />
          </div>
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && <p className="px-4 py-8 text-center text-fg-3">Nothing was decided in this time.</p>}
      {rows.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Figures by ${by}`}>
          <table className="w-full">
            <thead>
              <tr className="text-label text-fg-2">
                <th scope="col" className="px-4 py-2 text-left font-medium">
                  {by === 'agent' ? 'Agent' : by === 'tool' ? 'Tool' : 'Approver'}
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
                      'max-w-72 px-4 py-2 text-left font-medium [overflow-wrap:anywhere]',
                      by === 'tool' && 'font-mono text-[13px]',
                    )}
                  >
                    {row.name === '' ? 'none' : row.name}
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

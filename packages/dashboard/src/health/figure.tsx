/** The frame of a chart: title, legend, the chart or the same as a table, and a sentence that says what it shows. */
import { clsx } from 'clsx';
import { type ReactNode, useState } from 'react';

export type Series = { readonly label: string; readonly fill: string };

const DataTable = ({
  head,
  rows,
  label,
}: {
  readonly head: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
  readonly label: string;
}): ReactNode => (
  <div className="max-h-72 overflow-auto" tabIndex={0} role="region" aria-label={label}>
    <table className="w-full text-left">
      <thead>
        <tr className="text-label text-fg-2">
          {head.map((cell, index) => (
            <th
              key={cell}
              scope="col"
              className={clsx('sticky top-0 bg-surface py-1.5 pr-4 font-medium', index > 0 && 'text-right')}
            >
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} className="border-t">
            {row.map((cell, place) =>
              place === 0 ? (
                <th key={place} scope="row" className="py-1 pr-4 font-normal whitespace-nowrap">
                  {cell}
                </th>
              ) : (
                <td key={place} className="py-1 pr-4 text-right">
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

type FigureProps = {
  readonly title: string;
  readonly note: string;
  /** The accessible name of the chart: what it says, in a sentence. */
  readonly sentence: string;
  readonly legend?: readonly Series[];
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly ReactNode[])[] };
  readonly isEmpty: boolean;
  readonly children: ReactNode;
};

export const Figure = ({ title, note, sentence, legend = [], table, isEmpty, children }: FigureProps): ReactNode => {
  const [asTable, setAsTable] = useState(false);
  return (
    <section aria-label={title} className="card flex min-w-0 flex-col gap-3 px-4 py-3.5">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-1.5 phone:flex-nowrap">
        <div className="min-w-0 flex-1 basis-40">
          <h2 className="font-semibold">{title}</h2>
          <p className="text-label text-fg-2">{note}</p>
        </div>
        {!asTable && legend.length > 0 && (
          <ul className="flex max-w-64 flex-wrap max-phone:order-last gap-x-3 gap-y-0.5 text-label">
            {legend.map(({ label, fill }) => (
              <li key={label} className="flex items-center gap-1.5">
                <svg width="12" height="8" aria-hidden="true">
                  <rect width="12" height="8" rx="1.5" fill={fill} />
                </svg>
                {label}
              </li>
            ))}
          </ul>
        )}
        <button
          type="button"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
          className="min-h-6 text-label text-fg-2 underline underline-offset-3 hover:text-fg pointer-coarse:min-h-11"
        >
          {asTable ? 'Chart' : 'Table'}
          <span className="sr-only"> of {title}</span>
        </button>
      </header>
      {asTable ? (
        <DataTable {...table} label={`${title}, as a table`} />
      ) : isEmpty ? (
        <p className="py-10 text-center text-fg-3">Nothing in this time.</p>
      ) : (
        <div role="img" aria-label={sentence}>
          {children}
        </div>
      )}
    </section>
  );
};

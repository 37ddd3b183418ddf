/** The graph as a list, in the order in which it runs: for small screens, and for whoever reads rather than looks. */
import { clsx } from 'clsx';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { LOOKS, summaryOf } from '../canvas/looks.ts';
import type { Marks } from '../canvas/flow-items.ts';
import { readingOrder } from '../canvas/neighbours.ts';
import { StatusMark } from '../../ui/glyphs.tsx';
import { type Draft, nameOf, nodeOf } from '../graph/draft.ts';
import { portsOf } from '../graph/ports.ts';

type OutlineProps = {
  readonly draft: Draft;
  readonly marks: Marks;
  readonly selected: string | null;
  readonly onOpen: (id: string) => void;
};

export const Outline = ({ draft, marks, selected, onOpen }: OutlineProps): ReactNode => (
  <ol aria-label="Nodes" className="divide-y bg-surface">
    {readingOrder(draft).map((id) => {
      const node = nodeOf(draft, id);
      if (node === undefined) return null;
      const look = LOOKS[node.type];
      const Icon = look.icon;
      const faults = marks.faults?.get(id) ?? 0;
      const run = marks.runs?.get(id);
      const ways = portsOf(node).filter(({ to }) => to !== null);
      return (
        <li key={id}>
          <button
            type="button"
            aria-current={id === selected ? 'true' : undefined}
            onClick={() => onOpen(id)}
            className={clsx(
              'flex min-h-14 w-full items-start gap-3 px-4 py-2 text-left hover:bg-hover',
              id === selected && 'bg-selected',
            )}
          >
            <span className={clsx('mt-0.5 flex size-7 shrink-0 items-center justify-center rounded-md', look.tint)}>
              <Icon size={15} aria-hidden="true" />
            </span>
            <span className="min-w-0 flex-1">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-semibold">{nameOf(node)}</span>
                <span className="text-label text-fg-3">{look.label}</span>
                {faults > 0 && (
                  <span className="inline-flex items-center gap-1 text-label font-medium text-no">
                    <CircleAlert size={12} aria-hidden="true" /> {faults} {faults === 1 ? 'problem' : 'problems'}
                  </span>
                )}
                {run !== undefined && run.status !== 'not_run' && <StatusMark status={run.status} />}
                {run !== undefined && (
                  <span className="text-label text-fg-3">{run.status === 'not_run' ? 'did not run' : run.note}</span>
                )}
              </span>
              <span className="block truncate font-mono text-label text-fg-2">{summaryOf(node)}</span>
              {ways.length > 0 && (
                <span className="block text-label text-fg-3">
                  {ways.map(({ id: port, label, to }) => (
                    <span key={port} className="mr-3 inline-block">
                      {label} → <span className="font-mono">{to}</span>
                    </span>
                  ))}
                </span>
              )}
            </span>
          </button>
        </li>
      );
    })}
  </ol>
);

import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { clsx } from 'clsx';
import { CircleAlert, Minus, Pencil, Plus } from 'lucide-react';
import { type ReactNode, memo } from 'react';
import { type StatusName, StatusMark } from '../../ui/glyphs.tsx';
import type { DraftNode } from '../graph/draft.ts';
import { nameOf } from '../graph/draft.ts';
import { widthOf } from '../graph/layout.ts';
import { type Port, outletsOf } from '../graph/ports.ts';
import { LOOKS, summaryOf } from './looks.ts';

export type RunMark = {
  readonly status: StatusName | 'not_run';
  /** Beside the status: how long, which attempt, how many rounds. */
  readonly note: string;
};
export type ChangeMark = 'added' | 'removed' | 'changed';

export type CardData = {
  readonly node: DraftNode;
  readonly faults: number;
  readonly run: RunMark | null;
  readonly change: ChangeMark | null;
  readonly editable: boolean;
};
export type CardNode = Node<CardData & Record<string, unknown>, 'card'>;

const CHANGES: Readonly<Record<ChangeMark, { readonly icon: typeof Plus; readonly look: string }>> = {
  added: { icon: Plus, look: 'border-ok-solid bg-ok-tint text-ok' },
  removed: { icon: Minus, look: 'border-no-solid bg-no-tint text-no' },
  changed: { icon: Pencil, look: 'border-esc-solid bg-esc-tint text-esc' },
};

const Outlet = ({ port, isOnly }: { readonly port: Port; readonly isOnly: boolean }): ReactNode => (
  <span
    className={clsx(
      'relative flex h-6 min-w-0 flex-1 items-center justify-center px-1 text-meta',
      port.kind === 'fail' ? 'text-no' : 'text-fg-2',
      isOnly && 'h-3 text-transparent select-none',
    )}
  >
    <span className={clsx('truncate', isOnly && 'hidden')}>{port.label}</span>
    <Handle
      type="source"
      position={Position.Bottom}
      id={port.id}
      title={port.label}
      data-outlet={port.id}
      className={clsx('flow-outlet', port.kind === 'fail' && 'flow-outlet-fail')}
    />
  </span>
);

/** How a node looks at each status of its run. */
const RUN_LOOK: { readonly [S in RunMark['status']]?: string } = {
  not_run: 'border-dashed bg-sunken!',
  completed: 'border-ok-line',
  running: 'border-esc-solid',
  awaiting_approval: 'border-wait-solid',
  waiting: 'border-wait-line',
  failed: 'border-no-solid',
  refused: 'border-no-solid',
  rejected: 'border-no-solid',
};

const Card = ({ data, selected }: NodeProps<CardNode>): ReactNode => {
  const { node, faults, run, change } = data;
  const look = LOOKS[node.type];
  const Icon = look.icon;
  const outlets = outletsOf(node);
  const summary = summaryOf(node);
  const didNotRun = run?.status === 'not_run';
  const ChangeIcon = change === null ? null : CHANGES[change].icon;
  return (
    <div
      style={{ width: widthOf(node) }}
      className={clsx(
        'relative rounded-lg border bg-surface',
        selected ? 'border-accent shadow-[0_0_0_2px_var(--accent)]' : faults > 0 ? 'border-no-solid' : 'border-line-2',
        run !== null && !selected && RUN_LOOK[run.status],
        change !== null && !selected && CHANGES[change].look.split(' ')[0],
        change === 'removed' && 'border-dashed',
      )}
    >
      {node.type !== 'start' && (
        <Handle type="target" position={Position.Top} id="in" isConnectableStart={false} className="flow-inlet" />
      )}
      <div className="flex items-center gap-2.5 px-2.5 pt-2 pb-1.5">
        <span
          className={clsx(
            'flex size-7 shrink-0 items-center justify-center rounded-md',
            didNotRun ? 'text-fg-3' : look.tint,
          )}
        >
          <Icon size={15} aria-hidden="true" />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-meta text-fg-3">{look.label}</span>
          <span className={clsx('block truncate leading-4.5 font-semibold', didNotRun && 'text-fg-3')}>
            {nameOf(node)}
          </span>
        </span>
        {faults > 0 && (
          <span className="flex items-center gap-0.5 rounded-full bg-no-solid px-1.5 text-meta font-semibold text-on-solid">
            <CircleAlert size={11} aria-hidden="true" />
            {faults}
            <span className="sr-only">{faults === 1 ? ' problem' : ' problems'}</span>
          </span>
        )}
        {ChangeIcon !== null && change !== null && (
          <span className={clsx('flex size-5 items-center justify-center rounded-full border', CHANGES[change].look)}>
            <ChangeIcon size={11} aria-hidden="true" />
            <span className="sr-only">{change}</span>
          </span>
        )}
      </div>
      <p
        className={clsx(
          'truncate border-t px-2.5 py-1 text-meta',
          summary === '' ? 'text-fg-3 italic' : 'font-mono text-fg-2',
        )}
      >
        {summary === '' ? 'to be set' : summary}
      </p>
      {run !== null && (
        <p className="flex items-center gap-2 border-t px-2.5 py-1 text-meta text-fg-2">
          {run.status === 'not_run' ? <span>Did not run</span> : <StatusMark status={run.status} />}
          <span className="min-w-0 flex-1 truncate text-right">{run.note}</span>
        </p>
      )}
      {outlets.length > 0 && (
        <div className={clsx('flex divide-x', outlets.length > 1 && 'border-t')}>
          {outlets.map((port) => (
            <Outlet key={port.id} port={port} isOnly={outlets.length === 1} />
          ))}
        </div>
      )}
    </div>
  );
};

export const NodeCard = memo(Card);
NodeCard.displayName = 'NodeCard';

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { type ReactNode, memo } from 'react';
import { PickBox } from '../bulk/pick-box.tsx';
import { useTouchSelect } from '../bulk/use-touch-select.ts';
import { PriorityMark, approvalStatus, statusWord } from '../ui/glyphs.tsx';
import { Ago } from '../ui/moment.tsx';
import { type Density, ROW_HEIGHTS } from './density.ts';
import type { Flag } from '../review/flag-kinds.ts';
import { approvalQuery } from './queries.ts';
import type { QueueRow } from './queue-order.ts';
import { RowMarks, TimeLeft } from './row-marks.tsx';
import { PlainText } from './value-text.tsx';

/** Who decided it elsewhere; asked for only now, since the event names no one. */
const Tombstone = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery(approvalQuery(id));
  if (data === undefined) return 'No longer in this list';
  if (data.status === 'pending') return data.snoozed_until === null ? 'Waits for somebody else now' : 'Snoozed';
  const word = statusWord(approvalStatus(data));
  return data.decision === null ? (
    word
  ) : (
    <>
      {word} by <PlainText brief text={data.decision.by.name} />, <Ago at={data.decision.at} />
    </>
  );
};

type RowProps = {
  readonly row: QueueRow;
  readonly index: number;
  readonly current: boolean;
  readonly tabbable: boolean;
  /** Where it stands in the list, in pixels. */
  readonly top: number;
  readonly density: Density;
  readonly flag: Flag | null;
  readonly onHover: (id: string) => void;
  readonly selected: boolean;
  /** Rows are being chosen: every row shows its check box. */
  readonly selecting: boolean;
  readonly onSelect: (id: string) => void;
};

/** Kept as it is while nothing of it changes: a key then draws two rows anew, not all of them. */
export const QueueListRow = memo(function QueueListRow({
  row,
  index,
  current,
  tabbable,
  top,
  density,
  flag,
  onHover,
  selected,
  selecting,
  onSelect,
}: RowProps): ReactNode {
  const { approval, goneAt } = row;
  const gone = goneAt !== null;
  const compact = density === 'compact';
  const touch = useTouchSelect(selecting, () => {
    if (!gone) onSelect(approval.id);
  });
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected}
      aria-current={current ? 'true' : undefined}
      style={{ top, height: ROW_HEIGHTS[density] }}
      {...touch}
      onPointerEnter={() => onHover(approval.id)}
      className={clsx(
        'absolute inset-x-0 flex items-center gap-3 border-b pr-3 pl-3.5 [-webkit-touch-callout:none] pointer-coarse:select-none',
        current || selected ? 'bg-selected' : 'hover:bg-hover',
        gone && 'text-fg-3',
      )}
    >
      {current && <span aria-hidden="true" className="absolute inset-y-0 left-0 w-[3px] bg-accent" />}
      {!current && approval.priority === 'critical' && !gone && (
        <span aria-hidden="true" className="stripes-y absolute inset-y-0 left-0 w-1" />
      )}
      <span role="gridcell" className="relative flex w-4 justify-center">
        {!gone && (
          <PickBox
            title={approval.title}
            id={approval.id}
            selected={selected}
            selecting={selecting}
            onSelect={onSelect}
          />
        )}
        <PriorityMark priority={approval.priority} wordless />
      </span>
      <span role="gridcell" className="min-w-0 flex-1">
        <Link
          to="/inbox/$id"
          params={{ id: approval.id }}
          search={(before) => before}
          tabIndex={tabbable ? 0 : -1}
          data-row={approval.id}
          // Enter on the open row moves into it; a second opening would do nothing.
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !current) return;
            event.preventDefault();
            document.querySelector<HTMLElement>('[data-detail]')?.focus();
          }}
          className={clsx(
            'block truncate font-semibold outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent',
            gone && 'line-through',
          )}
        >
          <PlainText text={approval.title} brief />
        </Link>
        {(gone || !compact) && (
          <span className="block truncate text-label text-fg-2">
            {gone ? (
              <Tombstone id={approval.id} />
            ) : (
              <>
                <PlainText text={approval.agent?.name ?? approval.requested_by.name} brief />
                <span aria-hidden="true"> · </span>
                <span className="font-mono">
                  <PlainText text={approval.checkpoint} brief />
                </span>
              </>
            )}
          </span>
        )}
      </span>
      {!gone && (
        <span role="gridcell" className={clsx('flex', compact ? 'items-center gap-2.5' : 'flex-col items-end gap-0.5')}>
          {compact && <RowMarks approval={approval} flag={flag} aged={false} />}
          <TimeLeft approval={approval} />
          {!compact && <RowMarks approval={approval} flag={flag} aged />}
        </span>
      )}
    </div>
  );
});

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import type { CSSProperties, ReactNode } from 'react';
import { PriorityMark, statusWord, approvalStatus } from '../ui/glyphs.tsx';
import { Ago, Countdown } from '../ui/moment.tsx';
import { PickBox } from '../bulk/pick-box.tsx';
import { ClaimMark } from '../review/claim-mark.tsx';
import { approvalQuery } from './queries.ts';
import type { QueueRow } from './queue-order.ts';
import { PlainText } from './value-text.tsx';

export const ROW_HEIGHT = 62;

/** Who decided it elsewhere; asked for only now, since the event names no one. */
const Tombstone = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery(approvalQuery(id));
  if (data === undefined || data.status === 'pending') return 'No longer waiting';
  return `${statusWord(approvalStatus(data))}${data.decision === null ? '' : ` by ${data.decision.by.name}`}`;
};

type RowProps = {
  readonly row: QueueRow;
  readonly index: number;
  readonly current: boolean;
  readonly tabbable: boolean;
  readonly style: CSSProperties;
  readonly onHover: (id: string) => void;
  readonly selected: boolean;
  /** Some row is selected: every row shows its check box. */
  readonly selecting: boolean;
  readonly onSelect: (id: string) => void;
};

export const QueueListRow = ({
  row,
  index,
  current,
  tabbable,
  style,
  onHover,
  selected,
  selecting,
  onSelect,
}: RowProps): ReactNode => {
  const { approval, goneAt } = row;
  const gone = goneAt !== null;
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected}
      aria-current={current ? 'true' : undefined}
      style={style}
      onPointerEnter={() => onHover(approval.id)}
      className={clsx(
        'absolute inset-x-0 flex h-15.5 items-center gap-3 border-b pr-3 pl-3.5',
        current ? 'bg-selected' : 'hover:bg-hover',
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
      </span>
      {!gone && (
        <span role="gridcell" className="flex flex-col items-end gap-0.5">
          {approval.is_overdue ? (
            <span className="text-label font-semibold text-no">overdue</span>
          ) : approval.expires_at === null ? (
            <span className="text-label text-fg-3">no deadline</span>
          ) : (
            <Countdown from={approval.created_at} until={approval.expires_at} />
          )}
          <span className="flex items-center gap-1.5 text-label text-fg-3">
            <ClaimMark claim={approval.claim} />
            <Ago at={approval.created_at} short />
          </span>
        </span>
      )}
    </div>
  );
};

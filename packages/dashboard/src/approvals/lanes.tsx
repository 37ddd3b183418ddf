import type { WireApprovalCounts, WireApprovalSummary, WireSession } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import type { InboxSearch, Lane } from '../search.ts';

const NAMES: Readonly<Record<Lane, string>> = {
  yours: 'Needs you',
  critical: 'Critical',
  alike: 'Identical',
  all: 'All pending',
};

/** The lanes that mean something to this person: without the right to decide, nothing needs them. */
export const lanesFor = (session: WireSession): readonly Lane[] =>
  session.permissions.includes('approvals:decide')
    ? ['yours', 'critical', 'alike', 'all']
    : ['all', 'critical', 'alike'];

/** Whether a request belongs in a lane. What one asked for oneself is for others to decide. */
export const inLane =
  (lane: Lane, session: WireSession) =>
  (approval: WireApprovalSummary): boolean => {
    if (lane === 'critical') return approval.priority === 'critical';
    // What needs this person, the server says: see `queueQuery`.
    return lane !== 'yours' || approval.requested_by.id !== session.person.id;
  };

const number = new Intl.NumberFormat();

type LaneTabsProps = {
  readonly filter: InboxSearch;
  readonly lanes: readonly Lane[];
  readonly current: Lane;
  readonly yours: number | null;
  readonly counts: WireApprovalCounts | undefined;
};

export const LaneTabs = ({ filter, lanes, current, yours, counts }: LaneTabsProps): ReactNode => {
  const countOf = (lane: Lane): number | null => {
    if (lane === 'yours') return yours;
    if (lane === 'alike') return null;
    return (lane === 'critical' ? counts?.pending_by_priority.critical : counts?.pending) ?? null;
  };
  return (
    <nav aria-label="Lanes" className="flex gap-1 overflow-x-auto px-2 pb-2">
      {lanes.map((lane) => {
        const count = countOf(lane);
        return (
          <Link
            key={lane}
            to={lane === 'alike' ? '/alike' : '/inbox'}
            search={lane === 'alike' ? {} : { ...filter, lane }}
            aria-current={lane === current ? 'true' : undefined}
            className={clsx(
              'inline-flex h-7 items-center gap-1.5 rounded-md px-2 whitespace-nowrap pointer-coarse:h-11',
              lane === current ? 'bg-hover font-medium' : 'text-fg-2 hover:bg-hover',
            )}
          >
            {NAMES[lane]}
            {count !== null && <span className="font-mono text-label text-fg-3">{number.format(count)}</span>}
          </Link>
        );
      })}
    </nav>
  );
};

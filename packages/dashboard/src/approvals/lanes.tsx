import type { WireApprovalCounts, WireApprovalSummary, WireSession, WireView } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Bookmark } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { isHeldBy } from '../review/recall.ts';
import type { InboxSearch, Lane } from '../search.ts';
import { searchOfView } from '../views/view-search.ts';

const NAMES: Readonly<Record<Lane, string>> = {
  yours: 'Needs you',
  critical: 'Critical',
  alike: 'Identical',
  others: 'Waiting on others',
  snoozed: 'Snoozed',
  all: 'All pending',
};

/** The lanes that mean something to this person: without the right to decide, nothing needs them. */
export const lanesFor = (session: WireSession): readonly Lane[] =>
  session.permissions.includes('approvals:decide')
    ? ['yours', 'critical', 'alike', 'others', 'snoozed', 'all']
    : ['all', 'critical', 'alike'];

/**
 * Whether a request belongs in a lane of this person. What they have decided is done for them, while it can still be
 * taken back; all else the server says: see `queueQuery`.
 */
export const inLane =
  (session: WireSession) =>
  (approval: WireApprovalSummary): boolean =>
    !isHeldBy(approval, session.person.id);

/** How many a lane has without a filter, where that is known. */
export const countOf = (lane: Lane, counts: WireApprovalCounts | undefined): number | undefined => {
  if (counts === undefined) return undefined;
  const known: Readonly<Record<Lane, number | null>> = {
    yours: counts.pending_for_you,
    critical: counts.pending_by_priority.critical,
    alike: null,
    others: counts.pending_for_others,
    snoozed: counts.snoozed_by_you?.count ?? null,
    all: counts.pending,
  };
  return known[lane] ?? undefined;
};

const number = new Intl.NumberFormat();

const TAB = 'inline-flex h-7 items-center gap-1.5 rounded-md px-2 whitespace-nowrap pointer-coarse:h-11';

type LaneTabsProps = {
  readonly filter: InboxSearch;
  readonly lanes: readonly Lane[];
  readonly current: Lane;
  readonly views?: readonly WireView[];
  readonly currentView?: string | undefined;
  readonly counts: WireApprovalCounts | undefined;
};

export const LaneTabs = ({ filter, lanes, current, views = [], currentView, counts }: LaneTabsProps): ReactNode => {
  const isFiltered = Object.keys(filter).some((name) => name !== 'sort');
  // There may be more of them than the list is wide.
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise here, which is no way to end an effect.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [current, currentView]);
  return (
    <nav ref={nav} aria-label="Lanes" className="flex gap-1 overflow-x-auto px-2 pb-2">
      {lanes.map((lane) => {
        // A number beside a filter would be of something else.
        const count = isFiltered ? undefined : countOf(lane, counts);
        return (
          <Link
            key={lane}
            to={lane === 'alike' ? '/alike' : '/inbox'}
            search={lane === 'alike' ? {} : { ...filter, lane }}
            aria-current={currentView === undefined && lane === current ? 'true' : undefined}
            className={clsx(
              TAB,
              currentView === undefined && lane === current ? 'bg-hover font-medium' : 'text-fg-2 hover:bg-hover',
            )}
          >
            {NAMES[lane]}
            {count !== undefined && <span className="font-mono text-label text-fg-3">{number.format(count)}</span>}
          </Link>
        );
      })}
      {views.map((view, index) => (
        <Link
          key={view.id}
          to="/inbox"
          search={searchOfView(view)}
          aria-current={view.id === currentView ? 'true' : undefined}
          title={index < 9 ? `Saved view, key ${index + 1}` : 'Saved view'}
          className={clsx(TAB, view.id === currentView ? 'bg-hover font-medium' : 'text-fg-2 hover:bg-hover')}
        >
          <Bookmark size={13} aria-hidden="true" className="text-fg-3" />
          {view.name}
        </Link>
      ))}
    </nav>
  );
};

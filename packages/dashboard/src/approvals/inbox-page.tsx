import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { type ReactNode, Suspense, lazy, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { InboxSearch } from '../search.ts';
import { useSession } from '../session.ts';
import { announce } from '../ui/announce.ts';
import { Failure, Skeleton } from '../ui/states.tsx';
import { useMedia } from '../ui/use-media.ts';
import { useTitle } from './approval-pane.tsx';
import { useSelection } from '../bulk/use-selection.ts';
import { InboxContext, type InboxHandle, type Outcome } from './inbox-context.ts';
import { InboxHeader } from './inbox-header.tsx';
import { InboxFooter, QueueEmpty } from './inbox-notes.tsx';
import { UndoBar } from '../review/undo-bar.tsx';
import { useUndo } from '../review/use-undo.ts';
import { LaneTabs, countOf, inLane, lanesFor } from './lanes.tsx';
import { type QueueFilter, countsQuery, needing, queueQuery } from './queries.ts';
import { QueueList } from './queue-list.tsx';
import { neighbour } from './queue-order.ts';
import { type Pages, useQueue } from './use-queue.ts';
import { useArrivals } from './use-arrivals.ts';
import { useQueueKeys } from './use-queue-keys.ts';
import { WakeUp } from './wake-up.tsx';
import { viewsQuery } from '../views/queries.ts';

const FilterBar = lazy(async () => ({ default: (await import('./filters.tsx')).FilterBar }));
const SelectionBar = lazy(async () => ({ default: (await import('../bulk/selection-bar.tsx')).SelectionBar }));
const ViewActions = lazy(async () => ({ default: (await import('../views/view-actions.tsx')).ViewActions }));

export const InboxPage = (): ReactNode => {
  const session = useSession();
  const search = useSearch({ from: '/app/inbox' });
  const { id } = useParams({ strict: false });
  const navigate = useNavigate();
  const twoPanes = useMedia('(min-width: 860px)');

  const lanes = useMemo(() => lanesFor(session), [session]);
  const lane = search.lane !== undefined && lanes.includes(search.lane) ? search.lane : (lanes[0] ?? 'all');
  const { q, agent, tool, checkpoint, priority, due, sort } = search;
  const filter = useMemo(
    () =>
      Object.fromEntries(
        Object.entries({ q, agent, tool, checkpoint, priority, due, sort }).filter(([, value]) => value !== undefined),
      ) as QueueFilter,
    [q, agent, tool, checkpoint, priority, due, sort],
  );
  // Each list has a place of its own, to which one comes back from a request on a phone.
  const filterKey = JSON.stringify([lane, filter]);
  const place = useRef(0);
  const placeOf = useRef(filterKey);
  if (placeOf.current !== filterKey) {
    placeOf.current = filterKey;
    place.current = 0;
  }
  const filtered = Object.keys(filter).some((name) => name !== 'sort');
  const views = useQuery(viewsQuery).data;
  const view = views?.find((one) => one.id === search.view);
  const [filterOpen, setFilterOpen] = useState(filtered);
  const [filterAsked, setFilterAsked] = useState(false);

  const queue = useInfiniteQuery({ ...queueQuery(filter, lane), placeholderData: (before) => before });
  const counts = useQuery(countsQuery).data;
  const wakesAt = counts?.snoozed_by_you?.next_ends_at ?? null;
  const mayDecide = lanes.includes('yours');
  const needed = needing(counts, mayDecide) ?? 0;
  useTitle(needed === 0 ? 'Inbox' : `(${needed}) Inbox`);
  const { data, isPlaceholderData, hasNextPage, isFetching, fetchNextPage } = queue;
  const pages = useMemo((): Pages | undefined => {
    if (data === undefined) return undefined;
    const items = data.pages.flatMap((page) => page.data).filter(inLane(session));
    return { items, count: data.pages.length, hasMore: hasNextPage };
  }, [data, hasNextPage, session]);
  const { chosen, selected, selecting, toggle, add, begin, clear } = useSelection(pages);
  // It stays when nothing is chosen any more, for the outcomes that it shows.
  const hasSelected = useRef(false);
  hasSelected.current ||= selecting;
  const shown = useQueue(isPlaceholderData ? undefined : pages, filterKey);
  const { rows, fresh, showFresh, drop } = shown;
  const onFurther = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const total = Math.max(
    rows.length,
    hasNextPage ? ((filtered ? undefined : countOf(lane, counts)) ?? rows.length + 1) : 0,
  );

  const open = useCallback(
    (next: string | undefined, replace = false) => {
      if (next === undefined) void navigate({ to: '/inbox', search: withoutTab, replace });
      else void navigate({ to: '/inbox/$id', params: { id: next }, search: withoutTab, replace });
    },
    [navigate],
  );

  const openAgain = useCallback(
    (back: string) => {
      showFresh();
      open(back, true);
    },
    [open, showFresh],
  );
  const { last, busy, note, undo, over, pace } = useUndo(openAgain);

  // Wide screens always show a request; a phone shows the list until one is chosen.
  const firstId = rows.find((row) => row.goneAt === null)?.approval.id;
  useEffect(() => {
    if (twoPanes && id === undefined && firstId !== undefined) open(firstId, true);
  }, [twoPanes, id, firstId, open]);

  const latest = useRef({ rows, twoPanes });
  latest.current = { rows, twoPanes };
  /** A request is done with: its row goes, and the next one opens. */
  const goOn = useCallback(
    (doneId: string) => {
      const { rows: now, twoPanes: wide } = latest.current;
      const next = neighbour(now, doneId, 1) ?? neighbour(now, doneId, -1);
      drop(doneId);
      open(next === doneId || (!wide && next === undefined) ? undefined : next, true);
      requestAnimationFrame(() =>
        document
          .querySelector<HTMLElement>(wide ? `[data-row="${next}"]` : '[data-detail]')
          ?.focus({ preventScroll: true }),
      );
    },
    [drop, open],
  );
  const handle = useMemo(
    (): InboxHandle => ({
      listed: twoPanes && rows.length > 0 ? new Set(rows.map((row) => row.approval.id)) : null,
      decided: ({ id: decidedId, title, held }, outcome: Outcome) => {
        note({ id: decidedId, title, outcome, held });
        goOn(decidedId);
        const words = `${outcome[0]?.toUpperCase()}${outcome.slice(1)}: ${title}`;
        announce(held === null ? words : `${words}. Z takes it back.`);
      },
      // In a list of all that waits it stays where it is.
      putOff: (putOffId) => {
        if (lane !== 'all' && lane !== 'snoozed') goOn(putOffId);
      },
    }),
    [goOn, lane, note, rows, twoPanes],
  );

  useArrivals(fresh);

  const openFilter = useCallback(() => {
    setFilterAsked(true);
    setFilterOpen(true);
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[role=search] input')?.focus());
  }, []);
  useQueueKeys({
    rows,
    id,
    twoPanes,
    lane,
    lanes,
    filter,
    views: views ?? [],
    open,
    toggle,
    add,
    showFresh,
    openFilter,
  });

  const setFilter = (next: QueueFilter): void => {
    void navigate({
      to: '.',
      replace: true,
      search: {
        ...next,
        ...(search.lane === undefined ? {} : { lane: search.lane }),
        ...(search.view === undefined ? {} : { view: search.view }),
        ...(search.tab === undefined ? {} : { tab: search.tab }),
      },
    });
  };
  const nothing = data !== undefined && !isPlaceholderData && rows.length === 0;
  // Where nothing waits, one message says so across the page; a chosen request keeps its place beside the list.
  const listVisible = twoPanes || id === undefined;
  const undoBar = last === null ? null : <UndoBar last={last} busy={busy} onUndo={undo} onOver={over} />;

  return (
    <InboxContext value={handle}>
      {wakesAt !== null && <WakeUp key={wakesAt} at={wakesAt} />}
      <div className="flex h-full min-h-0 max-panes:flex-col">
        {!twoPanes && undoBar !== null && <div className="border-b bg-sunken">{undoBar}</div>}
        {listVisible && (
          <section
            aria-label="Queue"
            className={clsx(
              'flex min-h-0 flex-col bg-surface max-panes:flex-1',
              twoPanes && !(nothing && id === undefined) ? 'w-80 border-r full:w-98' : 'w-full',
            )}
          >
            <InboxHeader
              isBeside={id !== undefined}
              selecting={selecting}
              filtered={filtered}
              filterOpen={filterOpen}
              onSelect={selecting ? clear : begin}
              onFilter={() => {
                setFilterAsked(true);
                setFilterOpen(!filterOpen);
              }}
            />
            <LaneTabs
              filter={filter}
              lanes={lanes}
              current={lane}
              views={views ?? []}
              currentView={view?.id}
              counts={counts}
            />
            <div className="border-t" />
            {filterOpen && (
              <Suspense fallback={null}>
                <FilterBar
                  filter={filter}
                  asked={filterAsked}
                  onChange={setFilter}
                  onLeave={() => setFilterOpen(false)}
                >
                  <ViewActions search={{ ...search, lane }} view={view} />
                </FilterBar>
              </Suspense>
            )}
            {fresh.length > 0 && (
              <button
                type="button"
                onClick={showFresh}
                className="min-h-8 border-b bg-accent-tint px-3 py-1.5 text-label font-semibold text-accent pointer-coarse:min-h-11"
              >
                {fresh.length} new · show{' '}
                <kbd aria-hidden="true" className="ml-1 rounded-sm border border-current px-1 font-mono">
                  N
                </kbd>
              </button>
            )}
            {queue.isError && queue.data === undefined ? (
              <Failure error={queue.error} onRetry={() => void queue.refetch()} />
            ) : null}
            {queue.isPending && (
              <div className="p-3">
                <Skeleton rows={9} className="h-13" />
              </div>
            )}
            {nothing && (
              <QueueEmpty
                lane={lane}
                filtered={filtered}
                counts={counts}
                onClear={() => setFilter(sort === undefined ? {} : { sort })}
              />
            )}
            {rows.length > 0 && (
              <QueueList
                rows={rows}
                total={total}
                onFurther={onFurther}
                currentId={id}
                selected={selected}
                selecting={selecting}
                onSelect={toggle}
                place={place}
                stale={isPlaceholderData}
                onIdleAtTop={fresh.length > 0 ? showFresh : idle}
              />
            )}
            {hasSelected.current && (
              <Suspense fallback={null}>
                <SelectionBar chosen={chosen} selecting={selecting} onClear={clear} />
              </Suspense>
            )}
            <InboxFooter updatedAt={queue.dataUpdatedAt} pace={pace}>
              {twoPanes ? undoBar : null}
            </InboxFooter>
          </section>
        )}
        <div className={clsx('min-h-0 min-w-0 flex-1 panes:[&_.mx-auto]:mx-0', id === undefined && 'hidden')}>
          <Outlet />
        </div>
      </div>
    </InboxContext>
  );
};

/** Another request opens at its review, whatever was looked at of the one before. */
const withoutTab = (before: InboxSearch): InboxSearch => {
  const { tab: _tab, ...rest } = before;
  return rest;
};

const idle = (): void => undefined;

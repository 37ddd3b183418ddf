import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { ListFilter } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useHotkey } from '../keys/hotkeys.ts';
import type { InboxSearch } from '../search.ts';
import { useSession } from '../session.ts';
import { announce } from '../ui/announce.ts';
import { IconButton } from '../ui/button.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { useMedia } from '../ui/use-media.ts';
import { useTitle } from './approval-pane.tsx';
import { SelectionBar } from '../bulk/selection-bar.tsx';
import { useSelection } from '../bulk/use-selection.ts';
import { FilterBar } from './filters.tsx';
import { InboxContext, type InboxHandle, type Outcome } from './inbox-context.ts';
import { InboxFooter, type LastDecision, QueueEmpty } from './inbox-notes.tsx';
import { LaneTabs, inLane, lanesFor } from './lanes.tsx';
import { countsQuery, queueQuery } from './queries.ts';
import { QueueList } from './queue-list.tsx';
import { neighbour } from './queue-order.ts';
import { useQueue } from './use-queue.ts';

export const InboxPage = (): ReactNode => {
  const session = useSession();
  const search = useSearch({ from: '/app/inbox' });
  const { id } = useParams({ strict: false });
  const navigate = useNavigate();
  const twoPanes = useMedia('(min-width: 860px)');

  const lanes = useMemo(() => lanesFor(session), [session]);
  const lane = search.lane !== undefined && lanes.includes(search.lane) ? search.lane : (lanes[0] ?? 'all');
  const { q, agent, tool, priority } = search;
  const filter = useMemo(
    () =>
      Object.fromEntries(
        Object.entries({ q, agent, tool, priority }).filter(([, value]) => value !== undefined),
      ) as InboxSearch,
    [q, agent, tool, priority],
  );
  const filtered = Object.keys(filter).length > 0;
  const [filterOpen, setFilterOpen] = useState(filtered);

  const mine = useQuery({
    ...queueQuery(filter, true),
    enabled: lanes.includes('yours'),
    placeholderData: (before) => before,
  });
  const everything = useQuery({
    ...queueQuery(filter),
    enabled: lane !== 'yours',
    placeholderData: (before) => before,
  });
  const queue = lane === 'yours' ? mine : everything;
  const counts = useQuery(countsQuery).data;
  useTitle(counts === undefined || counts.pending === 0 ? 'Inbox' : `(${counts.pending}) Inbox`);
  const items = queue.data?.items;
  const inThisLane = useMemo(() => items?.filter(inLane(lane, session)), [items, lane, session]);
  const yours = useMemo(() => mine.data?.items.filter(inLane('yours', session)).length, [mine.data, session]);
  const { selected, toggle, clear } = useSelection(items);
  const shown = useQueue(queue.isPlaceholderData ? undefined : inThisLane, JSON.stringify([lane, filter]));
  const { rows, fresh, showFresh, drop } = shown;

  const [last, setLast] = useState<LastDecision | null>(null);
  const open = useCallback(
    (next: string | undefined, replace = false) => {
      if (next === undefined) void navigate({ to: '/inbox', search: withoutTab, replace });
      else void navigate({ to: '/inbox/$id', params: { id: next }, search: withoutTab, replace });
    },
    [navigate],
  );

  // Wide screens always show a request; a phone shows the list until one is chosen.
  const firstId = rows.find((row) => row.goneAt === null)?.approval.id;
  useEffect(() => {
    if (twoPanes && id === undefined && firstId !== undefined) open(firstId, true);
  }, [twoPanes, id, firstId, open]);

  const latest = useRef({ rows, twoPanes });
  latest.current = { rows, twoPanes };
  const handle = useMemo(
    (): InboxHandle => ({
      listed: twoPanes && rows.length > 0 ? new Set(rows.map((row) => row.approval.id)) : null,
      decided: (decidedId: string, title: string, outcome: Outcome) => {
        const { rows: now, twoPanes: wide } = latest.current;
        const next = neighbour(now, decidedId, 1) ?? neighbour(now, decidedId, -1);
        setLast({ id: decidedId, title, outcome });
        drop(decidedId);
        open(next === decidedId || (!wide && next === undefined) ? undefined : next, true);
        requestAnimationFrame(() =>
          document
            .querySelector<HTMLElement>(wide ? `[data-row="${next}"]` : '[data-detail]')
            ?.focus({ preventScroll: true }),
        );
        announce(`${outcome[0]?.toUpperCase()}${outcome.slice(1)}: ${title}`);
      },
    }),
    [drop, open, rows, twoPanes],
  );

  // One summary at most every ten seconds, so that a busy queue does not talk without end.
  const announcedAt = useRef(0);
  useEffect(() => {
    if (fresh.length === 0 || performance.now() - announcedAt.current < 10_000) return;
    announcedAt.current = performance.now();
    const critical = fresh.filter((approval) => approval.priority === 'critical').length;
    announce(`${fresh.length} new${critical > 0 ? `, ${critical} critical` : ''}`);
  }, [fresh]);

  const step = (direction: 1 | -1): void => {
    const next = neighbour(rows, id, direction);
    if (next === undefined) return;
    const inList = document.activeElement?.closest('[role=grid]') !== null;
    open(next, true);
    if (inList)
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus({ preventScroll: true }),
      );
  };
  const laneStep = (direction: 1 | -1): void => {
    const next = lanes[(lanes.indexOf(lane) + direction + lanes.length) % lanes.length];
    if (next === 'alike') void navigate({ to: '/alike' });
    else if (next !== undefined) void navigate({ to: '/inbox', search: { ...filter, lane: next } });
  };
  useHotkey({ keys: ['j', 'ArrowDown'], label: 'Next request', group: 'Queue', once: false, run: () => step(1) });
  useHotkey({ keys: ['k', 'ArrowUp'], label: 'Previous request', group: 'Queue', once: false, run: () => step(-1) });
  useHotkey({
    keys: ['Enter'],
    label: 'Move into the request',
    group: 'Queue',
    run: () => document.querySelector<HTMLElement>('[data-detail]')?.focus(),
  });
  useHotkey({
    keys: ['Escape'],
    label: 'Back to the list',
    group: 'Queue',
    run: () => {
      if (twoPanes) document.querySelector<HTMLElement>('[role=grid] [tabindex="0"]')?.focus();
      else open(undefined);
    },
  });
  useHotkey({ keys: ['n'], label: 'Show new arrivals', group: 'Queue', run: showFresh });
  useHotkey({
    keys: ['x'],
    label: 'Select for deciding together',
    group: 'Queue',
    run: () => id !== undefined && toggle(id),
  });
  useHotkey({
    keys: ['shift+x'],
    label: 'Identical requests',
    group: 'Queue',
    run: () => void navigate({ to: '/alike' }),
  });
  useHotkey({ keys: ['['], label: 'Previous lane', group: 'Queue', run: () => laneStep(-1) });
  useHotkey({ keys: [']'], label: 'Next lane', group: 'Queue', run: () => laneStep(1) });
  useHotkey({
    keys: ['/'],
    label: 'Filter the queue',
    group: 'Queue',
    run: () => {
      setFilterOpen(true);
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[role=search] input')?.focus());
    },
  });

  const setFilter = (next: InboxSearch): void => {
    void navigate({
      to: '.',
      replace: true,
      search: {
        ...next,
        ...(search.lane === undefined ? {} : { lane: search.lane }),
        ...(search.tab === undefined ? {} : { tab: search.tab }),
      },
    });
  };
  const nothing = queue.data !== undefined && !queue.isPlaceholderData && rows.length === 0;
  // Where nothing waits, one message says so across the page; a chosen request keeps its place beside the list.
  // One first heading a page: the request's sentence, where a request is open.
  const Title = id === undefined ? 'h1' : 'p';
  const listVisible = twoPanes || id === undefined;

  return (
    <InboxContext value={handle}>
      <div className="flex h-full min-h-0">
        {listVisible && (
          <section
            aria-label="Queue"
            className={clsx(
              'flex min-h-0 flex-col bg-surface',
              twoPanes && !(nothing && id === undefined) ? 'w-80 border-r full:w-98' : 'w-full',
            )}
          >
            <header className="flex items-center gap-1 px-3.5 pt-3 pb-2">
              <Title className="flex-1 text-section font-semibold">Inbox</Title>
              <IconButton
                label={filterOpen ? 'Hide the filter' : 'Filter the queue'}
                shortcut="/"
                aria-expanded={filterOpen}
                icon={<ListFilter size={16} aria-hidden="true" className={clsx(filtered && 'text-accent')} />}
                onClick={() => setFilterOpen(!filterOpen)}
              />
            </header>
            <LaneTabs
              filter={filter}
              lanes={lanes}
              current={lane}
              yours={filtered || mine.data?.hasMore === true ? null : (yours ?? null)}
              counts={counts}
            />
            <div className="border-t" />
            {filterOpen && <FilterBar filter={filter} onChange={setFilter} onLeave={() => setFilterOpen(false)} />}
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
            {nothing && <QueueEmpty lane={lane} filtered={filtered} counts={counts} onClear={() => setFilter({})} />}
            {rows.length > 0 && (
              <QueueList
                rows={rows}
                currentId={id}
                selected={selected}
                onSelect={toggle}
                stale={queue.isPlaceholderData}
                onIdleAtTop={fresh.length > 0 ? showFresh : idle}
              />
            )}
            <SelectionBar selected={selected} onClear={clear} />
            <InboxFooter
              last={last}
              hasMore={queue.data?.hasMore === true}
              loaded={items?.length ?? 0}
              total={counts?.pending}
              updatedAt={queue.dataUpdatedAt}
            />
          </section>
        )}
        <div className={clsx('min-w-0 flex-1 panes:[&_.mx-auto]:mx-0', id === undefined && 'hidden')}>
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

/** What is asked of the server about approvals, with the cache keys that the live stream knows. */
import type { WireApprovalCounts } from '@countersign/contract';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import type { HistorySearch, InboxSearch, Lane, Sort } from '../search.ts';

const PAGE = 200;

export type QueueFilter = Pick<InboxSearch, 'q' | 'agent' | 'tool' | 'checkpoint' | 'priority' | 'due' | 'sort'>;

const queueFilter = (search: QueueFilter) => ({
  ...(search.q === undefined ? {} : { q: search.q }),
  ...(search.agent === undefined ? {} : { agent_id: search.agent }),
  ...(search.tool === undefined ? {} : { tool: search.tool }),
  ...(search.checkpoint === undefined ? {} : { checkpoint: search.checkpoint }),
  ...(search.priority === undefined ? {} : { priority: search.priority }),
  ...(search.due === undefined ? {} : { due_within: search.due }),
});

/** What belongs in a lane. Put off, a request leaves every lane but its own and that of all. */
const LANE_FILTERS = {
  yours: { assigned_to: 'me', snoozed: 'false' },
  critical: { priority: 'critical', snoozed: 'false' },
  others: { assigned_to: 'others', snoozed: 'false' },
  snoozed: { snoozed: 'true' },
  alike: {},
  all: {},
} as const satisfies Readonly<Record<Lane, object>>;

export const QUEUE_KEY = ['approvals', 'pending'] as const;
type QueueKey = readonly [...typeof QUEUE_KEY, ReturnType<typeof queueFilter>, Sort, Lane];

const queueKey = (search: QueueFilter, lane: Lane): QueueKey => [
  ...QUEUE_KEY,
  queueFilter(search),
  search.sort ?? 'urgency',
  lane,
];

/** What of a queue is asked for, for a page or for some of its rows. */
export const queueRequest = ([, , filter, sort, lane]: QueueKey) => ({
  ...filter,
  ...LANE_FILTERS[lane],
  status: 'pending' as const,
  sort,
});

/** The queue in the server's order, page after page as somebody scrolls: ten thousand waiting are not loaded to show ten. */
export const queueQuery = (search: QueueFilter, lane: Lane = 'all') =>
  infiniteQueryOptions({
    queryKey: queueKey(search, lane),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, queryKey, signal }) =>
      call(
        'listApprovals',
        {
          query: { ...queueRequest(queryKey), limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Changes are laid into the pages as they happen (live-queue.ts): to look at the window again changes nothing.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });

/** What of the history is asked for, for a page of the list or for a file of all. */
export const historyRequest = (search: HistorySearch) => ({
  ...queueFilter(search),
  ...(search.edited === true ? { edited: 'true' as const } : {}),
  status: search.status ?? ('completed' as const),
});

export const historyQuery = (search: HistorySearch) =>
  infiniteQueryOptions({
    queryKey: ['approvals', 'history', search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listApprovals',
        {
          query: {
            ...historyRequest(search),
            limit: 50,
            ...(pageParam === undefined ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const countsQuery = queryOptions({
  queryKey: ['counts'],
  queryFn: ({ signal }) => call('countApprovals', { query: { assigned_to: 'me' } }, { signal }),
});

/** How many need the reader; of who decides nothing, how many wait at all. */
export const needing = (counts: WireApprovalCounts | undefined, mayDecide: boolean): number | undefined =>
  (mayDecide ? counts?.pending_for_you : null) ?? counts?.pending;

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ['approval', id],
    queryFn: ({ signal }) => call('getApproval', { id }, { signal }),
    staleTime: 10_000,
  });

export const notifiedQuery = (id: string) =>
  queryOptions({
    queryKey: ['notified', id],
    queryFn: ({ signal }) => call('listNotified', { id }, { signal }),
    // That something was opened elsewhere stands on no stream.
    refetchInterval: 15_000,
  });

export const timelineQuery = (id: string) =>
  queryOptions({ queryKey: ['timeline', id], queryFn: ({ signal }) => call('getTimeline', { id }, { signal }) });

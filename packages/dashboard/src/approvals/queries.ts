/** What is asked of the server about approvals, with the cache keys that the live stream knows. */
import type { WireApproval, WireApprovalCounts } from '@countersign/contract';
import { type QueryClient, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import type { HistorySearch, InboxSearch, Lane } from '../search.ts';

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

/**
 * The queue in the server's order, page after page as somebody scrolls: ten thousand waiting are not loaded to show ten.
 *
 * @param lane says what belongs in it: `yours` is what the reader can bring forward
 */
export const queueQuery = (search: QueueFilter, lane: Lane = 'all') =>
  infiniteQueryOptions({
    queryKey: ['approvals', 'pending', queueFilter(search), search.sort ?? 'urgency', lane],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listApprovals',
        {
          query: {
            ...queueFilter(search),
            status: 'pending' as const,
            sort: search.sort ?? 'urgency',
            limit: PAGE,
            ...(lane === 'yours' ? { assigned_to: 'me' as const } : {}),
            ...(lane === 'critical' ? { priority: 'critical' as const } : {}),
            ...(pageParam === undefined ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
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
            ...queueFilter(search),
            status: search.status ?? ('completed' as const),
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

export const timelineQuery = (id: string) =>
  queryOptions({ queryKey: ['timeline', id], queryFn: ({ signal }) => call('getTimeline', { id }, { signal }) });

/** Puts an answer to a decision where everybody looks for it, and has the lists asked again. */
export const takeDecided = (client: QueryClient, approval: WireApproval): void => {
  client.setQueryData(approvalQuery(approval.id).queryKey, (before) =>
    // Only who reads one approval is told what was taken out of it.
    before?.redactions === undefined ? approval : { redactions: before.redactions, ...approval },
  );
  void client.invalidateQueries({ queryKey: ['approvals'] });
  void client.invalidateQueries({ queryKey: ['counts'] });
  void client.invalidateQueries({ queryKey: ['timeline', approval.id] });
};

/** What is asked of the server about approvals, with the cache keys that the live stream knows. */
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';
import { type QueryClient, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import type { HistorySearch, InboxSearch } from '../search.ts';

/** The queue is sorted here, so it is loaded whole up to this many; beyond, the list says that it goes on. */
const QUEUE_MAX = 1000;
const PAGE = 200;

export type Queue = { readonly items: readonly WireApprovalSummary[]; readonly hasMore: boolean };

type QueueFilter = Pick<InboxSearch, 'q' | 'agent' | 'tool' | 'priority'>;

const queueFilter = (search: QueueFilter) => ({
  ...(search.q === undefined ? {} : { q: search.q }),
  ...(search.agent === undefined ? {} : { agent_id: search.agent }),
  ...(search.tool === undefined ? {} : { tool: search.tool }),
  ...(search.priority === undefined ? {} : { priority: search.priority }),
});

/** @param mine only what the reader can bring forward */
export const queueQuery = (search: QueueFilter, mine = false) =>
  queryOptions({
    queryKey: ['approvals', 'pending', queueFilter(search), mine],
    queryFn: async ({ signal }): Promise<Queue> => {
      const items: WireApprovalSummary[] = [];
      let cursor: string | undefined;
      do {
        const query = {
          status: 'pending' as const,
          limit: PAGE,
          ...(mine ? { assigned_to: 'me' as const } : {}),
          ...queueFilter(search),
          ...(cursor === undefined ? {} : { cursor }),
        };
        const page = await call('listApprovals', { query }, { signal });
        items.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && items.length < QUEUE_MAX);
      return { items, hasMore: cursor !== undefined };
    },
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
  queryFn: ({ signal }) => call('countApprovals', {}, { signal }),
});

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
  client.setQueryData(approvalQuery(approval.id).queryKey, approval);
  void client.invalidateQueries({ queryKey: ['approvals'] });
  void client.invalidateQueries({ queryKey: ['counts'] });
  void client.invalidateQueries({ queryKey: ['timeline', approval.id] });
};

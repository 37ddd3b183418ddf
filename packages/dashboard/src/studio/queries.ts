import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

const PAGE = 40;

export const conversationsQuery = (q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['conversations', q ?? ''],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listConversations',
        {
          query: {
            limit: PAGE,
            ...(q === undefined ? {} : { q }),
            ...(pageParam === undefined ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) => call('getConversation', { id }, { signal }),
  });

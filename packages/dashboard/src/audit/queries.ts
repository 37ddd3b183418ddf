import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import { type AuditSearch, momentOf } from './search.ts';

/** Entries are sealed about a second after they happen: so often is the list asked for again. */
const EVERY_MS = 5000;

export const entriesQuery = ({ from, to, ...words }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'list', words, from, to],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const [since, until] = [momentOf(from ?? '', 'begin'), momentOf(to ?? '', 'end')];
      return call(
        'listAudit',
        {
          query: {
            limit: 50,
            ...words,
            ...(since === undefined ? {} : { from: since }),
            ...(until === undefined ? {} : { to: until }),
            ...(pageParam === undefined ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      );
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Only while the first page is all there is: reading further back is not disturbed.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : EVERY_MS),
  });

export const entryQuery = (id: string) =>
  queryOptions({
    queryKey: ['audit', 'entry', id],
    queryFn: ({ signal }) => call('getAuditEntry', { id }, { signal }),
    refetchInterval: ({ state }) => (state.data?.sealed === null ? 1000 : false),
  });

import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const toolsQuery = queryOptions({
  queryKey: ['tools'],
  queryFn: async ({ signal }) => (await call('listTools', { query: { limit: 200 } }, { signal })).data,
  staleTime: 30_000,
});

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await call('listKeys', { query: { limit: 200 } }, { signal })).data,
});

import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: async ({ signal }) => (await call('listAgents', { query: { limit: 200 } }, { signal })).data,
  staleTime: 30_000,
});

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ['agent', id],
    queryFn: ({ signal }) => call('getAgent', { id }, { signal }),
    staleTime: 10_000,
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['versions', id],
    queryFn: async ({ signal }) => (await call('listVersions', { id, query: { limit: 200 } }, { signal })).data,
    staleTime: 10_000,
  });

export const versionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['versions', id, version],
    queryFn: ({ signal }) => call('getVersion', { id, version: String(version) }, { signal }),
    staleTime: 60_000,
  });

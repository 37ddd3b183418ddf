import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: async ({ signal }) =>
    (await call('listPolicies', {}, { signal })).data.toSorted((a, b) => a.position - b.position),
});

export const policyQuery = (id: string) =>
  queryOptions({ queryKey: ['policy', id], queryFn: ({ signal }) => call('getPolicy', { id }, { signal }) });

export const policyVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['policy', id, 'versions'],
    queryFn: async ({ signal }) =>
      (await call('listPolicyVersions', { id }, { signal })).data.toSorted((a, b) => b.version - a.version),
  });

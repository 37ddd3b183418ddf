import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const workflowsQuery = queryOptions({
  queryKey: ['workflows'],
  queryFn: async ({ signal }) => (await call('listWorkflows', { query: { limit: 200 } }, { signal })).data,
  staleTime: 10_000,
});

export const templatesQuery = queryOptions({
  queryKey: ['workflow-templates'],
  queryFn: async ({ signal }) => (await call('listWorkflowTemplates', {}, { signal })).data,
  staleTime: Number.POSITIVE_INFINITY,
});

export const workflowQuery = (id: string) =>
  queryOptions({
    queryKey: ['workflow', id],
    queryFn: ({ signal }) => call('getWorkflow', { id }, { signal }),
    staleTime: 10_000,
  });

export const workflowVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['workflow-versions', id],
    queryFn: async ({ signal }) => (await call('listWorkflowVersions', { id, query: { limit: 200 } }, { signal })).data,
    staleTime: 10_000,
  });

/** A version never changes; whether it is the current one does. */
export const workflowVersionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['workflow-versions', id, version],
    queryFn: ({ signal }) => call('getWorkflowVersion', { id, version: String(version) }, { signal }),
    staleTime: 60_000,
  });

export const secretsQuery = queryOptions({
  queryKey: ['secrets'],
  queryFn: async ({ signal }) => (await call('listSecrets', { query: { limit: 200 } }, { signal })).data,
  staleTime: 30_000,
});

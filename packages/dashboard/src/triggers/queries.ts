import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const schedulesQuery = queryOptions({
  queryKey: ['schedules'],
  queryFn: async ({ signal }) => (await call('listSchedules', { query: { limit: 200 } }, { signal })).data,
});

export const scheduleQuery = (id: string) =>
  queryOptions({ queryKey: ['schedules', id], queryFn: ({ signal }) => call('getSchedule', { id }, { signal }) });

export const scheduleRunsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['schedules', id, 'runs'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listScheduleRuns',
        { id, query: { limit: 50, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** Those that can be started: without a version nothing runs. */
export const startableWorkflowsQuery = queryOptions({
  queryKey: ['workflows', 'startable'],
  queryFn: async ({ signal }) =>
    (await call('listWorkflows', { query: { limit: 200 } }, { signal })).data.filter(
      ({ current_version: version }) => version !== null,
    ),
  staleTime: 10_000,
});

export const inputSchemaQuery = (workflowId: string) =>
  queryOptions({
    queryKey: ['workflows', workflowId, 'input'],
    queryFn: async ({ signal }) =>
      (await call('getWorkflow', { id: workflowId }, { signal })).current_version?.definition.input_schema ?? null,
    enabled: workflowId !== '',
    staleTime: 10_000,
  });

export const hooksQuery = queryOptions({
  queryKey: ['incoming-webhooks'],
  queryFn: async ({ signal }) => (await call('listIncomingWebhooks', { query: { limit: 200 } }, { signal })).data,
});

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['incoming-webhooks', id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listIncomingDeliveries',
        { id, query: { limit: 20, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Nothing on the stream says that something was refused.
    refetchInterval: 5000,
  });

export const voiceLinesQuery = queryOptions({
  queryKey: ['voice-lines'],
  queryFn: async ({ signal }) => (await call('listVoiceLines', { query: { limit: 200 } }, { signal })).data,
});

export const voiceCallsQuery = (id: string) =>
  queryOptions({
    queryKey: ['voice-lines', id, 'calls'],
    queryFn: async ({ signal }) => (await call('listVoiceCalls', { id, query: { limit: 50 } }, { signal })).data,
  });

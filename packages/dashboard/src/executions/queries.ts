import type { WireExecution } from '@countersign/contract';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import type { RunsSearch } from '../search.ts';

export const executionsQuery = (search: RunsSearch) =>
  infiniteQueryOptions({
    queryKey: ['executions', search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(
        'listExecutions',
        {
          query: {
            limit: 50,
            ...(search.status === undefined ? {} : { status: search.status }),
            ...(search.agent === undefined ? {} : { agent_id: search.agent }),
            ...(search.workflow === undefined ? {} : { workflow_id: search.workflow }),
            ...(pageParam === undefined ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const executionQuery = (id: string) =>
  queryOptions({ queryKey: ['execution', id], queryFn: ({ signal }) => call('getExecution', { id }, { signal }) });

/** What its steps started, the newest first. */
export const childrenQuery = (id: string) =>
  queryOptions({
    queryKey: ['executions', { parent: id }],
    queryFn: ({ signal }) => call('listExecutions', { query: { limit: 50, parent_execution_id: id } }, { signal }),
  });

export const stepsQuery = (id: string) =>
  queryOptions({
    queryKey: ['steps', id],
    queryFn: async ({ signal }) => (await call('listSteps', { id }, { signal })).data,
  });

const ENDED: readonly WireExecution['status'][] = ['completed', 'failed', 'rejected', 'cancelled', 'expired'];
export const hasEnded = (execution: WireExecution): boolean => ENDED.includes(execution.status);

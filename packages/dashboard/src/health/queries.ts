import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';
import type { FigureFilter } from './search.ts';

/** Under the key of the counts: every decision has them asked again, at most as often as they are on screen. */
export const healthQuery = ({ agent, tool }: FigureFilter) => {
  const query = { ...(agent === undefined ? {} : { agent }), ...(tool === undefined ? {} : { tool }) };
  return queryOptions({
    queryKey: ['counts', 'health', query],
    queryFn: ({ signal }) => call('getApprovalHealth', { query }, { signal }),
    placeholderData: (before) => before,
  });
};

type By = 'day' | 'hour' | 'period' | 'agent' | 'tool' | 'approver' | 'group';

export const statsQuery = (by: By, days: number, filter: FigureFilter) =>
  queryOptions({
    queryKey: ['counts', 'stats', by, days, filter],
    queryFn: ({ signal }) => call('getApprovalStats', { query: { by, days, ...filter } }, { signal }),
    placeholderData: (before) => before,
  });

const CHOICES_STALE_MS = 300_000;

/** What can be chosen from: whatever has figures. It changes seldom, so that decisions do not have it asked again. */
export const choicesQuery = (by: 'agent' | 'tool' | 'approver' | 'group', days: number) =>
  queryOptions({
    queryKey: ['figure-choices', by, days],
    queryFn: async ({ signal }) => (await call('getApprovalStats', { query: { by, days } }, { signal })).data,
    staleTime: CHOICES_STALE_MS,
  });

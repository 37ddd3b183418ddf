import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** Under the key of the counts: every decision has both asked again, at most as often as they are on screen. */
export const healthQuery = queryOptions({
  queryKey: ['counts', 'health'],
  queryFn: ({ signal }) => call('getApprovalHealth', {}, { signal }),
});

export const statsQuery = (by: 'day' | 'agent' | 'tool' | 'approver', days: number) =>
  queryOptions({
    queryKey: ['counts', 'stats', by, days],
    queryFn: async ({ signal }) => (await call('getApprovalStats', { query: { by, days } }, { signal })).data,
    placeholderData: (before) => before,
  });

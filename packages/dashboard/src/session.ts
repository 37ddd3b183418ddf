/** Who is signed in, and what they may do. The server decides; the dashboard only leaves out what can't be used. */
import type { WireSession } from '@countersign/contract';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { call } from './api.ts';

export type Permission = WireSession['permissions'][number];

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call('getSession', {}, { signal }),
  staleTime: 5 * 60_000,
  retry: false,
});

export const useSession = (): WireSession => useSuspenseQuery(sessionQuery).data;

export const useCan = (permission: Permission): boolean => useSession().permissions.includes(permission);

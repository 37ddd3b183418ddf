/** Members, groups and the rest of the workspace's people; one event about any of them has all asked again. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../api.ts';
import { useCan } from '../session.ts';

const MINUTE_MS = 60_000;

export const membersQuery = queryOptions({
  queryKey: ['people', 'members'],
  queryFn: async ({ signal }) => (await call('listMembers', {}, { signal })).data,
  staleTime: MINUTE_MS,
});

export const invitationsQuery = queryOptions({
  queryKey: ['people', 'invitations'],
  queryFn: async ({ signal }) => (await call('listInvitations', {}, { signal })).data,
});

export const groupsQuery = queryOptions({
  queryKey: ['people', 'groups'],
  queryFn: async ({ signal }) => (await call('listGroups', {}, { signal })).data,
  staleTime: MINUTE_MS,
});

export const delegationsQuery = queryOptions({
  queryKey: ['people', 'delegations'],
  queryFn: async ({ signal }) => (await call('listDelegations', {}, { signal })).data,
});

export const calendarsQuery = queryOptions({
  queryKey: ['people', 'calendars'],
  queryFn: async ({ signal }) => (await call('listCalendars', {}, { signal })).data,
});

export const settingsQuery = queryOptions({
  queryKey: ['people', 'settings'],
  queryFn: ({ signal }) => call('getSettings', {}, { signal }),
  staleTime: MINUTE_MS,
});

/** What one calls a person, by id; the id itself where the person is unknown. */
export const useNames = (): ((id: string) => string) => {
  const may = useCan('members:read');
  const members = useQuery({ ...membersQuery, enabled: may }).data;
  return (id) => members?.find((member) => member.id === id)?.name ?? id;
};

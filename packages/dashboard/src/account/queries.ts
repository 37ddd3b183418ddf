import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => call('getAccount', {}, { signal }),
});

/** Asked for once: what somebody is about to change must not change under them. */
export const notificationsQuery = queryOptions({
  queryKey: ['account', 'notifications'],
  queryFn: ({ signal }) => call('getNotifications', {}, { signal }),
  refetchOnWindowFocus: false,
});

export const sessionsQuery = queryOptions({
  queryKey: ['account', 'sessions'],
  queryFn: async ({ signal }) => (await call('listSessions', {}, { signal })).data,
});

export const signInWaysQuery = queryOptions({
  queryKey: ['sign-in-ways'],
  queryFn: ({ signal }) => call('getSignInWays', {}, { signal }),
  staleTime: 60_000,
});

export const channelIdentitiesQuery = queryOptions({
  queryKey: ['account', 'channel-identities'],
  queryFn: async ({ signal }) => (await call('listChannelIdentities', {}, { signal })).data,
});

export const pushQuery = queryOptions({
  queryKey: ['account', 'push'],
  queryFn: ({ signal }) => call('getPush', {}, { signal }),
});

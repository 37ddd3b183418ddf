import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: async ({ signal }) => (await call('listChannels', { query: { limit: 200 } }, { signal })).data,
  refetchInterval: 10_000,
});

export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'failed' | 'skipped';

export const deliveriesQuery = (channelId: string, status: DeliveryStatus | '') =>
  queryOptions({
    queryKey: ['deliveries', channelId, status],
    queryFn: async ({ signal }) =>
      (
        await call(
          'listDeliveries',
          { query: { limit: 100, channel_id: channelId, ...(status === '' ? {} : { status }) } },
          { signal },
        )
      ).data,
    refetchInterval: 5000,
  });

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'one', id],
    queryFn: ({ signal }) => call('getDelivery', { id }, { signal }),
  });

import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

/** One person's own views; the same on every device of theirs. */
export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: async ({ signal }) => (await call('listViews', {}, { signal })).data,
});

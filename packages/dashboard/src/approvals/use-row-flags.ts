import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../api.ts';
import type { Flag } from '../review/flag-kinds.ts';

/** Nobody reads rows that fly past. */
const REST_MS = 200;
/** As many as the server compares at once. */
const IDS_MAX = 50;
const FRESH_MS = 60_000;

type Flags = ReadonlyMap<string, Flag | null>;

/** What is most unusual about the rows on screen: asked for where the list rests, and of each row once in a while. */
export const useRowFlags = (ids: readonly string[]): Flags => {
  const client = useQueryClient();
  const [flags, setFlags] = useState<Flags>(new Map());
  const missing = ids.filter((id) => !flags.has(id)).slice(0, IDS_MAX);
  const names = missing.join(',');
  useEffect(() => {
    if (names === '') return undefined;
    const timer = setTimeout(() => {
      client
        .fetchQuery({
          queryKey: ['flags', names],
          queryFn: ({ signal }) =>
            call(
              'listApprovals',
              { query: { status: 'pending', ids: names, flags: 'true', limit: IDS_MAX } },
              { signal },
            ),
          staleTime: FRESH_MS,
        })
        .then(({ data }) => {
          const found = new Map(data.map((row) => [row.id, row.top_flag]));
          setFlags(
            (before) => new Map([...before, ...names.split(',').map((id) => [id, found.get(id) ?? null] as const)]),
          );
        })
        // Without them the rows say less, and nothing wrong.
        .catch(() => undefined);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [client, names]);
  return flags;
};

/** Every trigger of a workspace: two lists of /v1, by cursor, that are one list here, by numbered pages. */
import type { WireIncomingWebhook, WireSchedule } from '@countersign/contract';
import type { Asked } from '../dialect.ts';

const PAGES_MAX = 10;

const all = async <T>(
  page: (cursor: string | undefined) => Promise<{ readonly data: readonly T[]; readonly next_cursor: string | null }>,
): Promise<T[]> => {
  const found: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { data, next_cursor: next } = await page(cursor);
    found.push(...data);
    if (next === null) break;
    cursor = next;
  }
  return found;
};

export const allWebhooks = (asked: Asked): Promise<WireIncomingWebhook[]> =>
  all((cursor) => asked.call('listIncomingWebhooks', { query: { limit: 200, cursor } }));

export const allSchedules = (asked: Asked): Promise<WireSchedule[]> =>
  all((cursor) => asked.call('listSchedules', { query: { limit: 200, cursor } }));

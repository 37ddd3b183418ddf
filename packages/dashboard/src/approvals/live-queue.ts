/** Keeps the lists true after a change: of the queue on screen, only the rows that changed are asked for. */
import type { WireApproval } from '@countersign/contract';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';
import { QUEUE_KEY, approvalQuery, type queueQuery, queueRequest } from './queries.ts';
import { type QueuePage, patchPages } from './queue-pages.ts';

/** As many as one request may name; beyond that the pages are asked for anew. */
const IDS_MAX = 50;

type Key = ReturnType<typeof queueQuery>['queryKey'];

const patch = async (client: QueryClient, key: Key, ids: readonly string[]): Promise<void> => {
  const { data: found } = await call('listApprovals', {
    query: { ...queueRequest(key), ids: ids.join(','), limit: IDS_MAX },
  });
  client.setQueryData<InfiniteData<QueuePage>>(key, (before) =>
    before === undefined ? before : { ...before, pages: [...patchPages(before.pages, new Set(ids), found, key[3])] },
  );
};

/** Lists of approvals that are no queue: what was decided, what is alike. They are short, or looked at one page at a time. */
const refreshOthers = (client: QueryClient): void =>
  void client.invalidateQueries({
    predicate: ({ queryKey }) => queryKey[0] === 'approvals' && queryKey[1] !== QUEUE_KEY[1],
  });

/** Whether pages are on their way, which may be older than what is to be laid into them. */
export const isQueueLoading = (client: QueryClient): boolean =>
  client.isFetching({ queryKey: QUEUE_KEY, type: 'active' }) > 0;

/** After these approvals have changed: the queue on screen, its counts, and the other lists. */
export const refreshQueue = async (client: QueryClient, ids: readonly string[]): Promise<void> => {
  refreshOthers(client);
  void client.invalidateQueries({ queryKey: ['counts'] });
  const asked = [...new Set(ids)];
  // What is not on screen is asked for when it is looked at.
  void client.invalidateQueries({ queryKey: QUEUE_KEY, type: 'inactive', refetchType: 'none' });
  const shown = client.getQueryCache().findAll({ queryKey: QUEUE_KEY, type: 'active' });
  await Promise.all(
    shown.map(async ({ queryKey, state }) => {
      const canPatch = asked.length <= IDS_MAX && state.data !== undefined && state.fetchStatus === 'idle';
      try {
        if (canPatch) return await patch(client, queryKey as Key, asked);
      } catch {
        // Then all of it, which also says what is wrong.
      }
      return client.invalidateQueries({ queryKey, exact: true });
    }),
  );
};

/** Has one request, and the lists with it, asked again. */
export const askAgain = async (client: QueryClient, id: string): Promise<void> => {
  void client.invalidateQueries({ queryKey: ['timeline', id] });
  await Promise.all([client.invalidateQueries({ queryKey: ['approval', id] }), refreshQueue(client, [id])]);
};

/** Puts an answer to a decision where everybody looks for it, and has the lists asked again. */
export const takeDecided = (client: QueryClient, approval: WireApproval): void => {
  client.setQueryData(approvalQuery(approval.id).queryKey, (before) =>
    // Only who reads one approval is told what was taken out of it.
    before?.redactions === undefined ? approval : { redactions: before.redactions, ...approval },
  );
  void refreshQueue(client, [approval.id]);
  void client.invalidateQueries({ queryKey: ['timeline', approval.id] });
};

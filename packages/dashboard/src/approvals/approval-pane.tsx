import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { Failure, Skeleton } from '../ui/states.tsx';
import { ApprovalRecord, DecidableApproval } from './approval-view.tsx';
import { useInbox } from './inbox-context.ts';
import { approvalQuery } from './queries.ts';

/** The page's title is the kind of page alone: nothing of a request goes where other windows can read it. */
export const useTitle = (title: string): void => {
  useEffect(() => {
    document.title = `${title} · Countersign`;
  }, [title]);
};

export const InboxPane = (): ReactNode => {
  const { id } = useParams({ from: '/app/inbox/$id' });
  const { tab = 'review' } = useSearch({ from: '/app/inbox' });
  const { data, error, refetch } = useQuery(approvalQuery(id));
  const inbox = useInbox();
  if (data === undefined)
    return error === null ? (
      <div className="p-6">
        <Skeleton rows={5} className="h-20" />
      </div>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return (
    <DecidableApproval
      key={id}
      approval={data}
      tab={tab}
      back={{ to: '/inbox', label: 'Back to the list' }}
      listed={inbox?.listed?.has(id) ?? true}
      onDecided={(approval, outcome) => inbox?.decided(approval, outcome)}
    />
  );
};

export const HistoryRecord = (): ReactNode => {
  const { id } = useParams({ from: '/app/history/$id' });
  const { tab = 'review' } = useSearch({ from: '/app/history/$id' });
  const { data, error, refetch } = useQuery(approvalQuery(id));
  useTitle('Decision');
  if (data === undefined)
    return error === null ? (
      <div className="p-6">
        <Skeleton rows={5} className="h-20" />
      </div>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return <ApprovalRecord approval={data} tab={tab} back={{ to: '/history', label: 'Back to the history' }} />;
};

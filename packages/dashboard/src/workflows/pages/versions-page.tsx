import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { BACK_CLASS } from '../../agents/agent-page.tsx';
import { useTitle } from '../../approvals/approval-pane.tsx';
import { PlainText } from '../../approvals/value-text.tsx';
import { Ago } from '../../ui/moment.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { workflowQuery, workflowVersionsQuery } from '../queries.ts';

export const VersionsPage = (): ReactNode => {
  useTitle('Versions');
  const { id } = useParams({ from: '/app/workflows/$id/versions' });
  const workflow = useQuery(workflowQuery(id)).data;
  const { data, error, refetch } = useQuery(workflowVersionsQuery(id));
  return (
    <Page
      title={`Versions of ${workflow?.name ?? 'the workflow'}`}
      above={
        <Link to="/workflows/$id" params={{ id }} aria-label="Back to the editor" className={BACK_CLASS}>
          <ChevronLeft size={18} aria-hidden="true" />
        </Link>
      }
      below={<p className="text-fg-2">Newest first. A version never changes; an execution stays on its own.</p>}
    >
      {data === undefined &&
        (error === null ? <Skeleton rows={4} /> : <Failure error={error} onRetry={() => void refetch()} />)}
      {data?.length === 0 && <Empty title="Nothing published yet">Publish the draft in the editor first.</Empty>}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((version, index) => (
            <li
              key={version.id}
              className="relative flex flex-wrap items-center gap-x-3.5 gap-y-1 px-3.5 py-2.5 hover:bg-hover"
            >
              <Link
                to="/workflows/$id/v/$n"
                params={{ id, n: String(version.version) }}
                search={data[index + 1] === undefined ? {} : { compare: data[index + 1]?.version ?? 1 }}
                className="w-9 font-mono font-medium after:absolute after:inset-0"
              >
                v{version.version}
              </Link>
              <span className="min-w-0 flex-1 basis-48">
                <span className="block truncate">
                  {version.message === '' ? (
                    <span className="text-fg-3">no message</span>
                  ) : (
                    <PlainText brief text={version.message} />
                  )}
                </span>
                <span className="block text-label text-fg-2">
                  {version.created_by.name}, <Ago at={version.created_at} />
                </span>
              </span>
              {version.is_current && (
                <span className="rounded-full border border-fg px-2 text-label font-medium">current</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
};

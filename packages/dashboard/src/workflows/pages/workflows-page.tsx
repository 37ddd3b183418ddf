import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTitle } from '../../approvals/approval-pane.tsx';
import { PlainText } from '../../approvals/value-text.tsx';
import { useCan } from '../../session.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Ago } from '../../ui/moment.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { workflowsQuery } from '../queries.ts';

const NewWorkflow = (): ReactNode => (
  <Link to="/workflows/new" className={buttonClass('ink')}>
    <Plus size={15} aria-hidden="true" /> New workflow
  </Link>
);

export const WorkflowsPage = (): ReactNode => {
  useTitle('Workflows');
  const mayWrite = useCan('workflows:write');
  const { data, error, refetch } = useQuery(workflowsQuery);
  return (
    <Page title="Workflows" actions={mayWrite && data !== undefined && data.length > 0 && <NewWorkflow />}>
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={4} className="h-15" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No workflow yet" {...(mayWrite ? { action: <NewWorkflow /> } : {})}>
          A workflow is a graph of steps: tools, agents, approvals, conditions, waits. Templates are there to begin
          with.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((workflow) => (
            <li
              key={workflow.id}
              className="relative flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5 hover:bg-hover"
            >
              <span className="min-w-0 flex-1 basis-60">
                <Link
                  to="/workflows/$id"
                  params={{ id: workflow.id }}
                  className="font-medium after:absolute after:inset-0"
                >
                  <PlainText text={workflow.name} />
                </Link>
                <span className="block truncate text-label text-fg-2">
                  <PlainText brief text={workflow.description === '' ? 'no description' : workflow.description} />
                </span>
              </span>
              <span className="font-mono text-label text-fg-2">
                {workflow.current_version === null ? 'not published' : `v${workflow.current_version.version}`}
              </span>
              <span className="text-label text-fg-3 phone:w-24 phone:text-right">
                <Ago at={workflow.current_version?.created_at ?? workflow.updated_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
};

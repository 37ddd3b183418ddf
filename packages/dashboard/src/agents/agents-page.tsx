import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useCan } from '../session.ts';
import { buttonClass } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { ModePill } from './mode-pill.tsx';
import { agentsQuery } from './queries.ts';

const NewAgent = (): ReactNode => (
  <Link to="/agents/new" className={buttonClass('ink')}>
    <Plus size={15} aria-hidden="true" /> New agent
  </Link>
);

export const AgentsPage = (): ReactNode => {
  useTitle('Agents');
  const mayWrite = useCan('agents:write');
  const { data, error, refetch } = useQuery(agentsQuery);
  return (
    <Page title="Agents" actions={mayWrite && data !== undefined && data.length > 0 && <NewAgent />}>
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={4} className="h-15" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No agent yet" {...(mayWrite ? { action: <NewAgent /> } : {})}>
          An agent is a model with instructions and tools, and a mode that says when a person is asked.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((agent) => (
            <li
              key={agent.id}
              className="relative flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5 hover:bg-hover"
            >
              <span className="min-w-0 flex-1 basis-60">
                <Link to="/agents/$id" params={{ id: agent.id }} className="font-medium after:absolute after:inset-0">
                  {agent.name}
                </Link>
                <span className="block truncate text-label text-fg-2">
                  {agent.description === ''
                    ? (agent.current_version?.config.model ?? 'no version yet')
                    : agent.description}
                </span>
              </span>
              {agent.current_version !== null && (
                <>
                  <span className="font-mono text-label text-fg-2">v{agent.current_version.version}</span>
                  <ModePill mode={agent.current_version.config.hitl_mode} />
                </>
              )}
              <span className="text-label text-fg-3 phone:w-24 phone:text-right">
                <Ago at={agent.updated_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
};

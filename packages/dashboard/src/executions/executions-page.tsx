import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { Pick } from '../approvals/filters.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatDuration } from '../live/time.ts';
import { RUN_STATUSES, type RunsSearch } from '../search.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { shortId } from '../ui/copy.tsx';
import { StatusMark, statusWord } from '../ui/glyphs.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { workflowsQuery } from '../workflows/queries.ts';
import { executionsQuery } from './queries.ts';

const inputWords = (input: unknown): string =>
  (typeof input === 'string' ? input : JSON.stringify(input)).slice(0, 240);

const Duration = ({ from, to }: { readonly from: string; readonly to: string | null }): ReactNode => {
  const now = useServerNow();
  return formatDuration((to === null ? now : Date.parse(to)) - Date.parse(from));
};

export const ExecutionsPage = (): ReactNode => {
  useTitle('Executions');
  const search = useSearch({ from: '/app/executions' });
  const navigate = useNavigate();
  const agents = useQuery(agentsQuery).data ?? [];
  const workflows = useQuery({ ...workflowsQuery, enabled: useCan('workflows:read') }).data ?? [];
  const list = useInfiniteQuery({ ...executionsQuery(search), placeholderData: (before) => before });
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  const set = (change: RunsSearch): void => {
    void navigate({
      to: '/executions',
      replace: true,
      search: Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined)),
    });
  };
  return (
    <Page title="Executions">
      <div role="search" aria-label="Filter executions" className="-mt-1 flex max-w-160 gap-2">
        <Pick
          label="Status"
          value={search.status}
          options={RUN_STATUSES.map((status) => ({
            value: status,
            label: status === 'active' ? 'Active (not ended)' : statusWord(status),
          }))}
          onChange={(status) => set({ status: status as RunsSearch['status'] } as RunsSearch)}
        />
        <Pick
          label="Agent"
          value={search.agent}
          options={agents.map((agent) => ({ value: agent.id, label: agent.name }))}
          onChange={(agent) => set({ agent } as RunsSearch)}
        />
        <Pick
          label="Workflow"
          value={search.workflow}
          options={workflows.map((workflow) => ({ value: workflow.id, label: workflow.name }))}
          onChange={(workflow) => set({ workflow } as RunsSearch)}
        />
      </div>
      {list.isPending && <Skeleton rows={8} className="h-15" />}
      {list.isError && list.data === undefined && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && rows.length === 0 && (
        <Empty title={Object.keys(search).length > 0 ? 'No execution matches' : 'No execution yet'}>
          {Object.keys(search).length > 0
            ? 'Take a filter off to see more.'
            : 'One appears here when an agent or a workflow is run, by you or over the API.'}
        </Empty>
      )}
      {rows.length > 0 && (
        <ul className="card divide-y" inert={list.isPlaceholderData} aria-busy={list.isPlaceholderData || undefined}>
          {rows.map((execution) => (
            <li
              key={execution.id}
              className="relative flex flex-wrap items-center gap-x-4 gap-y-0.5 px-3.5 py-2.5 hover:bg-hover"
            >
              <span className="w-full phone:w-40">
                <StatusMark status={execution.status} />
              </span>
              <span className="min-w-0 flex-1 basis-56">
                <Link
                  to="/executions/$id"
                  params={{ id: execution.id }}
                  className="block truncate font-medium after:absolute after:inset-0"
                >
                  <PlainText text={inputWords(execution.input)} />
                </Link>
                <span className="block truncate text-label text-fg-2">
                  {(execution.agent ?? execution.workflow)?.name}{' '}
                  <span className="font-mono">v{(execution.agent ?? execution.workflow)?.version}</span>
                  {execution.pending_approvals > 0 && (
                    <span className="font-medium text-wait">
                      {' '}
                      · waits for {execution.pending_approvals}{' '}
                      {execution.pending_approvals === 1 ? 'decision' : 'decisions'}
                    </span>
                  )}
                  {execution.error !== null && <span className="text-no"> · {execution.error.message}</span>}
                </span>
              </span>
              <span className="flex items-center gap-3 text-label text-fg-3 phone:flex-col phone:items-end phone:gap-0">
                <span>
                  <Ago at={execution.created_at} />
                </span>
                <span>
                  <Duration from={execution.started_at ?? execution.created_at} to={execution.finished_at} />
                  <span className="font-mono phone:hidden"> {shortId(execution.id)}</span>
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Page>
  );
};

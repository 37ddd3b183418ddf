import type { WireExecution } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Ban, ChevronLeft, RotateCw } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatDuration, formatExact, formatMoment } from '../live/time.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyId } from '../ui/copy.tsx';
import { StatusPill } from '../ui/glyphs.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import { Children, Origin } from './origin.tsx';
import { executionQuery, hasEnded, stepsQuery } from './queries.ts';
import { StepList } from './step-list.tsx';

const ExecutionGraph = lazy(async () => ({
  default: (await import('../workflows/run/execution-graph.tsx')).ExecutionGraph,
}));

const number = new Intl.NumberFormat();

const Figures = ({ execution }: { readonly execution: WireExecution }): ReactNode => {
  const now = useServerNow();
  const started = execution.started_at ?? execution.created_at;
  const took = (execution.finished_at === null ? now : Date.parse(execution.finished_at)) - Date.parse(started);
  const figures: readonly (readonly [string, ReactNode])[] = [
    [
      'Started',
      <time key="at" dateTime={started} title={formatExact(started)}>
        {formatMoment(started, now)}
      </time>,
    ],
    [execution.finished_at === null ? 'Since' : 'Took', formatDuration(took)],
    ['Turns', number.format(execution.turns)],
    ['Tokens', `${number.format(execution.tokens.input)} in, ${number.format(execution.tokens.output)} out`],
  ];
  return (
    <dl className="card grid grid-cols-2 divide-x phone:grid-cols-4">
      {figures.map(([label, value]) => (
        <div key={label} className="px-3.5 py-2.5 nth-[n+3]:border-t phone:nth-[n+3]:border-t-0">
          <dt className="text-label text-fg-2">{label}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const asText = (value: WireExecution['input']): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);

export const ExecutionPage = (): ReactNode => {
  useTitle('Execution');
  const { id } = useParams({ from: '/app/executions/$id' });
  const client = useQueryClient();
  const mayRun = useCan('executions:run');
  const now = useServerNow();
  const { data: execution, error, refetch } = useQuery(executionQuery(id));
  const steps = useQuery(stepsQuery(id));
  const [cancelling, setCancelling] = useState(false);
  const retry = useMutation({
    mutationFn: () => call('retryExecution', { id }),
    onSuccess: (answer) => {
      client.setQueryData(executionQuery(id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['steps', id] });
    },
  });
  if (execution === undefined)
    return error === null ? (
      <Page title="Execution">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  const target = execution.agent ?? execution.workflow;
  return (
    <Page
      title={
        <>
          {target?.name} <span className="font-mono text-body font-normal text-fg-2">v{target?.version}</span>
        </>
      }
      above={
        <div className="mb-1 flex flex-wrap items-center gap-3">
          <Link
            to="/executions"
            aria-label="All executions"
            className="-ml-2 inline-flex size-8 items-center justify-center rounded-md hover:bg-hover pointer-coarse:size-11"
          >
            <ChevronLeft size={18} aria-hidden="true" />
          </Link>
          <StatusPill status={execution.status} />
          <CopyId id={execution.id} />
        </div>
      }
      actions={
        mayRun && (
          <>
            {execution.status === 'failed' && (
              <Button look="ink" busy={retry.isPending} onClick={() => retry.mutate()}>
                <RotateCw size={14} aria-hidden="true" /> Retry
              </Button>
            )}
            {!hasEnded(execution) && (
              <Button look="reject" onClick={() => setCancelling(true)}>
                <Ban size={14} aria-hidden="true" /> Cancel
              </Button>
            )}
          </>
        )
      }
    >
      {execution.error !== null && (
        <Notice tone="no" title={<PlainText text={execution.error.message} />}>
          <span className="font-mono text-label">{execution.error.code}</span>
        </Notice>
      )}
      {retry.isError && <Notice tone="no" alert title={`Not retried. ${errorLine(retry.error)}`} />}
      {execution.next_attempt_at !== null && !hasEnded(execution) && (
        <Notice
          tone="wait"
          title={`A step failed. It is tried again at ${formatMoment(execution.next_attempt_at, now)}.`}
        />
      )}
      {execution.pending_approvals > 0 && (
        <Notice
          tone="wait"
          title={`Waits for ${execution.pending_approvals} ${execution.pending_approvals === 1 ? 'decision' : 'decisions'}`}
        >
          The steps below link to what waits. Nothing runs meanwhile.
        </Notice>
      )}
      <Origin execution={execution} />
      <Figures execution={execution} />
      {execution.workflow !== null && steps.data !== undefined && (
        <Section
          title="Graph"
          aside={
            <Link
              to="/workflows/$id"
              params={{ id: execution.workflow.id }}
              className="text-accent underline underline-offset-2"
            >
              Open the workflow
            </Link>
          }
        >
          <Suspense fallback={<Skeleton rows={6} className="h-20" />}>
            <ExecutionGraph execution={execution} steps={steps.data} />
          </Suspense>
        </Section>
      )}
      <Section title="Input">
        <div className="card px-3.5 py-2.5">
          <ValueText text={asText(execution.input)} />
        </div>
      </Section>
      <Section
        title="Steps"
        aside={steps.data === undefined ? undefined : `${number.format(steps.data.length)} in all`}
      >
        {steps.data === undefined && steps.error === null && <Skeleton rows={5} className="h-10" />}
        {steps.data === undefined && steps.error !== null && (
          <Failure error={steps.error} onRetry={() => void steps.refetch()} />
        )}
        {steps.data?.length === 0 && <p className="card px-3.5 py-2.5 text-fg-2">No step yet.</p>}
        {steps.data !== undefined && steps.data.length > 0 && <StepList steps={steps.data} />}
      </Section>
      <Children execution={execution} />
      {execution.output !== null && (
        <Section title="Output">
          <div className="card px-3.5 py-2.5">
            <ValueText text={asText(execution.output)} />
          </div>
        </Section>
      )}
      <CancelDialog execution={execution} open={cancelling} onClose={() => setCancelling(false)} />
    </Page>
  );
};

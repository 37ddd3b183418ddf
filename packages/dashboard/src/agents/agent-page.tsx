import type { WireAgent } from '@countersign/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft, GitBranchPlus, Play } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { useCan } from '../session.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { CopyId } from '../ui/copy.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { ConfigView } from './config-view.tsx';
import { ModePill } from './mode-pill.tsx';
import { agentQuery, versionsQuery } from './queries.ts';

const RunIt = ({ agent }: { readonly agent: WireAgent }): ReactNode => {
  const navigate = useNavigate();
  const [input, setInput] = useState('');
  // One press is one execution, however often its answer is lost and it is sent again.
  const sent = useRef<{ input: string; key: string } | null>(null);
  const run = useMutation({
    mutationFn: () => {
      if (sent.current?.input !== input) sent.current = { input, key: newIdempotencyKey() };
      return call('executeAgent', { id: agent.id, body: { input } }, { idempotencyKey: sent.current.key });
    },
    onSuccess: (execution) => navigate({ to: '/executions/$id', params: { id: execution.id } }),
  });
  return (
    <Section title="Run it">
      <form
        className="card flex flex-col gap-3 p-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          if (input.trim() !== '') run.mutate();
        }}
      >
        <Field label="Input" hint="What the agent is told. Calls that its mode holds wait in the inbox.">
          {(wiring) => (
            <TextArea {...wiring} rows={3} value={input} onChange={(event) => setInput(event.target.value)} />
          )}
        </Field>
        {run.isError && <Notice tone="no" alert title={`Not started. ${errorLine(run.error)}`} />}
        <Button
          type="submit"
          look="ink"
          className="self-end"
          busy={run.isPending}
          blockedBecause={input.trim() === '' ? 'Write an input first' : null}
          onClick={(event) => event.currentTarget.form?.requestSubmit()}
        >
          <Play size={14} aria-hidden="true" /> Execute
        </Button>
      </form>
    </Section>
  );
};

const Versions = ({ agent }: { readonly agent: WireAgent }): ReactNode => {
  const { data, error, refetch } = useQuery(versionsQuery(agent.id));
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <Section title="Versions" aside="newest first; a version never changes">
      <ul className="card divide-y">
        {data.map((version) => (
          <li
            key={version.id}
            className="relative flex flex-wrap items-center gap-x-3.5 gap-y-1 px-3.5 py-2.5 hover:bg-hover"
          >
            <Link
              to="/agents/$id/v/$n"
              params={{ id: agent.id, n: String(version.version) }}
              className="w-8 font-mono font-medium after:absolute after:inset-0"
            >
              v{version.version}
            </Link>
            <span className="min-w-0 flex-1 basis-48">
              <span className="block truncate">
                {version.message === '' ? <span className="text-fg-3">no message</span> : version.message}
              </span>
              <span className="block text-label text-fg-2">
                {version.created_by.name}, <Ago at={version.created_at} />
              </span>
            </span>
            {version.is_current && (
              <span className="rounded-full border border-fg px-2 text-label font-medium">current</span>
            )}
            <ModePill mode={version.config.hitl_mode} />
          </li>
        ))}
      </ul>
    </Section>
  );
};

export const BACK_CLASS =
  '-ml-2 inline-flex size-8 items-center justify-center rounded-md hover:bg-hover pointer-coarse:size-11';

export const AgentPage = (): ReactNode => {
  useTitle('Agent');
  const { id } = useParams({ from: '/app/agents/$id' });
  const mayWrite = useCan('agents:write');
  const mayRun = useCan('executions:run');
  const { data: agent, error, refetch } = useQuery(agentQuery(id));
  if (agent === undefined)
    return error === null ? (
      <Page title="Agent">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  const current = agent.current_version;
  return (
    <Page
      title={agent.name}
      above={
        <div className="mb-1 flex items-center gap-2">
          <Link to="/agents" aria-label="All agents" className={BACK_CLASS}>
            <ChevronLeft size={18} aria-hidden="true" />
          </Link>
          <CopyId id={agent.id} />
        </div>
      }
      below={agent.description === '' ? undefined : <p className="text-fg-2">{agent.description}</p>}
      actions={
        <>
          <Link to="/executions" search={{ agent: agent.id }} className={buttonClass('outline')}>
            Executions
          </Link>
          {mayWrite && (
            <Link to="/agents/$id/edit" params={{ id }} className={buttonClass('ink')}>
              <GitBranchPlus size={15} aria-hidden="true" /> New version
            </Link>
          )}
        </>
      }
    >
      {current === null && <Empty title="No version yet">Without a version there is nothing to run.</Empty>}
      {mayRun && current !== null && <RunIt agent={agent} />}
      {current !== null && (
        <Section
          title={`Current version, v${current.version}`}
          aside={
            <Link
              to="/agents/$id/v/$n"
              params={{ id, n: String(current.version) }}
              className="text-accent underline underline-offset-2"
            >
              Open
            </Link>
          }
        >
          <ConfigView config={current.config} brief />
        </Section>
      )}
      <Versions agent={agent} />
    </Page>
  );
};

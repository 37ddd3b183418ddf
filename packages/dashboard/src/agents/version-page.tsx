import type { WireAgentConfig } from '@countersign/contract';
import { type Json, type JsonDifference, diffJson } from '@countersign/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowUpToLine, ChevronLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { Change } from '../approvals/arguments-table.tsx';
import { CompareWith } from '../approvals/compare-with.tsx';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { BACK_CLASS } from './agent-page.tsx';
import { ConfigView } from './config-view.tsx';
import { ModePill } from './mode-pill.tsx';
import { changesWhoIsAsked } from './modes.ts';
import { agentQuery, versionQuery, versionsQuery } from './queries.ts';

const Differences = ({
  title,
  differences,
}: {
  readonly title: string;
  readonly differences: readonly JsonDifference[];
}): ReactNode =>
  differences.length === 0 ? null : (
    <Section title={title}>
      <dl className="card divide-y">
        {differences.map((difference) => (
          <div key={difference.pointer} className="flex flex-wrap gap-x-4 gap-y-0.5 px-3.5 py-2">
            <dt className="w-full font-mono text-[13px] text-fg-2 phone:w-52">
              {difference.pointer.slice(1).replaceAll('/', ' / ')}
            </dt>
            <dd className="min-w-0 flex-1 basis-60 font-mono text-[13px]">
              <Change change={difference} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );

/** A configuration has only JSON in it, but its type allows absent members. */
const asJson = (config: WireAgentConfig): Json => JSON.parse(JSON.stringify(config)) as Json;

const Comparison = ({
  id,
  from,
  to,
}: {
  readonly id: string;
  readonly from: number;
  readonly to: WireAgentConfig;
}): ReactNode => {
  const { data, error, refetch } = useQuery(versionQuery(id, from));
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  const differences = diffJson(asJson(data.config), asJson(to));
  if (differences.length === 0) return <Notice tone="off" title={`The same configuration as v${from}`} />;
  return (
    <>
      <Differences
        title="Changes who is asked"
        differences={differences.filter((difference) => changesWhoIsAsked(difference.pointer))}
      />
      <Differences
        title="Other changes"
        differences={differences.filter((difference) => !changesWhoIsAsked(difference.pointer))}
      />
    </>
  );
};

export const VersionPage = (): ReactNode => {
  useTitle('Agent version');
  const { id, n } = useParams({ from: '/app/agents/$id/v/$n' });
  const { compare } = useSearch({ from: '/app/agents/$id/v/$n' });
  const number = Number(n);
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayWrite = useCan('agents:write');
  const agent = useQuery(agentQuery(id)).data;
  const versions = useQuery(versionsQuery(id)).data ?? [];
  const { data: version, error, refetch } = useQuery(versionQuery(id, number));
  const promote = useMutation({
    mutationFn: () => call('promoteVersion', { id, body: { version: number } }),
    onSuccess: (answer) => {
      client.setQueryData(agentQuery(id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['versions', id] });
      void client.invalidateQueries({ queryKey: ['agents'] });
    },
  });
  if (version === undefined)
    return error === null ? (
      <Page title="Version">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return (
    <Page
      title={
        <>
          {agent?.name ?? 'Agent'} <span className="font-mono text-fg-2">v{version.version}</span>
        </>
      }
      above={
        <div className="mb-1 flex flex-wrap items-center gap-2">
          <Link to="/agents/$id" params={{ id }} aria-label="Back to the agent" className={BACK_CLASS}>
            <ChevronLeft size={18} aria-hidden="true" />
          </Link>
          {version.is_current && (
            <span className="rounded-full border border-fg px-2 text-label font-medium">current</span>
          )}
          <ModePill mode={version.config.hitl_mode} />
        </div>
      }
      below={
        <p className="text-fg-2">
          {version.message === '' ? 'No message' : version.message} · {version.created_by.name},{' '}
          <Ago at={version.created_at} />
        </p>
      }
      actions={
        mayWrite &&
        !version.is_current && (
          <Button look="ink" busy={promote.isPending} onClick={() => promote.mutate()}>
            <ArrowUpToLine size={14} aria-hidden="true" /> Make it the current one
          </Button>
        )
      }
    >
      {promote.isError && <Notice tone="no" alert title={`Not changed. ${errorLine(promote.error)}`} />}
      <CompareWith
        versions={versions}
        number={number}
        compare={compare}
        onChange={(chosen) =>
          void navigate({ to: '.', search: chosen === undefined ? {} : { compare: chosen }, replace: true })
        }
      />
      {compare === undefined ? (
        <Section title="Configuration">
          <ConfigView config={version.config} />
        </Section>
      ) : (
        <Comparison id={id} from={compare} to={version.config} />
      )}
    </Page>
  );
};

/** One policy: its rules in an editor that is checked as one types, tried on a call and on history, and its versions. */
import type { WirePolicy } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { BACK_CLASS } from '../agents/agent-page.tsx';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { Backtest } from './backtest.tsx';
import { DiffView } from './diff-view.tsx';
import { policiesQuery, policyQuery, policyVersionsQuery } from './queries.ts';
import { SourceEditor } from './source-editor.tsx';
import { TryCall } from './try-call.tsx';
import { useCheck } from './use-check.ts';

const useTake = (id: string): (() => Promise<void>) => {
  const client = useQueryClient();
  return async () => {
    void client.invalidateQueries({ queryKey: policiesQuery.queryKey });
    await client.invalidateQueries({ queryKey: ['policy', id] });
  };
};

const Versions = ({ policy }: { readonly policy: WirePolicy }): ReactNode => {
  const { compare } = useSearch({ from: '/app/policies/$id' });
  const navigate = useNavigate();
  const mayWrite = useCan('policies:write');
  const take = useTake(policy.id);
  const { data, error, refetch } = useQuery(policyVersionsQuery(policy.id));
  const promote = useMutation({
    mutationFn: (version: number) => call('promotePolicyVersion', { id: policy.id, body: { version } }),
    onSuccess: take,
  });
  const current = policy.current_version;
  const other = data?.find((version) => version.version === compare);
  if (data === undefined)
    return error === null ? <Skeleton rows={2} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <div className="flex flex-col gap-3">
      {promote.isError && <Notice tone="no" alert title={`Not changed. ${errorLine(promote.error)}`} />}
      <ol className="card divide-y">
        {data.map((version) => {
          const holds = version.version === current?.version;
          return (
            <li key={version.version} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3.5 py-2">
              <span className="font-mono">v{version.version}</span>
              {holds && <span className="rounded-full border border-fg px-2 text-label font-medium">holds</span>}
              <span className="min-w-0 flex-1 basis-52">
                <PlainText text={version.message === '' ? 'No message' : version.message} />
                <span className="block text-label text-fg-3">
                  {version.created_by.name}, <Ago at={version.created_at} />
                </span>
              </span>
              {!holds && (
                <Button
                  size="small"
                  aria-pressed={compare === version.version}
                  onClick={() =>
                    void navigate({
                      to: '/policies/$id',
                      params: { id: policy.id },
                      search: compare === version.version ? {} : { compare: version.version },
                      replace: true,
                    })
                  }
                >
                  {compare === version.version ? 'Hide the difference' : 'Compare'}
                  <span className="sr-only"> v{version.version}</span>
                </Button>
              )}
              {!holds && mayWrite && (
                <Button size="small" busy={promote.isPending} onClick={() => promote.mutate(version.version)}>
                  Let v{version.version} hold
                </Button>
              )}
            </li>
          );
        })}
      </ol>
      {other !== undefined && current !== null && (
        <Section title={`From v${current.version}, which holds, to v${other.version}`}>
          <DiffView before={current.source} after={other.source} same={`The same rules as v${current.version}`} />
        </Section>
      )}
    </div>
  );
};

const Editor = ({ policy }: { readonly policy: WirePolicy }): ReactNode => {
  const mayWrite = useCan('policies:write');
  const take = useTake(policy.id);
  const held = policy.current_version?.source ?? '';
  const [source, setSource] = useState(held);
  const [message, setMessage] = useState('');
  const [showDiff, setShowDiff] = useState(false);
  const checked = useCheck(source);
  const key = useRef(newIdempotencyKey());
  const changed = source !== held;
  const save = useMutation({
    mutationFn: () =>
      call(
        'createPolicyVersion',
        { id: policy.id, body: { source, message: message.trim() } },
        { idempotencyKey: key.current },
      ),
    onSuccess: async () => {
      key.current = newIdempotencyKey();
      setMessage('');
      await take();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const blocked = !changed
    ? 'Nothing was changed'
    : checked.problems.length > 0
      ? 'The rules have problems'
      : checked.isCurrent
        ? null
        : 'The rules are being checked';
  return (
    <>
      <Section title="Rules" aside={changed ? 'not saved' : `as v${policy.current_version?.version ?? 0} has them`}>
        <SourceEditor label="Rules" value={source} onChange={setSource} checked={checked} readOnly={!mayWrite} />
        {mayWrite && (
          <div className="flex flex-wrap items-end gap-3">
            <Field label="What changed, and why" className="min-w-0 flex-1 basis-60">
              {(wiring) => (
                <TextInput
                  {...wiring}
                  maxLength={1000}
                  value={message}
                  onChange={(event) => setMessage(event.target.value)}
                />
              )}
            </Field>
            {changed && (
              <Button onClick={() => setShowDiff(!showDiff)} aria-pressed={showDiff}>
                {showDiff ? 'Hide the difference' : 'Show the difference'}
              </Button>
            )}
            <Button look="ink" busy={save.isPending} blockedBecause={blocked} onClick={() => save.mutate()}>
              Save as a new version
            </Button>
          </div>
        )}
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
        {showDiff && changed && <DiffView before={held} after={source} same="Nothing was changed" />}
      </Section>
      <Section title="Try one call" aside="with the rules as they stand above">
        <TryCall source={source} />
      </Section>
      <Section title="Backtest on history" aside="with the rules as they stand above">
        <Backtest source={source} />
      </Section>
    </>
  );
};

export const PolicyPage = (): ReactNode => {
  useTitle('Policy');
  const { id } = useParams({ from: '/app/policies/$id' });
  const { data, error, refetch } = useQuery(policyQuery(id));
  if (data === undefined)
    return error === null ? (
      <Page title="Policy">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return (
    <Page
      title={<PlainText text={data.name} />}
      above={
        <div className="mb-1 flex flex-wrap items-center gap-2">
          <Link to="/policies" aria-label="Back to the policies" className={BACK_CLASS}>
            <ChevronLeft size={18} aria-hidden="true" />
          </Link>
          <span className="font-mono text-label text-fg-2">v{data.current_version?.version ?? 0}</span>
          <span
            className={
              data.is_enabled
                ? 'rounded-full border border-ok-line bg-ok-tint px-2 text-label font-medium text-ok'
                : 'rounded-full border px-2 text-label text-off'
            }
          >
            {data.is_enabled ? 'holds' : 'switched off'}
          </span>
        </div>
      }
    >
      <Editor key={`${data.id} ${data.current_version?.version ?? 0}`} policy={data} />
      <Section title="Versions">
        <Versions policy={data} />
      </Section>
    </Page>
  );
};

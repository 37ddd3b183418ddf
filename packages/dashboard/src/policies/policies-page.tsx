import type { WirePolicy } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { announce } from '../ui/announce.ts';
import { IconButton, buttonClass } from '../ui/button.tsx';
import { Check } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { policiesQuery } from './queries.ts';

/** The rules of a source by name and outcome, for a line in the list; a text that is not so written gives none. */
const ruleNames = (source: string): readonly string[] =>
  [...source.matchAll(/^\s*-\s*\{?\s*name:\s*["']?([^"',\n}]+)/gm)].map((match) => (match[1] ?? '').trim());

const NewPolicy = (): ReactNode => (
  <Link to="/policies/new" className={buttonClass('ink')}>
    <Plus size={15} aria-hidden="true" /> New policy
  </Link>
);

export const PoliciesPage = (): ReactNode => {
  useTitle('Policies');
  const client = useQueryClient();
  const mayWrite = useCan('policies:write');
  const { data, error, refetch } = useQuery(policiesQuery);
  const again = (): Promise<void> => client.invalidateQueries({ queryKey: policiesQuery.queryKey });
  const toggle = useMutation({
    mutationFn: (policy: WirePolicy) =>
      call('updatePolicy', { id: policy.id, body: { is_enabled: !policy.is_enabled } }),
    onSettled: again,
  });
  const move = useMutation({
    mutationFn: async ({
      list,
      from,
      to,
    }: {
      readonly list: readonly WirePolicy[];
      readonly from: number;
      readonly to: number;
    }) => {
      const next = [...list];
      const [moved] = next.splice(from, 1);
      if (moved === undefined) return;
      next.splice(to, 0, moved);
      // Two may share a position, so everything that is not at its place is put there.
      for (const [position, policy] of next.entries())
        if (policy.position !== position) await call('updatePolicy', { id: policy.id, body: { position } });
      announce(`${moved.name} is now number ${to + 1}`);
    },
    onSettled: again,
  });
  const failed = toggle.error ?? move.error;
  return (
    <Page
      title="Policies"
      actions={mayWrite && <NewPolicy />}
      below={
        <p className="text-fg-2">
          Rules are read from the top, as one list; the first that matches decides. A “deny” anywhere wins. Where none
          matches, the agent’s mode decides.
        </p>
      }
    >
      {failed !== null && <Notice tone="no" alert title={`Not changed. ${errorLine(failed)}`} />}
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-16" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No policy" {...(mayWrite ? { action: <NewPolicy /> } : {})}>
          The modes of the agents alone decide what is asked.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ol className="card divide-y">
          {data.map((policy, index) => (
            <li key={policy.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 py-2.5">
              <span aria-hidden="true" className="w-5 text-right font-mono text-label text-fg-3">
                {index + 1}
              </span>
              <span className="min-w-0 flex-1 basis-60">
                <Link
                  to="/policies/$id"
                  params={{ id: policy.id }}
                  className={policy.is_enabled ? 'font-medium hover:underline' : 'font-medium text-fg-3 line-through'}
                >
                  <PlainText text={policy.name} />
                </Link>
                <span className="ml-2 font-mono text-label text-fg-2">v{policy.current_version?.version ?? 0}</span>
                {!policy.is_enabled && <span className="ml-2 text-label font-medium text-off">off</span>}
                <span className="block truncate text-label text-fg-2">
                  <PlainText brief text={ruleNames(policy.current_version?.source ?? '').join(' · ') || 'no rules'} />
                </span>
              </span>
              <span className="text-label text-fg-3">
                <Ago at={policy.updated_at} />
              </span>
              {mayWrite && (
                <span className="flex items-center gap-1">
                  <Check
                    label={<span className="sr-only">{policy.name} holds</span>}
                    title={policy.is_enabled ? 'Switch it off' : 'Switch it on'}
                    checked={policy.is_enabled}
                    disabled={toggle.isPending}
                    onChange={() => toggle.mutate(policy)}
                    className="mr-2 pointer-coarse:min-w-11"
                  />
                  <IconButton
                    label={`Move ${policy.name} up`}
                    icon={<ArrowUp size={15} aria-hidden="true" />}
                    aria-disabled={index === 0 || move.isPending}
                    className="aria-disabled:opacity-35"
                    onClick={() =>
                      index > 0 && !move.isPending && move.mutate({ list: data, from: index, to: index - 1 })
                    }
                  />
                  <IconButton
                    label={`Move ${policy.name} down`}
                    icon={<ArrowDown size={15} aria-hidden="true" />}
                    aria-disabled={index === data.length - 1 || move.isPending}
                    className="aria-disabled:opacity-35"
                    onClick={() =>
                      index < data.length - 1 &&
                      !move.isPending &&
                      move.mutate({ list: data, from: index, to: index + 1 })
                    }
                  />
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </Page>
  );
};

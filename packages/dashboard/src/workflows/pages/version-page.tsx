/** One version: its graph, and what differs from another one, on the graph and field by field. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowUpToLine, ChevronLeft, Download } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { BACK_CLASS } from '../../agents/agent-page.tsx';
import { call } from '../../api.ts';
import { useTitle } from '../../approvals/approval-pane.tsx';
import { CompareWith } from '../../approvals/compare-with.tsx';
import { useCan } from '../../session.ts';
import { Button } from '../../ui/button.tsx';
import { Ago } from '../../ui/moment.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../../ui/states.tsx';
import { Canvas, NOTHING_SELECTED, type Selection } from '../canvas/canvas.tsx';
import type { ChangeMark } from '../canvas/node-card.tsx';
import { draftOf } from '../editor/use-editor.ts';
import { type Difference, differenceOf, differenceWords } from '../graph/difference.ts';
import type { Draft } from '../graph/draft.ts';
import { workflowQuery, workflowVersionQuery, workflowVersionsQuery } from '../queries.ts';
import { DifferenceView } from './difference-view.tsx';
import { saveAsFile } from './save-as-file.ts';

/** The newer graph with what is gone from it still to be seen. */
const merged = (draft: Draft, difference: Difference): Draft => ({
  ...draft,
  nodes: [...draft.nodes, ...difference.removed],
});

const marksOf = (difference: Difference): ReadonlyMap<string, ChangeMark> =>
  new Map([
    ...difference.added.map(({ id }) => [id, 'added'] as const),
    ...difference.removed.map(({ id }) => [id, 'removed'] as const),
    ...difference.changed.map(({ node }) => [node.id, 'changed'] as const),
  ]);

export const VersionPage = (): ReactNode => {
  useTitle('Workflow version');
  const { id, n } = useParams({ from: '/app/workflows/$id/v/$n' });
  const { compare } = useSearch({ from: '/app/workflows/$id/v/$n' });
  const number = Number(n);
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayWrite = useCan('workflows:write');
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const workflow = useQuery(workflowQuery(id)).data;
  const versions = useQuery(workflowVersionsQuery(id)).data ?? [];
  const { data: version, error, refetch } = useQuery(workflowVersionQuery(id, number));
  const other = useQuery({ ...workflowVersionQuery(id, compare ?? 0), enabled: compare !== undefined }).data;
  const promote = useMutation({
    mutationFn: () => call('promoteWorkflowVersion', { id, body: { version: number } }),
    onSuccess: (answer) => {
      client.setQueryData(workflowQuery(id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['workflow-versions', id] });
      void client.invalidateQueries({ queryKey: ['workflows'] });
    },
  });
  const draft = useMemo(() => (version === undefined ? null : draftOf(version)), [version]);
  const difference = useMemo(
    () => (draft === null || other === undefined || compare === undefined ? null : differenceOf(draftOf(other), draft)),
    [draft, other, compare],
  );
  const shown = useMemo(
    () => (draft === null || difference === null ? draft : merged(draft, difference)),
    [draft, difference],
  );
  const marks = useMemo(() => (difference === null ? {} : { changes: marksOf(difference) }), [difference]);
  if (version === undefined || shown === null)
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
          {workflow?.name ?? 'Workflow'} <span className="font-mono text-fg-2">v{version.version}</span>
        </>
      }
      above={
        <div className="mb-1 flex flex-wrap items-center gap-2">
          <Link to="/workflows/$id/versions" params={{ id }} aria-label="All versions" className={BACK_CLASS}>
            <ChevronLeft size={18} aria-hidden="true" />
          </Link>
          {version.is_current && (
            <span className="rounded-full border border-fg px-2 text-label font-medium">current</span>
          )}
        </div>
      }
      below={
        <p className="text-fg-2">
          {version.message === '' ? 'No message' : version.message} · {version.created_by.name},{' '}
          <Ago at={version.created_at} />
        </p>
      }
      actions={
        <>
          <Button onClick={() => saveAsFile(`${workflow?.name ?? 'workflow'}-v${version.version}`, version.definition)}>
            <Download size={14} aria-hidden="true" /> JSON
          </Button>
          {mayWrite && !version.is_current && (
            <Button look="ink" busy={promote.isPending} onClick={() => promote.mutate()}>
              <ArrowUpToLine size={14} aria-hidden="true" /> Make it the current one
            </Button>
          )}
        </>
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
      {difference !== null && (
        <Section title={`Changes since v${compare}`} aside={differenceWords(difference)}>
          <DifferenceView difference={difference} same={`The same as v${compare}`} />
        </Section>
      )}
      <Section title="Graph">
        <div className="card h-130 overflow-hidden">
          <Canvas
            label={`Graph of version ${version.version}`}
            draft={shown}
            marks={marks}
            selection={selection}
            onSelect={setSelection}
            onOpen={() => undefined}
          />
        </div>
      </Section>
    </Page>
  );
};

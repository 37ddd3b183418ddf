import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTitle } from '../../approvals/approval-pane.tsx';
import { Page } from '../../ui/page.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { workflowQuery } from '../queries.ts';
import { WorkflowEditor } from './workflow-editor.tsx';

export const EditorPage = (): ReactNode => {
  const { id } = useParams({ from: '/app/workflows/$id' });
  const { data: workflow, error, refetch } = useQuery(workflowQuery(id));
  useTitle(workflow?.name ?? 'Workflow');
  if (workflow === undefined)
    return error === null ? (
      <Page title="Workflow">
        <Skeleton rows={6} />
      </Page>
    ) : (
      <Failure heading error={error} onRetry={() => void refetch()} />
    );
  return <WorkflowEditor key={workflow.id} workflow={workflow} />;
};

import type { WireApproval } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { stepsQuery } from '../executions/queries.ts';
import { StepList } from '../executions/step-list.tsx';
import { Section } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';

/** The execution around the pause. */
const Steps = ({
  executionId,
  stepId,
}: {
  readonly executionId: string;
  readonly stepId: string | null;
}): ReactNode => {
  const { data, error, refetch } = useQuery(stepsQuery(executionId));
  if (data === undefined)
    return error === null ? <Skeleton rows={4} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <Section
      title="Steps"
      aside={
        <Link to="/executions/$id" params={{ id: executionId }} className="text-accent underline underline-offset-2">
          Open the execution
        </Link>
      }
    >
      <StepList steps={data} highlight={stepId} />
    </Section>
  );
};

export const RunTab = ({ approval }: { readonly approval: WireApproval }): ReactNode =>
  approval.execution_id === null ? (
    <Empty title="No execution here">This was asked by a program that runs elsewhere. Only its request is known.</Empty>
  ) : (
    <Steps executionId={approval.execution_id} stepId={approval.step_id} />
  );

/** The form of the answer to a question that an agent put. */
import type { WireApproval } from '@countersign/contract';
import { type ReactNode, Suspense, lazy } from 'react';
import type { Decision } from '../approvals/use-decision.ts';
import { ValueText } from '../approvals/value-text.tsx';
import { Section } from '../ui/page.tsx';
import { Skeleton } from '../ui/states.tsx';

const SchemaForm = lazy(async () => ({ default: (await import('../schema-form/schema-form.tsx')).SchemaForm }));

export const AnswerSection = ({
  approval,
  decision,
}: {
  readonly approval: WireApproval;
  readonly decision: Decision | null;
}): ReactNode => {
  if (approval.kind !== 'question') return null;
  const given = approval.decision?.response;
  if (decision === null)
    return given === undefined ? null : (
      <Section title="Answer">
        <div className="card px-3.5 py-2.5 font-mono text-[13.5px]">
          <ValueText text={typeof given === 'string' ? given : JSON.stringify(given, null, 2)} />
        </div>
      </Section>
    );
  if (decision.answer === undefined) return null;
  return (
    <Section
      title="Your answer"
      aside={decision.answerFaults > 0 ? `${decision.answerFaults} not valid yet` : undefined}
    >
      <Suspense fallback={<Skeleton rows={2} />}>
        <SchemaForm
          schema={approval.response_schema}
          value={decision.answer}
          onChange={decision.setAnswer}
          onFaultCount={decision.setAnswerFaults}
        />
      </Suspense>
    </Section>
  );
};

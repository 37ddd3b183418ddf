/** What one step did: when, with what, to what end, and who was asked. */
import type { WireStep } from '@countersign/contract';
import type { Json } from '@countersign/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ResultText } from '../../approvals/result-text.tsx';
import { PlainText, ValueText } from '../../approvals/value-text.tsx';
import { useServerNow } from '../../live/clock.ts';
import { formatDuration, formatExact, formatMoment } from '../../live/time.ts';
import { StatusPill } from '../../ui/glyphs.tsx';
import { LOOKS } from '../canvas/looks.ts';
import { type DraftNode, nameOf } from '../graph/draft.ts';

const LINK = 'inline-flex min-h-6 items-center text-accent underline underline-offset-2';

const Moment = ({ label, at }: { readonly label: string; readonly at: string | null }): ReactNode => {
  const now = useServerNow();
  return at === null ? null : (
    <>
      <dt className="text-fg-3">{label}</dt>
      <dd>
        <time dateTime={at} title={formatExact(at)}>
          {formatMoment(at, now)}
        </time>
      </dd>
    </>
  );
};

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

const Value = ({ title, value }: { readonly title: string; readonly value: Json | null }): ReactNode =>
  value === null ? null : (
    <section className="flex flex-col gap-1">
      <h3 className="text-label font-medium text-fg-2">{title}</h3>
      <div className="card max-h-80 overflow-auto px-3 py-2 font-mono text-[13px] leading-5">
        <ValueText text={asText(value)} />
      </div>
    </section>
  );

/** Whether the result says nothing that the output does not. */
const isSame = (result: string | null, output: Json): boolean => result === null || result === asText(output);

export const StepPanel = ({
  node,
  step,
}: {
  readonly node: DraftNode;
  readonly step: WireStep | undefined;
}): ReactNode => {
  const now = useServerNow();
  const look = LOOKS[node.type];
  const Icon = look.icon;
  const start = step?.started_at ?? step?.created_at ?? null;
  return (
    <div className="flex flex-col gap-4 p-4">
      <header className="flex items-center gap-2.5">
        <span className={`flex size-8 shrink-0 items-center justify-center rounded-md ${look.tint}`}>
          <Icon size={16} aria-hidden="true" />
        </span>
        <div className="min-w-0 flex-1">
          <p className="text-label text-fg-3">{look.label}</p>
          <h2 className="truncate font-semibold">{nameOf(node)}</h2>
        </div>
        {step !== undefined && <StatusPill status={step.status} />}
      </header>
      {step === undefined && <p className="text-fg-2">It did not run.</p>}
      {step !== undefined && (
        <>
          {step.error !== null && (
            <p className="rounded-md border border-no-line bg-no-tint px-3 py-2">
              <span className="font-mono text-label text-no">{step.error.code}</span>{' '}
              <PlainText text={step.error.message} />
            </p>
          )}
          {step.approval_id !== null && (
            <Link
              to={step.status === 'awaiting_approval' ? '/inbox/$id' : '/history/$id'}
              params={{ id: step.approval_id }}
              className={LINK}
            >
              {step.status === 'awaiting_approval' ? 'Open the request that waits' : 'See the decision'}
            </Link>
          )}
          {step.node !== null && step.node.child_execution_id !== null && (
            <Link to="/executions/$id" params={{ id: step.node.child_execution_id }} className={LINK}>
              Open the execution that it started
            </Link>
          )}
          <dl className="grid grid-cols-[6.5rem_1fr] gap-x-3 gap-y-0.5 text-label">
            {step.node !== null && step.node.scope !== '' && (
              <>
                <dt className="text-fg-3">Within</dt>
                <dd className="font-mono">{step.node.scope}</dd>
              </>
            )}
            <Moment label="Started" at={start} />
            <Moment label="Finished" at={step.finished_at} />
            {start !== null && (
              <>
                <dt className="text-fg-3">{step.finished_at === null ? 'Since' : 'Took'}</dt>
                <dd>
                  {formatDuration((step.finished_at === null ? now : Date.parse(step.finished_at)) - Date.parse(start))}
                </dd>
              </>
            )}
            <dt className="text-fg-3">Attempts</dt>
            <dd>{Math.max(1, step.attempt)}</dd>
            <Moment label="Goes on at" at={step.finished_at === null ? (step.node?.wake_at ?? null) : null} />
            <Moment label="Times out at" at={step.finished_at === null ? (step.node?.timeout_at ?? null) : null} />
            {step.node !== null && step.node.leads_to !== null && (
              <>
                <dt className="text-fg-3">Led to</dt>
                <dd className="font-mono">{step.node.leads_to}</dd>
              </>
            )}
          </dl>
          <Value title="Input" value={step.arguments} />
          <Value title="Before a reviewer changed it" value={step.original_arguments} />
          <Value title="Output" value={step.node?.output ?? null} />
          {step.result !== null && !isSame(step.result, step.node?.output ?? null) && (
            <section className="flex flex-col gap-1">
              <h3 className="text-label font-medium text-fg-2">
                {step.is_error ? 'What the tool answered: an error' : 'What the tool answered'}
              </h3>
              <div className="card max-h-80 overflow-auto px-3 py-2 font-mono text-[13px] leading-5">
                <ResultText text={step.result} />
              </div>
            </section>
          )}
        </>
      )}
    </div>
  );
};

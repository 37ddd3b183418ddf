/** The steps of an execution in order: turns of the model, tool calls with what the gate said, the output. */
import type { WireStep } from '@countersign/contract';
import { type JsonObject, diffJson, isObject } from '@countersign/core';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Bot, ChevronRight, Hourglass, MessageSquareText, Waypoints, Wrench } from 'lucide-react';
import type { ReactNode } from 'react';
import { ArgumentsTable, changesByPointer } from '../approvals/arguments-table.tsx';
import { ResultText } from '../approvals/result-text.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatDuration } from '../live/time.ts';
import { StatusMark } from '../ui/glyphs.tsx';
import { waitsBetween } from './waits.ts';

const ICONS = { model_turn: Bot, tool_call: Wrench, output: MessageSquareText, node: Waypoints } as const;
const number = new Intl.NumberFormat();

const Took = ({ step }: { readonly step: WireStep }): ReactNode => {
  const now = useServerNow();
  if (step.started_at === null) return null;
  const end = step.finished_at === null ? now : Date.parse(step.finished_at);
  // While it waits for a person, the time is the person's.
  if (step.status === 'awaiting_approval') return null;
  return <span className="whitespace-nowrap">{formatDuration(end - Date.parse(step.started_at))}</span>;
};

const VERDICTS = { proceed: 'went ahead', hold: 'held', block: 'blocked' } as const;

const asObject = (value: WireStep['arguments']): JsonObject =>
  isObject(value ?? undefined) ? (value as JsonObject) : {};

const Details = ({ step }: { readonly step: WireStep }): ReactNode => {
  const changes =
    step.original_arguments === null ? [] : diffJson(step.original_arguments, step.arguments ?? undefined);
  return (
    <div className="flex flex-col gap-3 pr-3.5 pb-3.5 pl-10">
      {step.gate !== null && (
        <p className="text-label text-fg-2">
          Gate: <span className="font-medium text-fg">{VERDICTS[step.gate.outcome]}</span>, {step.gate.reason}
        </p>
      )}
      {step.error !== null && (
        <p className="text-no">
          <span className="font-mono text-label">{step.error.code}</span> <PlainText text={step.error.message} />
        </p>
      )}
      {step.arguments !== null && (
        <div className="flex flex-col gap-1">
          <p className="text-label text-fg-3">
            {changes.length > 0 ? 'Arguments, as edited by the reviewer' : 'Arguments'}
          </p>
          <ArgumentsTable value={asObject(step.arguments)} schema={null} changes={changesByPointer(changes)} />
        </div>
      )}
      {step.result !== null && (
        <div className="flex flex-col gap-1">
          <p className={clsx('text-label', step.is_error ? 'font-medium text-no' : 'text-fg-3')}>
            {step.is_error ? 'Result: an error' : step.kind === 'tool_call' ? 'Result' : 'Text'}
          </p>
          <div className={clsx('card px-3.5 py-2.5', step.kind === 'tool_call' && 'font-mono text-[13px] leading-5')}>
            <ResultText text={step.result} />
          </div>
        </div>
      )}
    </div>
  );
};

const titleOf = (step: WireStep): ReactNode => {
  if (step.kind === 'model_turn') return `Turn ${step.turn}`;
  if (step.kind === 'output') return 'Output';
  if (step.node !== null)
    return (
      <span className="font-mono text-[13px]">
        {step.node.scope}
        {step.node.id}
      </span>
    );
  return <span className="font-mono text-[13px]">{step.tool}</span>;
};

const hasDetails = (step: WireStep): boolean =>
  step.arguments !== null || step.result !== null || step.error !== null || step.gate !== null;

const Line = ({ step }: { readonly step: WireStep }): ReactNode => {
  const Icon = ICONS[step.kind];
  return (
    <>
      <Icon size={15} aria-hidden="true" className="shrink-0 text-fg-3" />
      <span className="min-w-0 font-medium [overflow-wrap:anywhere]">{titleOf(step)}</span>
      {step.attempt > 1 && <span className="text-label text-wait">attempt {step.attempt}</span>}
      {step.original_arguments !== null && <span className="text-label text-fg-2">edited</span>}
      <span className="ml-auto flex flex-wrap items-center justify-end gap-x-3 text-label text-fg-3">
        {step.tokens !== null && (
          <span className="whitespace-nowrap">
            {number.format(step.tokens.input)} + {number.format(step.tokens.output)} tokens
          </span>
        )}
        <Took step={step} />
        <StatusMark status={step.status} />
      </span>
    </>
  );
};

const StepItem = ({ step, highlighted }: { readonly step: WireStep; readonly highlighted: boolean }): ReactNode => (
  <li
    aria-current={highlighted ? 'step' : undefined}
    className={clsx(
      step.kind !== 'model_turn' && 'pl-3 phone:pl-6',
      highlighted && 'bg-wait-tint/55 shadow-[inset_3px_0_0_var(--wait-solid)]',
    )}
  >
    {hasDetails(step) ? (
      <details className="group">
        <summary className="flex min-h-10 list-none flex-wrap items-center gap-x-2.5 gap-y-0.5 px-3.5 py-1.5 hover:bg-hover pointer-coarse:min-h-12">
          <ChevronRight
            size={14}
            aria-hidden="true"
            className="-ml-1.5 shrink-0 text-fg-3 transition-transform duration-100 group-open:rotate-90"
          />
          <Line step={step} />
        </summary>
        <Details step={step} />
      </details>
    ) : (
      <div className="flex min-h-10 flex-wrap items-center gap-x-2.5 py-1.5 pr-3.5 pl-8.5">
        <Line step={step} />
      </div>
    )}
    {step.gate?.plan !== undefined && (
      <p className="-mt-1 pb-2 pl-10 text-label">
        <Link
          to="/history/$id"
          params={{ id: step.gate.plan.approval_id }}
          className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
        >
          Line {step.gate.plan.line} of an approved plan
        </Link>
      </p>
    )}
    {step.approval_id !== null && !highlighted && (
      <p className="-mt-1 pb-2 pl-10 text-label">
        <Link
          to={step.status === 'awaiting_approval' ? '/inbox/$id' : '/history/$id'}
          params={{ id: step.approval_id }}
          className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
        >
          {step.status === 'awaiting_approval' ? 'Open the request that waits' : 'See the decision'}
        </Link>
      </p>
    )}
  </li>
);

/** A long wait takes one line, whatever its length. */
const Wait = ({ ms, forPerson }: { readonly ms: number; readonly forPerson: boolean }): ReactNode => (
  <li className="flex items-center gap-2.5 border-dashed bg-sunken px-3.5 py-1.5 text-label text-fg-2">
    <Hourglass size={13} aria-hidden="true" className="text-fg-3" />
    {formatDuration(ms)} {forPerson ? 'waiting for a decision' : 'later'}
  </li>
);

type StepListProps = { readonly steps: readonly WireStep[]; readonly highlight?: string | null };

export const StepList = ({ steps, highlight = null }: StepListProps): ReactNode => {
  const waits = waitsBetween(steps);
  return (
    <ol className="card divide-y overflow-hidden">
      {steps.flatMap((step) => {
        const wait = waits.get(step.id);
        return [
          <StepItem key={step.id} step={step} highlighted={step.id === highlight} />,
          ...(wait === undefined ? [] : [<Wait key={`${step.id}-wait`} {...wait} />]),
        ];
      })}
    </ol>
  );
};

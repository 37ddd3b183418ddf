/** A plan of calls, line by line: which tool, how often, and what each argument may be. */
import type { WireApproval } from '@countersign/contract';
import type { Json } from '@countersign/core';
import type { ReactNode } from 'react';
import { formatDuration, formatExact } from '../live/time.ts';
import { asText } from '../review/seen.ts';
import { PlainText, ValueText } from './value-text.tsx';

type Plan = NonNullable<WireApproval['plan']>;
type Line = Plan['lines'][number];
type Bound = Line['bounds'][number];

const Word = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <span className="mr-1.5 font-sans text-fg-2">{children}</span>
);

const Value = ({ value }: { readonly value: Json }): ReactNode => <ValueText text={asText(value)} />;

/** Whole values, never shortened: this is what is approved. */
const Allowed = ({ bound }: { readonly bound: Bound }): ReactNode => {
  if (bound.equals !== undefined)
    return (
      <>
        <Word>exactly</Word>
        <Value value={bound.equals} />
      </>
    );
  if (bound.one_of !== undefined)
    return (
      <>
        <Word>one of</Word>
        <ul className="inline-flex flex-wrap gap-x-3">
          {bound.one_of.map((value, index) => (
            <li key={index} className="min-w-0">
              <Value value={value} />
            </li>
          ))}
        </ul>
      </>
    );
  if (bound.like !== undefined)
    return (
      <>
        <Word>like</Word>
        <Value value={bound.like} />
      </>
    );
  if (bound.anything === true) return <span className="font-sans font-medium text-wait">anything</span>;
  return (
    <>
      {bound.at_least !== undefined && (
        <>
          <Word>{bound.at_most === undefined ? 'at least' : 'from'}</Word>
          {bound.at_least}{' '}
        </>
      )}
      {bound.at_most !== undefined && (
        <>
          <Word>{bound.at_least === undefined ? 'at most' : 'to'}</Word>
          {bound.at_most}
        </>
      )}
    </>
  );
};

const times = (count: number): string => `at most ${count === 1 ? 'once' : `${count} times`}`;

const PlanLine = ({ line, number, started }: { line: Line; number: number; started: boolean }): ReactNode => (
  <li className="px-3.5 py-2.5">
    <p className="flex flex-wrap items-baseline gap-x-2.5">
      <span className="w-4 text-right text-label text-fg-3">{number}</span>
      <span className="font-mono text-[13.5px] font-medium [overflow-wrap:anywhere]">
        <PlainText text={line.tool} />
      </span>
      <span className="ml-auto text-label whitespace-nowrap text-fg-2">
        {started ? `${line.uses} of ${line.uses_max} used` : times(line.uses_max)}
      </span>
    </p>
    {line.bounds.length === 0 ? (
      <p className="pl-6.5 text-label text-fg-3">without arguments</p>
    ) : (
      <dl className="mt-1 flex flex-col gap-1 pl-6.5">
        {line.bounds.map((bound) => (
          <div key={bound.argument} className="flex flex-wrap gap-x-4">
            <dt className="w-full text-fg-2 phone:w-36 phone:shrink-0">
              <PlainText text={bound.argument} />
            </dt>
            <dd className="min-w-0 flex-1 basis-48 font-mono text-[13.5px] leading-5">
              <Allowed bound={bound} />
            </dd>
          </div>
        ))}
      </dl>
    )}
  </li>
);

const Validity = ({ approval, plan }: { readonly approval: WireApproval; readonly plan: Plan }): ReactNode => {
  if (approval.revoked !== null) return <>It was revoked: nothing goes ahead under it any more.</>;
  if (plan.ends_at === null) return <>Good for {formatDuration(plan.valid_for_seconds * 1000)} from its approval.</>;
  return (
    <>
      {plan.is_in_force ? 'In force until' : 'It ended'}{' '}
      <time dateTime={plan.ends_at}>{formatExact(plan.ends_at)}</time>.
    </>
  );
};

export const PlanTable = ({ approval, plan }: { readonly approval: WireApproval; readonly plan: Plan }): ReactNode => (
  <>
    <ol className="card divide-y overflow-hidden" aria-label="Lines of the plan">
      {plan.lines.map((line, index) => (
        <PlanLine key={index} line={line} number={index + 1} started={approval.status === 'approved'} />
      ))}
    </ol>
    <p className="text-label text-fg-2">
      <Validity approval={approval} plan={plan} /> Calls within a line go ahead without being asked about; one with any
      other argument or value is held.
    </p>
    {plan.purpose !== '' && (
      <p className="text-fg-2">
        <span className="text-label text-fg-3">Purpose, in the agent’s words, not checked: </span>
        <ValueText text={plan.purpose} />
      </p>
    )}
  </>
);

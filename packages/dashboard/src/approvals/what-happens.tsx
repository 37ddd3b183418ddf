import type { WireApproval } from '@countersign/contract';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { timeoutSentence } from '../review/time-words.ts';
import { Section } from '../ui/page.tsx';
import { PlainText } from './value-text.tsx';

type Fact = { readonly label: string; readonly text: string; readonly stated: boolean };

/** What the product itself does with an answer; nothing is said about the world outside. */
const ifApproved = (approval: WireApproval): string => {
  if (approval.kind === 'output') return 'The output below goes out as shown.';
  if (approval.plan !== null)
    return 'Nothing runs by itself. Calls within the lines below go ahead without being asked about, each line as often as it says.';
  if (approval.execution_id !== null) return 'This call runs once, with exactly these arguments.';
  if (approval.kind === 'question') return 'Whoever asked gets your answer.';
  return approval.kind === 'tool_call'
    ? 'Whoever asked may take this call for execution, once.'
    : 'Whoever asked is told to go ahead.';
};

const ifRejected = (approval: WireApproval): string => {
  if (approval.execution_id === null) return 'Whoever asked is told, with your reason.';
  return approval.kind === 'output'
    ? 'The output is discarded and the execution ends as rejected.'
    : approval.plan !== null
      ? 'No plan holds: each call is asked about by itself. The agent gets your reason.'
      : 'The call does not run. The agent gets your reason and goes on without it.';
};

const ifNobody = (approval: WireApproval, now: number): string =>
  approval.expires_at === null
    ? 'It goes on waiting.'
    : timeoutSentence(approval.on_timeout, formatMoment(approval.expires_at, now));

export const WhatHappens = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const now = useServerNow();
  const { impact } = approval;
  const facts: readonly Fact[] = [
    {
      label: approval.kind === 'question' ? 'If answered' : 'If approved',
      text: impact?.if_approved ?? ifApproved(approval),
      stated: impact?.if_approved !== undefined,
    },
    {
      label: 'If rejected',
      text: impact?.if_rejected ?? ifRejected(approval),
      stated: impact?.if_rejected !== undefined,
    },
    { label: 'If nobody decides', text: ifNobody(approval, now), stated: false },
  ];
  const untold = impact?.if_approved === undefined && approval.kind !== 'question' && approval.plan === null;
  return (
    <Section title="What will happen">
      <dl className="card grid divide-y phone:grid-cols-3 phone:divide-x phone:divide-y-0">
        {facts.map((fact) => (
          <div key={fact.label} className="px-3.5 py-2.5">
            <dt className="text-label text-fg-2">{fact.label}</dt>
            <dd className="mt-0.5 whitespace-pre-wrap">
              <PlainText text={fact.text} />
              {fact.stated && <span className="mt-0.5 block text-meta text-fg-3">stated by who asked</span>}
            </dd>
          </div>
        ))}
      </dl>
      {untold && (
        <p className={clsx('text-label text-fg-2')}>
          {approval.kind === 'output'
            ? 'There is no plain-language rule for this output. Read it.'
            : approval.tool === null
              ? 'There is no plain-language rule for this action. Read what is asked for.'
              : 'There is no plain-language rule for this tool. Read the arguments.'}
        </p>
      )}
    </Section>
  );
};

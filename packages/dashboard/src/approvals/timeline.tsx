import type { WireTimeline } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { timelineQuery } from './queries.ts';
import { PlainText } from './value-text.tsx';

type Entry = WireTimeline['data'][number];

const WORDS: Readonly<Record<string, string>> = {
  'approval.requested': 'asked',
  'approval.vote': 'voted',
  'approval.stage_passed': 'a stage is complete',
  'approval.escalated': 'the next level is asked',
  'approval.reminder': 'reminded those who are asked',
  'approval.overdue': 'the time was over: still waiting',
  'approval.held_back': 'decided; it can still be taken back',
  'approval.recalled': 'took the decision back',
  'approval.digest_unnamed': 'decided over an API that names no digest of what was seen',
  'approval.extended': 'gave it more time',
  'approval.claimed': 'is looking at it',
  'approval.released': 'gave the claim back',
  'approval.reassigned': 'gave it to others',
  'approval.commented': 'commented',
  'approval.reopened': 'took it up again',
  'approval.decided': 'decided',
  'approval.approved': 'approved',
  'approval.rejected': 'rejected',
  'approval.expired': 'the time was over: rejected',
  'approval.cancelled': 'withdrew it',
  'channel.acted': 'did so right in a channel',
  'approval.consumed': 'took the call for execution',
  'plan.used': 'let a call of the plan through',
  'execution.resumed': 'the execution went on',
};

const said = (entry: Entry, name: string): string | undefined => {
  const value = entry.detail[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** `decided` says more as its outcome: approved, with edits, rejected. */
const verb = (entry: Entry): string => {
  const outcome = said(entry, 'outcome') ?? said(entry, 'decision') ?? said(entry, 'status');
  if (entry.type === 'approval.decided' && outcome !== undefined)
    return entry.detail['edited'] === true ? `${outcome} with edits` : outcome;
  return WORDS[entry.type] ?? entry.type.replace(/^approval\./, '').replaceAll('_', ' ');
};

export const TimelineSection = ({ id }: { readonly id: string }): ReactNode => {
  const { data, error, refetch } = useQuery(timelineQuery(id));
  return (
    <Section title="What happened so far">
      {data === undefined ? (
        error === null ? (
          <Skeleton rows={2} className="h-8" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <ol className="relative flex flex-col gap-2.5 pl-5 before:absolute before:top-2 before:bottom-2 before:left-[5px] before:w-px before:bg-line-2">
          {data.data.map((entry) => {
            const reason = said(entry, 'reason');
            return (
              <li
                key={entry.id}
                className="relative before:absolute before:top-[6px] before:-left-5 before:size-[11px] before:rounded-full before:border-2 before:border-line-2 before:bg-surface"
              >
                <p className="flex flex-wrap items-baseline gap-x-1.5">
                  <span className="font-medium">
                    <PlainText text={entry.actor.name} />
                  </span>
                  <span>{verb(entry)}</span>
                  <span className="text-label text-fg-3">
                    <Ago at={entry.at} />
                  </span>
                </p>
                {reason !== undefined && (
                  <p className="text-fg-2">
                    “<PlainText text={reason} />”
                  </p>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </Section>
  );
};

/** Who must approve, as people and words: stages, votes, what is missing, and who can still bring it forward. */
import type { WireApproval } from '@countersign/contract';
import { clsx } from 'clsx';
import { ArrowRight, Check, Circle, UserRoundCheck, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { useNames } from '../people/queries.ts';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';

type Vote = WireApproval['votes'][number];

const MARK = 'inline-flex size-4.5 shrink-0 items-center justify-center rounded-full border-[1.5px]';

const VoteLine = ({ vote }: { readonly vote: Vote }): ReactNode => {
  const nameOf = useNames();
  const approved = vote.vote === 'approved';
  return (
    <li className={clsx('flex gap-2', !vote.counts && 'text-fg-3')}>
      <span
        className={clsx(
          'mt-0.5 inline-flex size-4 shrink-0 items-center justify-center',
          approved ? 'rounded-full' : 'rounded-sm',
          vote.counts ? (approved ? 'bg-ok-solid text-on-solid' : 'bg-no-solid text-on-solid') : 'border border-line-2',
        )}
      >
        {approved ? (
          <Check size={11} strokeWidth={3} aria-hidden="true" />
        ) : (
          <X size={11} strokeWidth={3} aria-hidden="true" />
        )}
      </span>
      <span className="min-w-0 flex-1">
        <span className="font-medium">
          <PlainText text={vote.person.name} />
        </span>{' '}
        {vote.vote}
        {vote.represents !== null && (
          <>
            {' '}
            for <PlainText text={nameOf(vote.represents)} />
          </>
        )}
        <span className="text-label text-fg-3">
          {' '}
          · <Ago at={vote.at} />
        </span>
        {!vote.counts && (
          <span className="ml-1.5 rounded-sm border border-wait-line bg-wait-tint px-1 text-meta font-semibold whitespace-nowrap text-wait">
            was on edited content
          </span>
        )}
        {vote.counts && <span className="ml-1.5 text-meta text-fg-3">counts</span>}
        {vote.reason !== null && (
          <span className="block text-fg-2">
            “<PlainText text={vote.reason} />”
          </span>
        )}
      </span>
    </li>
  );
};

const joined = (words: readonly string[]): string => new Intl.ListFormat('en', { type: 'conjunction' }).format(words);

export const QuorumSection = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const { quorum, votes, can_unblock: unblock, status } = approval;
  const pending = status === 'pending';
  const several = quorum.stages.length > 1;
  return (
    <Section
      title="Who must approve"
      aside={pending && quorum.missing.length > 0 && <span>still needs {joined(quorum.missing)}</span>}
    >
      <ol className="card divide-y">
        {quorum.stages.map((stage, index) => {
          const cast = votes.filter((vote) => vote.stage === index);
          const passed = status === 'approved' || (pending && index < quorum.stage);
          const open = pending && index === quorum.stage;
          return (
            <li
              key={index}
              className={clsx('flex gap-2.5 px-3.5 py-2.5', !passed && !open && 'text-fg-3')}
              aria-current={open ? 'step' : undefined}
            >
              <span
                aria-hidden="true"
                className={clsx(
                  MARK,
                  'mt-px',
                  passed
                    ? 'border-ok-solid bg-ok-solid text-on-solid'
                    : open
                      ? 'border-wait-solid text-wait'
                      : 'border-line-2 text-fg-3',
                )}
              >
                {passed ? (
                  <Check size={12} strokeWidth={3} />
                ) : open ? (
                  <ArrowRight size={11} strokeWidth={3} />
                ) : (
                  <Circle size={5} fill="currentColor" />
                )}
              </span>
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-baseline gap-x-2">
                  <span className={clsx(open && 'font-medium')}>{stage.approvers}</span>
                  {stage.name !== '' && several && <span className="text-label text-fg-3">{stage.name}</span>}
                  <span className="ml-auto text-label text-fg-3">
                    {passed ? 'complete' : open ? 'open now' : pending ? 'comes later' : ''}
                  </span>
                </p>
                {stage.rejections > 1 && <p className="text-label text-fg-3">{stage.rejections} rejections end it</p>}
                {cast.length > 0 && (
                  <ul className="mt-1.5 flex flex-col gap-1.5">
                    {cast.map((vote, place) => (
                      <VoteLine key={place} vote={vote} />
                    ))}
                  </ul>
                )}
              </div>
            </li>
          );
        })}
      </ol>
      {pending && (
        <p className="flex gap-1.5 text-label text-fg-2">
          <UserRoundCheck size={14} aria-hidden="true" className="mt-px shrink-0" />
          {unblock.length === 0 ? (
            <span className="font-medium text-no">
              Nobody can bring it forward now: reassign it, or wait for its time to end.
            </span>
          ) : (
            <span>
              Can still bring it forward: {joined(unblock.slice(0, 8).map(({ name }) => name))}
              {unblock.length > 8 && ` and ${unblock.length - 8} more`}.
            </span>
          )}
        </p>
      )}
      {quorum.distinct_people && several && <p className="text-label text-fg-2">Each stage needs other people.</p>}
    </Section>
  );
};

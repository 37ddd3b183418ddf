/**
 * A held turn, in the conversation: the very request that stands in the inbox, found by its id, under the same rules.
 * What is decided here is decided there, and the other way round.
 */
import type { WireApproval } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, Suspense, lazy, useEffect } from 'react';
import { createPortal } from 'react-dom';
import { isProblem } from '../api.ts';
import { ContentSection } from '../approvals/content-section.tsx';
import { DecisionBar } from '../approvals/decision-bar.tsx';
import { approvalQuery } from '../approvals/queries.ts';
import { useDecision } from '../approvals/use-decision.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { WhatHappens } from '../approvals/what-happens.tsx';
import { useServerNow } from '../live/clock.ts';
import { AnswerSection } from '../review/answer-section.tsx';
import { ClaimBanner } from '../review/claim-banner.tsx';
import { QuorumSection } from '../review/quorum-section.tsx';
import { SeenContext } from '../review/seen.ts';
import { TIMEOUT_LABEL } from '../review/time-words.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { PriorityMark, StatusPill, approvalStatus } from '../ui/glyphs.tsx';
import { Countdown } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton } from '../ui/states.tsx';

const HeldBanner = lazy(async () => ({ default: (await import('../review/held-banner.tsx')).HeldBanner }));

type Place = { readonly at: number; readonly of: number };

const Head = ({ approval, place }: { readonly approval: WireApproval; readonly place: Place }): ReactNode => {
  const now = useServerNow();
  return (
    <header className="border-b px-4 pt-3 pb-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <PriorityMark priority={approval.priority} />
        <StatusPill status={approvalStatus(approval)} />
        {approval.expires_at !== null && now < Date.parse(approval.expires_at) && (
          <span className="inline-flex items-center gap-2 text-label text-fg-2">
            {TIMEOUT_LABEL[approval.on_timeout]} <Countdown from={approval.created_at} until={approval.expires_at} />
          </span>
        )}
        {place.of > 1 && (
          <span className="ml-auto text-label text-fg-2">
            {place.at} of {place.of}
          </span>
        )}
      </div>
      <h3 className="mt-1.5 text-section leading-6 font-semibold [overflow-wrap:anywhere]">
        <PlainText text={approval.title} />
      </h3>
      <p className="text-label text-fg-2">
        Paused at <span className="font-mono text-fg [overflow-wrap:anywhere]">{approval.checkpoint}</span>
      </p>
    </header>
  );
};

type HeldProps = {
  readonly id: string;
  /** What was said to the agent. */
  readonly request: string;
  readonly place: Place;
  /** Where the decision's buttons go; null where another column has them. */
  readonly bar: HTMLElement | null;
  /** Brings the buttons to this column, if they are in another one. */
  readonly onTakeBar: (() => void) | null;
  readonly onDecided: () => void;
};

const Decidable = ({
  approval,
  request,
  place,
  bar,
  onTakeBar,
  onDecided,
}: Omit<HeldProps, 'id'> & { readonly approval: WireApproval }): ReactNode => {
  const decision = useDecision(approval, (_, outcome) => {
    announce(`${outcome}. The turn goes on.`);
    onDecided();
  });
  const isPending = approval.status === 'pending';
  useEffect(() => {
    if (isPending) announce(`Paused at ${approval.checkpoint}: ${approval.title}`);
  }, [isPending, approval.checkpoint, approval.title]);
  return (
    <article
      aria-label={`Request at ${approval.checkpoint}`}
      className="overflow-hidden rounded-xl border border-wait-line bg-surface"
    >
      {approval.priority === 'critical' && isPending && <div aria-hidden="true" className="stripes h-1.5" />}
      <Head approval={approval} place={place} />
      <div className="flex flex-col gap-5 px-4 pt-4 pb-5">
        {!isPending && isProblem(decision.error, 'already_decided', 'approval_expired') && (
          <Notice tone="wait" alert title="Your decision came second and does not count">
            {decision.error.message}
          </Notice>
        )}
        {isPending && approval.held !== null && (
          <Suspense fallback={null}>
            <HeldBanner approval={approval} />
          </Suspense>
        )}
        <Section title="Original request">
          <blockquote className="border-l-2 border-line-2 pl-3 whitespace-pre-wrap text-fg-2 [overflow-wrap:anywhere]">
            <PlainText text={request} />
          </blockquote>
        </Section>
        <SeenContext value={isPending ? decision.see : null}>
          <WhatHappens approval={approval} />
          <AnswerSection approval={approval} decision={isPending ? decision : null} />
          <ContentSection approval={approval} decision={isPending ? decision : null} />
          <QuorumSection approval={approval} />
        </SeenContext>
        {isPending && approval.held === null && bar !== null && (
          <ClaimBanner approval={approval} readers={decision.alsoReading} />
        )}
        <p className="flex flex-wrap items-center justify-between gap-2 text-label">
          <Link
            to="/inbox/$id"
            params={{ id: approval.id }}
            search={{ lane: 'all' }}
            className="text-accent underline underline-offset-2"
          >
            Evidence, comments and history of this request
          </Link>
          {isPending && onTakeBar !== null && <Button onClick={onTakeBar}>Decide this one</Button>}
        </p>
      </div>
      {isPending && bar !== null && createPortal(<DecisionBar approval={approval} decision={decision} />, bar)}
    </article>
  );
};

export const HeldRequest = ({ id, ...rest }: HeldProps): ReactNode => {
  const { data, error, refetch } = useQuery(approvalQuery(id));
  if (data === undefined)
    return error === null ? (
      <Skeleton rows={3} className="h-16" />
    ) : (
      <Failure error={error} onRetry={() => void refetch()} />
    );
  return <Decidable key={id} approval={data} {...rest} />;
};

import type { WireApproval } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { type ReactNode, Suspense, lazy, useMemo } from 'react';
import { isProblem } from '../api.ts';
import { TABS, type Tab } from '../search.ts';
import { Notice, Skeleton } from '../ui/states.tsx';
import { ApprovalHeader } from './approval-header.tsx';
import { ContentSection } from './content-section.tsx';
import { EarlierSteps, EvidenceList, Explanation, LedHere, Metadata, WhyAsked } from './context-sections.tsx';
import { DecidedNotice, UnsentDraft } from './decided-notice.tsx';
import { DecisionBar } from './decision-bar.tsx';
import type { Outcome } from './inbox-context.ts';
import { AnswerSection } from '../review/answer-section.tsx';
import { ClaimBanner } from '../review/claim-banner.tsx';
import { QuorumSection } from '../review/quorum-section.tsx';
import { RedactionsContext, redactionsIn } from '../review/redactions.ts';
import { SeenContext } from '../review/seen.ts';
import { type Decision, useDecision } from './use-decision.ts';
import { WhatHappens } from './what-happens.tsx';

const HeldBanner = lazy(async () => ({ default: (await import('../review/held-banner.tsx')).HeldBanner }));
const SnoozedLine = lazy(async () => ({ default: (await import('../review/snoozed-line.tsx')).SnoozedLine }));
const DeparturesSection = lazy(async () => ({
  default: (await import('./departures-section.tsx')).DeparturesSection,
}));
const LateAnswers = lazy(async () => ({ default: (await import('../review/afterwards.tsx')).LateAnswers }));
const Reopen = lazy(async () => ({ default: (await import('../review/afterwards.tsx')).Reopen }));
const ReopenedFrom = lazy(async () => ({ default: (await import('../review/afterwards.tsx')).ReopenedFrom }));
const ReceiptSection = lazy(async () => ({ default: (await import('../review/receipt-section.tsx')).ReceiptSection }));
// What stands at the end of the page may come a moment later than its beginning.
const CommentsSection = lazy(async () => ({
  default: (await import('../review/comments-section.tsx')).CommentsSection,
}));
const TimelineSection = lazy(async () => ({ default: (await import('./timeline.tsx')).TimelineSection }));
const NotifiedSection = lazy(async () => ({
  default: (await import('../review/notified-section.tsx')).NotifiedSection,
}));
const RunTab = lazy(async () => ({ default: (await import('./run-tab.tsx')).RunTab }));
const JsonTab = lazy(async () => ({ default: (await import('./json-tab.tsx')).JsonTab }));

const NAMES: Readonly<Record<Tab, string>> = { review: 'Review', run: 'Run', json: 'JSON' };

type Back = { readonly to: '/inbox' | '/history'; readonly label: string };
type ViewProps = { readonly approval: WireApproval; readonly tab: Tab; readonly back: Back };

const Tabs = ({ current }: { readonly current: Tab }): ReactNode => (
  <nav aria-label="Views of this request" className="mx-auto flex max-w-215 gap-4 px-4 phone:px-6">
    {TABS.map((tab) => (
      <Link
        key={tab}
        to="."
        search={(before) => ({ ...before, tab })}
        replace
        aria-current={tab === current ? 'true' : undefined}
        className={clsx(
          'inline-flex h-9 items-center border-b-2 text-label font-medium pointer-coarse:h-11',
          tab === current ? 'border-fg text-fg' : 'border-transparent text-fg-2 hover:text-fg',
        )}
      >
        {NAMES[tab]}
      </Link>
    ))}
  </nav>
);

const Review = ({
  approval,
  decision,
}: {
  readonly approval: WireApproval;
  readonly decision: Decision | null;
}): ReactNode => (
  <SeenContext value={decision?.see ?? null}>
    {approval.status === 'pending' && <WhatHappens approval={approval} />}
    <AnswerSection approval={approval} decision={decision} />
    <ContentSection approval={approval} decision={decision} />
    {approval.departures !== null && (
      <Suspense fallback={null}>
        <DeparturesSection departures={approval.departures} />
      </Suspense>
    )}
    <WhyAsked approval={approval} />
    <QuorumSection approval={approval} />
    <Explanation approval={approval} />
    <LedHere approval={approval} />
    <EvidenceList approval={approval} />
    <EarlierSteps approval={approval} />
    <Metadata approval={approval} />
    {approval.late_answers.length > 0 && (
      <Suspense fallback={null}>
        <LateAnswers approval={approval} />
      </Suspense>
    )}
    {approval.receipt !== null && (
      <Suspense fallback={null}>
        <ReceiptSection approval={approval} />
      </Suspense>
    )}
    <Suspense fallback={<Skeleton rows={2} />}>
      <CommentsSection approval={approval} />
      <NotifiedSection id={approval.id} />
      <TimelineSection id={approval.id} />
    </Suspense>
  </SeenContext>
);

const Frame = ({
  approval,
  tab,
  back,
  decision,
  above,
  bar,
}: ViewProps & {
  readonly decision: Decision | null;
  readonly above?: ReactNode;
  readonly bar?: ReactNode;
}): ReactNode => (
  <RedactionsContext value={useMemo(() => redactionsIn(approval), [approval])}>
    <article aria-label="Request" className="flex h-full min-h-0 flex-col">
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain" tabIndex={-1}>
        <ApprovalHeader approval={approval} back={back} />
        <div className="border-b bg-surface">
          <Tabs current={tab} />
        </div>
        <div className="mx-auto flex max-w-215 flex-col gap-6 px-4 pt-5 pb-10 phone:px-6">
          {above}
          {tab === 'review' && <Review approval={approval} decision={decision} />}
          {tab !== 'review' && (
            <Suspense fallback={<Skeleton rows={4} />}>
              {tab === 'run' ? <RunTab approval={approval} /> : <JsonTab approval={approval} />}
            </Suspense>
          )}
        </div>
      </div>
      {bar}
    </article>
  </RedactionsContext>
);

/** Others of its kind wait as well: they can be decided in one go. */
const AlikeLine = ({ approval: { alike, held } }: { readonly approval: WireApproval }): ReactNode =>
  alike === null || alike === 0 || held !== null ? null : (
    <p className="-mt-2 text-label text-fg-2">
      {alike} more {alike === 1 ? 'call' : 'calls'} like this {alike === 1 ? 'waits' : 'wait'}.{' '}
      <Link to="/alike" className="font-medium text-accent underline underline-offset-2">
        Decide them together
      </Link>
    </p>
  );

/** How it was, or can be, taken up again. */
const Again = ({ approval }: { readonly approval: WireApproval }): ReactNode => (
  <Suspense fallback={null}>
    {approval.reopened_from !== null && <ReopenedFrom approval={approval} />}
    {approval.status === 'expired' && <Reopen approval={approval} />}
  </Suspense>
);

/** A decided one: read only, the decision on top. */
export const ApprovalRecord = (props: ViewProps): ReactNode => (
  <Frame
    {...props}
    decision={null}
    above={
      <>
        <DecidedNotice approval={props.approval} />
        <Again approval={props.approval} />
      </>
    }
  />
);

type DecidableProps = ViewProps & {
  readonly listed: boolean;
  readonly onDecided: (approval: WireApproval, outcome: Outcome) => void;
};

/** One that can be decided. It stays pinned: when it is decided elsewhere it turns read-only in place and says by whom. */
export const DecidableApproval = ({ listed, onDecided, ...props }: DecidableProps): ReactNode => {
  const { approval } = props;
  const decision = useDecision(approval, onDecided);
  const pending = approval.status === 'pending';
  return (
    <Frame
      {...props}
      decision={pending ? decision : null}
      above={
        <>
          {!pending && <DecidedNotice approval={approval} />}
          {!pending && isProblem(decision.error, 'already_decided', 'approval_expired') && (
            <Notice tone="wait" alert title="Your decision came second and does not count">
              {decision.error.message}
            </Notice>
          )}
          {!pending && <UnsentDraft reason={decision.reason} edited={decision.edited} />}
          <Again approval={approval} />
          {pending && approval.held !== null && (
            <Suspense fallback={null}>
              <HeldBanner approval={approval} />
            </Suspense>
          )}
          {pending && approval.held === null && <ClaimBanner approval={approval} readers={decision.alsoReading} />}
          {pending && approval.snoozed_until !== null && (
            <Suspense fallback={null}>
              <SnoozedLine approval={approval} until={approval.snoozed_until} />
            </Suspense>
          )}
          {pending && <AlikeLine approval={approval} />}
          {pending && !listed && (
            <p className="text-label text-fg-2">
              The list beside shows another lane or filter: this request is not in it.
            </p>
          )}
        </>
      }
      bar={pending ? <DecisionBar approval={approval} decision={decision} /> : undefined}
    />
  );
};

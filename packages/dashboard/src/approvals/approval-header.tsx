import type { WireApproval } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Bot, ChevronLeft, KeyRound, User } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useServerNow } from '../live/clock.ts';
import { TIMEOUT_LABEL } from '../review/time-words.ts';
import { announce } from '../ui/announce.ts';
import { CopyId, shortId } from '../ui/copy.tsx';
import { PriorityMark, StatusPill, approvalStatus } from '../ui/glyphs.tsx';
import { Ago, Countdown } from '../ui/moment.tsx';
import { PlainText } from './value-text.tsx';

const WARN_MINUTES = [5, 1] as const;

/** Says once that five minutes are left, and once that one is: the seconds themselves are not read out. */
const useTimeWarning = (approval: WireApproval, now: number): void => {
  const { expires_at: due, on_timeout: onTimeout, status } = approval;
  const left = due === null || status !== 'pending' ? Infinity : Date.parse(due) - now;
  const minutes = WARN_MINUTES.findLast((limit) => left > 0 && left <= limit * 60_000);
  const isFirst = useRef(true);
  useEffect(() => {
    // What it says when it opens is on the page already.
    if (!isFirst.current && minutes !== undefined)
      announce(`${TIMEOUT_LABEL[onTimeout]} ${minutes === 1 ? 'one minute' : `${minutes} minutes`}`);
    isFirst.current = false;
  }, [minutes, onTimeout]);
};

/** What happens by itself, and when: the consequence, not just a time. */
const TimeOut = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const now = useServerNow();
  useTimeWarning(approval, now);
  if (approval.status !== 'pending') return null;
  if (approval.expires_at === null) return <span className="text-label text-fg-2">waits without end</span>;
  if (now >= Date.parse(approval.expires_at))
    return (
      <span className="text-label font-semibold text-no">
        {approval.on_timeout === 'park' || approval.is_overdue
          ? 'Overdue, and still waiting'
          : 'The time to decide is over'}
      </span>
    );
  return (
    <span className="inline-flex items-center gap-2 text-label text-fg-2">
      {TIMEOUT_LABEL[approval.on_timeout]} <Countdown from={approval.created_at} until={approval.expires_at} large />
    </span>
  );
};

const Asker = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const { agent, requested_by: by } = approval;
  if (agent === null)
    return (
      <>
        {by.kind === 'person' ? <User size={15} aria-hidden="true" /> : <KeyRound size={14} aria-hidden="true" />}
        <span className="font-semibold text-fg">
          <PlainText text={by.name} brief />
        </span>{' '}
        asks at
      </>
    );
  return (
    <>
      <Bot size={15} aria-hidden="true" />
      <span className="font-semibold text-fg">
        <PlainText text={agent.name} brief />
      </span>
      {agent.version !== null && <span className="font-mono">v{agent.version}</span>}
      paused at
    </>
  );
};

type HeaderProps = {
  readonly approval: WireApproval;
  readonly back: { readonly to: '/inbox' | '/history'; readonly label: string };
};

export const ApprovalHeader = ({ approval, back }: HeaderProps): ReactNode => (
  <header className="border-b bg-surface">
    {approval.priority === 'critical' && approval.status === 'pending' && (
      <div aria-hidden="true" className="stripes h-1.5" />
    )}
    <div className="mx-auto max-w-215 px-4 pt-3 pb-3.5 phone:px-6">
      <div className="flex flex-wrap items-center gap-x-3.5 gap-y-1">
        <Link
          to={back.to}
          search={(before) => before}
          aria-label={back.label}
          className={clsx(
            '-my-1.5 -ml-2 inline-flex size-8 items-center justify-center rounded-md hover:bg-hover pointer-coarse:size-11',
            back.to === '/inbox' && 'panes:hidden',
          )}
        >
          <ChevronLeft size={18} aria-hidden="true" />
        </Link>
        <PriorityMark priority={approval.priority} />
        <StatusPill status={approvalStatus(approval)} />
        <TimeOut approval={approval} />
        <span className="-my-3 ml-auto max-phone:hidden">
          <CopyId id={approval.id} />
        </span>
      </div>
      <h1
        tabIndex={-1}
        data-detail=""
        className="mt-1 text-[22px] leading-7 font-semibold tracking-[-0.011em] outline-none phone:text-sentence"
      >
        <PlainText text={approval.title} />
      </h1>
      <p className="mt-1 flex flex-wrap items-center gap-x-1.5 gap-y-0.5 text-fg-2">
        <Asker approval={approval} />
        <span className="font-mono [overflow-wrap:anywhere]">
          <PlainText text={approval.checkpoint} brief />
        </span>
        <span aria-hidden="true">·</span>
        <Ago at={approval.created_at} />
        {approval.execution_id !== null && (
          <>
            <span aria-hidden="true">·</span>
            <span>
              run{' '}
              <Link
                to="/executions/$id"
                params={{ id: approval.execution_id }}
                className="font-mono underline underline-offset-2"
              >
                {shortId(approval.execution_id)}
              </Link>
            </span>
          </>
        )}
        <span className="-my-3 ml-auto phone:hidden">
          <CopyId id={approval.id} />
        </span>
      </p>
    </div>
  </header>
);

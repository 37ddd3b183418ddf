/** What a row of the queue says at its end: how long, how many must approve, how many are alike, who is on it. */
import type { WireApprovalSummary } from '@countersign/contract';
import { clsx } from 'clsx';
import { BellOff, Layers, Users } from 'lucide-react';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { ClaimMark } from '../review/claim-mark.tsx';
import { FLAG_KINDS, type Flag, isStrong } from '../review/flag-kinds.ts';
import { Ago, Countdown } from '../ui/moment.tsx';

type MarksProps = { readonly approval: WireApprovalSummary };

export const TimeLeft = ({ approval }: MarksProps): ReactNode => {
  if (approval.is_overdue)
    return (
      <span className="rounded-sm bg-no-tint px-1 text-label font-semibold whitespace-nowrap text-no">overdue</span>
    );
  if (approval.expires_at === null) return <span className="text-label whitespace-nowrap text-fg-3">no deadline</span>;
  return <Countdown from={approval.created_at} until={approval.expires_at} flagged />;
};

const MARK = 'inline-flex items-center gap-1 whitespace-nowrap';

/** How many have approved of how many that must; of one alone nothing need be said. */
const Progress = ({ approval: { progress } }: MarksProps): ReactNode => {
  if (progress === null || (progress.needed === 1 && progress.stages === 1)) return null;
  const { approvals, needed, stage, stages } = progress;
  const words = `${approvals} of ${needed} approvals${stages === 1 ? '' : `, stage ${stage + 1} of ${stages}`}`;
  return (
    <span className={MARK} title={words}>
      <Users size={12} aria-hidden="true" className="shrink-0" />
      <span aria-hidden="true">
        {approvals} of {needed}
      </span>
      <span className="sr-only">{words}</span>
    </span>
  );
};

const Alike = ({ approval: { alike } }: MarksProps): ReactNode =>
  alike === null || alike === 0 ? null : (
    <span className={MARK} title={`and ${alike} alike`}>
      <Layers size={12} aria-hidden="true" className="shrink-0" />
      <span aria-hidden="true">+{alike}</span>
      <span className="sr-only">and {alike} alike</span>
    </span>
  );

const Snoozed = ({ approval: { snoozed_until: until } }: MarksProps): ReactNode => {
  const now = useServerNow();
  if (until === null || Date.parse(until) <= now) return null;
  return (
    <span className={MARK} title="You have put it off">
      <BellOff size={12} aria-hidden="true" className="shrink-0" />
      <span className="sr-only">snoozed </span>until {formatMoment(until, now)}
    </span>
  );
};

const FlagMark = ({ flag }: { readonly flag: Flag }): ReactNode => {
  const { word, icon: Icon, look } = FLAG_KINDS[flag.kind];
  return (
    <span className={clsx(MARK, 'font-medium', isStrong(flag) ? 'text-no' : look)} title={flag.text}>
      <Icon size={12} aria-hidden="true" className="shrink-0" />
      {word}
    </span>
  );
};

type RowMarksProps = MarksProps & {
  readonly flag: Flag | null;
  /** Where nothing is unusual and nothing else said, its age. */
  readonly aged: boolean;
};

const saysMore = ({ alike, progress, claim, snoozed_until: until }: WireApprovalSummary): boolean =>
  (alike ?? 0) > 0 || claim !== null || until !== null || (progress !== null && progress.needed + progress.stages > 2);

export const RowMarks = ({ approval, flag, aged }: RowMarksProps): ReactNode => (
  <span className="flex items-center gap-2 text-label text-fg-2">
    <Snoozed approval={approval} />
    <Alike approval={approval} />
    <Progress approval={approval} />
    <ClaimMark claim={approval.claim} />
    {flag !== null && <FlagMark flag={flag} />}
    {aged && flag === null && !saysMore(approval) && (
      <span className="text-fg-3">
        <Ago at={approval.created_at} short />
      </span>
    )}
  </span>
);

import type { WireApproval } from '@countersign/contract';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { formatAgo, formatDuration, formatExact } from '../live/time.ts';
import { CopyButton } from '../ui/copy.tsx';
import { approvalStatus, statusWord } from '../ui/glyphs.tsx';
import { Notice } from '../ui/states.tsx';
import { PlainText } from './value-text.tsx';

const ASSURANCE: Readonly<Record<NonNullable<WireApproval['decision']>['assurance'], string>> = {
  signed: 'signed with a passkey',
  step_up: 'signed in again for this decision',
  session: 'signed in here',
  channel: 'through a channel',
  key: 'with an API key',
  automated: 'by the system, no person',
};

const TONES = { approved: 'ok', rejected: 'no', expired: 'off', cancelled: 'off', pending: 'wait' } as const;

/** The decision, on top of what it was about: who, how surely, when, why. */
export const DecidedNotice = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const now = useServerNow();
  const { decision, status } = approval;
  if (status === 'pending') return null;
  const word = statusWord(approvalStatus(approval));
  if (decision === null) return <Notice tone={TONES[status]} title={word} />;
  const took = Date.parse(decision.at) - Date.parse(approval.created_at);
  return (
    <Notice
      tone={TONES[status]}
      title={
        <>
          {word} by <PlainText text={decision.by.name} />
        </>
      }
    >
      <p>
        <time dateTime={decision.at} title={formatExact(decision.at)}>
          {formatAgo(decision.at, now)}
        </time>
        , {formatDuration(took)} after it was asked
        <span aria-hidden="true"> · </span>
        {ASSURANCE[decision.assurance]}
      </p>
      {decision.reason !== null && (
        <p className="mt-1 text-fg">
          “<PlainText text={decision.reason} />”
        </p>
      )}
      {approval.consumed_at !== null && (
        <p className="mt-1">Taken for execution {formatAgo(approval.consumed_at, now)}.</p>
      )}
      {approval.revoked !== null && (
        <p className="mt-1">
          Revoked by <PlainText text={approval.revoked.by.name} /> {formatAgo(approval.revoked.at, now)}, before it was
          used.
        </p>
      )}
    </Notice>
  );
};

type LostProps = { readonly reason: string; readonly edited: unknown };

/** What was typed here before somebody else was quicker. It was not sent, and it is not lost. */
export const UnsentDraft = ({ reason, edited }: LostProps): ReactNode => {
  const text = [reason.trim(), edited === undefined ? '' : JSON.stringify(edited, null, 2)]
    .filter((part) => part !== '')
    .join('\n\n');
  if (text === '') return null;
  return (
    <Notice
      tone="wait"
      title={
        <span className="flex items-center justify-between gap-2">
          Your draft was not sent <CopyButton text={text} label="Copy the draft" />
        </span>
      }
    >
      <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>
    </Notice>
  );
};

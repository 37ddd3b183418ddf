import type { WireApprovalCounts } from '@countersign/contract';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { useLiveSince, useLiveState } from '../live/events.ts';
import { formatMoment } from '../live/time.ts';
import type { Lane } from '../search.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/states.tsx';

const number = new Intl.NumberFormat();

const TITLES: Readonly<Record<Lane, string>> = {
  yours: 'Nothing needs you',
  critical: 'Nothing critical waits',
  alike: 'Nothing waits',
  others: 'Nothing waits on others',
  snoozed: 'Nothing is snoozed',
  all: 'Nothing waits',
};

type EmptyProps = {
  readonly lane: Lane;
  readonly filtered: boolean;
  readonly counts: WireApprovalCounts | undefined;
  readonly onClear: () => void;
};

export const QueueEmpty = ({ lane, filtered, counts, onClear }: EmptyProps): ReactNode => {
  if (filtered)
    return (
      <Empty title="Nothing matches the filter" action={<Button onClick={onClear}>Clear the filter</Button>}>
        Other requests may be waiting.
      </Empty>
    );
  const today = counts?.decided_last_24_hours;
  const decided = today === undefined ? 0 : today.approved + today.approved_with_edits + today.rejected;
  const others = lane === 'yours' ? (counts?.pending_for_others ?? 0) : 0;
  const snoozed = lane === 'yours' ? (counts?.snoozed_by_you?.count ?? 0) : 0;
  return (
    <Empty title={TITLES[lane]}>
      {others > 0 && (
        <p>
          {number.format(others)} {others === 1 ? 'is' : 'are'} waiting on others.
        </p>
      )}
      {snoozed > 0 && <p>{number.format(snoozed)} snoozed.</p>}
      <p>
        {decided === 0
          ? 'A request appears here as soon as an agent stops at a gate.'
          : `${number.format(decided)} decided in the last 24 hours.`}
      </p>
    </Empty>
  );
};

const STALE_MS = 30_000;

type FooterProps = { readonly children: ReactNode; readonly updatedAt: number; readonly pace: string | null };

/** How old the list is, where it is not live; and below it what was just decided. */
export const InboxFooter = ({ children, updatedAt, pace }: FooterProps): ReactNode => {
  const live = useLiveState();
  const since = useLiveSince();
  useServerNow();
  const stale = live !== 'live' && updatedAt > 0 && Date.now() - since > STALE_MS;
  if (!stale && children === null && pace === null) return null;
  return (
    <footer className="mt-auto flex flex-col divide-y border-t bg-sunken text-label">
      {stale && (
        <p className="bg-wait-tint px-3.5 py-2 text-wait">
          As of {formatMoment(new Date(updatedAt).toISOString(), Date.now())}: the live connection is down.
        </p>
      )}
      {pace !== null && <p className="px-3.5 py-2 text-fg-2">{pace}</p>}
      {children}
    </footer>
  );
};

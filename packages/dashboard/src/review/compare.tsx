/** The comparison with the last approved call like this one. */
import type { WireApproval } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { shortId } from '../ui/copy.tsx';
import { Ago } from '../ui/moment.tsx';

export const CompareToggle = ({
  on,
  onChange,
}: {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}): ReactNode => (
  <Button size="small" shortcut="d" aria-pressed={on} className={on ? 'bg-hover!' : ''} onClick={() => onChange(!on)}>
    Compare<span className="max-phone:hidden"> with the last one</span>
  </Button>
);

/** What the flags and marks are computed from; that nothing is unusual is information too. */
export const CompareNote = ({
  approval,
  compared,
}: {
  readonly approval: WireApproval;
  readonly compared: boolean;
}): ReactNode => {
  const { baseline, compared_with: count, flags, status } = approval;
  if (status !== 'pending' || approval.kind !== 'tool_call') return null;
  if (baseline === null)
    return (
      <p className="text-label text-fg-2">
        No call like this was approved before, so there is nothing to compare with.
      </p>
    );
  return (
    <p className="text-label text-fg-2">
      {flags.length === 0 && 'Nothing unusual. '}
      {compared ? 'Compared with ' : 'Last approved: '}
      <Link to="/history/$id" params={{ id: baseline.id }} className="font-mono underline underline-offset-2">
        {shortId(baseline.id)}
      </Link>
      , approved <Ago at={baseline.decided_at} />
      {' · '}
      {count} approved {count === 1 ? 'call' : 'calls'} like it
      {compared && baseline.differences.length === 0 && ' · the same arguments'}
    </p>
  );
};

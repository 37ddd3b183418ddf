import type { WireApproval } from '@countersign/contract';
import { BellOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { useHotkey } from '../keys/hotkeys.ts';
import { Button } from '../ui/button.tsx';
import { errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';

/** That the reader has put it off, and how they have it back. */
export const SnoozedLine = ({
  approval,
  until,
}: {
  readonly approval: WireApproval;
  readonly until: string;
}): ReactNode => {
  const now = useServerNow();
  const back = useApprovalAction(
    approval.id,
    () => call('unsnoozeApproval', { id: approval.id }),
    'It is back in your queue',
  );
  const isOver = Date.parse(until) <= now;
  useHotkey(
    isOver ? null : { keys: ['h'], label: 'Have it back', group: 'Decision', run: () => back.mutate(undefined) },
  );
  if (isOver) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 rounded-lg border bg-sunken px-3.5 py-2">
      <BellOff size={16} aria-hidden="true" className="shrink-0 text-fg-2" />
      <p className="min-w-0 flex-1">
        <span className="font-semibold">You have put it off</span>{' '}
        <span className="text-fg-2">until {formatMoment(until, now)}. You can decide it all the same.</span>
      </p>
      <Button size="small" shortcut="h" busy={back.isPending} onClick={() => back.mutate(undefined)}>
        Back to my queue
      </Button>
      {back.isError && (
        <span role="alert" className="w-full text-label font-medium text-no">
          {errorLine(back.error)}
        </span>
      )}
    </div>
  );
};

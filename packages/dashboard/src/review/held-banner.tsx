/** A decision that is held back: by whom, what, until when; and for its author the way back. */
import type { WireApproval } from '@countersign/contract';
import { Undo2 } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';
import { askAgain } from '../approvals/live-queue.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { Button } from '../ui/button.tsx';
import { Countdown } from '../ui/moment.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';

export const HeldBanner = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const now = useServerNow();
  const client = useQueryClient();
  const { id, held, can } = approval;
  const back = useApprovalAction(id, () => call('recallApproval', { id }), 'Taken back. It waits again.');
  const isOver = held !== null && Date.parse(held.until) <= now;
  useEffect(() => {
    // The event of its effect says so too; this is for when the stream is down.
    if (isOver) void askAgain(client, id);
  }, [client, id, isOver]);
  if (held === null) return null;
  return (
    <Notice
      tone="wait"
      title={
        <>
          {held.outcome === 'approved' ? 'Approved' : 'Rejected'}
          {held.edited && ' with edits'} by <PlainText text={held.by.name} />
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <p className="flex-1">
          It takes effect in <Countdown from={held.at} until={held.until} quiet />
          {can.recall.ok ? '.' : ', unless they take it back.'}
        </p>
        {can.recall.ok && !isOver && (
          <Button size="small" busy={back.isPending} onClick={() => back.mutate(undefined)}>
            <Undo2 size={13} aria-hidden="true" /> Take back
          </Button>
        )}
        {back.isError && (
          <span role="alert" className="w-full font-medium text-no">
            {errorLine(back.error)}
          </span>
        )}
      </div>
    </Notice>
  );
};

/** The last decision: while the server holds it back, it can be taken back here or with Z. */
import { Link } from '@tanstack/react-router';
import { Undo2 } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import type { Outcome } from '../approvals/inbox-context.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { Button } from '../ui/button.tsx';
import { StatusMark } from '../ui/glyphs.tsx';
import { Countdown } from '../ui/moment.tsx';

export type LastDecision = {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
  /** While it can be taken back, and from when. */
  readonly held: { readonly at: string; readonly until: string } | null;
  /** Why it could not be taken back. */
  readonly failed: string | null;
};

const STATUS = { approved: 'approved', 'approved with edits': 'edited', rejected: 'rejected' } as const;

type BarProps = {
  readonly last: LastDecision;
  readonly busy: boolean;
  readonly onUndo: () => void;
  /** Its time is over: nothing can be taken back any more. */
  readonly onOver: () => void;
};

export const UndoBar = ({ last, busy, onUndo, onOver }: BarProps): ReactNode => {
  const now = useServerNow();
  const isOpen = last.held !== null && Date.parse(last.held.until) > now;
  useEffect(() => {
    if (last.held !== null && !isOpen) onOver();
  }, [last.held, isOpen, onOver]);
  return (
    <section aria-label="Last decision" className="flex min-h-11 items-center gap-2 px-3.5 py-1.5 text-label">
      <StatusMark status={STATUS[last.outcome]} wordless={isOpen} />
      <span className="min-w-0 flex-1 truncate text-fg-2">
        {last.failed === null ? (
          <PlainText brief text={last.title} />
        ) : (
          <span role="alert" className="font-medium text-no">
            {last.failed}
          </span>
        )}
      </span>
      {isOpen && last.held !== null ? (
        <>
          <Countdown from={last.held.at} until={last.held.until} quiet />
          <Button size="small" shortcut="z" busy={busy} onClick={onUndo}>
            <Undo2 size={13} aria-hidden="true" /> Take back
          </Button>
        </>
      ) : (
        <Link
          to="/history/$id"
          params={{ id: last.id }}
          className="font-medium text-accent underline underline-offset-2"
        >
          View
        </Link>
      )}
    </section>
  );
};

/** Approve: never the focused default, never by Enter, and of what is high or critical only by a press that lasts. */
import type { WireApproval } from '@countersign/contract';
import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { Button } from '../ui/button.tsx';
import type { Hold } from './use-hold.ts';

/** How long the press lasts (trust.md, T27). */
export const holdMsOf = (priority: WireApproval['priority']): number =>
  priority === 'high' || priority === 'critical' ? 800 : 0;

/** Who can't hold (switch control, screen readers send a click without a press) presses twice instead. */
const SECOND_PRESS_MS = 10_000;

type ApproveProps = {
  readonly words: string;
  readonly holdMs: number;
  readonly hold: Hold;
  readonly busy: boolean;
  readonly blockedBecause: string | null;
  readonly onHint: (hint: string) => void;
  readonly onTwice: () => void;
};

export const ApproveButton = ({
  words,
  holdMs,
  hold,
  busy,
  blockedBecause,
  onHint,
  onTwice,
}: ApproveProps): ReactNode => {
  const pressedAt = useRef(-Infinity);
  const isOff = busy || blockedBecause !== null;
  return (
    <Button
      size="bar"
      look="approve"
      shortcut="a"
      className="relative flex-1 touch-manipulation overflow-hidden select-none phone:min-w-33 phone:flex-none"
      busy={busy}
      blockedBecause={blockedBecause}
      onPointerDown={(event) => {
        if (holdMs > 0 && event.button === 0 && !isOff) hold.start();
      }}
      onContextMenu={(event) => event.preventDefault()}
      onClick={(event) => {
        if (holdMs === 0) hold.start();
        // A pointer's click has a count; one without comes from a program that assists.
        if (holdMs === 0 || event.detail > 0) return;
        const since = performance.now() - pressedAt.current;
        pressedAt.current = performance.now();
        if (since >= holdMs && since < SECOND_PRESS_MS) onTwice();
        else onHint('Press once more to approve');
      }}
      // Enter on a focused button would press it; only a pointer, the space bar and A approve.
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.repeat) event.preventDefault();
        if (event.key !== ' ' || holdMs === 0) return;
        event.preventDefault();
        if (!event.repeat && !isOff) hold.start();
      }}
      onKeyUp={(event) => {
        if (event.key === ' ' && holdMs > 0) event.preventDefault();
      }}
    >
      {holdMs > 0 && (
        <span
          aria-hidden="true"
          data-holding={hold.holding ? '' : undefined}
          className={clsx(
            'absolute inset-0 origin-left bg-current opacity-25',
            hold.holding ? 'scale-x-100 transition-transform duration-800 ease-linear' : 'scale-x-0',
          )}
        />
      )}
      <Check size={16} aria-hidden="true" />
      {words}
    </Button>
  );
};

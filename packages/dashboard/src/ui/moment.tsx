import { clsx } from 'clsx';
import { AlarmClock } from 'lucide-react';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { type Urgency, formatAge, formatAgo, formatCountdown, formatExact, urgencyOf } from '../live/time.ts';

/** A moment: relative under 24 hours, with the exact time and zone on hover. */
export const Ago = ({ at, short = false }: { readonly at: string; readonly short?: boolean }): ReactNode => {
  const now = useServerNow();
  return (
    <time dateTime={at} title={formatExact(at)} className="whitespace-nowrap">
      {short ? formatAge(now - Date.parse(at)) : formatAgo(at, now)}
    </time>
  );
};

const LOOK: Readonly<Record<Urgency, string>> = {
  calm: 'text-fg-2',
  soon: 'text-wait font-semibold',
  now: 'text-no font-semibold',
};

/** How much of the time is left, as a ring that empties. */
const Ring = ({ share }: { readonly share: number }): ReactNode => {
  const around = 2 * Math.PI * 5;
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" className="shrink-0 -rotate-90">
      <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" strokeOpacity="0.28" strokeWidth="2" />
      <circle
        cx="7"
        cy="7"
        r="5"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeDasharray={around}
        strokeDashoffset={around * (1 - Math.min(1, Math.max(0, share)))}
      />
    </svg>
  );
};

type CountdownProps = {
  readonly from: string;
  readonly until: string;
  readonly large?: boolean;
  /** Seconds are its nature: no alarm. */
  readonly quiet?: boolean;
  /** Where many stand in a column: one that is nearly over has a sign of its own, not a colour alone. */
  readonly flagged?: boolean;
};

/** Time left until a deadline of the server, by the server's clock. Not announced every second. */
export const Countdown = ({
  from,
  until,
  large = false,
  quiet = false,
  flagged = false,
}: CountdownProps): ReactNode => {
  const now = useServerNow();
  const left = Date.parse(until) - now;
  const urgency = quiet ? 'calm' : urgencyOf(left);
  const isFlagged = flagged && urgency !== 'calm';
  return (
    <span
      role="timer"
      aria-live="off"
      title={`until ${formatExact(until)}`}
      className={clsx(
        'inline-flex items-center gap-1.5 whitespace-nowrap',
        LOOK[urgency],
        isFlagged && urgency === 'now' && 'rounded-sm bg-no-tint px-1',
        large ? 'text-read' : 'text-label',
      )}
    >
      {isFlagged ? (
        <AlarmClock size={13} aria-hidden="true" className="shrink-0" />
      ) : (
        <Ring share={left / Math.max(1, Date.parse(until) - Date.parse(from))} />
      )}
      {formatCountdown(left)}
      {isFlagged && <span className="sr-only"> left: urgent</span>}
    </span>
  );
};

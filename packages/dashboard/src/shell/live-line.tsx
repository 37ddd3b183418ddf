import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { type LiveState, useLiveSince, useLiveState } from '../live/events.ts';
import { formatAge } from '../live/time.ts';

const LOOK: Readonly<Record<LiveState, { readonly word: string; readonly dot: string }>> = {
  live: { word: 'Live', dot: 'bg-ok-solid' },
  reconnecting: { word: 'Reconnecting', dot: 'bg-wait-solid ring-2 ring-wait-line' },
  offline: { word: 'Offline', dot: 'border-2 border-off bg-transparent' },
};

/** Whether what is on screen follows the server, and since when not. */
export const LiveLine = ({ worded = false }: { readonly worded?: boolean }): ReactNode => {
  const state = useLiveState();
  const since = useLiveSince();
  useServerNow();
  const { word, dot } = LOOK[state];
  return (
    <p
      role={worded ? undefined : 'status'}
      className="flex items-center gap-2 px-1.5 text-label text-fg-2"
      title={word}
    >
      <span aria-hidden="true" className={clsx('size-2 shrink-0 rounded-full', dot)} />
      <span className={clsx(!worded && 'max-wide:sr-only')}>
        {word}
        {state !== 'live' && Date.now() - since > 5000 && ` for ${formatAge(Date.now() - since)}`}
      </span>
    </p>
  );
};

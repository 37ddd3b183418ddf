import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { keyLabel, shownKey, useHotkeys } from '../keys/hotkeys.ts';

/** A key as printed on a keyboard. Hidden from assistive technology, which gets `aria-keyshortcuts` instead. */
export const Kbd = ({ keys, className }: { readonly keys: string; readonly className?: string }): ReactNode => {
  // As the list of keys changes, so may this one.
  useHotkeys();
  return (
    <kbd
      aria-hidden="true"
      className={clsx(
        'hidden min-w-5 items-center justify-center rounded-sm border border-current/40 px-1 font-mono text-meta whitespace-nowrap [@media(hover:hover)]:inline-flex',
        className,
      )}
    >
      {keyLabel(shownKey(keys))}
    </kbd>
  );
};

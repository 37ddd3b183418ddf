import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './kbd.tsx';

export const TipProvider = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <Tooltip.Provider delay={400} closeDelay={0}>
    {children}
  </Tooltip.Provider>
);

type TipProps = {
  readonly text: string;
  readonly shortcut?: string;
  readonly children: ReactElement<Record<string, unknown>>;
};

/** A hint on hover and focus. It only repeats or explains: nothing may be found in a hint alone. */
export const Tip = ({ text, shortcut, children }: TipProps): ReactNode => (
  <Tooltip.Root>
    <Tooltip.Trigger render={children} />
    <Tooltip.Portal>
      <Tooltip.Positioner sideOffset={6} className="z-50">
        <Tooltip.Popup className="flex max-w-72 items-center gap-2 rounded-md bg-fg px-2 py-1 text-label text-bg shadow-float">
          {text}
          {shortcut !== undefined && <Kbd keys={shortcut} />}
        </Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  </Tooltip.Root>
);

import { Menu } from '@base-ui/react/menu';
import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import { type ReactElement, type ReactNode, useEffect } from 'react';
import { popupOpened } from '../keys/hotkeys.ts';

const Hold = (): null => {
  useEffect(popupOpened, []);
  return null;
};

type DropdownProps = {
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly side?: 'top' | 'bottom';
  readonly children: ReactNode;
};

/** Opens at once: whoever renders it has just been asked for it. */
export const Dropdown = ({ trigger, side = 'bottom', children }: DropdownProps): ReactNode => (
  <Menu.Root defaultOpen>
    <Menu.Trigger render={trigger} />
    {/* Inside a landmark, as everything on the page has to be. */}
    <Menu.Portal container={document.getElementById('main')}>
      <Menu.Positioner side={side} align="start" sideOffset={6} className="z-50">
        <Menu.Popup className="max-h-(--available-height) min-w-52 overflow-y-auto overscroll-contain rounded-lg border bg-surface p-1 shadow-float outline-none">
          <Hold />
          {children}
        </Menu.Popup>
      </Menu.Positioner>
    </Menu.Portal>
  </Menu.Root>
);

const ITEM =
  'flex min-h-8 w-full cursor-default items-center gap-2 rounded-md px-2 text-left text-body outline-none data-highlighted:bg-hover pointer-coarse:min-h-11';

type ItemProps = { readonly icon?: ReactNode; readonly onSelect: () => void; readonly children: ReactNode };

export const DropdownItem = ({ icon, onSelect, children }: ItemProps): ReactNode => (
  <Menu.Item className={ITEM} onClick={onSelect}>
    <span className="flex size-4 items-center justify-center text-fg-3">{icon}</span>
    {children}
  </Menu.Item>
);

type ChoiceProps<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
};

export const DropdownChoice = <T extends string>({ label, value, options, onChange }: ChoiceProps<T>): ReactNode => (
  <Menu.RadioGroup value={value} onValueChange={(next: T) => onChange(next)} aria-label={label}>
    <div className="px-2 pt-1.5 pb-1 text-meta text-fg-3" aria-hidden="true">
      {label}
    </div>
    {options.map((option) => (
      <Menu.RadioItem key={option.value} value={option.value} className={ITEM} closeOnClick>
        <span className={clsx('flex size-4 items-center justify-center')}>
          <Menu.RadioItemIndicator>
            <Check size={14} aria-hidden="true" />
          </Menu.RadioItemIndicator>
        </span>
        {option.label}
      </Menu.RadioItem>
    ))}
  </Menu.RadioGroup>
);

export const DropdownLine = (): ReactNode => <Menu.Separator className="-mx-1 my-1 border-t" />;

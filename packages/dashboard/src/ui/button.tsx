import { clsx } from 'clsx';
import type { ComponentProps, ReactNode } from 'react';
import { ariaKeys } from '../keys/hotkeys.ts';
import { Kbd } from './kbd.tsx';
import { Tip } from './tooltip.tsx';

export type ButtonLook = 'ink' | 'outline' | 'ghost' | 'approve' | 'reject' | 'danger';
type Size = 'small' | 'normal' | 'bar';

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  ink: 'bg-fg text-bg border-fg hover:opacity-88',
  outline: 'bg-surface text-fg border-line-2 hover:bg-hover',
  ghost: 'bg-transparent text-fg-2 border-transparent hover:bg-hover hover:text-fg',
  approve: 'bg-ok-solid text-on-solid border-ok-solid hover:opacity-90',
  reject: 'bg-surface text-no border-no-solid hover:bg-no-tint',
  danger: 'bg-no-solid text-on-solid border-no-solid hover:opacity-90',
};

const OFF = 'bg-off-tint! text-fg-3! border-line! opacity-100! cursor-not-allowed!';

const SIZES: Readonly<Record<Size, string>> = {
  small: 'h-7 px-2 text-label gap-1.5 pointer-coarse:h-11 pointer-coarse:px-3',
  normal: 'h-8 px-3 text-body gap-2 pointer-coarse:h-11',
  bar: 'h-10 px-4 text-body gap-2 pointer-coarse:h-12',
};

export const buttonClass = (look: ButtonLook, size: Size = 'normal', off = false): string =>
  clsx(
    'inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap transition-colors duration-100',
    SIZES[size],
    LOOKS[look],
    off && OFF,
  );

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled'> & {
  readonly look?: ButtonLook;
  readonly size?: Size;
  /** Why it can't be used now. The button stays focusable and says so. */
  readonly blockedBecause?: string | null | undefined;
  readonly busy?: boolean;
  readonly shortcut?: string;
};

export const Button = ({
  look = 'outline',
  size = 'normal',
  blockedBecause,
  busy = false,
  shortcut,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps): ReactNode => {
  const off = busy || (blockedBecause ?? null) !== null;
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      aria-keyshortcuts={shortcut === undefined ? undefined : ariaKeys(shortcut)}
      className={clsx(buttonClass(look, size, off), className)}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
      {shortcut !== undefined && <Kbd keys={shortcut} />}
    </button>
  );
  return (blockedBecause ?? null) === null ? button : <Tip text={blockedBecause ?? ''}>{button}</Tip>;
};

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & {
  readonly label: string;
  readonly icon: ReactNode;
  readonly shortcut?: string;
};

export const IconButton = ({ label, icon, shortcut, className, ...rest }: IconButtonProps): ReactNode => (
  <Tip text={label} {...(shortcut === undefined ? {} : { shortcut })}>
    <button
      type="button"
      aria-label={label}
      {...rest}
      className={clsx(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-fg-2 hover:bg-hover hover:text-fg pointer-coarse:size-11',
        className,
      )}
    >
      {icon}
    </button>
  </Tip>
);

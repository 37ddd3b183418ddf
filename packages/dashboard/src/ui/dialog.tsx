import { Dialog } from '@base-ui/react/dialog';
import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect } from 'react';
import { popupOpened } from '../keys/hotkeys.ts';

type ModalProps = {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  /** At the right edge and as high as the window, for what is read beside the page. */
  readonly side?: boolean;
  /** Leaves the title to assistive technology, where the content speaks for itself. */
  readonly bare?: boolean;
  readonly initialFocus?: RefObject<HTMLElement | null>;
};

const Hold = (): null => {
  useEffect(popupOpened, []);
  return null;
};

/** A modal dialog: focus stays inside and returns to where it was. */
export const Modal = ({
  open,
  onClose,
  title,
  description,
  children,
  footer,
  wide = false,
  side = false,
  bare = false,
  initialFocus,
}: ModalProps): ReactNode => (
  <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
    <Dialog.Portal>
      <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
      <Dialog.Popup
        {...(initialFocus === undefined ? {} : { initialFocus })}
        className={clsx(
          'fixed z-50 flex flex-col overflow-hidden bg-surface shadow-float',
          side
            ? 'inset-y-0 right-0 w-full max-w-160 border-l'
            : 'top-[8vh] left-1/2 max-h-[84vh] w-[calc(100vw-24px)] -translate-x-1/2 rounded-xl border',
          !side && (wide ? 'max-w-180' : 'max-w-120'),
        )}
      >
        <Hold />
        <div className={clsx(bare ? 'sr-only' : 'flex items-start gap-3 px-5 pt-4')}>
          <Dialog.Title className="flex-1 text-section font-semibold">{title}</Dialog.Title>
          {!bare && (
            <Dialog.Close
              aria-label="Close"
              className="-mr-2 inline-flex size-8 items-center justify-center rounded-md text-fg-2 hover:bg-hover pointer-coarse:size-11"
            >
              <X size={16} aria-hidden="true" />
            </Dialog.Close>
          )}
        </div>
        {description !== undefined && (
          <Dialog.Description className="px-5 pt-1 text-fg-2">{description}</Dialog.Description>
        )}
        <div className={clsx('min-h-0 flex-1 overflow-y-auto', !bare && 'px-5 py-4')} tabIndex={-1}>
          {children}
        </div>
        {footer !== undefined && (
          <div className="flex flex-wrap justify-end gap-2 border-t bg-bg px-5 py-3">{footer}</div>
        )}
      </Dialog.Popup>
    </Dialog.Portal>
  </Dialog.Root>
);

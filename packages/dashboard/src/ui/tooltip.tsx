import {
  type ReactElement,
  type ReactNode,
  cloneElement,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { Kbd } from './kbd.tsx';

/** A pointer rests this long before the hint shows. Not where another was read a moment ago. */
const DELAY_MS = 400;
/** The way from the button to its hint, which may be hovered as well (WCAG 1.4.13). */
const LEAVE_MS = 120;
const GAP_PX = 6;
const EDGE_PX = 4;

let lastSeenAt = -Infinity;

type Source = { readonly currentTarget: HTMLElement; readonly pointerType?: string };

/** What the element does itself, and then ours. */
const after =
  (own: unknown, ours: (event: Source) => void) =>
  (event: Source): void => {
    if (typeof own === 'function') own(event);
    ours(event);
  };

/** Above its element where there is room, otherwise below, and never over the edge. */
const place = (hint: HTMLElement, anchor: HTMLElement): void => {
  const box = anchor.getBoundingClientRect();
  const { width, height } = hint.getBoundingClientRect();
  const above = box.top - height - GAP_PX;
  const left = Math.min(box.left + box.width / 2 - width / 2, innerWidth - width - EDGE_PX);
  hint.style.left = `${Math.max(EDGE_PX, left)}px`;
  hint.style.top = `${above < EDGE_PX ? box.bottom + GAP_PX : above}px`;
};

type HintProps = {
  readonly id: string;
  readonly anchor: HTMLElement;
  readonly onEnter: () => void;
  readonly onLeave: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

const Hint = ({ id, anchor, onEnter, onLeave, onClose, children }: HintProps): ReactNode => {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    // In the top layer nothing clips or covers it, wherever in the page it is written.
    element.current?.showPopover?.();
    if (element.current !== null) place(element.current, anchor);
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') onClose();
    };
    addEventListener('keydown', onKey, true);
    addEventListener('scroll', onClose, true);
    return () => {
      lastSeenAt = performance.now();
      removeEventListener('keydown', onKey, true);
      removeEventListener('scroll', onClose, true);
    };
  }, [onClose]);
  return (
    <span
      ref={element}
      id={id}
      role="tooltip"
      popover="manual"
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
      className="fixed inset-auto z-50 flex w-max max-w-72 items-center gap-2 overflow-visible rounded-md bg-fg px-2 py-1 text-left text-label font-normal whitespace-normal text-bg shadow-float"
    >
      {children}
    </span>
  );
};

type TipProps = {
  readonly text: string;
  readonly shortcut?: string;
  readonly children: ReactElement<Record<string, unknown>>;
};

/** A hint on hover and focus. It only repeats or explains: nothing may be found in a hint alone. */
export const Tip = ({ text, shortcut, children }: TipProps): ReactNode => {
  const id = useId();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [close] = useState(() => (): void => {
    clearTimeout(timer.current);
    setAnchor(null);
  });
  const showIn = (target: HTMLElement, delayMs: number): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAnchor(target), delayMs);
  };
  const leave = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(close, LEAVE_MS);
  };
  const { props } = children;
  return (
    <>
      {cloneElement(children, {
        onPointerEnter: after(props['onPointerEnter'], ({ currentTarget, pointerType }) => {
          if (pointerType !== 'touch')
            showIn(currentTarget, anchor !== null || performance.now() - lastSeenAt < DELAY_MS ? 0 : DELAY_MS);
        }),
        onPointerLeave: after(props['onPointerLeave'], leave),
        onPointerDown: after(props['onPointerDown'], close),
        onFocus: after(props['onFocus'], ({ currentTarget }) => {
          if (currentTarget.matches(':focus-visible')) showIn(currentTarget, 0);
        }),
        onBlur: after(props['onBlur'], close),
        // A hint that only repeats the name is not read out twice.
        ...(anchor === null || props['aria-label'] === text ? {} : { 'aria-describedby': id }),
      })}
      {anchor !== null && (
        <Hint id={id} anchor={anchor} onEnter={() => clearTimeout(timer.current)} onLeave={leave} onClose={close}>
          {text}
          {shortcut !== undefined && <Kbd keys={shortcut} />}
        </Hint>
      )}
    </>
  );
};

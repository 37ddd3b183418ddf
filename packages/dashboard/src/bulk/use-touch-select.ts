/** Choosing rows by touch: a long press chooses the first, and from then on a tap chooses instead of opening. */
import { type MouseEvent, type PointerEvent, useCallback, useEffect, useRef } from 'react';

const LONG_PRESS_MS = 500;
/** A finger that moves so far scrolls. */
const SLOP_PX = 10;

type TouchSelect = {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: () => void;
  readonly onPointerCancel: () => void;
  readonly onClickCapture: (event: MouseEvent) => void;
  readonly onContextMenu: (event: MouseEvent) => void;
};

export const useTouchSelect = (selecting: boolean, toggle: () => void): TouchSelect => {
  const latest = useRef({ selecting, toggle });
  latest.current = { selecting, toggle };
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const press = useRef({ isTouch: false, isLong: false, x: 0, y: 0 });
  const end = useCallback(() => clearTimeout(timer.current), []);
  useEffect(() => end, [end]);
  return {
    onPointerDown: ({ pointerType, clientX, clientY }) => {
      end();
      press.current = { isTouch: pointerType === 'touch', isLong: false, x: clientX, y: clientY };
      if (!press.current.isTouch || latest.current.selecting) return;
      timer.current = setTimeout(() => {
        press.current.isLong = true;
        latest.current.toggle();
      }, LONG_PRESS_MS);
    },
    onPointerMove: ({ clientX, clientY }) => {
      if (Math.hypot(clientX - press.current.x, clientY - press.current.y) > SLOP_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    // A screen reader's or a keyboard's click comes without a touch before it, and means what it says.
    onClickCapture: (event) => {
      const { isTouch, isLong } = press.current;
      press.current = { ...press.current, isTouch: false, isLong: false };
      if (!isTouch || !(isLong || latest.current.selecting)) return;
      event.preventDefault();
      event.stopPropagation();
      // The long press itself has chosen it already.
      if (!isLong) latest.current.toggle();
    },
    onContextMenu: (event) => {
      if (press.current.isTouch) event.preventDefault();
    },
  };
};

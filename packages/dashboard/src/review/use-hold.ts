/** A press that has to last: a pointer or a key held down, let go too early does nothing. */
import { useCallback, useEffect, useRef, useState } from 'react';

export type Hold = {
  readonly holding: boolean;
  /** @param onEarly when it was let go too early */
  readonly start: () => void;
};

export const useHold = (ms: number, run: () => void, onEarly: () => void): Hold => {
  const [holding, setHolding] = useState(false);
  const latest = useRef({ run, onEarly });
  latest.current = { run, onEarly };
  useEffect(() => {
    if (!holding) return undefined;
    const timer = setTimeout(() => {
      setHolding(false);
      latest.current.run();
    }, ms);
    const letGo = (): void => {
      setHolding(false);
      latest.current.onEarly();
    };
    // Whatever takes the hand or the eye away ends it.
    const signs = ['keyup', 'pointerup', 'pointercancel', 'blur'] as const;
    for (const sign of signs) addEventListener(sign, letGo);
    document.addEventListener('visibilitychange', letGo);
    return () => {
      clearTimeout(timer);
      for (const sign of signs) removeEventListener(sign, letGo);
      document.removeEventListener('visibilitychange', letGo);
    };
  }, [holding, ms]);
  const start = useCallback(() => {
    if (ms === 0) latest.current.run();
    else setHolding(true);
  }, [ms]);
  return { holding, start };
};

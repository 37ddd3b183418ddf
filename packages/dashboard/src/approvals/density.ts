/** How much of the queue fits on the screen; kept in this browser. */
import { useSyncExternalStore } from 'react';

export type Density = 'comfortable' | 'compact';

/** Fixed, so that the list need not be measured. */
export const ROW_HEIGHTS: Readonly<Record<Density, number>> = { comfortable: 62, compact: 44 };

const KEY = 'countersign.density';
const listeners = new Set<() => void>();

const read = (): Density => {
  try {
    return localStorage.getItem(KEY) === 'compact' ? 'compact' : 'comfortable';
  } catch {
    return 'comfortable';
  }
};
let density = read();

export const setDensity = (next: Density): void => {
  density = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
};

export const useDensity = (): Density =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => density,
  );

/** Kills a random process of the product with SIGKILL, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessName, Product } from './product.ts';

/** The supervisor itself now and then; mostly what does the work. */
const TARGETS: readonly ProcessName[] = ['server', 'server', 'postgres', 'postgres', 'dev'];

/** How often a process is also killed while the product still recovers from the kill before. */
const WHILE_RECOVERING = 0.25;

export const startKilling = (
  product: Product,
  everySeconds: number,
  onKill: (name: ProcessName) => void,
  signal: AbortSignal,
): { readonly done: Promise<void> } => {
  const kill = async (): Promise<void> => {
    for (;;) {
      await delay(everySeconds * 1000, undefined, { signal });
      // Killed before it is up again each time, it would never get anything done, whatever it is made of.
      if (!(await product.isReady()) && Math.random() > WHILE_RECOVERING) continue;
      const name = TARGETS[Math.floor(Math.random() * TARGETS.length)];
      if (name && !signal.aborted && product.kill(name)) onKill(name);
    }
  };
  return { done: kill().catch(() => undefined) };
};

import { nudgeJob } from '@countersign/store';
import type { Engine } from '../engine.ts';

const GATHER_MS = 100;

/**
 * Brings the fan-out of a workspace forward when something happened there. Only a hint: it comes by itself every second.
 * @returns how to stop
 */
export const watchForNews = (engine: Pick<Engine, 'worker' | 'wake'>): (() => void) => {
  const heard = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    timer = undefined;
    const workspaces = [...heard];
    heard.clear();
    const nudged = await Promise.all(workspaces.map((id) => nudgeJob(engine.worker, 'fan_out', id).catch(() => false)));
    if (nudged.includes(true)) engine.wake.jobs();
  };
  const stop = engine.wake.onChange((workspaceId) => {
    heard.add(workspaceId);
    timer ??= setTimeout(() => void look(), GATHER_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
};

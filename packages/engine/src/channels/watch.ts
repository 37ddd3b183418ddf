import { nudgeJob, transaction } from '@countersign/store';
import type { Engine } from '../engine.ts';
import { openMailChannel } from './mail.ts';

const GATHER_MS = 100;

/**
 * Brings the fan-out of a workspace forward when something happened there. Only a hint: it comes by itself every second.
 * @returns how to stop
 */
export const watchForNews = (engine: Pick<Engine, 'api' | 'worker' | 'wake' | 'channels'>): (() => void) => {
  const heard = new Set<string>();
  const looked = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  /** A workspace that was made beside this process, by a command or another one, gets its channel for mail. */
  const welcome = async (workspaceId: string): Promise<void> => {
    if (looked.has(workspaceId)) return;
    looked.add(workspaceId);
    await transaction(engine.api, workspaceId, (scope) => openMailChannel(engine, scope));
  };
  const look = async (): Promise<void> => {
    timer = undefined;
    const workspaces = [...heard];
    heard.clear();
    if (engine.channels.has('email'))
      await Promise.all(workspaces.map((id) => welcome(id).catch(() => looked.delete(id))));
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

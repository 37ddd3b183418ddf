/** Server processes that a test starts, kills, stops and wakes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const WORKER = join(import.meta.dirname, '../fixtures/worker.ts');

export type Process = {
  readonly url: string;
  /** SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** SIGSTOP: it stands still, with its connections open. */
  readonly freeze: () => void;
  readonly thaw: () => void;
};

const alive = new Set<ChildProcess>();

/** Starts a server on the database; `worker` runs agents only, `all` takes requests too, at a port of its own or a given one. */
export const startProcess = async (
  databaseUrl: string,
  role: 'worker' | 'all' = 'worker',
  atPort = 0,
): Promise<Process> => {
  const child = fork(WORKER, [databaseUrl, role, String(atPort)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  alive.add(child);
  const exited = once(child, 'exit').then(() => void alive.delete(child));
  const failed = exited.then(() => Promise.reject(new Error('the process ended before it was ready')));
  const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }];
  failed.catch(() => undefined);
  return {
    url: `http://127.0.0.1:${port}`,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
};

/** Kills whatever is left, for `afterEach`. */
export const killAll = async (): Promise<void> => {
  await Promise.all([...alive].map((child) => (child.kill('SIGKILL'), once(child, 'exit'))));
};

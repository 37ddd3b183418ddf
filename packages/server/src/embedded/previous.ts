/** Ends a PostgreSQL that an earlier run of ours, killed meanwhile, has left on the data folder. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './error.ts';
import { identityOf } from './process-identity.ts';

export type PostmasterFile = { pid: number; status: string };

/** What the running postmaster says of itself (storage.sgml, "postmaster.pid"): its pid, and its status in the 8th line. */
export function readPostmasterFile(data: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), status: (lines[7] ?? '').trim() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Milliseconds that each way of asking it to stop is given before the next, harder one. */
const PATIENCE_MS = { fast: 6_000, immediate: 5_000, kill: 5_000 };

/** Stops it, asking kindly first; returns its pid, or null when none was running. */
export async function stopPrevious(data: string, binaries: Binaries): Promise<number | null> {
  const file = readPostmasterFile(data);
  if (file === null) return null;
  const { pid } = file;
  if (process.platform === 'win32') return stopPreviousOnWindows(data, binaries, pid);
  // Only a process that is seen to be PostgreSQL on this very folder may be signalled: pids are used again.
  const running = (): boolean => isPostgresOn(pid, data);
  const found = running();
  for (const [signal, patienceMs] of [
    ['SIGINT', PATIENCE_MS.fast],
    ['SIGQUIT', PATIENCE_MS.immediate],
    ['SIGKILL', PATIENCE_MS.kill],
  ] as const) {
    if (!running()) break;
    signalIfThere(pid, signal);
    await goneWithin(running, patienceMs);
  }
  if (running()) throw new EmbeddedPostgresError(`The database of an earlier run (pid ${pid}) can't be stopped.`);
  // Left behind by one that was killed. Its pid may by now be another program's, which would keep ours from starting.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  return found ? pid : null;
}

/** Whether that process is a postmaster that works in that data folder. */
function isPostgresOn(pid: number, data: string): boolean {
  if (identityOf(pid) === null) return false;
  try {
    if (process.platform === 'linux') {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      return name === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    }
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return basename(command.split(' ')[0] ?? '') === 'postgres' && command.includes(`-D ${data} `);
  } catch {
    return false;
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function goneWithin(running: () => boolean, patienceMs: number): Promise<void> {
  const end = Date.now() + patienceMs;
  while (running() && Date.now() < end) await delay(20);
}

/** There, signals are messages to a named pipe that only a postmaster has; pg_ctl knows how to send them. */
async function stopPreviousOnWindows(data: string, binaries: Binaries, pid: number): Promise<number | null> {
  if (identityOf(pid) === null) return null;
  for (const mode of ['fast', 'immediate']) {
    const args = ['stop', '-D', data, '-m', mode, '-w', '-t', '8'];
    const stopped = await new Promise<boolean>((done) => execFile(binaries.pgCtl, args, (error) => done(!error)));
    if (stopped) return pid;
  }
  return null;
}

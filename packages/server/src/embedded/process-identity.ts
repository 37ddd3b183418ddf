/** Which process a recorded pid meant: pids are used again, so a pid alone proves nothing. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type ProcessIdentity = {
  pid: number;
  /** When the process began, in the system's own notation; null where the system can't say (Windows). */
  started: string | null;
};

/** The identity of a running process, or null when none has that pid. */
export function identityOf(pid: number): ProcessIdentity | null {
  if (!Number.isInteger(pid) || pid <= 0 || !answersSignals(pid)) return null;
  if (process.platform === 'linux') return linuxIdentity(pid);
  if (process.platform === 'win32') return { pid, started: null };
  return { pid, started: startedByPs(pid) };
}

/** Whether the recorded process still runs, and is not another one that was given its pid since. */
export function isStillRunning(recorded: ProcessIdentity): boolean {
  const now = identityOf(recorded.pid);
  if (now === null) return false;
  return recorded.started === null || now.started === null || recorded.started === now.started;
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function linuxIdentity(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself; proc(5) numbers fields from 1, state is the 3rd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return null;
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, started: `${bootId}:${fields[19] ?? ''}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { pid, started: null };
  }
}

function startedByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

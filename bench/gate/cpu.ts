/** Processor time, which says what a cycle costs even while others use the machine too. Linux only; elsewhere NaN. */
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_A_SECOND = 100;

type Stat = { readonly parent: number; readonly seconds: number };

const statOf = (pid: string): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may itself hold spaces and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const at = (index: number): number => Number(fields[index]);
    // user and system, of itself and of its children that have ended
    return { parent: at(1), seconds: (at(11) + at(12) + at(13) + at(14)) / TICKS_A_SECOND };
  } catch {
    return undefined;
  }
};

/** What a process and its direct children have used so far, in seconds: PostgreSQL with all its backends. */
export const cpuOfFamily = (pid: number): number => {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return Number.NaN;
  }
  const stats = pids.map((name) => ({ name, stat: statOf(name) }));
  return stats
    .filter(({ name, stat }) => name === String(pid) || stat?.parent === pid)
    .reduce((sum, { stat }) => sum + (stat?.seconds ?? 0), 0);
};

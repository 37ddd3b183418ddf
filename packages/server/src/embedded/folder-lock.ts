/**
 * Keeps two processes from using one folder. The lock is a file that names its holder, so that the
 * one who comes second can say who was first; a holder that has died leaves no lock behind.
 *
 * It compares pids, so it does not reach from one container into another that shares the folder.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { identityOf, isStillRunning } from './process-identity.ts';

const Holder = z.object({ pid: z.number().int(), started: z.string().nullable(), url: z.string().nullable() });

export type LockHolder = z.infer<typeof Holder>;

export type FolderLock = { taken: true; release: () => void } | { taken: false; holder: LockHolder };

/** Takes the lock file for this process; `url` tells the next one where we can be found. */
export function takeFolderLock(path: string, url: string | null = null): FolderLock {
  const self = identityOf(process.pid) ?? { pid: process.pid, started: null };
  const content = JSON.stringify({ ...self, url });
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    for (;;) {
      if (linkAsNew(draft, path)) return { taken: true, release: () => release(path, content) };
      const found = readIfThere(path);
      if (found === null) continue;
      const holder = parseHolder(found);
      if (holder !== null && isStillRunning(holder)) return { taken: false, holder };
      dropStale(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(path: string, content: string): void {
  if (readIfThere(path) === content) rmSync(path, { force: true });
}

/** A link, unlike a write, makes the whole content appear at once, and fails when the name is taken. */
function linkAsNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
  }
  // A file system without hard links: create the file ourselves.
  try {
    writeFileSync(to, readFileSync(from), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead holder's lock aside; if a living one slipped in between, its lock is put back. */
function dropStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) !== stale) linkAsNew(aside, path);
  rmSync(aside, { force: true });
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): LockHolder | null {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Starts the postmaster on a data folder and waits until it takes connections. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fchownSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Endpoint } from './endpoint.ts';
import { EmbeddedPostgresError } from './error.ts';
import type { EmbeddedFolders } from './folders.ts';
import { readPostmasterFile } from './previous.ts';
import { dataFolderArgument, runAs } from './run-as.ts';

/**
 * Everything about durability (fsync, synchronous_commit, full_page_writes) stays at PostgreSQL's
 * safe defaults, so it is not mentioned.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '256MB',
  idle_in_transaction_session_timeout: '30s',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** Replaying much write-ahead log takes its time; one that is silent for this long is given up. */
const START_LIMIT_MS = 10 * 60_000;
/** How long what is left of a killed one may hold on to its shared memory. */
const RETRY_LIMIT_MS = 20_000;
const HELD_BY_REMAINS = /is still in use|lock file ".*" already exists/;

export type Launched = { child: ChildProcess; pid: number; exited: Promise<number | null>; startLog: string };

export type LaunchOptions = {
  folders: EmbeddedFolders;
  binaries: Binaries;
  account: Account | null;
  endpoint: Endpoint;
  /** Overrides of PostgreSQL's settings; only tests have a use for them. */
  settings: Readonly<Record<string, string>>;
};

/** Launches it, trying again while processes of a killed one still hold its shared memory. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const end = Date.now() + RETRY_LIMIT_MS;
  for (;;) {
    const result = await launchOnce(options);
    if (result.started) return result.launched;
    if (!HELD_BY_REMAINS.test(result.startLog) || Date.now() > end) {
      const tail = result.startLog.trim().split('\n').slice(-6).join('\n');
      throw new EmbeddedPostgresError(`The database did not start. The end of ${options.folders.log}:\n${tail}`);
    }
    await delay(200);
  }
}

type Attempt = { started: true; launched: Launched } | { started: false; startLog: string };

async function launchOnce({ folders, binaries, account, endpoint, settings }: LaunchOptions): Promise<Attempt> {
  const log = openLog(folders.log, account);
  const from = statSync(folders.log).size;
  const parameters = Object.entries({ ...SETTINGS, ...endpoint.settings, ...settings });
  const args = [
    '-D',
    dataFolderArgument(folders.data, account),
    ...parameters.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  // detached: Ctrl-C in a terminal goes to a whole process group, and the database must not stop before the server.
  const child = spawn(binaries.postgres, args, {
    ...runAs(account, folders.data),
    stdio: ['ignore', log, log],
    detached: true,
    windowsHide: true,
  });
  closeSync(log);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  let running = true;
  void exited.then(() => (running = false));
  const end = Date.now() + START_LIMIT_MS;
  while (running && Date.now() < end) {
    const file = readPostmasterFile(folders.data);
    if (file?.status === 'ready' && file.pid === child.pid) {
      return { started: true, launched: { child, pid: file.pid, exited, startLog: readFrom(folders.log, from) } };
    }
    await Promise.race([exited, delay(15)]);
  }
  if (running) child.kill('SIGKILL');
  return { started: false, startLog: readFrom(folders.log, from) };
}

function openLog(path: string, account: Account | null): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`);
  const log = openSync(path, 'a', 0o600);
  if (account) fchownSync(log, account.uid, account.gid);
  return log;
}

function readFrom(path: string, from: number): string {
  const handle = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, from));
  } finally {
    closeSync(handle);
  }
}

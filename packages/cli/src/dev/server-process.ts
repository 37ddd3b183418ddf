/** The server as a child of `countersign dev`: started, awaited until it is ready, ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isStillRunning, type ProcessIdentity } from '@countersign/server/embedded';
import type { Running } from './keep-running.ts';

/** What the server says over IPC once it answers requests; the names are those of dev.json. */
export type ReadyMessage = {
  type: 'ready';
  url: string;
  agent_key: string;
  reviewer_key: string;
  owner_sign_in_url: string;
  workspace_id: string;
  /** More to tell the user: what the demonstration is waiting for. */
  lines: string[];
};

export type ServerProcess = Running & { ready: ReadyMessage };

export type ServerProcessOptions = {
  /** The program: packages/server/src/main.ts. */
  main: string;
  env: NodeJS.ProcessEnv;
  /** What the server writes goes here. */
  logFile: string;
  /** Remembers the process, for the next run to end it should it outlive us. */
  pidFile: string;
};

/** The server ended before it was ready. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** How long the server may take to finish what it is doing. */
const PATIENCE_MS = 5_000;

export async function startServer(options: ServerProcessOptions, signal: AbortSignal): Promise<ServerProcess> {
  if ((statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) {
    renameSync(options.logFile, `${options.logFile}.1`);
  }
  const log = openSync(options.logFile, 'a', 0o600);
  // detached: Ctrl-C in a terminal goes to a whole process group; the server is to be stopped by us, in order.
  const child = spawn(process.execPath, [options.main], {
    env: options.env,
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by === null ? `exit code ${code}` : `signal ${by}`));
  });
  const pid = child.pid;
  if (pid === undefined) throw new ServerStartError(`The server could not be started: ${await ended}`);
  writeFileSync(options.pidFile, JSON.stringify(identityOf(pid)), { mode: 0o600 });
  const stop = (): Promise<void> => endChild(child, ended);
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const ready = await Promise.race([readyMessage(child), ended]);
    if (typeof ready !== 'string') return { pid, ended, ready, stop };
    throw new ServerStartError(
      `The server ended before it was ready (${ready}). The end of ${options.logFile}:\n${lastLines(options.logFile)}`,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Ends a server that outlived the `countersign dev` that started it; answers its pid, or null when there is none. */
export async function endOrphan(pidFile: string): Promise<number | null> {
  const recorded = readIdentity(pidFile);
  rmSync(pidFile, { force: true });
  if (recorded === null || !isStillRunning(recorded)) return null;
  // It ends by itself when its connection to us breaks; help it along if it doesn't.
  for (const signal of [null, 'SIGTERM', 'SIGKILL'] as const) {
    if (signal !== null && isStillRunning(recorded)) process.kill(recorded.pid, signal);
    const end = Date.now() + 2_000;
    while (isStillRunning(recorded) && Date.now() < end) await delay(20);
  }
  return recorded.pid;
}

function readIdentity(pidFile: string): ProcessIdentity | null {
  try {
    const content: ProcessIdentity | null = JSON.parse(readFileSync(pidFile, 'utf8'));
    // Without a start time the pid may be anybody's by now: leave it alone.
    return content?.started ? content : null;
  } catch {
    return null;
  }
}

async function endChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  const patience = new AbortController();
  child.kill('SIGTERM');
  const insist = delay(PATIENCE_MS, undefined, { signal: patience.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  patience.abort();
  await insist;
}

function readyMessage(child: ChildProcess): Promise<ReadyMessage> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (isReadyMessage(message)) resolve(message);
    });
  });
}

function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').slice(-12).join('\n');
}

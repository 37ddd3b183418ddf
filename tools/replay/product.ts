/** The product as a user starts it: `countersign dev` with its embedded database, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './api.ts';

export type ProcessName = 'server' | 'postgres' | 'dev';

export type Product = {
  readonly connection: () => Connection;
  /** Whether it answers, with its database. */
  readonly isReady: () => Promise<boolean>;
  /** `kill -9`; false where the process is just not there. `dev` is started again, the others by `dev`. */
  readonly kill: (name: ProcessName) => boolean;
  readonly stop: () => Promise<void>;
};

type DevFile = {
  readonly url: string;
  readonly agent_key: string;
  readonly reviewer_key: string;
  readonly pid: number | null;
  readonly processes: Readonly<Record<Exclude<ProcessName, 'dev'>, number | null>>;
};

const ROOT = join(import.meta.dirname, '../..');
/** The first start also builds the dashboard and creates the database. */
const START_PATIENCE_MS = 120_000;
const STOP_PATIENCE_MS = 20_000;
const POLL_MS = 50;
const RESTARTS_MAX = 20;

/** Starts it and resolves when it is ready. `log` gets a line for everything unexpected. */
export const startProduct = async (dataDir: string, log: (line: string) => void): Promise<Product> => {
  const port = await freePort();
  const logFile = `${dataDir}.log`;
  let dev: ChildProcess | undefined;
  let stopping = false;
  const start = (): Promise<void> => startDev(dataDir, port, logFile, (child) => (dev = child));

  // Whatever ends this program, the product ends with it: told so, `dev` stops its processes in order.
  const lastWish = (): void => void dev?.kill('SIGTERM');
  process.once('exit', lastWish);

  const supervise = async (): Promise<void> => {
    for (let failures = 0; failures < RESTARTS_MAX;) {
      if (dev && isRunning(dev)) await once(dev, 'exit');
      if (stopping) return;
      if (dev?.signalCode !== 'SIGKILL')
        log(`countersign dev ended by itself (${dev?.signalCode ?? dev?.exitCode}), see ${logFile}`);
      try {
        await start();
        failures = 0;
      } catch (error) {
        if (stopping) return;
        failures += 1;
        log(`countersign dev did not start again: ${String(error)}`);
        await delay(500);
      }
    }
  };

  await start();
  const supervision = supervise();

  /** Null unless it is surely the process that runs now: a pid that was written by an earlier `dev` may be anybody's. */
  const pidOf = (name: ProcessName): number | null => {
    const file = readDevFile(dataDir);
    if (!dev?.pid || !isRunning(dev) || file?.pid !== dev.pid) return null;
    return name === 'dev' ? dev.pid : file.processes[name];
  };

  return {
    connection: () => {
      const file = readDevFile(dataDir);
      if (!file) throw new Error('dev.json is not there');
      return { url: file.url, keys: { agent: file.agent_key, reviewer: file.reviewer_key } };
    },
    isReady: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
        () => null,
      );
      await response?.body?.cancel();
      return response?.ok === true;
    },
    kill: (name) => {
      const pid = pidOf(name);
      return pid !== null && signal(pid, 'SIGKILL');
    },
    stop: async () => {
      stopping = true;
      process.removeListener('exit', lastWish);
      dev?.kill('SIGTERM');
      const inTime = await Promise.race([supervision.then(() => true), delay(STOP_PATIENCE_MS, false, { ref: false })]);
      if (!inTime) log('countersign dev did not stop in time and is killed');
      if (!inTime) dev?.kill('SIGKILL');
      // Also after a `dev` that was told to stop before it had found what its killed predecessor left running.
      for (const pid of Object.values(readDevFile(dataDir)?.processes ?? {}))
        if (pid !== null && isAbout(pid, dataDir)) signal(pid, 'SIGKILL');
    },
  };
};

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** Resolves when it is ready, but hands the process over at once. */
const startDev = async (
  dataDir: string,
  port: number,
  logFile: string,
  onSpawn: (dev: ChildProcess) => void,
): Promise<void> => {
  const output = openSync(logFile, 'a');
  const args = ['packages/cli/src/main.ts', 'dev', '--data-dir', dataDir, '--port', String(port)];
  // detached: Ctrl-C goes to a terminal's whole process group, and the order of stopping is ours.
  const dev = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environment(),
    stdio: ['ignore', output, output],
    detached: true,
  });
  onSpawn(dev);
  closeSync(output);
  const giveUpAt = Date.now() + START_PATIENCE_MS;
  while (readDevFile(dataDir)?.pid !== dev.pid) {
    if (!isRunning(dev)) throw new Error(`it ended: ${lastLines(logFile)}`);
    if (Date.now() > giveUpAt) {
      dev.kill('SIGTERM');
      throw new Error(`it was not ready in time: ${lastLines(logFile)}`);
    }
    await delay(POLL_MS);
  }
};

/** Ours without settings of the product: a DATABASE_URL in the environment must not be played into. */
const environment = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'DATABASE_URL' && !name.startsWith('COUNTERSIGN_'),
  );
  return { ...Object.fromEntries(kept), COUNTERSIGN_ALLOW_CIDRS: '127.0.0.0/8' };
};

const readDevFile = (dataDir: string): DevFile | undefined => {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8')) as DevFile;
  } catch {
    return undefined;
  }
};

const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
};

/** Whether a process was started for this folder; false where the system can't say. */
const isAbout = (pid: number, dataDir: string): boolean => {
  try {
    return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(dataDir));
  } catch {
    return false;
  }
};

const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-8).join('\n');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port (this is a bug)');
  return address.port;
};

/** The product as a user starts it: `countersign dev` with its embedded database, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './api.ts';

export const PROCESS_NAMES = ['server', 'postgres', 'dev'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

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
  let stopping = false;
  let dev: ChildProcess = await startDev(dataDir, port, logFile);
  const supervision = supervise();

  // Whatever ends this program, the product ends with it: told so, `dev` stops its processes in order.
  const lastWish = (): void => void dev.kill('SIGTERM');
  process.once('exit', lastWish);

  async function supervise(): Promise<void> {
    for (let failures = 0; failures < RESTARTS_MAX; ) {
      if (dev.exitCode === null && dev.signalCode === null) await once(dev, 'exit');
      if (stopping) return;
      if (dev.signalCode !== 'SIGKILL') log(`countersign dev ended by itself (${dev.signalCode ?? dev.exitCode}), see ${logFile}`);
      try {
        dev = await startDev(dataDir, port, logFile);
        failures = 0;
      } catch (error) {
        failures += 1;
        log(`countersign dev did not start again: ${String(error)}`);
        await delay(500);
      }
    }
  }

  const pidOf = (name: ProcessName): number | null => {
    if (name === 'dev') return dev.pid ?? null;
    return readDevFile(dataDir)?.processes[name] ?? null;
  };

  return {
    connection: () => {
      const file = readDevFile(dataDir);
      if (!file) throw new Error('dev.json is not there');
      return { url: file.url, keys: { agent: file.agent_key, reviewer: file.reviewer_key } };
    },
    isReady: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
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
      dev.kill('SIGTERM');
      const inTime = await Promise.race([supervision.then(() => true), delay(STOP_PATIENCE_MS, false, { ref: false })]);
      if (inTime) return;
      log('countersign dev did not stop in time and is killed');
      for (const name of PROCESS_NAMES) {
        const pid = pidOf(name);
        if (pid !== null) signal(pid, 'SIGKILL');
      }
    },
  };
};

const startDev = async (dataDir: string, port: number, logFile: string): Promise<ChildProcess> => {
  const output = openSync(logFile, 'a');
  const args = ['packages/cli/src/main.ts', 'dev', '--data-dir', dataDir, '--port', String(port)];
  // detached: Ctrl-C goes to a terminal's whole process group, and the order of stopping is ours.
  const dev = spawn(process.execPath, args, { cwd: ROOT, env: environment(), stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const giveUpAt = Date.now() + START_PATIENCE_MS;
  while (readDevFile(dataDir)?.pid !== dev.pid) {
    if (dev.exitCode !== null || dev.signalCode !== null) throw new Error(`it ended: ${lastLines(logFile)}`);
    if (Date.now() > giveUpAt) {
      dev.kill('SIGTERM');
      throw new Error(`it was not ready in time: ${lastLines(logFile)}`);
    }
    await delay(POLL_MS);
  }
  return dev;
};

/** Ours without settings of the product: a DATABASE_URL in the environment must not be played into. */
const environment = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('COUNTERSIGN_'));
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

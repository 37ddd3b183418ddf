/** The product itself as a process of its own, on a database of its own: as a program outside meets it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freshDatabase } from '../../../server/src/testing/database.ts';

const MAIN = join(import.meta.dirname, '../../../server/src/main.ts');

/** Random enough for the server's own check; it protects nothing here. */
const SECRET = 'Kq7v-Zt2x-Wm9r-Pb4n-Hd6s-Jf3c-Ly8g';

type Ready = {
  readonly url: string;
  readonly agent_key: string;
  readonly reviewer_key: string;
  /** Signs the workspace's owner in, once. */
  readonly owner_sign_in_url: string;
};

export type RealServer = Ready & {
  /** Ends it as a crash would: SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same port and data. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const ready = async (child: ChildProcess): Promise<Ready> => {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => lines.push(text.toString()));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the server ended:\n${lines.join('')}`)));
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Ready];
  ended.catch(() => undefined);
  return message;
};

export const startRealServer = async (): Promise<RealServer> => {
  const database = await freshDatabase();
  const base: NodeJS.ProcessEnv = {
    ...process.env,
    DATABASE_URL: database.url,
    COUNTERSIGN_SECRET: SECRET,
    COUNTERSIGN_LOG_LEVEL: 'error',
    COUNTERSIGN_EXIT_WITH_PARENT: 'true',
  };
  let child: ChildProcess;

  const run = async (port: string, keys: string): Promise<Ready> => {
    const own = {
      COUNTERSIGN_PORT: port,
      COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${port}`,
      COUNTERSIGN_DEV_KEYS: keys,
    };
    child = fork(MAIN, { env: { ...base, ...own }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    return ready(child);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };

  const first = await run('0', '');
  return {
    ...first,
    kill: () => end('SIGKILL'),
    start: async () => {
      await run(
        new URL(first.url).port,
        JSON.stringify({ agent_key: first.agent_key, reviewer_key: first.reviewer_key }),
      );
    },
    stop: async () => {
      await end('SIGTERM');
      await database.drop();
    },
  };
};

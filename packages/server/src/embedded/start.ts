/**
 * Starts the real PostgreSQL that npm brought along, so that one machine needs nothing else: as root,
 * as an ordinary user, in a container. It puts right what a killed earlier run has left.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { databaseAccount } from './account.ts';
import { installBinaries, type Binaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { makeEndpoint } from './endpoint.ts';
import { EmbeddedPostgresError } from './error.ts';
import { takeFolderLock } from './folder-lock.ts';
import { embeddedFolders, makeReachable, type EmbeddedFolders } from './folders.ts';
import { launch, type Launched } from './launch.ts';
import { stopPrevious } from './previous.ts';
import { recoverySentence } from './recovery.ts';

export type EmbeddedPostgres = {
  /** The connection address for a role: `countersign` owns the database, `postgres` administers the cluster. */
  url: (role: string) => string;
  pid: number;
  /** One sentence on what had to be put right, for the log; null when nothing had. */
  recovery: string | null;
  /** Resolves when the server process ends, however it ends: its exit code, null after a signal. */
  exited: Promise<number | null>;
  /** Fast shutdown: transactions are rolled back, everything committed is kept. Resolves when it has ended. */
  stop: () => Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** Everything of the embedded database lives in `<dataDir>/postgres`, its log in `<dataDir>/postgres.log`. */
  dataDir: string;
  log: (line: string) => void;
  /** Overrides of PostgreSQL's settings; only tests have a use for them. */
  settings?: Readonly<Record<string, string>>;
};

/** @throws EmbeddedPostgresError with a sentence for the user when it can't be started */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folders = embeddedFolders(options.dataDir);
  const account = databaseAccount(folders.data);
  makeReachable(folders.root, account);
  const lock = takeFolderLock(folders.lock);
  if (!lock.taken) {
    throw new EmbeddedPostgresError(
      `The database in ${folders.root} is already being used by the process with pid ${lock.holder.pid}.`,
    );
  }
  try {
    const binaries = installBinaries(folders.root, account);
    const stoppedPid = await stopPrevious(folders.data, binaries);
    const cluster = await ensureCluster(folders, binaries, account);
    if (cluster !== 'kept') options.log(`Database created in ${folders.data}`);
    const endpoint = await makeEndpoint(folders, account);
    const launched = await launch({ folders, binaries, account, endpoint, settings: options.settings ?? {} });
    void launched.exited.then(lock.release);
    return {
      url: endpoint.url,
      pid: launched.pid,
      recovery: recoverySentence({ stoppedPid, cluster, startLog: launched.startLog }),
      exited: launched.exited,
      stop: () => stop(launched, folders, binaries),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const PATIENCE_MS = 8_000;

async function stop({ child, exited }: Launched, folders: EmbeddedFolders, binaries: Binaries): Promise<void> {
  if (process.platform === 'win32') {
    await stopPrevious(folders.data, binaries);
    await exited;
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    child.kill(signal);
    const patience = new AbortController();
    const ended = exited.then(() => true);
    if (await Promise.race([ended, delay(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false)])) {
      patience.abort();
      return;
    }
  }
}

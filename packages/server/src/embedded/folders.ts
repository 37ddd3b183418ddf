/** Where the embedded database keeps its things, and with which owners and modes. */
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { databaseAccount, ROOT_WITHOUT_RIGHTS, type Account } from './account.ts';
import { EmbeddedPostgresError } from './error.ts';

export type EmbeddedFolders = {
  /** Everything below is ours and can be deleted to begin anew. */
  root: string;
  data: string;
  /**
   * Begins the name of the folder that becomes `data` by a rename once it is complete: a set-up that was
   * cut short is never taken for a database.
   */
  unfinished: string;
  socket: string;
  lock: string;
  password: string;
  log: string;
};

export function embeddedFolders(dataDir: string): EmbeddedFolders {
  const root = join(resolve(dataDir), 'postgres');
  return {
    root,
    data: join(root, 'data'),
    unfinished: join(root, 'data.unfinished'),
    socket: join(root, 'socket'),
    lock: join(root, 'lock'),
    password: join(root, 'password'),
    log: join(resolve(dataDir), 'postgres.log'),
  };
}

/** Makes the data folder, closed to other people as far as the embedded database allows, if it isn't there. */
export function makeDataFolder(dataDir: string): void {
  makeReachable(resolve(dataDir), databaseAccount(embeddedFolders(dataDir).data));
}

/**
 * Makes the folder with all that lead to it. Under root the ones we make can be walked through (not
 * listed) by the database's account; folders that were there already keep their modes.
 */
export function makeReachable(folder: string, account: Account | null): void {
  const mode = account ? 0o711 : 0o700;
  const first = mkdirSync(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) chmodSync(path, mode);
}

/** Makes a folder that only the database's account may enter. */
export function makePrivate(folder: string, account: Account | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account) giveTo(folder, account);
  chmodSync(folder, 0o700);
}

function giveTo(folder: string, account: Account): void {
  try {
    chownSync(folder, account.uid, account.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    throw new EmbeddedPostgresError(ROOT_WITHOUT_RIGHTS);
  }
}

/** Bytes of a Unix socket's address: 108 on Linux, 104 on macOS, the closing zero included. */
const SOCKET_PATH_BYTES = 103;
const SOCKET_NAME = '.s.PGSQL.5432';

/**
 * An empty folder for the socket: beside the data, or, where that path is too long or its file system
 * knows no sockets, a private one below the system's temporary folder with a name that stays the same.
 */
export async function makeSocketFolder(folders: EmbeddedFolders, account: Account | null): Promise<string> {
  rmSync(folders.socket, { recursive: true, force: true });
  makePrivate(folders.socket, account);
  if (await canListen(join(folders.socket, SOCKET_NAME))) return folders.socket;
  const key = createHash('sha256').update(folders.root).digest('hex').slice(0, 12);
  const elsewhere = privateTemporaryFolder(`countersign-${key}`, account);
  rmSync(join(elsewhere, SOCKET_NAME), { force: true });
  rmSync(join(elsewhere, `${SOCKET_NAME}.lock`), { force: true });
  return elsewhere;
}

async function canListen(path: string): Promise<boolean> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) return false;
  const server = createServer();
  try {
    return await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(path, () => done(true));
    });
  } finally {
    await new Promise((done) => server.close(done));
    rmSync(path, { force: true });
  }
}

/**
 * A folder of ours below the temporary folder, where everybody may create names: one that another
 * account put there first (to read what we write into it) is passed over for one with a random name.
 */
function privateTemporaryFolder(name: string, account: Account | null): string {
  const path = join(tmpdir(), name);
  const ours = account?.uid ?? process.getuid?.() ?? 0;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  const trusted = stat.isDirectory() && (stat.uid === ours || stat.uid === process.getuid?.());
  const folder = trusted ? path : mkdtempSync(`${path}-`);
  makePrivate(folder, account);
  return folder;
}

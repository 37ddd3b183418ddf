/** Makes the database cluster: initdb, then the product's own role and database. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './error.ts';
import { makePrivate, type EmbeddedFolders } from './folders.ts';
import { dataFolderArgument, runAs } from './run-as.ts';

/** The role that administers the cluster. */
export const SUPERUSER = 'postgres';
/** The database, and the role that owns it: no superuser, as on a server that somebody else runs. */
export const DATABASE = 'countersign';
export const OWNER = 'countersign';

export type ClusterState = 'kept' | 'created' | 'begun-anew';

/** Brings the data folder into being if it isn't there; `begun-anew`: an earlier attempt had been cut short. */
export async function ensureCluster(
  folders: EmbeddedFolders,
  binaries: Binaries,
  account: Account | null,
): Promise<ClusterState> {
  if (existsSync(folders.data)) {
    checkMajorVersion(folders.data, binaries);
    return 'kept';
  }
  const cutShort = removeUnfinished(folders);
  // A new name each time: the initdb of a killed run may still be writing into its own.
  const unfinished = `${folders.unfinished}.${randomBytes(4).toString('hex')}`;
  makePrivate(unfinished, account);
  const options = runAs(account, unfinished);
  const data = dataFolderArgument(unfinished, account);
  const password = makePassword(folders);
  await run(binaries.initdb, ['-D', data, '-U', SUPERUSER, ...initdbSettings(folders, password)], options, '');
  // exit_on_error: without it, single-user mode goes on after a statement that failed and exits with 0.
  const single = ['--single', '-D', data, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', SUPERUSER];
  await run(binaries.postgres, single, options, preparation(password));
  renameSync(unfinished, folders.data);
  syncFolder(folders.root);
  return cutShort ? 'begun-anew' : 'created';
}

/** Removes what earlier set-ups, cut short, have left; whether there was anything. */
function removeUnfinished(folders: EmbeddedFolders): boolean {
  const left = readdirSync(folders.root).filter((name) => name.startsWith(basename(folders.unfinished)));
  for (const name of left)
    rmSync(join(folders.root, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  return left.length > 0;
}

/** In single-user mode every line is one statement. */
function preparation(password: string | null): string {
  const withPassword = password === null ? '' : ` password '${password}'`;
  return `create role ${OWNER} login createdb createrole${withPassword};\ncreate database ${DATABASE} owner ${OWNER};\n`;
}

/** Every program on the machine can reach a loopback port, so on Windows a password is asked for. */
function makePassword(folders: EmbeddedFolders): string | null {
  if (process.platform !== 'win32') return null;
  const password = randomBytes(24).toString('base64url');
  writeFileSync(folders.password, password, { mode: 0o600 });
  return password;
}

function initdbSettings(folders: EmbeddedFolders, password: string | null): string[] {
  // The builtin provider sorts alike on every platform and never changes with the system's libraries.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  if (password !== null) return [...locale, '--auth=scram-sha-256', `--pwfile=${folders.password}`];
  // Only the owner of the socket's folder (mode 0700) can come to the point of being asked who he is.
  return [...locale, '--auth-local=trust', '--auth-host=reject'];
}

function checkMajorVersion(data: string, binaries: Binaries): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const ours = binaries.version.split('.')[0];
  if (found === ours) return;
  throw new EmbeddedPostgresError(
    `The data in ${data} was written by PostgreSQL ${found}; this is PostgreSQL ${ours}, which can't read it. ` +
      `Dump it with the version of Countersign that wrote it, or choose another folder with --data-dir.`,
  );
}

type RunOptions = ReturnType<typeof runAs>;

async function run(program: string, args: readonly string[], options: RunOptions, input: string): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: 'pipe', detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // It may have ended before it read everything; its exit code says so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  // A container started with a uid of its own choice, which /etc/passwd does not know.
  const hint = output.includes('could not look up effective user ID')
    ? '\nPostgreSQL wants its user to have a name: run as a user that /etc/passwd lists, or set DATABASE_URL to a PostgreSQL server.'
    : '';
  throw new EmbeddedPostgresError(`The database could not be set up: ${lastLines(output)}${hint}`);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-6).join('\n');
}

/** Makes a rename in the folder survive a power cut. Windows can't open folders, and needs it less. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

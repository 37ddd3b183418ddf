/**
 * Puts PostgreSQL's programs where the database's account can run them: hard links (or copies, on
 * another file system) beside the data. Not run from node_modules itself, because that may lie where
 * the account can't go, lacks the links that only an install script makes, and is replaced by npm
 * while the database runs.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { canReach, ROOT_WITHOUT_RIGHTS, type Account } from './account.ts';
import { runAs } from './run-as.ts';
import { EmbeddedPostgresError } from './error.ts';
import { findPostgresPackage, type PostgresPackage } from './package.ts';

export type Binaries = { version: string; postgres: string; initdb: string; pgCtl: string };

/** Only needed to compile against PostgreSQL. */
const NOT_NEEDED = /\.(a|lib|pc)$/;

/** The programs, ready to be run by the account; they are put in place on the first call. */
export function installBinaries(besideData: string, account: Account | null): Binaries {
  const source = findPostgresPackage();
  const reasons: string[] = [];
  for (const parent of candidates(besideData, account)) {
    const folder = join(parent, `postgresql-${source.version}`);
    const failure = tryInstall(source, folder, account);
    if (failure === null) {
      if (parent === besideData) removeOtherVersions(parent, folder);
      return binariesIn(folder, source.version);
    }
    reasons.push(`${folder}: ${failure}`);
  }
  throw new EmbeddedPostgresError(`PostgreSQL's programs can't be run here. ${reasons.join('; ')}`);
}

/**
 * Under root, the data may lie where the database's account can't go (/root is closed to it). The
 * programs are no data, so they can then stay in a place that is open to all and that only root can change.
 */
function candidates(besideData: string, account: Account | null): string[] {
  if (!account) return [besideData];
  const open = ['/var/lib/countersign', join(tmpdir(), 'countersign-postgresql')];
  return canReach(besideData, account) ? [besideData, ...open] : open;
}

function tryInstall(source: PostgresPackage, folder: string, account: Account | null): string | null {
  try {
    makeTrustedFolder(dirname(folder), account);
    if (whyNotRunnable(folder, source.version, account) === null) return null;
    const draft = `${folder}.${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    copyTree(source.native, draft);
    for (const { from, to } of source.links) addLink(draft, from, to);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    return (error as Error).message;
  }
  return whyNotRunnable(folder, source.version, account);
}

/** What stands in a folder that others could have made or can write to would be run by us: refuse it. */
function makeTrustedFolder(folder: string, account: Account | null): void {
  mkdirSync(folder, { recursive: true, mode: account ? 0o755 : 0o700 });
  if (!account) return;
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0) {
    throw new Error(`${folder} is not a folder that only root can change`);
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyTree(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile() && !NOT_NEEDED.test(entry.name)) placeFile(join(from, entry.name), join(to, entry.name));
  }
}

function placeFile(from: string, to: string): void {
  const mode = statSync(from).mode & 0o777;
  // Read (and run) rights for all; a link shares its mode with the original, which is not ours to change.
  const wanted = mode | 0o444 | (dirname(from).endsWith('bin') ? 0o555 : 0);
  if (wanted === mode) {
    try {
      linkSync(from, to);
      return;
    } catch {
      // Another file system, or links to other people's files are forbidden: a copy does as well.
    }
  }
  copyFileSync(from, to);
  chmodSync(to, wanted);
}

function addLink(root: string, from: string, to: string): void {
  const target = join(root, to);
  rmSync(join(root, from), { force: true });
  if (process.platform === 'win32') copyFileSync(target, join(root, from));
  else symlinkSync(relative(dirname(join(root, from)), target), join(root, from));
}

function whyNotRunnable(folder: string, version: string, account: Account | null): string | null {
  const { postgres, initdb } = binariesIn(folder, version);
  if (!existsSync(postgres)) return 'not there';
  try {
    for (const program of [postgres, initdb]) {
      execFileSync(program, ['--version'], { ...runAs(account, '/'), stdio: 'pipe', timeout: 10_000 });
    }
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' && account) throw new EmbeddedPostgresError(ROOT_WITHOUT_RIGHTS);
    // The file is there: what is missing is the loader that it names.
    return code === 'ENOENT' ? 'it needs the GNU C library, which this system lacks' : message.trim();
  }
}

function binariesIn(folder: string, version: string): Binaries {
  const program = (name: string): string => join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { version, postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

function removeOtherVersions(parent: string, kept: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (name.startsWith('postgresql-') && path !== kept) rmSync(path, { recursive: true, force: true });
  }
}

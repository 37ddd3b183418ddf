/**
 * Who the embedded PostgreSQL runs as. It refuses to run as root, so under root its processes get an
 * unprivileged account, and only the folders we made for it are given to that account.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type Account = { uid: number; gid: number };

export const ROOT_WITHOUT_RIGHTS =
  'PostgreSQL refuses to run as root, and this root may not start programs as another user (a container without ' +
  "root's capabilities). Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server.";

const NOBODY: Account = { uid: 65534, gid: 65534 };

/**
 * The account for PostgreSQL, or null when it runs as ourselves. Under root that is the owner of an
 * existing data folder (so that a folder begun without root stays usable without root), else nobody.
 */
export function databaseAccount(dataFolder: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return nobody(readPasswd());
}

/** The account called nobody, or uid 65534 under another name; its number differs between systems. */
export function nobody(passwd: string): Account {
  const accounts = passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && Number(uid) > 0 && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
  const found = accounts.find(({ name, uid }) => name === 'nobody' || uid === NOBODY.uid);
  // macOS calls it -2: too large to be given to setuid as it stands, and 65534 is free there.
  return found && found.uid <= NOBODY.uid ? { uid: found.uid, gid: found.gid } : NOBODY;
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/** Whether the account can walk down to the folder, judged by the permission bits of it and of every folder above. */
export function canReach(folder: string, account: Account): boolean {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat) {
    const needed = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    if ((stat.mode & needed) === 0) return false;
  }
  const parent = dirname(folder);
  return parent === folder || canReach(parent, account);
}

/** Where the embedded database listens, and the address a client uses: a Unix socket, or on Windows a loopback port. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Account } from './account.ts';
import { DATABASE, OWNER, SUPERUSER } from './cluster.ts';
import { makeSocketFolder, type EmbeddedFolders } from './folders.ts';

export type Endpoint = {
  /** PostgreSQL's settings that make it listen there. */
  settings: Readonly<Record<string, string>>;
  /** The address for a role. */
  url: (role: string) => string;
};

export async function makeEndpoint(folders: EmbeddedFolders, account: Account | null): Promise<Endpoint> {
  if (process.platform === 'win32') return loopbackEndpoint(await freePort(), folders);
  return socketEndpoint(await makeSocketFolder(folders, account), folders);
}

function socketEndpoint(folder: string, folders: EmbeddedFolders): Endpoint {
  // Named from the data folder, where PostgreSQL works: its account may not be able to walk there from the top.
  const inside = folder === folders.socket ? relative(folders.data, folder) : resolve(folder);
  return {
    settings: { listen_addresses: '', unix_socket_directories: quoteIfNeeded(inside) },
    url: (role) =>
      `postgresql://${encodeURIComponent(role)}@localhost:5432/${DATABASE}?host=${encodeURIComponent(folder)}`,
  };
}

function quoteIfNeeded(path: string): string {
  return isAbsolute(path) ? `"${path.replaceAll('"', '""')}"` : path;
}

/** The owner and the administrator share a password; a session for another role begins as the administrator and takes its rights. */
function loopbackEndpoint(port: number, folders: EmbeddedFolders): Endpoint {
  const url = (role: string): string => {
    const password = readFileSync(folders.password, 'utf8');
    const login = role === OWNER ? OWNER : SUPERUSER;
    const asRole = role === login ? '' : `?options=${encodeURIComponent(`-c role=${role}`)}`;
    return `postgresql://${login}:${password}@127.0.0.1:${port}/${DATABASE}${asRole}`;
  };
  return { settings: { listen_addresses: '127.0.0.1', port: String(port) }, url };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

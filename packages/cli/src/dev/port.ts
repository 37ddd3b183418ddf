/** Finds out, before anything is started, whether the port is free, and if not, who has it. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** The port to use (for 0, a free one), or null when another program listens there. */
export async function reservePort(host: string, port: number): Promise<number | null> {
  const server = createServer();
  try {
    return await new Promise<number | null>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
      );
      server.listen(port, host, () => {
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : port);
      });
    });
  } finally {
    await new Promise((done) => server.close(done));
  }
}

/** "node (pid 123)": who listens on the port, as far as this system tells us (Linux, our own processes unless root). */
export function portHolder(port: number): string | null {
  try {
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inodes)) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  } catch {
    // Not Linux: nobody to name.
  }
  return null;
}

/** proc(5), /proc/net/tcp: local address in column 1, state in column 3 (0A is LISTEN), inode in column 9. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync(table, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap((row) => (row[1]?.endsWith(suffix) && row[3] === '0A' && row[9] ? [`socket:[${row[9]}]`] : []));
}

function holdsSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** A proxy before the database, which a test can cut, stop, or let lose the answer to a COMMIT. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

export type DatabaseProxy = {
  /** The database's address through the proxy. */
  readonly url: string;
  /** Cuts one connection when the answer to its COMMIT arrives, after a statement whose text or name holds `marker`. */
  readonly cutNextCommit: (marker: string) => void;
  /** Cuts every connection, and takes no new one until `open`. */
  readonly shut: () => void;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export const startDatabaseProxy = async (databaseUrl: string): Promise<DatabaseProxy> => {
  const target = new pg.Client({ connectionString: databaseUrl });
  const sockets = new Set<Socket>();
  let marker: string | undefined;

  const server = createServer((client) => {
    const database = target.host.startsWith('/')
      ? connect(join(target.host, `.s.PGSQL.${target.port}`))
      : connect(target.port, target.host);
    let isMarked = false;
    client.on('data', (data) => {
      if (marker !== undefined && data.includes(marker)) isMarked = true;
      database.write(data);
    });
    database.on('data', (data) => {
      if (isMarked && marker !== undefined && data.includes('COMMIT\0')) {
        marker = undefined;
        client.destroy();
        return;
      }
      client.write(data);
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => void server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const shut = (): void => {
    if (server.listening) server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `postgresql://${target.user ?? ''}@127.0.0.1:${port}/${target.database ?? ''}`,
    cutNextCommit: (text) => {
      marker = text;
    },
    shut,
    open: () => listen(port),
    close: async () => shut(),
  };
};

/** A database of its own for each test file, cloned from the run's migrated template within milliseconds. */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { addressOf, asSuperuser, type TestServer } from './test-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

export type FreshDatabase = {
  name: string;
  /** The address as the database's owner, as `DATABASE_URL` would hold it. */
  url: string;
  superuserUrl: string;
  /** The address as another role. */
  urlAs: (role: string) => string;
  /** Ends its connections and removes it. Whatever is left is removed at the end of the run. */
  drop: () => Promise<void>;
};

/** A migrated database that nobody else uses, for files named `*.db.test.ts` and `*.browser.test.ts`. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = inject('testServer');
  const name = `${server.prefix}_${randomBytes(4).toString('hex')}`;
  await asSuperuser(server, (client) =>
    client.query(`create database ${name} template ${server.template} owner "${server.owner}"`),
  );
  return {
    name,
    url: addressOf(server, name, server.owner),
    superuserUrl: addressOf(server, name, decodeURIComponent(new URL(server.superuserUrl).username)),
    urlAs: (role) => addressOf(server, name, role),
    drop: async () => {
      await asSuperuser(server, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** One real PostgreSQL for a whole test run, with a migrated template that each test file clones (database.ts). */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@countersign/store';
import pg from 'pg';
import { startEmbeddedPostgres } from '../embedded/index.ts';

/** What a test needs to know to make databases; plain data, since it crosses from one process to another. */
export type TestServer = {
  superuserUrl: string;
  /** The migrated database that all others are cloned from. */
  template: string;
  /** Begins the names of this run's databases. */
  prefix: string;
  /** The role that owns them: as in production no superuser, except on a server given by TEST_DATABASE_URL. */
  owner: string;
};

/** Starts the server (or uses TEST_DATABASE_URL, a superuser's address) and prepares the template. */
export async function testDatabase(): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  const prefix = `cs_test_${randomBytes(4).toString('hex')}`;
  const given = process.env['TEST_DATABASE_URL'];
  const { superuserUrl, stop } = given ? { superuserUrl: given, stop: async () => undefined } : await startTemporary();
  const owner = given ? decodeURIComponent(new URL(given).username) : 'countersign';
  const server = { superuserUrl, template: `${prefix}_template`, prefix, owner };
  const end = async (): Promise<void> => {
    if (given) await dropAll(server);
    await stop();
  };
  try {
    await asSuperuser(server, (client) => client.query(`create database ${server.template} owner "${owner}"`));
    await migrate(addressOf(server, server.template, owner), () => undefined);
    return { server, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Durability is switched off here and only here: these data need not outlive the run. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

async function startTemporary(): Promise<{ superuserUrl: string; stop: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  // Under root, PostgreSQL runs as another account, which has to walk through here.
  chmodSync(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: FAST });
  // A run that is broken off (Ctrl-C twice, a time limit of the CI) must not leave a server behind.
  const abandon = (): void => {
    process.kill(postgres.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  process.once('exit', abandon);
  const stop = async (): Promise<void> => {
    process.off('exit', abandon);
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { superuserUrl: postgres.url('postgres'), stop };
}

/** The address of one of the server's databases, as the role. */
export function addressOf(server: TestServer, database: string, role: string): string {
  const url = new URL(server.superuserUrl);
  url.pathname = `/${database}`;
  if (role === decodeURIComponent(url.username)) return url.href;
  // Where a password is asked for, the role's is unknown: begin as the superuser, take the role's rights.
  if (url.password) url.searchParams.set('options', `-c role=${role}`);
  else url.username = role;
  return url.href;
}

/** Runs statements on the server's own database. */
export async function asSuperuser<T>(server: TestServer, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server.superuserUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function dropAll(server: TestServer): Promise<void> {
  await asSuperuser(server, async (client) => {
    const found = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [server.prefix],
    );
    for (const { datname } of found.rows) await client.query(`drop database ${datname} with (force)`);
  });
}

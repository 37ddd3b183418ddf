/** Brings the schema up to date: plain SQL files, forward only, all under one advisory lock. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const FOLDER = fileURLToPath(new URL('../migrations/', import.meta.url));

/** Any number will do, as long as nothing else in the database uses it. */
const LOCK = 4_400_001;

type Migration = { readonly name: string; readonly sql: string; readonly hash: string };

const readMigrations = async (): Promise<Migration[]> => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(FOLDER + name, 'utf8');
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
};

const withClient = async <T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'countersign migrate' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const appliedNames = async (client: pg.Client): Promise<{ name: string; hash: string }[]> => {
  const { rows } = await client.query<{ found: string | null }>(`select to_regclass('public.migration') as found`);
  if (!rows[0]?.found) return [];
  return (await client.query<{ name: string; hash: string }>('select name, hash from migration order by name')).rows;
};

/**
 * Applies what is missing, each file in a transaction of its own. Safe to run by many at once: one works, the others
 * wait for it and find nothing to do. Throws if a migration that was applied has changed since.
 */
export const migrate = (
  databaseUrl: string,
  log: (line: string) => void = () => undefined,
): Promise<{ applied: string[] }> =>
  withClient(databaseUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migration (name text primary key, hash text not null, applied_at timestamptz not null default now())',
    );
    const done = new Map((await appliedNames(client)).map(({ name, hash }) => [name, hash]));
    const applied: string[] = [];
    for (const { name, sql, hash } of await readMigrations()) {
      const known = done.get(name);
      if (known === hash) continue;
      if (known)
        throw new Error(`the migration ${name} was applied and has changed since: migrations are never edited`);
      await client.query('begin');
      try {
        await client.query(sql);
        await client.query('insert into migration (name, hash) values ($1, $2)', [name, hash]);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw new Error(`the migration ${name} failed`, { cause: error });
      }
      applied.push(name);
      log(`applied ${name}`);
    }
    return { applied };
  });

/** Whether this program and the database's schema fit: `older` needs `countersign migrate`, `newer` a newer program. */
export const schemaState = (databaseUrl: string): Promise<'current' | 'older' | 'newer'> =>
  withClient(databaseUrl, async (client) => {
    const known = new Set((await readMigrations()).map(({ name }) => name));
    const applied = (await appliedNames(client)).map(({ name }) => name);
    if (applied.some((name) => !known.has(name))) return 'newer';
    return applied.length === known.size ? 'current' : 'older';
  });

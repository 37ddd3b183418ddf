import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase } from './database.ts';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('what one test writes, another does not see', async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
  await query(one.url, 'create table only_here (n int)');
  expect(await query(one.url, "select to_regclass('only_here') is not null as there")).toEqual([{ there: true }]);
  expect(await query(two.url, "select to_regclass('only_here') is not null as there")).toEqual([{ there: false }]);
});

test.skipIf(process.env['TEST_DATABASE_URL'])(
  'the owner of a test database is no superuser, so that row-level security is tried for real',
  async () => {
    const database = await freshDatabase();
    expect(await query(database.url, 'select rolsuper as s from pg_roles where rolname = current_user')).toEqual([
      { s: false },
    ]);
    expect(
      await query(database.superuserUrl, 'select rolsuper as s from pg_roles where rolname = current_user'),
    ).toEqual([{ s: true }]);
  },
);

test('a dropped database is gone, although somebody was still connected', async () => {
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // It speaks twice: of the server's farewell, and of the lost connection.
  const ended = new Promise<Error>((resolve) => client.on('error', resolve));
  await database.drop();
  expect((await ended).message).toMatch(/terminat/);
  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
});

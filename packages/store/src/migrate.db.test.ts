import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SCHEMA_HEADER, SCHEMA_PATH } from '../../../tools/write-schema.ts';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { describeSchema } from './describe-schema.ts';
import { migrate, schemaState } from './migrate.ts';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

const query = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
/** As it was before the first migration. */
const empty = () =>
  query(database.superuserUrl, (client) =>
    client.query(`drop schema public cascade; create schema public; grant all on schema public to public`),
  );

test('a database without anything gets the whole schema; a second run finds nothing to do', async () => {
  await empty();
  expect(await schemaState(database.url)).toBe('older');
  const lines: string[] = [];
  const { applied } = await migrate(database.url, (line) => lines.push(line));
  expect(applied.length).toBeGreaterThan(0);
  expect(lines).toEqual(applied.map((name) => `applied ${name}`));
  expect(await migrate(database.url)).toEqual({ applied: [] });
  expect(await schemaState(database.url)).toBe('current');
});

test('twenty that start at once migrate once', async () => {
  await empty();
  const runs = await Promise.all(Array.from({ length: 20 }, () => migrate(database.url)));
  expect(runs.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  expect(await schemaState(database.url)).toBe('current');
});

test('a migration that changed after it was applied is refused', async () => {
  await query(database.url, (client) => client.query(`update migration set hash = 'another'`));
  await expect(migrate(database.url)).rejects.toThrow('migrations are never edited');
});

test('a program older than the schema sees that it is', async () => {
  await query(database.url, (client) =>
    client.query(`insert into migration (name, hash) values ('9999_future.sql', '')`),
  );
  expect(await schemaState(database.url)).toBe('newer');
});

test(`${SCHEMA_PATH} is what the migrations come to: run \`npm run generate\``, async () => {
  const text = SCHEMA_HEADER + (await query(database.url, describeSchema));
  expect(await readFile(new URL(`../../../${SCHEMA_PATH}`, import.meta.url), 'utf8')).toBe(text);
});

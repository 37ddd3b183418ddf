import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { createWorkspace } from './access.ts';
import {
  type Database,
  openDatabase,
  reading,
  type Scope,
  sqlState,
  statement,
  transaction,
  unscoped,
} from './database.ts';
import { newId } from './ids.ts';
import { enqueue } from './jobs.ts';

const workspaceId = newId('workspace');
let database: FreshDatabase;
let api: Database;
beforeAll(async () => {
  database = await freshDatabase();
  // One connection, so that every test sees what the one before has left of it.
  api = openDatabase(database.url, 'countersign_api', 1);
  await unscoped(api, (scope) => createWorkspace(scope, { id: workspaceId, name: 'One' }));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const fail = statement('test_fail', 'select 1 / $1::int');
const echo = statement<{ value: string }>('test_echo', 'select $1::text as value');
const jobs = statement<{ subject: string }>('test_jobs', 'select subject from job order by subject');
const write = (subject: string, more: (scope: Scope) => Promise<unknown>) =>
  transaction(api, workspaceId, async (scope) => {
    await enqueue(scope, 'advance_execution', subject, null);
    return more(scope);
  });
const subjects = async () => (await unscoped(api, (scope) => jobs.all(scope))).map(({ subject }) => subject);

test('a statement that nobody waited for takes everything back when it fails, and its failure is told', async () => {
  const failed = await write('a', async (scope) => fail.send(scope, 0)).catch((error: unknown) => error);
  expect(sqlState(failed)).toBe('22012');
  expect(await subjects()).toEqual([]);
});

test('what is told is the failure itself, not that the transaction has failed already', async () => {
  const failed = await write('b', async (scope) => {
    fail.send(scope, 0);
    return echo.one(scope, 'x');
  }).catch((error: unknown) => error);
  expect(sqlState(failed)).toBe('22012');
  expect(await subjects()).toEqual([]);
});

test('a transaction that swallows a failure is not taken for committed', async () => {
  await expect(write('c', (scope) => fail.one(scope, 0).catch(() => undefined))).rejects.toThrow('rolled back');
  expect(await subjects()).toEqual([]);
});

test('a value that can not be written takes everything back', async () => {
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  await expect(write('d', async (scope) => echo.send(scope, cycle))).rejects.toThrow('circular');
  expect(await subjects()).toEqual([]);
});

test('nothing is done after the commit of what was taken back', async () => {
  let done = 0;
  await write('e', async (scope) => {
    scope.afterCommit(() => (done += 1));
    fail.send(scope, 0);
  }).catch(() => undefined);
  expect(done).toBe(0);
  await write('f', async (scope) => scope.afterCommit(() => (done += 1)));
  expect(done).toBe(1);
  expect(await subjects()).toEqual(['f']);
});

test('statements are carried out and answered in the order in which they were sent', async () => {
  const values = Array.from({ length: 50 }, (_, index) => String(index));
  const answers = await reading(api, workspaceId, (scope) =>
    Promise.all(values.map((value) => echo.one(scope, value))),
  );
  expect(answers.map((answer) => answer?.value)).toEqual(values);
});

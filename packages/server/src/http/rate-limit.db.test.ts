/** T62: one count over all processes, which outlives their restarts and costs next to nothing. */
import { type Database, openDatabase } from '@countersign/store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestApp, type TestServer, startTestServer } from '../testing/index.ts';
import type { Problem } from './problem.ts';
import { type RateLimit, createRateLimit } from './rate-limit.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());
beforeEach(() => app.sql('delete from rate_bucket'));

const get = async (server: TestServer): Promise<number> =>
  (await server.call(app.one.keys.reading, 'GET', '/v1/approvals?limit=1')).status;
const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((each) => each === status).length;

describe('T62: over HTTP', () => {
  test('forty at once over two replicas find twenty places; one that has just started finds none', async () => {
    const limited = { rateLimit: 20 };
    const replicas = [await app.replica(limited), await app.replica(limited)];
    const statuses = await Promise.all(Array.from({ length: 20 }, () => replicas.map(get)).flat());
    // While they run another token may come in, at one in three seconds.
    expect(countOf(statuses, 200)).toBeGreaterThanOrEqual(20);
    expect(countOf(statuses, 200)).toBeLessThanOrEqual(23);
    expect(countOf(statuses, 429)).toBe(40 - countOf(statuses, 200));
    await Promise.all(replicas.map((replica) => replica.stop()));
    const restarted = await app.replica(limited);
    const answer = await restarted.call<{ code: string }>(app.one.keys.reading, 'GET', '/v1/approvals?limit=1');
    expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // And as many come again as have come in since.
    await app.sql(`update rate_bucket set at = at - interval '9 seconds'`);
    const other = await app.replica(limited);
    const again = await Promise.all(Array.from({ length: 6 }, () => get(other)));
    expect(countOf(again, 200)).toBeGreaterThanOrEqual(3);
    expect(countOf(again, 429)).toBeGreaterThanOrEqual(1);
  });
});

test('T39: five failures over two replicas are all there are; one that starts afterwards refuses the right password, too', async () => {
  const replicas = [app, await app.replica()];
  const body = { email: 'nobody-of-ours@test.example', password: 'blue-kettle-sings-42' };
  const signIn = async (server: TestServer): Promise<number> =>
    (await server.call(null, 'POST', '/v1/session/password', body)).status;
  const statuses = await Promise.all(Array.from({ length: 10 }, () => replicas.map(signIn)).flat());
  expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([5, 15]);
  expect(await signIn(await app.replica())).toBe(429);
});

/** What the database was asked: one connection, whose queries are counted. */
const counting = (): { database: Database; asked: () => number } => {
  const database = openDatabase(app.database.url, 'countersign_api', 1);
  let asked = 0;
  const { pool } = database;
  pool.on('acquire', () => (asked += 1));
  return { database, asked: () => asked };
};
const take = (limit: RateLimit, name = 'somebody'): Promise<'taken' | number> =>
  limit.take(name).then(
    () => 'taken' as const,
    (error: unknown) => Number((error as Problem).headers['Retry-After']),
  );

describe('T62: what it costs', () => {
  test('is one statement for a hundred requests, and none for who is at the limit', async () => {
    const { database, asked } = counting();
    const limit = createRateLimit(
      database,
      12_000,
      (error) => expect.fail(String(error)),
      () => 0,
    );
    for (let index = 0; index < 1000; index += 1) expect(await take(limit)).toBe('taken');
    expect(asked()).toBe(10);
    await app.sql(`update rate_bucket set tokens = 0, at = now() + interval '1 hour'`);
    const before = asked();
    for (let index = 0; index < 1000; index += 1) expect(await take(limit)).toBe(1);
    expect(asked() - before).toBe(1);
    // Nobody else is touched by it.
    expect(await take(limit, 'another')).toBe('taken');
    await database.close();
  });
  test('two processes take no more than there is between them, whatever each of them holds', async () => {
    const databases = [counting(), counting()];
    const limits = databases.map(({ database }) => createRateLimit(database, 5000));
    const started = Date.now();
    const taken = await Promise.all(Array.from({ length: 4000 }, () => limits.map((limit) => take(limit))).flat());
    const seconds = (Date.now() - started) / 1000;
    const passed = taken.filter((each) => each === 'taken').length;
    expect(passed).toBeGreaterThanOrEqual(5000);
    expect(passed).toBeLessThanOrEqual(5000 + Math.ceil((seconds + 1) * (5000 / 60)));
    for (const { database } of databases) await database.close();
  });
  test('a database that can’t be written to stops nobody: each process counts for itself', async () => {
    const { database } = counting();
    const failures: unknown[] = [];
    const limit = createRateLimit(
      database,
      20,
      (error) => failures.push(error),
      () => 0,
    );
    await app.sql('revoke insert, update on rate_bucket from countersign_api');
    try {
      const results = [];
      for (let index = 0; index < 25; index += 1) results.push(await take(limit));
      expect(results.filter((each) => each === 'taken')).toHaveLength(20);
      expect(failures.length).toBeGreaterThan(0);
    } finally {
      await app.sql('grant insert, update on rate_bucket to countersign_api');
      await database.close();
    }
  });
});

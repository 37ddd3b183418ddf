import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { type Database, openDatabase, transaction, unscoped } from './database.ts';
import { newId } from './ids.ts';
import {
  type Job,
  claimJobs,
  dropJob,
  enqueue,
  enqueueLocked,
  finishJob,
  refreshJob,
  releaseJob,
  renewJobs,
  secondsToNextJob,
  stillHeld,
} from './jobs.ts';

const KINDS = ['advance_execution', 'expire_approval'] as const;
const workspaceId = newId('workspace');
let database: FreshDatabase;
let worker: Database;
let superuser: Database;

beforeAll(async () => {
  database = await freshDatabase();
  worker = openDatabase(database.url, 'countersign_worker', 10);
  superuser = openDatabase(database.superuserUrl, 'postgres' as 'countersign_worker', 1);
});
afterAll(async () => {
  await Promise.all([worker.close(), superuser.close()]);
  await database.drop();
});
beforeEach(() => sql('delete from job'));

const sql = (text: string, values: unknown[] = []) =>
  unscoped(superuser, async ({ client }) => (await client.query<Record<string, unknown>>(text, values)).rows);
const inScope = <T>(work: Parameters<typeof transaction<T>>[2]): Promise<T> => transaction(worker, workspaceId, work);
const add = (subject: string, runAt: Date | null = null) =>
  inScope((scope) => enqueue(scope, 'advance_execution', subject, runAt));
const claim = (instance = 1, limit = 100, running: string[] = []) => claimJobs(worker, instance, limit, KINDS, running);
const claimOne = async (instance = 1): Promise<Job> => {
  const [job] = await claim(instance, 1);
  if (!job) throw new Error('nothing was due');
  return job;
};
/** A live process holds this lock under its number; see the engine's instance.ts. */
const withLiveInstance = async <T>(number: number, work: () => Promise<T>): Promise<T> =>
  unscoped(worker, async ({ client }) => {
    await client.query('select pg_advisory_lock(4400, $1)', [number]);
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock(4400, $1)', [number]);
    }
  });

describe('a job', () => {
  test('asked for many times is one, wanted as often, at the earliest moment', async () => {
    const later = new Date(Date.now() + 60_000);
    await add('a', later);
    await add('a', new Date(later.getTime() + 60_000));
    expect(await claim()).toEqual([]);
    await add('a');
    expect(await claim()).toMatchObject([{ subject: 'a', wanted: 3, token: 1 }]);
  });
  test('that was wanted again while it ran is not over', async () => {
    await add('a');
    const job = await claimOne();
    await add('a');
    expect(await inScope((scope) => finishJob(scope, job))).toBe(false);
    const fresh = await inScope((scope) => refreshJob(scope, job));
    expect(fresh).toMatchObject({ wanted: 2, token: job.token });
    expect(fresh && (await inScope((scope) => finishJob(scope, fresh)))).toBe(true);
    expect(await sql('select from job')).toEqual([]);
  });
  test('is not there before its transaction commits, and not after it is rolled back', async () => {
    await expect(
      inScope(async (scope) => {
        await enqueue(scope, 'advance_execution', 'a', null);
        expect(await claim()).toEqual([]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await claim()).toEqual([]);
  });
  test('is gone when it is dropped', async () => {
    await add('a');
    await inScope((scope) => dropJob(scope, 'advance_execution', 'a'));
    expect(await claim()).toEqual([]);
  });
  test('keeps count of how often in a row it failed', async () => {
    await add('a');
    const failed = await claimOne();
    await inScope((scope) => releaseJob(scope, failed, null, failed.failures + 1));
    const again = await claimOne();
    expect(again.failures).toBe(1);
    await inScope((scope) => releaseJob(scope, again, null));
    expect((await claimOne()).failures).toBe(0);
  });
});

describe('taking', () => {
  test('gives each of 300 jobs to exactly one of ten takers, and none more than it asked for', async () => {
    await sql(
      `insert into job (kind, subject, workspace_id) select 'advance_execution', 's' || i, $1 from generate_series(1, 300) i`,
      [workspaceId],
    );
    const taken: string[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, instance) => {
        for (;;) {
          const jobs = await claim(instance + 1, 7);
          expect(jobs.length).toBeLessThanOrEqual(7);
          taken.push(...jobs.map(({ subject }) => subject));
          // Others may hold what is left for a moment: only an empty table means that all are taken.
          if (jobs.length === 0 && taken.length >= 300) return;
        }
      }),
    );
    expect(taken).toHaveLength(300);
    expect(new Set(taken).size).toBe(300);
  });
  test('leaves alone what somebody holds whose connection lives', async () => {
    await add('a');
    await withLiveInstance(1, async () => {
      await claimOne(1);
      await sql(`update job set locked_until = now() + interval '8 seconds'`);
      expect(await claim(2)).toEqual([]);
      await sql(`update job set locked_until = now() - interval '1 second'`);
      expect(await claim(2)).toHaveLength(1);
    });
  });
  test('takes over from somebody whose connection is gone after three seconds, not at once', async () => {
    await add('a');
    await claimOne(1);
    expect(await claim(2)).toEqual([]);
    await sql(`update job set locked_until = locked_until - interval '3.1 seconds'`);
    expect(await claim(2)).toMatchObject([{ token: 2 }]);
  });
  test('takes back what it holds itself and does not run, after three seconds; never what it runs', async () => {
    await add('runs');
    await add('forgotten');
    await withLiveInstance(1, async () => {
      await claim(1);
      expect(await claim(1, 100, ['runs'])).toEqual([]);
      await sql(`update job set locked_until = locked_until - interval '3.1 seconds'`);
      expect(await claim(2)).toEqual([]);
      expect(await claim(1, 100, ['runs'])).toMatchObject([{ subject: 'forgotten', token: 2 }]);
    });
  });
  test('fences: who was replaced holds nothing, and finishes, renews and releases nothing', async () => {
    await add('a');
    const old = await claimOne(1);
    await sql(`update job set locked_until = now()`);
    const current = await claimOne(2);
    expect(await inScope((scope) => stillHeld(scope, old))).toBe(false);
    expect(await inScope((scope) => finishJob(scope, old))).toBe(false);
    expect(await inScope((scope) => releaseJob(scope, old, null))).toBe(0);
    expect(await renewJobs(worker, 1, [old])).toBe(0);
    expect(await inScope((scope) => stillHeld(scope, current))).toBe(true);
  });
  test('knows when the next job is due: negative if one is overdue, null if there is none', async () => {
    expect(await secondsToNextJob(worker, KINDS)).toBeNull();
    await add('a', new Date(Date.now() + 5000));
    expect(await secondsToNextJob(worker, KINDS)).toBeCloseTo(5, 0);
    await add('b', new Date(Date.now() - 5000));
    expect(await secondsToNextJob(worker, KINDS)).toBeCloseTo(-5, 0);
  });
});

describe('the heartbeat', () => {
  test('renews what runs, and lets a lease run out that nobody here knows of', async () => {
    await add('runs');
    await add('forgotten');
    const jobs = await claim(1);
    await sql(`update job set locked_until = now() + interval '1 second'`);
    expect(
      await renewJobs(
        worker,
        1,
        jobs.filter(({ subject }) => subject === 'runs'),
      ),
    ).toBe(1);
    expect(await sql(`select subject from job where locked_until > now() + interval '10 seconds'`)).toEqual([
      { subject: 'runs' },
    ]);
  });
});

describe('enqueueing a job leased to oneself', () => {
  const lease = (instance: number) => inScope((scope) => enqueueLocked(scope, 'advance_execution', 'a', instance));
  test('takes one that is new or that nobody holds', async () => {
    expect(await lease(1)).toMatchObject({ token: 1, wanted: 1 });
    await sql('update job set locked_by = null, locked_until = null');
    expect(await lease(2)).toMatchObject({ token: 2, wanted: 2 });
  });
  test('only marks one as wanted that somebody else holds', async () => {
    await lease(1);
    expect(await lease(2)).toBeUndefined();
    expect(await sql('select locked_by, wanted::int, token::int from job')).toEqual([
      { locked_by: 1, wanted: 2, token: 1 },
    ]);
  });
});

/**
 * A process is killed at every kind of moment (trust.md E6, T69): another goes on within 10 s, nothing is lost, and no
 * call is made again whose result is known, or that is not known and can't be repeated. The test's own server takes
 * requests only; agents run in processes of their own, which the test kills when a model or a tool says "I am in the call".
 */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ModelAnswer, type TestApp, type ToolCall, startTestServer } from '../../../server/src/testing/index.ts';
import { killAll, startProcess } from '../testing/processes.ts';
import { APPROVE, REJECT, gateway, setScene, toldOf, until } from '../testing/scene.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer({ role: 'api' });
});
afterAll(() => app.stop());
afterEach(killAll);

/** product requirement: another replica goes on within this. */
const TAKEOVER_MS = 10_000;
let number = 0;
const fresh = (name: string): string => `${name}_${(number += 1)}`;
const callThenDone = (name: string): ModelAnswer[] => [
  { calls: [{ tool: name, arguments: { amount: 5 } }] },
  { text: 'Done.' },
];
const start = () => startProcess(app.database.url);

/** A tool whose first call never returns (its caller is killed); later ones answer at once. */
const stuckOnce = () => {
  const never = new Promise<string>(() => undefined);
  let calls = 0;
  return (): string | Promise<string> => ((calls += 1) === 1 ? never : `answer ${calls}`);
};

const within = async <T>(work: Promise<T>): Promise<T> => {
  const startMs = performance.now();
  const result = await work;
  expect(performance.now() - startMs).toBeLessThan(TAKEOVER_MS);
  return result;
};

describe('killed while', () => {
  test('the model thinks: the model is asked again by another process, in the same step', async () => {
    const never = new Promise<ModelAnswer>(() => undefined);
    const scene = await setScene(app, (_, turn) => (turn === 0 ? never : { text: 'Done.' }));
    const [first, run] = [await start(), await scene.start()];
    await until(
      async () => scene.model.requests.length,
      (count) => count === 1,
    );
    await first.kill();
    await start();
    await within(run.reaches('completed'));
    expect(await run.steps()).toMatchObject([{ kind: 'model_turn', attempt: 2 }]);
    expect(scene.model.requests).toHaveLength(2);
  });

  test.each([
    ['that is marked idempotent', { annotations: { idempotent: true } }],
    [
      'that is marked idempotent and takes no key',
      { annotations: { idempotent: true }, http: { idempotency_header: null } },
    ],
    ['that only reads', { annotations: { read_only: true }, http: { idempotency_header: null } }],
  ])('a tool %s runs: it is called again, under the same key, and once only', async (_, settings) => {
    const name = fresh('act');
    const scene = await setScene(app, callThenDone(name), { [name]: settings }, { hitl_mode: 'audit' }, stuckOnce());
    const [first, run] = [await start(), await scene.start()];
    await until(
      async () => scene.tool.ledger.length,
      (count) => count === 1,
    );
    await Promise.all([first.kill(), start()]);
    await within(run.reaches('completed'));
    expect(scene.tool.ledger).toHaveLength(2);
    expect(scene.tool.ledger[0]?.key).toBe(scene.tool.ledger[1]?.key);
    expect(toldOf(scene)).toEqual(['answer 2']);
  });

  describe('a tool that can not be called again runs', () => {
    const killed = async (config: Readonly<Record<string, unknown>>) => {
      const name = fresh('act');
      const scene = await setScene(
        app,
        callThenDone(name),
        { [name]: { http: { idempotency_header: null } } },
        config,
        stuckOnce(),
      );
      const [first, run] = [await start(), await scene.start()];
      if ('hitl_config' in config) {
        await run.reaches('awaiting_approval');
        const [approval] = await run.held();
        if (approval) await run.decide(approval, APPROVE);
      }
      await until(
        async () => scene.tool.ledger.length,
        (count) => count === 1,
      );
      await Promise.all([first.kill(), start()]);
      await within(run.reaches('awaiting_approval'));
      const [approval] = await run.held();
      if (!approval) throw new Error('nobody was asked');
      expect(approval).toMatchObject({ checkpoint: 'unknown_result', tool: name, arguments: { amount: 5 } });
      expect(scene.tool.ledger).toHaveLength(1);
      return { scene, run, approval };
    };
    test.each([
      ['never held', { hitl_mode: 'audit' }],
      ['approved before', { hitl_config: {} }],
    ])('and was %s: a person is asked, and on their word it is called once more', async (_, config) => {
      const { scene, run, approval } = await killed(config);
      await run.decide(approval, APPROVE);
      await run.reaches('completed');
      expect(scene.tool.ledger).toHaveLength(2);
      expect(toldOf(scene)).toEqual(['answer 2']);
    });
    test('a person may decide against calling it again: the model is told that nobody knows', async () => {
      const { scene, run, approval } = await killed({ hitl_mode: 'audit' });
      await run.decide(approval, REJECT);
      await run.reaches('completed');
      expect(scene.tool.ledger).toHaveLength(1);
      expect(toldOf(scene)[0]).toMatch(/not known whether this call was executed/);
    });
  });

  test.each([
    [
      'that is marked idempotent: it is called again and gives its first answer',
      { annotations: { idempotent: true } },
      'completed',
    ],
    ['that is not: a person is asked, although it gets a key', {}, 'awaiting_approval'],
  ] as const)('the answer of a tool was there but not yet recorded, of a tool %s', async (_, settings, status) => {
    const name = fresh('act');
    const gate = gateway<string>();
    const scene = await setScene(
      app,
      callThenDone(name),
      { [name]: settings },
      { hitl_mode: 'audit' },
      () => gate.passed,
    );
    const [first, run] = [await start(), await scene.start()];
    await until(
      async () => scene.tool.ledger.length,
      (count) => count === 1,
    );
    // The record is kept from being written: the execution's row is locked by somebody else.
    const locker = new pg.Client({ connectionString: app.database.superuserUrl });
    await locker.connect();
    await locker.query('begin');
    await locker.query('select from execution where id = $1 for update', [run.id]);
    gate.open('it was done');
    await until(
      () =>
        app.sql(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%from execution%'`,
        ),
      (rows) => rows.length === 1,
    );
    await first.kill();
    await locker.query('rollback');
    await locker.end();
    await start();
    await within(run.reaches(status));
    expect(scene.tool.ledger).toHaveLength(status === 'completed' ? 2 : 1);
    expect(new Set(scene.tool.ledger.map(({ key }) => key)).size).toBe(1);
  });

  test('nothing runs, as the execution waits: there is no job, and a decision is carried out by whoever is there', async () => {
    const name = fresh('act');
    const scene = await setScene(app, callThenDone(name), { [name]: {} });
    const [first, run] = [await start(), await scene.start()];
    await run.reaches('awaiting_approval');
    await first.kill();
    expect(await app.sql('select 1 from job where subject = $1', [run.id])).toEqual([]);
    const [approval] = await run.held();
    if (approval) await run.decide(approval, APPROVE);
    // Nobody runs agents now; the decision stands and the job waits.
    expect(await app.sql('select locked_by from job where subject = $1', [run.id])).toEqual([{ locked_by: null }]);
    expect(scene.tool.ledger).toEqual([]);
    await start();
    await within(run.reaches('completed'));
    expect(scene.tool.ledger).toHaveLength(1);
  });

  test('it had committed a decision and not yet gone on', async () => {
    const name = fresh('act');
    const scene = await setScene(app, callThenDone(name), { [name]: {} });
    const [first, run] = [await startProcess(app.database.url, 'all'), await scene.start()];
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    // The step's start waits for a lock that the test holds, so that the process gets no further than its decision.
    const locker = new pg.Client({ connectionString: app.database.superuserUrl });
    await locker.connect();
    await locker.query('select pg_advisory_lock(77)');
    await locker.query(
      `create function test_wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(77); return new; end $$`,
    );
    await locker.query(`create trigger test_wait before update on step for each row
      when (new.status = 'running' and new.execution_id = '${run.id}') execute function test_wait()`);
    const decided = await fetch(`${first.url}/v1/approvals/${approval?.id}/decide`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.one.keys.deciding.secret}`,
        'content-type': 'application/json',
        'idempotency-key': fresh('key'),
      },
      body: JSON.stringify({ decision: 'approved', digest: approval?.digest }),
    });
    expect(decided.status).toBe(200);
    await until(
      () =>
        app.sql(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory' and query like 'update step%'`,
        ),
      (rows) => rows.length === 1,
    );
    expect(await app.sql(`select 1 from job where subject = $1 and locked_by is not null`, [run.id])).toHaveLength(1);
    await first.kill();
    await locker.query('drop trigger test_wait on step').catch(() => undefined);
    await locker.end();
    await start();
    await within(run.reaches('completed'));
    expect(scene.tool.ledger).toHaveLength(1);
  });
});

describe('a process that stands still for longer than its lease', () => {
  test('is replaced, and can not write over its successor when it wakes up', async () => {
    const name = fresh('act');
    const [tool, model] = [gateway<string>(), gateway<ModelAnswer>()];
    let calls = 0;
    const scene = await setScene(
      app,
      (_, turn) => (turn === 0 ? { calls: [{ tool: name, arguments: { amount: 5 } }] } : model.passed),
      { [name]: { annotations: { idempotent: true }, http: { timeout_seconds: 120 } } },
      { hitl_mode: 'audit' },
      () => ((calls += 1) === 1 ? tool.passed : 'of the successor'),
    );
    const [first, run] = [await start(), await scene.start()];
    await until(
      async () => scene.tool.ledger.length,
      (count) => count === 1,
    );
    first.freeze();
    const second = await start();
    // The successor has called the tool itself, recorded the answer, and asks the model what next.
    await until(
      async () => scene.model.requests.length,
      (count) => count === 2,
      30_000,
    );
    const before = await run.steps();
    // Now the successor stands still, well within its lease: new work can only be done by the sleeper, once it is awake
    // and has met its own late answer.
    second.freeze();
    tool.open('of the one that slept');
    first.thaw();
    const witness = await (await setScene(app, [{ text: 'Hello.' }])).start();
    await witness.reaches('completed');
    expect(await run.steps()).toEqual(before);
    second.thaw();
    model.open({ text: 'Done.' });
    await run.reaches('completed');
    expect((await run.calls())[0]).toMatchObject({ attempt: 2, result: 'of the successor' });
    expect(scene.model.requests).toHaveLength(2);
    expect(new Set(scene.tool.ledger.map(({ key }) => key)).size).toBe(1);
  }, 60_000);
});

test('T69: processes killed again and again in the middle of 30 executions: all end, no call is lost or made twice', async () => {
  const [safe, unsafe] = [fresh('safe'), fresh('unsafe')];
  // The tool with keys keeps its own record of effects, as a payment service does; the other counts every call.
  const effects = new Map<string, number>();
  const answer = async ({ path, key }: ToolCall): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 60));
    if (path === `/${safe}` && key !== null) effects.set(key, 1);
    return 'ok';
  };
  const scene = await setScene(
    app,
    ({ messages }) => {
      const turns = messages.filter(({ role }) => role === 'assistant').length;
      return turns >= 4
        ? { text: 'Done.' }
        : { calls: [{ tool: turns % 2 === 0 ? safe : unsafe, arguments: { amount: turns } }] };
    },
    { [safe]: { annotations: { idempotent: true } }, [unsafe]: { http: { idempotency_header: null } } },
    { hitl_mode: 'audit' },
    answer,
  );
  let workers = [await start(), await start()];
  const runs = await Promise.all(Array.from({ length: 30 }, () => scene.start()));
  for (let kill = 0; kill < 6; kill += 1) {
    const before = scene.tool.ledger.length;
    await until(
      async () => scene.tool.ledger.length,
      (count) => count >= before + 3 || count >= 110,
      20_000,
    );
    const [victim, ...rest] = workers;
    await victim?.kill();
    workers = [...rest, await start()];
  }
  let repeats = 0;
  await Promise.all(
    runs.map(async (run) => {
      for (;;) {
        const { status } = await run.reaches('completed', 'awaiting_approval', 'failed');
        if (status !== 'awaiting_approval') return;
        for (const approval of await run.held()) {
          expect(approval.checkpoint).toBe('unknown_result');
          repeats += 1;
          await run.decide(approval, APPROVE);
        }
        await until(run.get, (now) => now.status !== 'awaiting_approval' || now.pending_approvals > 0);
      }
    }),
  );
  for (const run of runs) {
    expect(await run.get()).toMatchObject({ status: 'completed', output: 'Done.' });
    expect((await run.calls()).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'completed'));
  }
  expect(effects.size).toBe(60);
  const unsafeCalls = scene.tool.ledger.filter(({ path }) => path === `/${unsafe}`).length;
  // Never more than once without a person's word.
  expect(unsafeCalls).toBeGreaterThanOrEqual(60);
  expect(unsafeCalls).toBeLessThanOrEqual(60 + repeats);
}, 120_000);

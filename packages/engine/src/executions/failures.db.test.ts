/** Failing models and tools: what is tried again, when, how often, and what a person reads in the end. */
import { ATTEMPTS_MAX } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { jsonReply, listen } from '../../../../examples/recorded-model/listen.ts';
import { completion } from '../../../../examples/recorded-model/completion.ts';
import {
  APPROVE,
  REJECT,
  type Run,
  type ToolSettings,
  gateway,
  setScene,
  toldOf,
  until,
  useApp,
} from '../testing/scene.ts';
import { defineAgent } from '../../../server/src/testing/index.ts';

const app = useApp();
let number = 0;
const fresh = (name: string): string => `${name}_${(number += 1)}`;

/** Moves the next attempt to now, once it is planned. @returns how long it would have waited, in milliseconds */
const hurry = async (run: Run): Promise<number> => {
  const planned = await until(
    () =>
      app().sql<{ wait: number }>(
        `select extract(epoch from e.next_attempt_at - s.finished)::float8 * 1000 as wait from execution e,
         lateral (select max(coalesce(finished_at, started_at)) as finished from step where execution_id = e.id) s
       where e.id = $1 and e.status = 'waiting' and e.next_attempt_at > clock_timestamp()`,
        [run.id],
      ),
    (rows) => rows.length === 1,
  );
  await app().sql('update execution set next_attempt_at = null where id = $1', [run.id]);
  await app().sql(`update job set run_at = clock_timestamp() where subject = $1`, [run.id]);
  app().running.engine.wake.jobs();
  return planned[0]?.wait ?? 0;
};

describe('a model', () => {
  test('that is out of order twice is asked again, in the same step', async () => {
    const scene = await setScene(app(), [{ status: 503 }, { status: 500 }, { text: 'Here I am.' }]);
    const run = await scene.start();
    expect(await run.reaches('completed')).toMatchObject({ output: 'Here I am.', turns: 1 });
    expect(await run.steps()).toMatchObject([{ kind: 'model_turn', attempt: 3, status: 'completed', error: null }]);
  });
  test('that stays out of order fails the execution after the last attempt, with a reason that a person can read', async () => {
    const scene = await setScene(app(), [{ status: 503, error: 'overloaded, sorry' }]);
    const run = await scene.start();
    const waits: number[] = [];
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt += 1) waits.push(await hurry(run));
    const { error } = await run.reaches('failed');
    expect(error).toMatchObject({ code: 'provider_unavailable' });
    expect(error?.message).toMatch(/503.*overloaded, sorry.*after 6 attempts/);
    expect(scene.model.requests).toHaveLength(ATTEMPTS_MAX);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThan(500 * 2 ** index * 0.8 - 50);
      expect(wait).toBeLessThan(500 * 2 ** index * 1.2 + 1000);
    }
  });
  test('that refuses the request is not asked again', async () => {
    const scene = await setScene(app(), [{ status: 400, error: 'no such parameter' }]);
    expect(await (await scene.start()).reaches('failed')).toMatchObject({ error: { code: 'request_refused' } });
    expect(scene.model.requests).toHaveLength(1);
  });
  test('can be asked again by hand after the execution failed: what is done stays done', async () => {
    const name = fresh('read');
    const scene = await setScene(
      app(),
      ({ messages }, turn) => {
        if (turn === 0) return { calls: [{ tool: name, arguments: {} }] };
        return turn === 1
          ? { status: 401 }
          : { text: `Heard ${messages.filter(({ role }) => role === 'tool').length}` };
      },
      { [name]: { annotations: { read_only: true } } },
    );
    const run = await scene.start();
    await run.reaches('failed');
    expect(await run.retry()).toBe(200);
    expect(await run.reaches('completed')).toMatchObject({ output: 'Heard 1', error: null });
    expect(scene.tool.ledger).toHaveLength(1);
    expect(await run.retry()).toBe(409);
  });
  test('that says when to come back is asked not earlier', async () => {
    let asked = 0;
    const model = await listen(() => {
      asked += 1;
      return asked === 1
        ? { status: 429, headers: { 'retry-after': '30' }, chunks: ['{}'] }
        : jsonReply(200, completion({ model: 'scripted', content: 'Now.', calls: [], promptLength: 1 }));
    });
    const agent = await defineAgent(app(), app().one.keys.asking, { url: `${model.url}/v1` }, {});
    const scene = await setScene(app(), [{ text: '' }]);
    const started = await app().call<{ id: string }>(app().one.keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, {
      input: 'Go',
    });
    const run = scene.run(started.body.id);
    const wait = await hurry(run);
    expect(wait).toBeGreaterThan(29_000);
    expect(wait).toBeLessThan(32_000);
    expect(await run.reaches('completed')).toMatchObject({ output: 'Now.' });
    await model.close();
  });
});

describe('a tool', () => {
  const play = async (
    settings: ToolSettings,
    answers: readonly { status: number; text: string }[],
    config: Readonly<Record<string, unknown>> = { hitl_mode: 'audit' },
  ) => {
    const name = fresh('act');
    let turn = 0;
    const scene = await setScene(
      app(),
      [{ calls: [{ tool: name, arguments: { amount: 5 } }] }, { text: 'Done.' }],
      { [name]: settings },
      config,
      // The last answer again and again.
      () => answers[Math.min(turn++, answers.length - 1)] ?? 'done',
    );
    return { scene, run: await scene.start() };
  };
  const broken = { status: 500, text: 'broken' };
  const fine = { status: 200, text: 'fine' };

  test('that is marked idempotent is called again after a 500, under the same key', async () => {
    const { scene, run } = await play({ annotations: { idempotent: true } }, [broken, fine]);
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(2);
    expect(scene.tool.ledger[0]?.key).toBe(scene.tool.ledger[1]?.key);
    expect(toldOf(scene)).toEqual(['fine']);
  });
  test('that stays broken fails the execution after the last attempt, and /retry goes on from there', async () => {
    const { scene, run } = await play({ annotations: { idempotent: true } }, [
      ...Array.from({ length: ATTEMPTS_MAX }, () => broken),
      fine,
    ]);
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt += 1) await hurry(run);
    expect((await run.reaches('failed')).error?.message).toMatch(/answered 500: broken.*after 6 attempts/);
    expect(scene.tool.ledger).toHaveLength(ATTEMPTS_MAX);
    expect(await run.retry()).toBe(200);
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(ATTEMPTS_MAX + 1);
    expect(scene.model.requests).toHaveLength(2);
  });
  test('without a key and not idempotent goes before a person after a 500: approve calls again, once', async () => {
    const { scene, run } = await play({ http: { idempotency_header: null } }, [broken, fine]);
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    expect(approval).toMatchObject({ checkpoint: 'unknown_result', arguments: { amount: 5 } });
    if (approval) await run.decide(approval, APPROVE);
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(2);
    expect(toldOf(scene)).toEqual(['fine']);
  });
  test('without a key and not idempotent: reject tells the model that nobody knows', async () => {
    const { scene, run } = await play({ http: { idempotency_header: null } }, [broken]);
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    if (approval) await run.decide(approval, { ...REJECT, reason: 'we saw it' });
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(1);
    expect(toldOf(scene)[0]).toMatch(/not known whether this call was executed/);
  });
  test('that was changed while the result of its call was unknown: the person is told that it may have run', async () => {
    const { scene, run } = await play({ http: { idempotency_header: null } }, [broken], { hitl_mode: 'confirm_tools' });
    await run.reaches('awaiting_approval');
    const [first] = await run.held();
    if (!first) throw new Error('nothing is held');
    // The tool's version goes up between the start of the call and its failure.
    await app()
      .sql(`create or replace function test_bump() returns trigger language plpgsql security definer as $$ begin
      update tool set version = version + 1 where workspace_id = new.workspace_id and id = new.tool_id; return new; end $$`);
    await app().sql(`create trigger test_bump after update on step for each row
      when (new.status = 'running' and new.execution_id = '${run.id}') execute function test_bump()`);
    await run.decide(first, APPROVE);
    const [second] = await until(run.held, (all) => all.length === 1 && all[0]?.id !== first.id);
    await app().sql('drop trigger test_bump on step');
    expect(scene.tool.ledger).toHaveLength(1);
    expect(second).toMatchObject({ checkpoint: 'unknown_result' });
    expect(JSON.stringify(second)).toMatch(/not known whether this call was executed/);
  });
  test('that says no with a 4xx is heard by the model, and not called again', async () => {
    const { scene, run } = await play({}, [{ status: 409, text: 'already refunded' }]);
    await run.reaches('completed');
    expect(toldOf(scene)).toEqual(['already refunded']);
    expect(scene.tool.ledger).toHaveLength(1);
    expect((await run.calls())[0]).toMatchObject({ status: 'completed', is_error: true });
  });
  test('that can not be reached is tried again, and the call asks no person twice', async () => {
    const name = fresh('act');
    const gone = await listen(() => jsonReply(200, {}));
    await gone.close();
    const scene = await setScene(app(), [{ calls: [{ tool: name, arguments: {} }] }, { text: 'Done.' }], {
      [name]: { http: { url: gone.url, idempotency_header: null } },
    });
    const run = await scene.start();
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    if (approval) await run.decide(approval, APPROVE);
    await hurry(run);
    const [step] = await until(run.calls, ([first]) => first?.status === 'ready' && first.attempt >= 2);
    expect(step?.error).toMatchObject({ code: 'connection_failed' });
    expect(await run.held()).toEqual([]);
  });
  test('decided about while another call waits for its next attempt does not hurry that one', async () => {
    const [flaky, gated] = [fresh('flaky'), fresh('gated')];
    const scene = await setScene(
      app(),
      [
        {
          calls: [
            { tool: flaky, arguments: {} },
            { tool: gated, arguments: {} },
          ],
        },
        { text: 'Done.' },
      ],
      { [flaky]: { annotations: { read_only: true } }, [gated]: {} },
      {},
      ({ path }) => (path === `/${flaky}` ? { status: 503, text: 'later' } : 'fine'),
    );
    const run = await scene.start();
    await hurry(run);
    await until(
      async () => [scene.tool.ledger.length, (await run.get()).next_attempt_at] as const,
      ([count, next]) => count === 2 && next !== null,
    );
    const calls = scene.tool.ledger.length;
    const [approval] = await run.held();
    if (approval) await run.decide(approval, APPROVE);
    expect(await run.get()).toMatchObject({ status: 'waiting' });
    expect(scene.tool.ledger).toHaveLength(calls);
  });
});

describe('cancelling', () => {
  test('while it waits withdraws the approval, and nothing runs', async () => {
    const name = fresh('act');
    const scene = await setScene(app(), [{ calls: [{ tool: name, arguments: {} }] }, { text: 'Done.' }], {
      [name]: {},
    });
    const run = await scene.start();
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    expect(await run.cancel()).toBe(200);
    expect(await run.get()).toMatchObject({ status: 'cancelled', pending_approvals: 0 });
    const late = await app().call<{ code: string; decision: object }>(
      app().one.keys.deciding,
      'POST',
      `/v1/approvals/${approval?.id}/decide`,
      { ...APPROVE, digest: approval?.digest },
    );
    expect([late.status, late.body.code, late.body.decision]).toMatchObject([
      409,
      'already_decided',
      { outcome: 'cancelled' },
    ]);
    expect(scene.tool.ledger).toEqual([]);
    expect(await run.cancel()).toBe(200);
  });
  test('while a tool runs drops its result, and a later message says that nobody knows', async () => {
    const name = fresh('act');
    const gate = gateway<string>();
    const scene = await setScene(
      app(),
      [{ calls: [{ tool: name, arguments: {} }] }, { text: 'Second.' }],
      { [name]: {} },
      { hitl_mode: 'audit' },
      () => gate.passed,
    );
    const asking = app().one.keys.asking;
    const conversation = await app().call<{ id: string }>(asking, 'POST', '/v1/conversations', {
      agent_id: scene.agentId,
    });
    const say = async (content: string) =>
      app().call<{ execution: { id: string } }>(asking, 'POST', `/v1/conversations/${conversation.body.id}/messages`, {
        content,
      });
    const run = scene.run((await say('Act!')).body.execution.id);
    await until(
      async () => scene.tool.ledger.length,
      (count) => count === 1,
    );
    expect(await run.cancel()).toBe(200);
    gate.open('it is done');
    await until(
      () => app().sql('select 1 from job where subject = $1', [run.id]),
      (rows) => rows.length === 0,
    );
    expect(await run.get()).toMatchObject({ status: 'cancelled', output: null });
    expect((await run.calls())[0]).toMatchObject({ status: 'cancelled', result: null });
    const second = scene.run((await say('And now?')).body.execution.id);
    await second.reaches('completed');
    expect(toldOf(scene)[0]).toMatch(/not known whether this call was executed/);
  });
  test('while the model thinks drops its answer', async () => {
    const gate = gateway<{ text: string }>();
    const scene = await setScene(app(), () => gate.passed);
    const run = await scene.start();
    await until(
      async () => scene.model.requests.length,
      (count) => count === 1,
    );
    expect(await run.cancel()).toBe(200);
    gate.open({ text: 'Too late.' });
    await until(
      () => app().sql('select 1 from job where subject = $1', [run.id]),
      (rows) => rows.length === 0,
    );
    expect(await run.get()).toMatchObject({ status: 'cancelled', output: null });
  });
  test('while it waits for its next attempt', async () => {
    const scene = await setScene(app(), [{ status: 503 }]);
    const run = await scene.start();
    await run.reaches('waiting');
    expect(await run.cancel()).toBe(200);
    expect(await run.get()).toMatchObject({ status: 'cancelled', next_attempt_at: null });
  });
});

describe('what could not be recorded', () => {
  test('a model that says U+0000 is recorded all the same', async () => {
    const scene = await setScene(
      app(),
      [{ calls: [{ tool: 'a\u0000b', arguments: {}, id: 'c\u0000' }] }, { status: 400, error: 'no\u0000pe' }],
      {},
    );
    const run = await scene.start();
    expect(await run.reaches('failed')).toMatchObject({
      error: { code: 'request_refused', message: expect.stringContaining('no') as string },
    });
    expect((await run.calls())[0]).toMatchObject({ tool: 'a\ufffdb', status: 'refused' });
    const other = await setScene(app(), [{ text: 'x\u0000y' }]);
    expect(await (await other.start()).reaches('completed')).toMatchObject({ output: 'x\ufffdy' });
  });
  test('an execution that a bug of ours keeps from going on fails readably after a few tries, and can be retried', async () => {
    const scene = await setScene(app(), [{ text: 'Hello.' }]);
    await app().sql(
      `create function test_break() returns trigger language plpgsql as $$ begin raise exception 'broken by the test'; end $$`,
    );
    // Only recording this answer fails.
    await app().sql(`create trigger test_break before update on step for each row
      when (new.status = 'completed' and new.result like '%Hello.%') execute function test_break()`);
    const run = await scene.start();
    const job = () =>
      app().sql<{ failures: number }>('select failures from job where subject = $1 and locked_by is null', [run.id]);
    for (let failures = 1; failures < 5; failures += 1) {
      await until(job, ([row]) => row?.failures === failures);
      await app().sql('update job set run_at = clock_timestamp() where subject = $1', [run.id]);
      app().running.engine.wake.jobs();
    }
    expect(await run.reaches('failed')).toMatchObject({ error: { code: 'internal_error' } });
    await app().sql('drop trigger test_break on step');
    expect(await run.retry()).toBe(200);
    expect(await run.reaches('completed')).toMatchObject({ output: 'Hello.' });
  });
});

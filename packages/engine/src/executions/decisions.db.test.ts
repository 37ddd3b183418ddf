/** What a decision does to the call it is about, and what the model hears of it; over the real server. */
import { describe, expect, test } from 'vitest';
import type { WireTool } from '@countersign/contract';
import { APPROVE, REJECT, setScene, toldOf, until, useApp } from '../testing/scene.ts';
import type { ModelAnswer } from '../../../server/src/testing/index.ts';

const app = useApp();
let number = 0;
const fresh = (name: string): string => `${name}_${(number += 1)}`;
const call = (tool: string, args: object | { text: string } = { amount: 50 }): ModelAnswer => ({
  calls: [{ tool, arguments: args as { text: string } }],
});
const done: ModelAnswer = { text: 'Done.' };

const held = async (script: readonly ModelAnswer[], name: string) => {
  const scene = await setScene(app(), script, { [name]: {} });
  const run = await scene.start();
  await run.reaches('awaiting_approval');
  const [approval] = await run.held();
  if (!approval) throw new Error('nothing is held');
  return { scene, run, approval };
};

describe('several calls in one turn', () => {
  test('are held separately, decided differently, and the model hears all results in its own order', async () => {
    const [pay, mail, drop, wipe, read] = [fresh('pay'), fresh('mail'), fresh('drop'), fresh('wipe'), fresh('read')];
    const scene = await setScene(
      app(),
      [{ calls: [pay, mail, drop, wipe, read].map((tool, index) => ({ tool, arguments: { amount: index } })) }, done],
      { [pay]: {}, [mail]: {}, [drop]: {}, [wipe]: {}, [read]: { annotations: { read_only: true } } },
      { hitl_config: { timeout_minutes: 1.5 / 60 } },
    );
    const run = await scene.start();
    await run.reaches('awaiting_approval');
    const approvals = await run.held();
    expect(approvals.map(({ tool }) => tool)).toEqual([pay, mail, drop, wipe]);
    expect(new Set(approvals.map(({ digest }) => digest)).size).toBe(4);
    const [first, second, third] = approvals;
    if (!first || !second || !third) throw new Error('not all are held');
    // What may go ahead went ahead while the others wait.
    expect(scene.tool.ledger.map(({ path }) => path)).toEqual([`/${read}`]);
    await run.decide(third, { ...REJECT, reason: 'not on Fridays' });
    await run.decide(second, { ...APPROVE, arguments: { amount: 1, order: 'W-2' } });
    await until(
      async () => scene.tool.ledger,
      (ledger) => ledger.some(({ path }) => path === `/${mail}`),
    );
    expect(scene.model.requests).toHaveLength(1);
    await run.decide(first, APPROVE);
    // Nobody decides about the fourth.
    expect(await run.reaches('completed')).toMatchObject({ output: 'Done.' });
    expect((await run.calls()).map(({ tool, status }) => [tool, status])).toEqual([
      [pay, 'completed'],
      [mail, 'completed'],
      [drop, 'rejected'],
      [wipe, 'expired'],
      [read, 'completed'],
    ]);
    const told = toldOf(scene);
    expect(told).toHaveLength(5);
    expect(told[0]).toBe(`${pay} done`);
    expect(told[1]).toContain('{"amount":1}');
    expect(told[1]).toContain('{"amount":1,"order":"W-2"}');
    expect(told[1]).toMatch(new RegExp(`changed the arguments.*\\n${mail} done$`));
    expect(told[2]).toMatch(/rejected.*not executed.*not on Fridays/);
    expect(told[3]).toMatch(/Nobody decided.*not executed/);
    expect(told[4]).toBe(`${read} done`);
    expect(scene.tool.ledger.map(({ path, arguments: args }) => [path, args])).toEqual([
      [`/${read}`, { amount: 4 }],
      [`/${mail}`, { amount: 1, order: 'W-2' }],
      [`/${pay}`, { amount: 0 }],
    ]);
  });
});

describe('an edit', () => {
  test('is what runs, and what the step keeps beside what was asked', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    const decided = await run.decide(approval, { ...APPROVE, arguments: { amount: 45 } });
    expect(decided.decision?.edits).toEqual([{ pointer: '/amount', before: 50, after: 45 }]);
    await run.reaches('completed');
    expect(scene.tool.ledger.map(({ arguments: args }) => args)).toEqual([{ amount: 45 }]);
    expect((await run.calls())[0]).toMatchObject({ arguments: { amount: 45 }, original_arguments: { amount: 50 } });
  });
  test('that violates the tool’s schema is refused, and nothing is decided', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    const answer = await app().call<{ errors: { pointer: string }[] }>(
      app().one.keys.deciding,
      'POST',
      `/v1/approvals/${approval.id}/decide`,
      { ...APPROVE, digest: approval.digest, arguments: { amount: 5000 } },
    );
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]?.pointer).toBe('/arguments/amount');
    expect(await run.get()).toMatchObject({ status: 'awaiting_approval', pending_approvals: 1 });
    expect(scene.tool.ledger).toEqual([]);
  });
});

describe('the same call again', () => {
  test('after a rejection is refused without asking, also with other member order and number spelling', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held(
      [
        call(name, { amount: 50, order: 'W-1' }),
        call(name, { text: '{ "order": "W-1", "amount": 5.0e1 }' }),
        call(name, { amount: 49, order: 'W-1' }),
        done,
      ],
      name,
    );
    await run.decide(approval, { ...REJECT, reason: 'not our fault' });
    await until(run.held, (approvals) => approvals.length === 1);
    expect(toldOf(scene)[0]).toMatch(/rejected.*not our fault/);
    expect(toldOf(scene)[1]).toMatch(/refused without asking.*not our fault/);
    const [other] = await run.held();
    expect(other?.arguments).toEqual({ amount: 49, order: 'W-1' });
    if (other) await run.decide(other, APPROVE);
    await run.reaches('completed');
    expect((await run.calls()).map(({ status }) => status)).toEqual(['rejected', 'refused', 'completed']);
    expect(scene.tool.ledger.map(({ arguments: args }) => args)).toEqual([{ amount: 49, order: 'W-1' }]);
  });
  test('after an approval asks again', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), call(name), done], name);
    await run.decide(approval, APPROVE);
    await until(run.held, (approvals) => approvals.length === 1 && approvals[0]?.id !== approval.id);
    expect(scene.tool.ledger).toHaveLength(1);
  });
});

describe('a call that can not be made', () => {
  test.each([
    ['of an unknown tool', () => call('no_such_tool'), /no tool named no_such_tool/],
    ['with arguments that are no JSON', (name: string) => call(name, { text: '{"amount": 5' }), /not valid/],
    ['with a duplicate key', (name: string) => call(name, { text: '{"amount":1,"amount":1000}' }), /twice/],
    ['that violates the schema', (name: string) => call(name, { amount: 'five' }), /amount/],
    ['with arguments that are no object', (name: string) => call(name, { text: '[5]' }), /object/],
  ])('%s is told to the model, and nothing runs or waits', async (_, ask, words) => {
    const name = fresh('refund');
    const scene = await setScene(app(), [ask(name), done], { [name]: {} }, { hitl_mode: 'blocking' });
    const run = await scene.start();
    await run.reaches('awaiting_approval', 'completed');
    expect(toldOf(scene)[0]).toMatch(words);
    expect(scene.tool.ledger).toEqual([]);
    expect((await run.calls())[0]).toMatchObject({ status: 'refused', is_error: true });
  });
  test('does not end: the execution fails when its turns are used up', async () => {
    const name = fresh('read');
    const scene = await setScene(
      app(),
      [call(name)],
      { [name]: { annotations: { read_only: true } } },
      { max_turns: 3 },
    );
    const run = await scene.start();
    expect(await run.reaches('failed')).toMatchObject({ turns: 3, error: { code: 'too_many_turns' } });
    expect(scene.model.requests).toHaveLength(3);
    expect(scene.tool.ledger).toHaveLength(3);
  });
});

describe('an approved call', () => {
  /** Holds the execution's lock while `change` happens, so that nothing runs between decision and change. */
  const approveThen = async (
    run: Awaited<ReturnType<typeof held>>['run'],
    approval: Awaited<ReturnType<typeof held>>['approval'],
    change: () => Promise<unknown>,
  ) => {
    // Another call of the same turn keeps the approved one from running: its failed attempt waits for its time.
    await app().sql(
      `update execution set next_attempt_at = clock_timestamp() + interval '1 hour', status = 'waiting' where id = $1`,
      [run.id],
    );
    await run.decide(approval, APPROVE);
    await change();
    await app().sql(`update execution set next_attempt_at = null where id = $1`, [run.id]);
    await app().sql(`update job set run_at = clock_timestamp() where subject = $1`, [run.id]);
  };
  const toolId = async (name: string): Promise<string> =>
    (await app().call<{ data: WireTool[] }>(app().one.keys.asking, 'GET', '/v1/tools?limit=200')).body.data.find(
      (tool) => tool.name === name,
    )?.id ?? '';

  test('whose tool was changed in between is put before a person again', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    const id = await toolId(name);
    await approveThen(run, approval, async () => {
      const changed = await app().call(app().one.keys.asking, 'PATCH', `/v1/tools/${id}`, {
        description: 'Now does something else',
      });
      expect(changed.status).toBe(200);
    });
    await run.reaches('awaiting_approval');
    expect(scene.tool.ledger).toEqual([]);
    const [again] = await run.held();
    expect(again).toMatchObject({ tool: name, arguments: { amount: 50 } });
    expect(again?.id).not.toBe(approval.id);
    if (again) await run.decide(again, APPROVE);
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(1);
  });
  test('whose tool was removed in between does not run, and the model is told', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    const id = await toolId(name);
    await approveThen(run, approval, async () => {
      expect((await app().call(app().one.keys.asking, 'DELETE', `/v1/tools/${id}`)).status).toBe(204);
    });
    await run.reaches('completed');
    expect(toldOf(scene)[0]).toMatch(/removed. Nothing was executed/);
    expect(scene.tool.ledger).toEqual([]);
  });
  test.each([
    ['its digest', `update approval set digest = 'sha256:' || repeat('0', 64) where id = $1`],
    [
      'approved content and step alike',
      `with content as (update approval set action = replace(action, '"amount":50', '"amount":999') where id = $1)
       update step set arguments = '{"amount":999}' where approval_id = $1`,
    ],
    ['the arguments of the step', `update step set arguments = '{"amount":999}' where approval_id = $1`],
  ])('does not run as it stands when somebody tampered with %s in the database', async (_, statement) => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    await approveThen(run, approval, () => app().sql(statement, [approval.id]));
    await run.reaches('awaiting_approval');
    expect(scene.tool.ledger).toEqual([]);
    expect((await run.held())[0]?.id).not.toBe(approval.id);
  });
  test('runs with the approved arguments, whatever somebody wrote into the approval afterwards', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    await approveThen(run, approval, () =>
      app().sql(`update approval set action = replace(action, '"amount":50', '"amount":999') where id = $1`, [
        approval.id,
      ]),
    );
    await run.reaches('completed', 'awaiting_approval');
    expect(scene.tool.ledger.map(({ arguments: args }) => args)).toEqual([{ amount: 50 }]);
  });
  test('carries the stable key of its step, and names execution and approval to the tool', async () => {
    const name = fresh('refund');
    const { scene, run, approval } = await held([call(name), done], name);
    await run.decide(approval, APPROVE);
    await run.reaches('completed');
    const [step] = await run.calls();
    expect(scene.tool.ledger[0]).toMatchObject({
      key: step?.id,
      headers: { 'x-countersign-execution': run.id, 'x-countersign-approval': approval.id },
    });
    expect(await app().sql('select count(*)::int as n from consumption where approval_id = $1', [approval.id])).toEqual(
      [{ n: 1 }],
    );
  });
});

test('while an execution waits, it is nothing but rows: no job, no lease, no connection', async () => {
  const name = fresh('refund');
  const { run } = await held([call(name), done], name);
  expect(await app().sql('select 1 from job where subject = $1', [run.id])).toEqual([]);
});

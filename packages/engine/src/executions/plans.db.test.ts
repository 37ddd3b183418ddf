/** Plans of agents: put up, decided, used line by line; what departs is held and says how. The real server, a scripted model. */
import type { JsonObject } from '@countersign/core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ModelAnswer } from '../../../server/src/testing/index.ts';
import {
  APPROVE,
  REJECT,
  type Run,
  type Scene,
  type WireApproval,
  setScene,
  toldOf,
  until,
  useApp,
} from '../testing/scene.ts';

const app = useApp();

let count = 0;
let refund = '';
let mail = '';
beforeEach(() => {
  count += 1;
  // Tools belong to the workspace, and a test may run again in it.
  refund = `refund_${count}_${Date.now()}`;
  mail = `mail_${count}_${Date.now()}`;
});

const REFUND_PARAMETERS = {
  type: 'object',
  properties: { amount: { type: 'number' }, customer: { type: 'string' }, note: { type: 'string' } },
  required: ['amount', 'customer'],
  additionalProperties: false,
};
const tools = () => ({ [refund]: { parameters: REFUND_PARAMETERS }, [mail]: {} });
const PLANS = { hitl_mode: 'confirm_tools', hitl_config: { allow_plans: true } };

const upTo100 = (uses = 2): JsonObject => ({
  purpose: 'Pay back what was broken',
  lines: [
    {
      tool: refund,
      bounds: [
        { argument: 'amount', at_most: 100 },
        { argument: 'customer', one_of: ['ada', 'bob'] },
      ],
      uses_max: uses,
    },
  ],
});
const propose = (plan: JsonObject): ModelAnswer => ({ calls: [{ tool: 'propose_plan', arguments: plan }] });
const pay = (...calls: JsonObject[]): ModelAnswer => ({
  calls: calls.map((args) => ({ tool: refund, arguments: args })),
});
const DONE: ModelAnswer = { text: 'Done.' };

const held = async (run: Run, count_ = 1): Promise<WireApproval[]> =>
  until(run.held, (approvals) => approvals.length === count_, 20_000);
const one = async (run: Run): Promise<WireApproval> => {
  const [approval] = await held(run);
  if (!approval) throw new Error('nothing is held');
  return approval;
};
const setPlanScene = (script: ModelAnswer[], config: object = PLANS): Promise<Scene> =>
  setScene(app(), script, tools(), { ...config });
const planOf = async (id: string): Promise<NonNullable<WireApproval['plan']>> => {
  const { body } = await app().call<WireApproval>(app().one.keys.deciding, 'GET', `/v1/approvals/${id}`);
  if (!body.plan) throw new Error('no plan');
  return body.plan;
};

describe('an approved plan', () => {
  test('lets calls within its lines go ahead, each use once, and holds the rest with how they depart', async () => {
    const scene = await setPlanScene([
      propose(upTo100()),
      pay({ amount: 60, customer: 'ada' }, { amount: 150, customer: 'bob' }, { amount: 100, customer: 'bob' }),
      pay({ amount: 1, customer: 'ada' }),
      DONE,
    ]);
    const run = await scene.start();
    const plan = await one(run);
    expect(plan).toMatchObject({
      tool: 'propose_plan',
      kind: 'tool_call',
      risk: 'irreversible',
      can: { grant: { ok: false } },
    });
    expect(plan.plan?.lines).toMatchObject([{ tool: refund, uses_max: 2, uses: 0 }]);
    expect(scene.tool.ledger).toEqual([]);
    await run.decide(plan, APPROVE);

    const tooMuch = await one(run);
    expect(tooMuch).toMatchObject({
      tool: refund,
      arguments: { amount: 150, customer: 'bob' },
      departures: [
        {
          plan: plan.id,
          line: 1,
          argument: 'amount',
          allowed: 'at most 100',
          asked: '150',
          text: 'line 1 allows amount at most 100, asked 150',
        },
      ],
    });
    // The others did not wait for it.
    await until(
      async () => scene.tool.ledger.length,
      (calls) => calls === 2,
      20_000,
    );
    expect((await run.calls()).map(({ gate }) => gate?.plan)).toEqual([
      undefined,
      { approval_id: plan.id, line: 1, use: 1 },
      undefined,
      { approval_id: plan.id, line: 1, use: 2 },
    ]);
    expect(await planOf(plan.id)).toMatchObject({ is_in_force: true, lines: [{ uses: 2 }] });
    await run.decide(tooMuch, REJECT);

    const third = await until(run.held, ([next]) => next !== undefined && next.id !== tooMuch.id, 20_000);
    expect(third[0]?.departures).toMatchObject([{ line: 1, text: 'line 1 is used up: 2 times' }]);
    if (third[0]) await run.decide(third[0], APPROVE);
    await run.reaches('completed');
    expect(scene.tool.ledger).toHaveLength(3);
    const timeline = await app().call<{ data: { type: string; detail: JsonObject }[] }>(
      app().one.keys.deciding,
      'GET',
      `/v1/approvals/${plan.id}/timeline`,
    );
    expect(timeline.body.data.filter(({ type }) => type === 'plan.used').map(({ detail }) => detail)).toMatchObject([
      { line: 1, use: 1, tool: refund, used_by: run.id },
      { line: 1, use: 2, tool: refund, used_by: run.id },
    ]);
  });

  test('says to the model what goes ahead now', async () => {
    const scene = await setPlanScene([propose(upTo100()), DONE]);
    const run = await scene.start();
    await run.decide(await one(run), APPROVE);
    await run.reaches('completed');
    expect(toldOf(scene)[0]).toMatch(
      /approved.*go ahead.*1\. refund_.* with amount at most 100, customer one of ada, bob, 2 times/,
    );
  });

  test('is in force as the reviewer edited it', async () => {
    const scene = await setPlanScene([propose(upTo100()), pay({ amount: 60, customer: 'ada' }), DONE]);
    const run = await scene.start();
    const bounds = [
      { argument: 'amount', at_most: 50 },
      { argument: 'customer', equals: 'ada' },
    ];
    const lines = [{ tool: refund, bounds, uses_max: 1 }];
    await run.decide(await one(run), { ...APPROVE, arguments: { lines } });
    expect((await one(run)).departures).toMatchObject([{ argument: 'amount', allowed: 'at most 50' }]);
    await run.cancel();
  });

  test('of a tool that was changed since holds every call of it', async () => {
    const scene = await setPlanScene([propose(upTo100()), pay({ amount: 6, customer: 'ada' }), DONE]);
    const run = await scene.start();
    const plan = await one(run);
    const { body } = await app().call<{ data: { id: string; name: string }[] }>(
      app().one.keys.asking,
      'GET',
      '/v1/tools?limit=200',
    );
    const id = body.data.find(({ name }) => name === refund)?.id;
    const changed = await app().call(app().one.keys.asking, 'PATCH', `/v1/tools/${id}`, { description: 'Another.' });
    expect(changed.status, changed.text).toBe(200);
    await run.decide(plan, APPROVE);
    expect((await one(run)).departures).toMatchObject([{ line: null, text: expect.stringMatching(/changed/) }]);
    await run.cancel();
  });

  test('that is revoked lets nothing through any more', async () => {
    const scene = await setPlanScene([
      propose(upTo100()),
      { calls: [{ tool: mail, arguments: {} }] },
      pay({ amount: 6, customer: 'ada' }),
      DONE,
    ]);
    const run = await scene.start();
    const plan = await one(run);
    await run.decide(plan, APPROVE);
    const between = await one(run);
    expect(between.departures).toMatchObject([{ text: 'no line of the plan is about this tool' }]);
    const revoked = await app().call<WireApproval>(
      app().one.people.owner,
      'POST',
      `/v1/approvals/${plan.id}/revoke`,
      {},
    );
    expect(revoked.status, revoked.text).toBe(200);
    expect(revoked.body.plan?.is_in_force).toBe(false);
    await run.decide(between, APPROVE);
    const last = await until(run.held, ([next]) => next !== undefined && next.id !== between.id, 20_000);
    expect(last[0]?.departures).toMatchObject([{ text: 'the plan was revoked' }]);
    await run.cancel();
  });
});

describe('a plan that is not approved', () => {
  test('by rejection or expiry lets nothing through', async () => {
    const scene = await setPlanScene([propose(upTo100()), pay({ amount: 6, customer: 'ada' }), DONE]);
    const run = await scene.start();
    await run.decide(await one(run), { ...REJECT, reason: 'one by one, please' });
    const call = await one(run);
    expect(call).toMatchObject({ tool: refund, departures: null });
    expect(toldOf(scene)[0]).toMatch(/one by one, please/);
    await run.cancel();
  });
  test.each<[string, () => JsonObject, RegExp]>([
    ['without lines', () => ({ lines: [] }), /\/lines/],
    ['of an unknown tool', () => ({ lines: [{ tool: 'nobody_knows' }] }), /no tool named nobody_knows/],
    ['of a plan', () => ({ lines: [{ tool: 'propose_plan' }] }), /holds no plan/],
    ['that forgets what the tool needs', () => ({ lines: [{ tool: refund }] }), /none for amount/],
    [
      'that compares a text with numbers',
      () => ({
        lines: [
          {
            tool: refund,
            bounds: [
              { argument: 'customer', at_most: 3 },
              { argument: 'amount', equals: 1 },
            ],
          },
        ],
      }),
      /customer is no number/,
    ],
    [
      'with a value that the tool does not take',
      () => ({
        lines: [
          {
            tool: refund,
            bounds: [
              { argument: 'customer', equals: 7 },
              { argument: 'amount', equals: 1 },
            ],
          },
        ],
      }),
      /customer can not be 7/,
    ],
    [
      'of an argument that is not there',
      () => ({ lines: [{ tool: refund, bounds: [{ argument: 'sum', equals: 7 }] }] }),
      /has no argument sum/,
    ],
  ])('%s is refused to the model in words, and nobody is asked', async (_, plan, words) => {
    const scene = await setPlanScene([propose(plan()), DONE]);
    const run = await scene.start();
    await run.reaches('completed');
    expect(toldOf(scene)[0]).toMatch(words);
    expect(await run.held()).toEqual([]);
  });
  test('is not offered where the version does not allow plans', async () => {
    const scene = await setPlanScene([propose(upTo100()), DONE], { hitl_mode: 'confirm_tools' });
    const run = await scene.start();
    await run.reaches('completed');
    expect(toldOf(scene)[0]).toMatch(/no tool named propose_plan/);
    expect(JSON.stringify(scene.model.requests[0])).not.toMatch(/propose_plan/);
  });
});

test('a plan is put before a person also where the mode holds nothing', async () => {
  const scene = await setPlanScene([propose(upTo100()), DONE], { ...PLANS, hitl_mode: 'disabled' });
  const run = await scene.start();
  expect(await one(run)).toMatchObject({ tool: 'propose_plan' });
  await run.cancel();
});

/** Plans of programs outside, and what no plan overrides. */
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import type { JsonObject } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, addKey, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

type Told = { code: string; errors?: { pointer: string; detail: string }[] };
const asker = (): Who => app.one.keys.asking;

let number = 0;
const fresh = (name: string): string => `${name}_${(number += 1)}_${Date.now()}`;

const ask = (plan: object, who = asker()) => app.call<WireApproval & Told>(who, 'POST', '/v1/approvals', { plan });
const decide = async (approval: WireApproval, by: Who = app.one.keys.deciding): Promise<WireApproval> => {
  const decided = await app.call<WireApproval>(by, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision: 'approved',
    digest: approval.digest,
  });
  expect(decided.status, decided.text).toBe(200);
  return decided.body;
};
const approved = async (plan: object, by?: Who): Promise<WireApproval> => {
  const asked = await ask(plan);
  expect(asked.status, asked.text).toBe(201);
  return decide(asked.body, by);
};
const gate = (tool: string, args: JsonObject, plan: string, who = asker(), at: Pick<TestApp, 'call'> = app) =>
  at.call<WireGateAnswer & Told>(who, 'POST', '/v1/gate', { tool, arguments: args, plan });
const upTo = (tool: string, most: number, uses: number) => ({
  lines: [{ tool, bounds: [{ argument: 'amount', at_least: 0, at_most: most }], uses_max: uses }],
});
const textsOf = ({ body }: { body: WireGateAnswer }): string[] | undefined =>
  body.approval?.departures?.map(({ text }) => text);
const withPolicy = async (rule: object, work: () => Promise<void>): Promise<void> => {
  const made = await app.call<{ id: string }>(app.one.people.owner, 'POST', '/v1/policies', {
    name: fresh('policy'),
    source: JSON.stringify({ rules: [rule] }),
  });
  expect(made.status, made.text).toBe(201);
  try {
    await work();
  } finally {
    await app.call(app.one.people.owner, 'DELETE', `/v1/policies/${made.body.id}`);
  }
};

describe('a plan of a program', () => {
  test('lets its calls through the gate, line by line, and says which', async () => {
    const tool = fresh('pay');
    const plan = await approved(upTo(tool, 100, 1));
    expect(plan.plan).toMatchObject({
      is_in_force: true,
      lines: [{ allows: `${tool} with amount from 0 to 100, once` }],
    });
    const through = await gate(tool, { amount: 99 }, plan.id);
    expect(through.body).toMatchObject({ outcome: 'proceed', plan: { approval_id: plan.id, line: 1, use: 1 } });
    expect(textsOf(await gate(tool, { amount: 98 }, plan.id))).toEqual(['line 1 is used up: once']);
    expect(textsOf(await gate(tool, { amount: 101 }, plan.id))).toEqual([
      'line 1 allows amount from 0 to 100, asked 101',
      'line 1 is used up: once',
    ]);
  });

  test('has no use taken twice, however many calls come at once to two servers', async () => {
    const tool = fresh('pay');
    const plan = await approved(upTo(tool, 100, 7));
    const replica = await app.replica();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => gate(tool, { amount: n }, plan.id, asker(), n % 2 ? app : replica)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const used = answers.flatMap(({ body }) => (body.outcome === 'proceed' && body.plan ? [body.plan.use] : []));
    expect(used.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('takes no second use for a repeat of the same request', async () => {
    const tool = fresh('pay');
    const plan = await approved(upTo(tool, 100, 5));
    const headers = { 'idempotency-key': fresh('key') };
    const body = { tool, arguments: { amount: 1 }, plan: plan.id };
    const answers = [
      await app.call<WireGateAnswer>(asker(), 'POST', '/v1/gate', body, headers),
      await app.call<WireGateAnswer>(asker(), 'POST', '/v1/gate', body, headers),
    ];
    expect(answers.map(({ body: { plan: use } }) => use?.use)).toEqual([1, 1]);
  });

  test('is for who asked for it, once it is approved', async () => {
    const tool = fresh('pay');
    const waiting = await ask(upTo(tool, 100, 5));
    expect((await gate(tool, { amount: 1 }, waiting.body.id)).body.outcome).toBe('hold');
    await decide(waiting.body);
    const other = await addKey(app.store, app.one.id, app.one.people.builder, ['approvals:create', 'gate:call']);
    const answer = await gate(tool, { amount: 1 }, waiting.body.id, other);
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/plan']);
  });

  test('is not taken as a whole, and no call bears its name', async () => {
    const plan = await approved(upTo(fresh('pay'), 100, 5));
    const taken = await app.call<Told>(asker(), 'POST', '/v1/receipts/consume', {
      approval_id: plan.id,
      digest: plan.digest,
    });
    expect(taken.status).toBe(422);
    for (const path of ['/v1/gate', '/v1/approvals'])
      expect((await app.call<Told>(asker(), 'POST', path, { tool: 'propose_plan', arguments: {} })).status).toBe(422);
    const tool = { name: 'propose_plan', http: { url: 'http://127.0.0.1:9000/x' } };
    expect((await app.call<Told>(asker(), 'POST', '/v1/tools', tool)).status).toBe(422);
  });

  test('that can mean nothing is refused at its place, also as an edit', async () => {
    const known = fresh('known');
    const made = await app.call(asker(), 'POST', '/v1/tools', {
      name: known,
      http: { url: 'http://127.0.0.1:9000/x' },
      parameters: { type: 'object', properties: { to: { type: 'string' } }, additionalProperties: false },
    });
    expect(made.status, made.text).toBe(201);
    const bad = { lines: [{ tool: known, bounds: [{ argument: 'to', at_most: 3 }] }] };
    const answer = await ask(bad);
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/plan/lines/0/bounds/0']);
    const asked = await ask({ lines: [{ tool: known, bounds: [{ argument: 'to', equals: 'a' }] }] });
    const edited = await app.call<Told>(app.one.keys.deciding, 'POST', `/v1/approvals/${asked.body.id}/decide`, {
      decision: 'approved',
      digest: asked.body.digest,
      arguments: bad,
    });
    expect([edited.status, edited.body.errors?.[0]?.pointer]).toEqual([422, '/arguments/lines/0/bounds/0']);
  });

  test('is not approved by whom it is for', async () => {
    const { approver } = app.one.people;
    const asked = await app.call<WireApproval>(asker(), 'POST', '/v1/approvals', {
      plan: upTo(fresh('pay'), 1, 1),
      on_behalf_of: approver.id,
    });
    const answer = await app.call<Told>(approver, 'POST', `/v1/approvals/${asked.body.id}/decide`, {
      decision: 'approved',
      digest: asked.body.digest,
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'self_approval']);
  });
});

describe('no plan overrides', () => {
  test.each(['block', 'deny'])('a rule that says %s', async (outcome) => {
    const tool = fresh('pay');
    const plan = await approved(upTo(tool, 100, 5));
    await withPolicy({ name: 'never', tools: [tool], outcome, reason: 'not this one' }, async () => {
      const answer = await gate(tool, { amount: 1 }, plan.id);
      expect(answer.body).toMatchObject({ outcome: 'block', reason: 'not this one' });
    });
    expect((await gate(tool, { amount: 1 }, plan.id)).body).toMatchObject({ outcome: 'proceed', plan: { use: 1 } });
  });

  test('a rule that calls it critical', async () => {
    const tool = fresh('pay');
    const plan = await approved(upTo(tool, 100, 5));
    const rule = { name: 'large', tools: [tool], when: 'request.arguments.amount > 50', outcome: 'hold' };
    await withPolicy({ ...rule, hold: { priority: 'critical' } }, async () => {
      expect((await gate(tool, { amount: 50 }, plan.id)).body.outcome).toBe('proceed');
      const answer = await gate(tool, { amount: 51 }, plan.id);
      expect(textsOf(answer)).toEqual([
        'line 1 covers it, but the rule “large” asks about this each time: it is critical',
      ]);
      expect(answer.body.approval?.priority).toBe('critical');
    });
  });

  test('a rule that asks for other people than those who approved it; theirs is enough', async () => {
    const tool = fresh('pay');
    const group = fresh('finance').replaceAll('_', '-');
    const ada = await addPerson(app.store, app.one.id, fresh('Ada'), ['approver']);
    const rule = { name: 'finance looks', tools: [tool], outcome: 'hold' };
    const made = await app.call(app.one.people.owner, 'POST', '/v1/groups', { name: group, members: [ada.id] });
    expect(made.status, made.text).toBe(201);
    await withPolicy({ ...rule, hold: { stages: [{ approvers: `1 of ${group}` }] } }, async () => {
      const byAnybody = await approved(upTo(tool, 100, 5), app.one.people.approver);
      expect(textsOf(await gate(tool, { amount: 1 }, byAnybody.id))?.[0]).toMatch(
        new RegExp(`line 1 covers it, but the rule “finance looks” asks for 1 of ${group}`),
      );
      const byFinance = await approved(upTo(tool, 100, 5), ada);
      expect((await gate(tool, { amount: 2 }, byFinance.id)).body).toMatchObject({ outcome: 'proceed' });
    });
  });
});

/** How much one program may put before people, where the workspace limits it. */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type Who, startTestServer } from '../testing/index.ts';

let app: TestApp;
type Told = WireApproval & { code: string };
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const limit = async (ask_limits: object | null): Promise<void> => {
  const { status } = await app.call(app.one.people.owner, 'PUT', '/v1/settings', { ask_limits });
  expect(status).toBe(200);
};
let number = 0;
const ask = (who: Who) => app.call<Told>(who, 'POST', '/v1/approvals', { title: `Ask ${(number += 1)}` });
const flood = (who: Who, times: number) => Promise.all(Array.from({ length: times }, () => ask(who)));
const count = (answers: { status: number }[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

test('D1: a flood of one key leaves as many waiting as the limit says, also all at once; others are not touched', async () => {
  const { asking, asking2 } = app.one.keys;
  await limit({});
  const answers = await flood(asking, 100);
  expect([count(answers, 201), count(answers, 429)]).toEqual([20, 80]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.body).toMatchObject({ code: 'too_many_waiting', limits: { pending_per_asker: 20 } });
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await ask(asking2)).status).toBe(201);
  // The gate says so too, and a call that needs nobody still goes ahead.
  const gate = (tool: string) => app.call<{ code: string; outcome: string }>(asking, 'POST', '/v1/gate', { tool });
  expect((await gate('anything')).body.code).toBe('too_many_waiting');
  await app.call(asking, 'POST', '/v1/tools', {
    name: 'look_up',
    http: { url: 'http://127.0.0.1:9000/x' },
    annotations: { read_only: true },
  });
  expect((await gate('look_up')).body.outcome).toBe('proceed');
  // One that is decided makes room for one.
  const first = answers.find(({ status }) => status === 201)?.body;
  const { approver } = app.one.people;
  await app.call(approver, 'POST', `/v1/approvals/${first?.id}/decide`, {
    decision: 'approved',
    digest: first?.digest,
  });
  expect(count(await flood(asking, 3), 201)).toBe(1);
});

test('D1: the number within ten minutes is limited too, however fast it is decided, and the number of all', async () => {
  const { asking, asking2 } = app.two.keys;
  const { owner, approver } = app.two.people;
  const set = (ask_limits: object) => app.call(owner, 'PUT', '/v1/settings', { ask_limits });
  await set({ pending_per_asker: 100, new_per_asker_in_10_minutes: 3, pending: 5 });
  for (let round = 0; round < 3; round += 1) {
    const { body } = await ask(asking);
    await app.call(approver, 'POST', `/v1/approvals/${body.id}/decide`, { decision: 'approved', digest: body.digest });
  }
  const late = await ask(asking);
  expect([late.status, Number(late.headers.get('retry-after')) > 500]).toEqual([429, true]);
  await app.sql(`update approval set created_at = created_at - interval '10 minutes' where workspace_id = $1`, [
    app.two.id,
  ]);
  expect((await ask(asking)).status).toBe(201);
  await set({ pending_per_asker: 100, new_per_asker_in_10_minutes: 100, pending: 5 });
  expect(count(await flood(asking2, 4), 201)).toBe(4);
  expect((await ask(asking)).body.code).toBe('too_many_waiting');
  // No limit unless somebody sets one.
  await set({ pending_per_asker: 1 });
  await app.call(owner, 'PUT', '/v1/settings', {});
  expect((await ask(asking)).status).toBe(201);
});

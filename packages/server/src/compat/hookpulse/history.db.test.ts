import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../testing/index.ts';
import { type Shop, as, createBuilder, execute, pendingOf, startShop } from './testing/shop.ts';

let app: TestApp;
let shop: Shop;
let builder: ReturnType<typeof createBuilder>;

beforeAll(async () => {
  [app, shop] = await Promise.all([startTestServer(), startShop()]);
  builder = createBuilder(app, app.one, shop);
});
afterAll(async () => {
  await app.stop();
  await shop.close();
});

const reviewer = () => as(app, app.one, app.one.keys.deciding);

const held = async () => {
  const made = await builder.template({
    charge: { human_approval_required: true, request_body_json: { amount: '{{ initial.amount }}' } },
  });
  const run = await execute(app, app.one, made.id, { amount: 12 });
  const [waiting] = await until(
    () => pendingOf(reviewer(), made.uuid),
    (rows) => rows.length === 1,
  );
  return { ...made, run, plan: waiting?.execution_plan_uuid };
};

const historyOf = async (plan: string | undefined): Promise<Record<string, unknown>[]> => {
  const { body } = await reviewer()('GET', '/get_approval_history_paginated/?per_page=100');
  expect(body).toMatchObject({ success: true, timezone: 'UTC', meta: { page: 1 } });
  return body.data.filter((one: { execution_plan_uuid: string }) => one.execution_plan_uuid === plan);
};

test('the history says who decided what, when, and on which content, whatever became of the template', async () => {
  const { plan, uuid, name } = await held();
  expect(await historyOf(plan)).toEqual([]);
  await reviewer()('POST', '/human_approval_action/', { action: 'approve', execution_plan_uuid: plan });
  await builder.send('POST', '/add_workflow_step/', await builder.step(uuid, 'ship', { index: 1 }));
  expect(await historyOf(plan)).toEqual([
    {
      execution_plan_uuid: plan,
      workflow_uuid: uuid,
      workflow_name: name,
      step_identifier: 'charge',
      workflow_index: 0,
      status: 'approved',
      decided_by: expect.stringContaining('owner of deciding'),
      decided_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
      reason: null,
      approval_context: { request: 'Call charge', data: { amount: 12 } },
      inserted_at: expect.any(String),
    },
  ]);
  const theirs = as(app, app.two, app.two.keys.reading);
  expect((await theirs('GET', '/get_approval_history_paginated/')).body.data).toEqual([]);
});

test('a run that is cancelled withdraws what waits in it, once', async () => {
  const { plan, run } = await held();
  const body = { execution_plan_uuid: plan, reason: 'Not needed any more' };
  expect((await reviewer()('POST', '/cancel_human_approval/', body)).status).toBe(403);
  expect((await builder.send('POST', '/cancel_human_approval/', body)).body).toEqual({
    success: true,
    message: 'Workflow cancelled',
  });
  await run.becomes('cancelled');
  expect(await historyOf(plan)).toMatchObject([{ status: 'cancelled' }]);
  const approved = await reviewer()('POST', '/human_approval_action/', {
    action: 'approve',
    execution_plan_uuid: plan,
  });
  expect(approved.body).toMatchObject({ success: false });
  const theirs = as(app, app.two, app.two.keys.asking);
  expect((await theirs('POST', '/cancel_human_approval/', body)).status).toBe(404);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../testing/index.ts';
import { type Shop, as, createBuilder, pendingOf, startShop } from './testing/shop.ts';

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

const HOUR_MS = 3_600_000;
const inAnHour = (): string => new Date(Date.now() + HOUR_MS).toISOString();

const detailOf = async (uuid: string) => {
  const { body } = await builder.send('POST', '/get_single_schedule_details/', { schedule_uuid: uuid });
  expect(body.success, JSON.stringify(body)).toBe(true);
  return body.data;
};

const listed = async (status: string): Promise<Record<string, unknown>[]> => {
  const { body } = await builder.send('GET', `/get_schedules_paginated/?filter_status=${status}&page=1&per_page=100`);
  expect(body).toMatchObject({ success: true, timezone: 'UTC', meta: { page: 1 } });
  return body.data;
};

test('a clocked schedule starts a workflow with its context, and what it asks is approved', async () => {
  const word = `c${randomUUID().slice(0, 8)}`;
  const { uuid } = await builder.template({
    charge: { path: `/${word}/{{ initial.order }}`, human_approval_required: true },
  });
  const added = await builder.send('POST', '/add_clocked_schedule/', {
    clocked_run_at: new Date(Date.now() + 700).toISOString(),
    clocked_timezone: 'Asia/Kolkata',
    schedule_to: 'workflow',
    model_to_schedule_uuid: uuid,
    initial_context_template: { order: 'HL-7' },
  });
  expect(added.body).toMatchObject({ success: true, details: 'Schedule added successfully' });
  const reviewer = as(app, app.one, app.one.keys.deciding);
  const [waiting] = await until(
    () => pendingOf(reviewer, uuid),
    (rows) => rows.length === 1,
    20_000,
  );
  const acted = await reviewer('POST', '/human_approval_action/', {
    action: 'approve',
    execution_plan_uuid: waiting?.execution_plan_uuid,
  });
  expect(acted.body.success).toBe(true);
  await until(
    async () => shop.received.filter(({ url }) => url === `/${word}/HL-7`),
    (calls) => calls.length === 1,
  );
  expect(await detailOf(added.body.schedule_uuid)).toMatchObject({
    status: 'completed',
    total_triggered: 1,
    driver: { type: 'clocked', is_one_off: true },
  });
  const change = { schedule_uuid: added.body.schedule_uuid, update_status_to: 'paused' };
  expect((await builder.send('POST', '/change_schedule_status/', change)).body.success).toBe(false);
});

test('a schedule by interval is paused, goes on, and is deleted', async () => {
  const { uuid, name } = await builder.template({ look: { method: 'GET' } });
  const added = await builder.send('POST', '/add_interval_schedule/', {
    interval_value: 90,
    interval_period: 'minute',
    is_one_off_task: false,
    schedule_to: 'workflow',
    model_to_schedule_uuid: uuid,
  });
  const schedule = added.body.schedule_uuid as string;
  const one = (await listed('active')).find((row) => row['schedule_uuid'] === schedule);
  expect(one).toEqual({
    reason: null,
    status: 'active',
    type: 'workflow',
    model_uuid: uuid,
    driver_type: 'interval',
    last_run_at: null,
    next_run_at: expect.stringMatching(/Z$/),
    total_schedule_triggered: 0,
    locale_timezone_converted_details: {
      preferred_timezone: 'UTC',
      time_left_to_trigger: expect.any(Number),
      last_run_at_by_preferred_timezone: null,
      next_run_at_by_preferred_timezone: expect.stringMatching(/\+00:00$/),
    },
    schedule_uuid: schedule,
  });
  expect(await detailOf(schedule)).toMatchObject({
    driver: { type: 'interval', interval_value: 90, interval_period: 'minute', is_one_off: false, solar_event: null },
    target_name: name,
    target_description: 'Pays back',
    schedule_applied_model_uuid: uuid,
    rules: [],
  });
  for (const [wanted, status] of [
    ['paused', 'paused'],
    ['paused', 'paused'],
    ['active', 'active'],
  ]) {
    const changed = await builder.send('POST', '/change_schedule_status', {
      schedule_uuid: schedule,
      update_status_to: wanted,
    });
    expect(changed.body).toEqual({ success: true, details: 'Schedule status updated' });
    expect((await detailOf(schedule)).status).toBe(status);
  }
  const removed = await builder.send('DELETE', '/delete_schedule/', { schedule_uuid: schedule });
  expect(removed.body).toMatchObject({ success: true });
  for (const path of ['/get_single_schedule_details/', '/change_schedule_status/'])
    expect(await builder.send('POST', path, { schedule_uuid: schedule, update_status_to: 'active' })).toMatchObject({
      status: 404,
      body: { success: false, error: 'Schedule not found' },
    });
});

test('a schedule by cron runs in its time zone; once, if it is a one-off', async () => {
  const { uuid } = await builder.template({ look: { method: 'GET' } });
  const cron = {
    cron_expression: '0 9 * * 1-5',
    cron_timezone: 'Asia/Kolkata',
    is_one_off_task: false,
    schedule_to: 'workflow',
    model_to_schedule_uuid: uuid,
    initial_context_template: { key: 'value' },
  };
  const added = await builder.send('POST', '/add_cron_schedule/', cron);
  const detail = await detailOf(added.body.schedule_uuid);
  expect(detail.driver).toMatchObject({
    type: 'cron',
    cron_expression: '0 9 * * 1-5',
    cron_timezone: 'Asia/Kolkata',
    is_one_off: false,
  });
  expect(detail.next_run_at).toMatch(/T03:30:00.000Z$/);
  const once = await builder.send('POST', '/add_cron_schedule/', { ...cron, is_one_off_task: true });
  expect(await detailOf(once.body.schedule_uuid)).toMatchObject({
    driver: { type: 'clocked', is_one_off: true },
    next_run_at: detail.next_run_at,
  });
});

test('a webhook by itself is started by a schedule, and is no workflow in lists', async () => {
  const name = `Ping ${randomUUID().slice(0, 8)}`;
  const word = `p${randomUUID().slice(0, 8)}`;
  const webhook = {
    webhook_name: name,
    webhook_description: 'Pings',
    method: 'POST',
    path: `/${word}`,
    domain_uuid: await builder.domainUuid(),
    retry_delay: 1,
    retry_backoff_mode: 'linear',
    max_retries: 0,
    request_timeout_in_milliseconds: 5000,
    request_body_json: { of: '{{ initial.key }}' },
    headers_json: {},
    query_params_json: {},
  };
  const made = await builder.send('POST', '/add_webhook_template/', webhook);
  expect(made.body).toMatchObject({ success: true, message: 'Webhook template created successfully' });
  const templates = await builder.send('GET', '/get_workflow_template_paginated/?per_page=100');
  expect(templates.body.data.map((one: { workflow_name: string }) => one.workflow_name)).not.toContain(name);
  const target = { schedule_to: 'webhook', model_to_schedule_uuid: made.body.webhook_template_id };
  const added = await builder.send('POST', '/add_interval_schedule/', {
    interval_value: 1,
    interval_period: 'second',
    is_one_off_task: true,
    ...target,
    initial_context_template: { key: 'value' },
  });
  await until(
    async () => shop.received.filter(({ url }) => url === `/${word}`),
    (calls) => calls.length === 1,
    20_000,
  );
  expect(shop.received.find(({ url }) => url === `/${word}`)?.body).toEqual({ of: 'value' });
  expect(await detailOf(added.body.schedule_uuid)).toMatchObject({ type: 'webhook', target_name: name });
  const asWorkflow = { ...target, schedule_to: 'workflow', clocked_run_at: inAnHour(), clocked_timezone: 'UTC' };
  expect((await builder.send('POST', '/add_clocked_schedule/', asWorkflow)).status).toBe(404);
});

test('what can not be scheduled is refused with the reason, and what is not offered is said', async () => {
  const { uuid } = await builder.template({ look: { method: 'GET' } });
  const target = { schedule_to: 'workflow', model_to_schedule_uuid: uuid };
  const clocked = { ...target, clocked_run_at: inAnHour(), clocked_timezone: 'UTC' };
  const interval = { ...target, interval_value: 5, interval_period: 'second', is_one_off_task: false };
  const cron = { ...target, cron_expression: '0 0 * * *', cron_timezone: 'UTC', is_one_off_task: false };
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['/add_clocked_schedule/', { ...clocked, clocked_run_at: '2020-01-01T00:00:00Z' }, /past/],
    ['/add_clocked_schedule/', { ...clocked, clocked_run_at: 'soon' }, /clocked_run_at/],
    ['/add_clocked_schedule/', { ...clocked, clocked_timezone: 'Mars/Olympus' }, /clocked_timezone/],
    ['/add_clocked_schedule/', { ...clocked, model_to_schedule_uuid: randomUUID() }, /Workflow not found/],
    ['/add_interval_schedule/', { ...interval, interval_value: 0 }, /interval_value/],
    ['/add_interval_schedule/', { ...interval, interval_period: 'day' }, /interval_period/],
    ['/add_interval_schedule/', { ...interval, is_one_off_task: undefined }, /Missing required field: is_one_off_task/],
    ['/add_cron_schedule/', { ...cron, cron_expression: 'often' }, /cron/],
    ['/add_cron_schedule/', { ...cron, cron_timezone: 'Mars/Olympus' }, /time zone/],
    ['/add_solar_schedule/', { ...target, solar_event: 'eclipse', solar_lat: 1, solar_long: 1 }, /solar_event/],
    ['/add_solar_schedule/', { ...target, solar_event: 'sunset', solar_lat: 91, solar_long: 1 }, /solar_lat/],
    ['/add_schedule_rule/', {}, /not offered/],
  ];
  for (const [path, body, error] of wrong) {
    const refused = await builder.send('POST', path, body);
    expect(refused.body, path + JSON.stringify(body)).toEqual({ success: false, error: expect.stringMatching(error) });
    expect([400, 404]).toContain(refused.status);
  }
  expect((await builder.send('GET', '/get_schedules_paginated/?filter_status=odd')).body.success).toBe(false);
  for (const status of ['inactive', 'expired']) expect(await listed(status)).toEqual([]);
});

test('a schedule by the sun reads back as it was made, and knows when it comes next', async () => {
  const { uuid } = await builder.template({ look: { method: 'GET' } });
  const solar = { solar_event: 'sunset', solar_lat: 52.52, solar_long: 13.405, solar_offset: -30 };
  const target = { schedule_to: 'workflow', model_to_schedule_uuid: uuid };
  const added = await builder.send('POST', '/add_solar_schedule/', { ...solar, ...target });
  expect(added.body, added.text).toMatchObject({ success: true });
  const told = await detailOf(added.body.schedule_uuid);
  expect(told).toMatchObject({ driver: { type: 'solar', is_one_off: false, ...solar }, status: 'active' });
  expect(Date.parse(told['next_run_at'] as string)).toBeGreaterThan(Date.now());
});

test('another workspace finds none of these schedules, and a key that only reads changes none', async () => {
  const { uuid } = await builder.template({ look: { method: 'GET' } });
  const added = await builder.send('POST', '/add_clocked_schedule/', {
    clocked_run_at: inAnHour(),
    clocked_timezone: 'UTC',
    schedule_to: 'workflow',
    model_to_schedule_uuid: uuid,
  });
  const change = { schedule_uuid: added.body.schedule_uuid, update_status_to: 'paused' };
  const theirs = as(app, app.two, app.two.keys.asking);
  expect((await theirs('POST', '/change_schedule_status/', change)).status).toBe(404);
  const reading = as(app, app.one, app.one.keys.reading);
  expect((await reading('POST', '/change_schedule_status/', change)).status).toBe(403);
  expect((await reading('DELETE', '/delete_schedule/', change)).status).toBe(403);
  expect((await detailOf(added.body.schedule_uuid)).status).toBe('active');
});

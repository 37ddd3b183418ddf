import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../../testing/index.ts';
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

const stepsOf = async (uuid: string) => {
  const { body } = await builder.send('POST', '/single_workflow_template_detail/', { workflow_uuid: uuid });
  expect(body.success).toBe(true);
  return body.data.workflow_steps;
};

test('a template reads back as it was written, step by step', async () => {
  const { uuid, name } = await builder.template({});
  const condition = { operator: 'gt', field: 'initial.amount', value: '1000' };
  const { workflow_uuid: _workflow, ...written } = await builder.step(uuid, 'charge-card', {
    webhook_description: 'Takes the money',
    path: '/orders/{{ initial.order }}/charge',
    human_approval_required: true,
    on_success_next_step_identifier: 'ship',
    on_fail_next_step_identifier: 'apologise',
    delay_to_next_step: 3,
    execution_condition: condition,
    retry_backoff_mode: 'exponential',
    max_retries: 4,
    retry_delay: 9,
    request_body_json: { amount: '{{ initial.amount }}', lines: [1, 2] },
    headers_json: { 'x-shop': 'one' },
    query_params_json: { dry: 'false' },
  });
  const added = await builder.send('POST', '/add_workflow_step', { ...written, workflow_uuid: uuid });
  expect(added.body).toEqual({ success: true, details: 'Workflow webhook added successfully' });
  const { body } = await builder.send('POST', '/single_workflow_template_detail', { workflow_uuid: uuid });
  expect(body).toMatchObject({
    success: true,
    data: {
      timezone: 'UTC',
      inserted_at: expect.stringMatching(/\+00:00$/),
      workflow_name: name,
      workflow_uuid: uuid,
      workflow_description: 'Pays back',
      runtype: 'fifo_sequential',
    },
  });
  const { index, step_identifier: identifier } = written;
  expect(body.data.workflow_steps).toHaveLength(1);
  const [step] = body.data.workflow_steps;
  expect(step).toMatchObject({
    index,
    step_identifier: identifier,
    human_approval_required: true,
    delay_to_next_step: 3,
    on_success_next_step_identifier: 'ship',
    on_fail_next_step_identifier: 'apologise',
    execution_conditions: [condition],
    step_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(step.webhook).toMatchObject({
    webhook_name: written.webhook_name,
    webhook_description: 'Takes the money',
    method: 'POST',
    path: written.path,
    domain: { protocol: 'http', domain: shop.host },
    headers_json: written.headers_json,
    query_params_json: written.query_params_json,
    request_body_json: written.request_body_json,
    retry_delay: 9,
    retry_backoff_mode: 'exponential',
    max_retries: 4,
    expected_system_variables: [],
  });
  const listed = await builder.send('GET', '/get_workflow_template_paginated/?page=1&per_page=100');
  expect(listed.body.data.find((one: { workflow_uuid: string }) => one.workflow_uuid === uuid)).toMatchObject({
    workflow_name: name,
    runtype: 'fifo_sequential',
    total_workflow_steps: 1,
  });
  expect(listed.body.meta).toMatchObject({ page: 1, has_prev: false });
});

test('a step carries variables, secrets and headers into its call', async () => {
  await app.call(app.one.keys.asking, 'PUT', '/v1/secrets', { name: 'SHOP_KEY', value: 'secret-of-the-shop' });
  const word = `v${randomUUID().slice(0, 8)}`;
  const { id } = await builder.template({
    charge: {
      path: `/${word}/{{ initial.order }}`,
      query_params_json: { note: 'a b&c', who: '{{ customer.name }}' },
      request_body_json: { amount: '{{ initial.amount }}', auth: 'Bearer {{ #shop-key }}' },
      headers_json: { 'x-shop': 'one', authorization: 'Bearer {{ #shop-key }}' },
    },
    ship: { path: `/${word}`, method: 'PUT', request_body_json: { of: '{{ step.response.id }}' } },
    look: { path: `/${word}`, method: 'GET', query_params_json: { charge: '{{ charge.response.id }}' } },
  });
  const run = await execute(app, app.one, id, { order: 'HL/1', amount: 12.5, customer: { name: 'Ö' } });
  await run.becomes('completed');
  const calls = shop.received.filter(({ url }) => url.startsWith(`/${word}`));
  expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `POST /${word}/HL%2F1?note=a%20b%26c&who=%C3%96`,
    `PUT /${word}`,
    `GET /${word}?charge=${encodeURIComponent(`of /${word}/HL%2F1`)}`,
  ]);
  expect(calls[0]?.body).toEqual({ amount: 12.5, auth: 'Bearer secret-of-the-shop' });
  expect(calls[0]?.headers).toMatchObject({ 'x-shop': 'one', authorization: 'Bearer secret-of-the-shop' });
  expect(calls[1]?.body).toEqual({ of: `of /${word}/HL%2F1` });
});

test('a condition decides whether the step runs, and so whether anybody is asked', async () => {
  const { uuid, id } = await builder.template({
    charge: {
      human_approval_required: true,
      execution_condition: { operator: 'gt', field: 'amount', value: 1000 },
    },
  });
  await (await execute(app, app.one, id, { amount: 500 })).becomes('completed');
  const run = await execute(app, app.one, id, { amount: 1500 });
  await run.becomes('awaiting_approval');
  expect(await pendingOf(as(app, app.one, app.one.keys.deciding), uuid)).toHaveLength(1);
});

test('a step that fails goes where it says', async () => {
  const word = `f${randomUUID().slice(0, 8)}`;
  const { id } = await builder.template({
    charge: { path: '/fails', on_fail_next_step_identifier: 'apologise' },
    ship: { path: `/${word}/ship` },
    apologise: { path: `/${word}/apologise` },
  });
  await (await execute(app, app.one, id)).becomes('completed');
  expect(shop.received.filter(({ url }) => url.startsWith(`/${word}`)).map(({ url }) => url)).toEqual([
    `/${word}/apologise`,
  ]);
});

test('what is sent again is there once', async () => {
  const template = { workflow_name: `Again ${randomUUID()}`, workflow_description: '', runtype: 'concurrently' };
  const first = await builder.send('POST', '/add_workflow_template/', template);
  const again = await builder.send('POST', '/add_workflow_template/', template);
  expect(again.body).toEqual(first.body);
  const other = await builder.send('POST', '/add_workflow_template/', { ...template, runtype: 'fifo_sequential' });
  expect(other).toMatchObject({ status: 400, body: { success: false } });
  const uuid = first.body.workflow_uuid as string;
  const step = await builder.step(uuid, 'charge');
  for (let time = 0; time < 2; time += 1)
    expect((await builder.send('POST', '/add_workflow_step/', step)).body.success).toBe(true);
  expect(await stepsOf(uuid)).toHaveLength(1);
  const changed = await builder.send('POST', '/add_workflow_step/', { ...step, path: '/other' });
  expect(changed).toMatchObject({
    status: 400,
    body: { success: false, error: expect.stringContaining('step_identifier') },
  });
});

test('of steps that are added at once none is lost', async () => {
  const { uuid, id } = await builder.template({});
  const names = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(
    names.map(async (name, index) =>
      builder.send('POST', '/add_workflow_step/', await builder.step(uuid, name, { index })),
    ),
  );
  expect(answers.map(({ body }) => body.success)).toEqual([true, true, true, true]);
  expect((await stepsOf(uuid)).map((one: { step_identifier: string }) => one.step_identifier)).toEqual(names);
  const { body } = await app.call<{ current_version: { definition: { nodes: { id: string }[] } } }>(
    app.one.keys.reading,
    'GET',
    `/v1/workflows/${id}`,
  );
  expect(body.current_version.definition.nodes.map((node) => node.id)).toEqual(expect.arrayContaining(names));
});

test('a step that does not fit is refused with the reason, and nothing of it stays', async () => {
  const { uuid, id } = await builder.template({ charge: {} });
  const toolsBefore = (await app.call<{ data: unknown[] }>(app.one.keys.reading, 'GET', '/v1/tools?limit=200')).body;
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ domain_uuid: randomUUID() }, /Domain not found/],
    [{ method: 'FETCH' }, /Invalid field value: method/],
    [{ index: -1 }, /Invalid field value: index/],
    [{ human_approval_required: 'yes' }, /Invalid field value: human_approval_required/],
    [{ human_approval_required: undefined }, /Missing required field: human_approval_required/],
    [{ step_identifier: undefined }, /Missing required field: step_identifier/],
    [{ path: '/{{ nothing.response.id }}' }, /there is no step nothing/],
    [{ path: '/{{ #unknown-key }}', on_success_next_step_identifier: '' }, /secret/i],
    [{ headers_json: { 'content-length': '3' } }, /content-length/],
    [{ headers_json: { 'x-a': '{{ initial.a }}' } }, /headers_json/],
    [{ execution_condition: { operator: 'like', field: 'a', value: 1 } }, /execution_condition/],
    [{ on_success_next_step_identifier: 'charge' }, /leads back/],
  ];
  for (const [more, error] of wrong) {
    const step = await builder.step(uuid, 'extra', { index: 1, ...more });
    const refused = await builder.send('POST', '/add_workflow_step/', step);
    expect(refused.body, JSON.stringify(more)).toEqual({ success: false, error: expect.stringMatching(error) });
    expect([400, 404]).toContain(refused.status);
  }
  expect(await stepsOf(uuid)).toHaveLength(1);
  const toolsAfter = (await app.call<{ data: unknown[] }>(app.one.keys.reading, 'GET', '/v1/tools?limit=200')).body;
  expect(toolsAfter).toEqual(toolsBefore);
  await (await execute(app, app.one, id)).becomes('completed');
  expect((await builder.send('POST', '/add_workflow_step/', await builder.step(randomUUID(), 'x'))).status).toBe(404);
});

test('domains are listed, are there once, and say what is not enforced', async () => {
  const domain = { protocol_type: 'https', domain: `${randomUUID()}.example`, rate_limit_enabled: true };
  const added = await builder.send('POST', '/add_domain/', { ...domain, max_requests_per_second: 5 });
  expect(added.body).toMatchObject({ success: true, details: expect.stringContaining('not enforced') });
  const again = await builder.send('POST', '/add_domain/', { ...domain, max_requests_per_second: 5 });
  expect(again.body.domain_uuid).toBe(added.body.domain_uuid);
  const { body } = await builder.send('GET', '/get_domain_paginated/?per_page=100');
  expect(body.data).toContainEqual({
    protocol_type: 'https',
    rate_limit_enabled: true,
    concurrency_control_enabled: false,
    max_concurrent_jobs: 0,
    max_requests_per_second: 5,
    domain_uuid: added.body.domain_uuid,
    domain_name: domain.domain,
  });
  for (const wrong of ['a.example/path', 'a@b.example', '', 'a b'])
    expect((await builder.send('POST', '/add_domain/', { ...domain, domain: wrong })).body.success, wrong).toBe(false);
});

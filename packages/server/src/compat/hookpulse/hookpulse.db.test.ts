import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../testing/index.ts';
import { sender } from '../testing/send.ts';
import { brandUuid } from './brand.ts';
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
/** Calls of this workflow's steps, whose paths begin with a word of its own. */
const callsOf = (word: string): string[] =>
  shop.received.filter(({ url }) => url.startsWith(`/${word}`)).map(({ url }) => url);

const approve = (plan: string | undefined, more: Record<string, unknown> = {}) =>
  reviewer()('POST', '/human_approval_action/', { action: 'approve', execution_plan_uuid: plan, ...more });

/** A run that waits at its first step, and a word that begins the paths of its calls. */
const held = async (steps: Record<string, Record<string, unknown>> = {}, input: unknown = {}, runtype?: string) => {
  const word = `w${randomUUID().slice(0, 8)}`;
  const made = await builder.template(
    Object.fromEntries(
      Object.entries({ charge: { human_approval_required: true }, ...steps }).map(([name, step]) => [
        name,
        { path: `/${word}/${name}`, ...step },
      ]),
    ),
    runtype,
  );
  const run = await execute(app, app.one, made.id, input);
  const waiting = await until(
    () => pendingOf(reviewer(), made.uuid),
    (rows) => rows.length > 0,
  );
  return { ...made, word, run, waiting, plan: waiting[0]?.execution_plan_uuid };
};

describe('what waits', () => {
  test('is listed with every field of theirs, and nothing of it has been called', async () => {
    await app.sql(`update workspace set settings = settings || '{"time_zone":"Asia/Kolkata"}' where id = $1`, [
      app.one.id,
    ]);
    const { uuid, name, word } = await held({ charge: { human_approval_required: true, delay_to_next_step: 3 } });
    const { status, body } = await reviewer()('GET', '/get_all_pending_approvals_paginated/?page=1&per_page=100');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      timezone: 'Asia/Kolkata',
      meta: {
        page: 1,
        per_page: 100,
        total_count: expect.any(Number),
        total_pages: 1,
        has_next: false,
        has_prev: false,
      },
    });
    expect(body.data.find((one: { workflow_uuid: string }) => one.workflow_uuid === uuid)).toEqual({
      execution_plan_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      workflow_uuid: uuid,
      workflow_name: name,
      step_identifier: 'charge',
      workflow_index: 0,
      status: 'waiting_approval',
      human_approval_required: true,
      delay_to_next_step: 3,
      inserted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/),
    });
    expect(callsOf(word)).toEqual([]);
  });

  test('is paged, newest first; a page that can not be meant is the first, one behind the last is empty', async () => {
    await held();
    const newest = await held();
    const page = async (query: string) =>
      (await reviewer()('GET', `/get_all_pending_approvals_paginated/${query}`)).body;
    const first = await page('?per_page=1');
    expect(first.data).toMatchObject([{ execution_plan_uuid: newest.plan }]);
    expect(first.meta).toMatchObject({ page: 1, has_next: true, has_prev: false });
    const second = await page('?per_page=1&page=2');
    expect(second.meta).toMatchObject({ page: 2, has_prev: true, total_pages: first.meta.total_count });
    expect(second.data[0].execution_plan_uuid).not.toBe(newest.plan);
    for (const query of ['', '?page=0', '?page=-1', '?page=x', '?page=', '?per_page=0'])
      expect((await page(query)).meta.page, query).toBe(1);
    expect(await page('?page=100000')).toMatchObject({
      success: true,
      data: [],
      meta: { has_next: false, has_prev: true },
    });
  });

  test('of a workflow that was made otherwise is listed by its nodes', async () => {
    const definition = {
      nodes: [
        { id: 'start', type: 'start', on_success: 'ask' },
        { id: 'ask', type: 'approval', title: 'Go on?', on_success: 'done' },
        { id: 'done', type: 'end' },
      ],
    };
    const made = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/workflows', {
      name: `Own ${randomUUID()}`,
      definition,
    });
    const run = await execute(app, app.one, made.body.id);
    await run.becomes('awaiting_approval');
    const listed = await reviewer()('GET', '/get_all_pending_approvals_paginated/?per_page=1');
    expect(listed.body.data).toMatchObject([{ step_identifier: 'ask', workflow_index: 0 }]);
    expect((await approve(listed.body.data[0].execution_plan_uuid)).body.success).toBe(true);
    await run.becomes('completed');
  });
});

describe('an action', () => {
  test('approve makes the call and goes on with what follows its success', async () => {
    const { word, run, plan } = await held({
      charge: { human_approval_required: true, on_success_next_step_identifier: 'ship' },
      skipped: {},
      ship: {},
    });
    expect((await approve(plan)).body).toEqual({ success: true, message: 'Workflow approved and resumed' });
    await run.becomes('completed');
    expect(callsOf(word)).toEqual([`/${word}/charge`, `/${word}/ship`]);
  });

  test('approve waits as long as the step says before the next one', async () => {
    const { word, run, plan } = await held({
      charge: { human_approval_required: true, delay_to_next_step: 1 },
      ship: {},
    });
    const atMs = Date.now();
    await approve(plan);
    await run.becomes('completed');
    const ship = shop.received.find(({ url }) => url === `/${word}/ship`);
    expect((ship?.atMs ?? 0) - atMs).toBeGreaterThanOrEqual(990);
  });

  test('reject calls nothing of the step, and goes on with what follows its failure', async () => {
    const { word, run, plan } = await held({
      charge: { human_approval_required: true, on_fail_next_step_identifier: 'apologise' },
      ship: {},
      apologise: {},
    });
    const rejected = await reviewer()('POST', '/human_approval_action', {
      action: 'reject',
      execution_plan_uuid: plan,
    });
    expect(rejected.body).toEqual({ success: true, message: 'Workflow rejected and skipped' });
    await run.becomes('completed');
    expect(callsOf(word)).toEqual([`/${word}/apologise`]);
  });

  test('reject without a failure path ends the run', async () => {
    const { word, run, plan } = await held({ ship: {} });
    await reviewer()('POST', '/human_approval_action/', { action: 'reject', execution_plan_uuid: plan });
    await run.becomes('rejected');
    expect(callsOf(word)).toEqual([]);
  });

  test('is taken once: the second of the same plan is told so, and of many at once one is taken', async () => {
    const { run, plan, word } = await held();
    const answers = await Promise.all(Array.from({ length: 12 }, () => approve(plan)));
    expect(answers.filter(({ body }) => body.success === true)).toHaveLength(1);
    expect(answers.filter(({ body, status }) => body.success === false && status === 400)).toHaveLength(11);
    await run.becomes('completed');
    expect((await approve(plan)).body).toEqual({ success: false, error: expect.stringMatching(/^It was approved by/) });
    expect(callsOf(word)).toEqual([`/${word}/charge`]);
  });

  test('that is sent again decides nothing of the next step, which nobody has listed', async () => {
    const { run, plan, uuid, word } = await held({ refund: { human_approval_required: true } });
    await approve(plan);
    await until(
      async () => callsOf(word),
      (calls) => calls.length === 1,
    );
    await run.becomes('awaiting_approval');
    for (const action of ['approve', 'reject'])
      expect(
        (await reviewer()('POST', '/human_approval_action/', { action, execution_plan_uuid: plan })).body,
      ).toMatchObject({ success: false, error: expect.stringContaining('has not been listed') });
    expect(callsOf(word)).toEqual([`/${word}/charge`]);
    const [next] = await pendingOf(reviewer(), uuid);
    expect(next).toMatchObject({ step_identifier: 'refund', execution_plan_uuid: plan });
    expect((await approve(plan)).body.success).toBe(true);
    await run.becomes('completed');
  });

  test('names the step where two of one execution wait', async () => {
    const { run, plan, uuid, word } = await held({ mail: { human_approval_required: true } }, {}, 'concurrently');
    await until(
      () => pendingOf(reviewer(), uuid),
      (rows) => rows.length === 2,
    );
    expect((await approve(plan)).body).toMatchObject({
      success: false,
      error: expect.stringContaining('step_identifier'),
    });
    expect((await approve(plan, { step_identifier: 'nothing' })).body.success).toBe(false);
    expect((await approve(plan, { step_identifier: 'mail' })).body.success).toBe(true);
    expect((await approve(plan)).body.success).toBe(true);
    await run.becomes('completed');
    expect(callsOf(word).toSorted()).toEqual([`/${word}/charge`, `/${word}/mail`]);
  });

  test('of one of several who must approve says so, and a second person’s goes on', async () => {
    const definition = {
      nodes: [
        { id: 'start', type: 'start', on_success: 'ask' },
        {
          id: 'ask',
          type: 'approval',
          title: 'Pay?',
          hold: { stages: [{ approvers: '2 of role:approver' }] },
          on_success: 'done',
        },
        { id: 'done', type: 'end' },
      ],
    };
    const made = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/workflows', {
      name: `Two ${randomUUID()}`,
      definition,
    });
    expect(made.status, made.text).toBe(201);
    const run = await execute(app, app.one, made.body.id);
    await run.becomes('awaiting_approval');
    const listed = await reviewer()('GET', '/get_all_pending_approvals_paginated/?per_page=1');
    const plan = listed.body.data[0].execution_plan_uuid;
    expect((await approve(plan)).body).toEqual({ success: true, message: expect.stringContaining('others are asked') });
    expect((await approve(plan)).body).toMatchObject({ success: false, error: expect.stringContaining('voted') });
    const pending = await app.call<{ data: { id: string }[] }>(
      app.one.keys.reading,
      'GET',
      `/v1/executions/${run.id}/pending-approval`,
    );
    const id = pending.body.data[0]?.id ?? '';
    const { digest } = (await app.call<{ digest: string }>(app.one.keys.reading, 'GET', `/v1/approvals/${id}`)).body;
    const decided = await app.call(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, {
      decision: 'approved',
      digest,
    });
    expect(decided.status, decided.text).toBe(200);
    await run.becomes('completed');
  });

  test.each([
    [{}, 'Missing required field: action; Missing required field: execution_plan_uuid'],
    [{ action: 'approve' }, 'Missing required field: execution_plan_uuid'],
    [{ action: 'deny', execution_plan_uuid: 'x' }, 'Invalid field value: action'],
    ['{', 'Invalid request body'],
    ['[]', 'Invalid request body'],
  ])('%j is refused with a message', async (body, error) => {
    const refused = await reviewer()('POST', '/human_approval_action/', body);
    expect(refused).toMatchObject({ status: 400, body: { success: false, error: expect.stringContaining(error) } });
  });

  test('on a plan that is not there, or is none, finds nothing', async () => {
    const { uuid } = await held();
    for (const plan of [randomUUID(), 'x', '', uuid]) {
      const { status, body } = await approve(plan);
      expect(body.success, plan).toBe(false);
      expect([400, 404]).toContain(status);
    }
  });

  test('after its time is over is told so', async () => {
    const { plan, uuid } = await held();
    await app.sql(
      `update approval set expires_at = now() - interval '1 second' where id in
         (select id from approval where status = 'pending' and execution_id in (select id from execution where workflow_id =
           (select id from compat_id where dialect = 'hookpulse' and uuid = $1::uuid)))`,
      [uuid],
    );
    expect((await approve(plan)).body).toMatchObject({
      success: false,
      error: expect.stringContaining('time to decide'),
    });
  });
});

describe('who calls', () => {
  test('always says so in both headers, and the brand is the key’s', async () => {
    const path = '/get_all_pending_approvals_paginated/';
    const { secret } = app.one.keys.reading;
    const call = (headers: Record<string, string>) => sender(app, '/compat/hookpulse/v1/api', headers)('GET', path);
    const key = { 'x-hookpulse-api-key': secret };
    expect(await call({ ...key, 'x-brand-uuid': app.one.id })).toMatchObject({ status: 200, body: { success: true } });
    expect((await call({ ...key, 'x-brand-uuid': brandUuid(app.one.id).toUpperCase() })).status).toBe(200);
    expect(await call(key)).toMatchObject({ status: 401, body: { success: false, error: 'Missing brand UUID' } });
    expect(await call({ 'x-brand-uuid': brandUuid(app.one.id) })).toMatchObject({
      status: 401,
      body: { error: 'Missing API key' },
    });
    expect(await call({ ...key, 'x-brand-uuid': brandUuid(app.two.id) })).toMatchObject({
      status: 403,
      body: { error: 'Invalid brand UUID' },
    });
    expect(await call({ 'x-hookpulse-api-key': 'hp_1', 'x-brand-uuid': brandUuid(app.one.id) })).toMatchObject({
      status: 401,
      body: { error: 'Invalid API key' },
    });
  });

  test('decides only with a key that may, and builds only with one that may', async () => {
    const { plan, run } = await held();
    for (const key of [app.one.keys.asking, app.one.keys.reading, app.one.keys.governing]) {
      const send = as(app, app.one, key);
      const refused = await send('POST', '/human_approval_action/', { action: 'approve', execution_plan_uuid: plan });
      expect(refused).toMatchObject({ status: 403, body: { success: false } });
    }
    const template = { workflow_name: randomUUID(), workflow_description: '', runtype: 'fifo_sequential' };
    expect((await reviewer()('POST', '/add_workflow_template/', template)).status).toBe(403);
    await run.becomes('awaiting_approval');
  });

  test('finds nothing of another workspace by its UUIDs', async () => {
    const { plan, uuid, run } = await held();
    const theirs = as(app, app.two, app.two.keys.deciding);
    const acted = await theirs('POST', '/human_approval_action/', { action: 'approve', execution_plan_uuid: plan });
    expect(acted).toMatchObject({ status: 404, body: { success: false, error: 'Execution plan not found' } });
    expect(await pendingOf(theirs, uuid)).toEqual([]);
    const build = createBuilder(app, app.two, shop);
    const added = await build.send('POST', '/add_workflow_step/', await build.step(uuid, 'theirs'));
    expect(added).toMatchObject({ status: 404, body: { success: false } });
    const detail = await build.send('POST', '/single_workflow_template_detail/', { workflow_uuid: uuid });
    expect(detail.status).toBe(404);
    await run.becomes('awaiting_approval');
  });
});

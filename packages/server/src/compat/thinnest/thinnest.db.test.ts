import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../testing/index.ts';
import type { TestKey } from '../../testing/workspace.ts';
import { type Send, holdOutput, sender } from '../testing/send.ts';

let app: TestApp;
let as: (key: TestKey) => Send;

beforeAll(async () => {
  app = await startTestServer();
  as = (key) => sender(app, '/compat/thinnest', { authorization: `Bearer ${key.secret}` });
});
afterAll(() => app.stop());

/** A call that a program outside asks for: our id, and the number under which it is then shown. */
const askFor = async (more: Record<string, unknown> = {}, workspace = app.one) => {
  const asked = await app.call<{ id: string }>(workspace.keys.asking, 'POST', '/v1/approvals', {
    tool: 'gmail_send',
    title: 'Agent wants to send email to john@example.com',
    // Another one each time: what was rejected once is not asked again.
    arguments: { to: 'john@example.com', subject: `Order Confirmation ${randomUUID()}` },
    checkpoint: 'agent_send_email',
    timeout_seconds: 1800,
    ...more,
  });
  expect(asked.status, asked.text).toBe(201);
  const shown = await as(workspace.keys.reading)('GET', `/approvals/${asked.body.id}`);
  expect(shown.status, shown.text).toBe(200);
  return { id: asked.body.id, number: shown.body.id as number };
};

test('an approval is shown bare, with every field of theirs, under a whole number', async () => {
  const { number } = await askFor();
  const { status, body } = await as(app.one.keys.reading)('GET', `/approvals/${number}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    id: number,
    agent_id: null,
    node_id: 'agent_send_email',
    status: 'pending',
    context_summary: 'Agent wants to send email to john@example.com',
    tool_name: 'gmail_send',
    tool_args: { to: 'john@example.com', subject: expect.stringContaining('Order Confirmation') },
    priority: 'medium',
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    comment: null,
    responded_by: null,
    responded_at: null,
  });
  expect(Number.isInteger(number)).toBe(true);
  expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(1800 * 1000);
});

test('approve and reject decide once; whoever comes second is told, with 400, who did', async () => {
  const reviewer = as(app.one.keys.deciding);
  const first = await askFor();
  const approved = await reviewer('POST', `/approvals/${first.number}/respond`, {
    action: 'approve',
    comment: 'Looks good, proceed with sending',
  });
  expect(approved).toMatchObject({
    status: 200,
    body: {
      id: first.number,
      status: 'approved',
      comment: 'Looks good, proceed with sending',
      responded_by: expect.stringContaining('owner of deciding'),
      responded_at: expect.stringMatching(/Z$/),
    },
  });
  const second = await askFor();
  const rejected = await reviewer('POST', `/approvals/${second.number}/respond/`, {
    action: 'reject',
    comment: 'Wrong email address, please correct',
  });
  expect(rejected).toMatchObject({ status: 200, body: { status: 'rejected' } });
  for (const action of ['approve', 'reject']) {
    const again = await reviewer('POST', `/approvals/${second.number}/respond`, { action });
    expect(again).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/^It was rejected by/), status: 400 },
    });
  }
  expect((await reviewer('GET', `/approvals/${second.number}`)).body).toEqual(rejected.body);
});

test('of many who respond at once one decides', async () => {
  const { number } = await askFor();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      as(app.one.keys.deciding)('POST', `/approvals/${number}/respond`, { action: index % 2 ? 'approve' : 'reject' }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 400)]);
});

test('what is wrong with a response is told by its place, and decides nothing', async () => {
  const { number } = await askFor();
  const reviewer = as(app.one.keys.deciding);
  const path = `/approvals/${number}/respond`;
  expect(await reviewer('POST', path, {})).toMatchObject({
    status: 400,
    body: { status: 400, detail: [{ loc: ['body', 'action'], msg: 'field required', type: 'value_error' }] },
  });
  for (const body of [{ action: 'approved' }, { action: 1 }, { action: 'approve', comment: 7 }, '{', '[]', '"approve"'])
    expect((await reviewer('POST', path, body)).status, JSON.stringify(body)).toBe(400);
  expect((await reviewer('POST', path, { action: 'approve', comment: 'x'.repeat(5000) })).body.detail[0].loc).toEqual([
    'body',
    'comment',
  ]);
  expect((await reviewer('GET', `/approvals/${number}`)).body.status).toBe('pending');
});

test('only a key that may decide responds, and only one that may read reads', async () => {
  const { number } = await askFor();
  for (const key of [app.one.keys.asking, app.one.keys.reading, app.one.keys.governing]) {
    const answer = await as(key)('POST', `/approvals/${number}/respond`, { action: 'approve' });
    expect(answer).toMatchObject({ status: 403, body: { detail: expect.any(String), status: 403 } });
  }
  for (const authorization of ['', 'Bearer thns_sk_nothing', 'Basic eDp5', undefined]) {
    const nobody = sender(app, '/compat/thinnest', authorization === undefined ? {} : { authorization });
    expect((await nobody('GET', '/approvals')).status).toBe(401);
    expect((await nobody('POST', `/approvals/${number}/respond`, { action: 'approve' })).status).toBe(401);
  }
  expect((await as(app.one.keys.reading)('GET', `/approvals/${number}`)).body.status).toBe('pending');
});

test('the numbers of another workspace lead nowhere, and its list is its own', async () => {
  const mine = await askFor();
  const theirs = await askFor({}, app.two);
  const reviewer = as(app.two.keys.deciding);
  expect((await reviewer('GET', `/approvals/${mine.id}`)).status).toBe(404);
  expect((await reviewer('POST', `/approvals/${mine.id}/respond`, { action: 'approve' })).status).toBe(404);
  // The number may be one of theirs; then it is theirs that it leads to.
  const there = await reviewer('GET', `/approvals/${mine.number}`);
  expect(there.status === 404 || there.body.context_summary !== undefined).toBe(true);
  const ids = (await reviewer('GET', '/approvals')).body.data.map((one: { id: number }) => one.id);
  expect(ids).toContain(theirs.number);
  expect((await as(app.one.keys.reading)('GET', `/approvals/${mine.number}`)).body.status).toBe('pending');
  for (const id of ['0', '999999999', '-1', '1.5', 'abc', '99999999999999999999', '%00'])
    expect((await as(app.one.keys.deciding)('GET', `/approvals/${id}`)).status, id).toBe(404);
});

test('lists have their envelope, and completed means everything that is over', async () => {
  const reviewer = as(app.one.keys.deciding);
  const [waiting, approved, rejected, late] = [await askFor(), await askFor(), await askFor(), await askFor()];
  await reviewer('POST', `/approvals/${approved.number}/respond`, { action: 'approve' });
  await reviewer('POST', `/approvals/${rejected.number}/respond`, { action: 'reject' });
  await app.sql(`update approval set expires_at = now() - interval '1 second' where id = $1`, [late.id]);
  const tooLate = await reviewer('POST', `/approvals/${late.number}/respond`, { action: 'approve' });
  expect(tooLate).toMatchObject({ status: 400, body: { detail: expect.stringContaining('time to decide ended') } });
  const numbers = async (query: string): Promise<number[]> => {
    const { status, body } = await reviewer('GET', `/approvals?limit=200&${query}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ message: 'Success', status: 200, total: expect.any(Number) });
    return body.data.map((one: { id: number }) => one.id);
  };
  const pending = await numbers('status=pending');
  const completed = await numbers('status=completed');
  expect(pending).toContain(waiting.number);
  expect(completed).toEqual(expect.arrayContaining([approved.number, rejected.number, late.number]));
  expect(pending.filter((number) => completed.includes(number))).toEqual([]);
  expect(await numbers('status=timed_out')).toContain(late.number);
  expect(await numbers('status=rejected')).toContain(rejected.number);
  expect((await reviewer('GET', '/approvals?status=nothing')).body.detail[0].loc).toEqual(['query', 'status']);
  expect((await reviewer('GET', `/approvals/${late.number}`)).body).toMatchObject({
    status: 'timed_out',
    responded_by: 'system',
  });
});

test('lists are paged, newest first, and a page that can not be meant is the first', async () => {
  await askFor();
  await askFor();
  const reader = as(app.one.keys.reading);
  const page = async (query: string): Promise<number[]> =>
    (await reader('GET', `/approvals?${query}`)).body.data.map((one: { id: number }) => one.id);
  const all = await page('limit=200');
  expect(await page('limit=1')).toEqual(all.slice(0, 1));
  expect(await page('limit=1&page=2')).toEqual(all.slice(1, 2));
  expect(await page('limit=200&page=9000')).toEqual([]);
  for (const query of ['page=0', 'page=-1', 'page=x', 'page=', 'page=1.5', 'limit=0', 'limit=x', 'limit=999999'])
    expect((await page(`${query}&priority=medium`)).slice(0, 1), query).toEqual(all.slice(0, 1));
  expect((await reader('GET', '/approvals?priority=loud')).status).toBe(400);
});

test('an agent is named by its number, our id, or its name with their prefixes', async () => {
  const held = await holdOutput(app, app.one.keys.asking, 'Our return policy allows 30 days.');
  const name = `abc${randomUUID().slice(0, 8)}`;
  await app.call(app.one.keys.asking, 'PATCH', `/v1/agents/${held.agent}`, { name });
  const reader = as(app.one.keys.reading);
  const approval = (await reader('GET', `/approvals/${held.approval}`)).body;
  expect(approval).toMatchObject({
    agent_id: expect.any(Number),
    node_id: 'review_response',
    tool_name: null,
    tool_args: null,
    output: 'Our return policy allows 30 days.',
  });
  for (const agent of [
    approval.agent_id,
    held.agent,
    name,
    `agent_${name}`,
    `ag_${name}`,
    `agent_${approval.agent_id}`,
  ])
    expect((await reader('GET', `/approvals?agent_id=${agent}&status=pending`)).body.data, agent).toEqual([approval]);
  for (const agent of ['agent_nobody', '123456', 'ag_', approval.id])
    expect((await reader('GET', `/approvals?agent_id=${agent}`)).body.data, agent).toEqual([]);
  expect((await reader('GET', '/approvals?agent_id=')).body.data.length).toBeGreaterThan(0);
});

test('an execution goes on with what was approved', async () => {
  const held = await holdOutput(app, app.one.keys.asking, 'Yes.');
  const answered = await as(app.one.keys.deciding)('POST', `/approvals/${held.approval}/respond`, {
    action: 'approve',
  });
  expect(answered.body).toMatchObject({ status: 'approved' });
  const run = await until(
    async () =>
      (
        await app.call<{ status: string; output: unknown }>(
          app.one.keys.reading,
          'GET',
          `/v1/executions/${held.execution}`,
        )
      ).body,
    ({ status }) => status === 'completed',
  );
  expect(run.output).toBe('Yes.');
});

test('every answer says what is left of the caller’s requests', async () => {
  const { headers } = await as(app.one.keys.reading)('GET', '/approvals');
  expect(Number(headers.get('x-ratelimit-limit'))).toBeGreaterThan(0);
  expect(Number(headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
  expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(1_700_000_000);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import type { TestKey } from '../../testing/workspace.ts';
import { type Send, holdOutput, sender } from '../testing/send.ts';

let app: TestApp;
let as: (key: TestKey) => Send;
let decide: Send;

beforeAll(async () => {
  app = await startTestServer();
  as = ({ secret }) => sender(app, '/compat/promptrails/api/v1', { 'x-api-key': secret });
  decide = as(app.one.keys.deciding);
});
afterAll(() => app.stop());

const KSUID = /^[0-9A-Za-z]{27}$/;

test('an approval has every field of theirs, its ids are KSUIDs, and what is not there yet is null', async () => {
  const held = await holdOutput(app, app.one.keys.asking, 'Dear customer');
  const { status, body } = await decide('GET', `/approvals/${held.approval.slice(4)}`);
  expect(status).toBe(200);
  expect(body.data).toStrictEqual({
    id: held.approval.slice(4),
    execution_id: held.execution.slice(4),
    agent_id: held.agent.slice(4),
    workspace_id: app.one.id.slice(4),
    checkpoint_name: 'review_response',
    payload: 'Dear customer',
    status: 'pending',
    decision: null,
    decided_by: null,
    decided_at: null,
    expires_at: null,
    reason: null,
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  for (const name of ['id', 'execution_id', 'agent_id', 'workspace_id']) expect(body.data[name]).toMatch(KSUID);
  expect((await decide('GET', `/approvals/${held.approval}`)).body).toEqual(body);
  const waiting = await decide('GET', `/executions/${held.execution.slice(4)}/pending-approval`);
  expect(waiting.body.data.id).toBe(held.approval.slice(4));
});

test('an approved output is delivered, a rejected one is not readable', async () => {
  const good = await holdOutput(app, app.one.keys.asking, 'Good news');
  const approved = await decide('POST', `/approvals/${good.approval.slice(4)}/decide`, {
    decision: 'approved',
    reason: 'Looks accurate',
  });
  expect(approved).toMatchObject({
    status: 200,
    body: { data: { status: 'approved', decision: 'approved', reason: 'Looks accurate' } },
  });
  // A key decides as the person who owns it.
  expect(approved.body.data.decided_by).toBe(app.one.keys.deciding.owner.id.slice(4));
  expect(approved.body.data.decided_at).toMatch(/Z$/);
  const read = async (id: string) => (await decide('GET', `/executions/${id.slice(4)}`)).body.data;
  expect(
    await until(
      () => read(good.execution),
      ({ status }) => status === 'completed',
    ),
  ).toMatchObject({
    output: 'Good news',
  });
  const bad = await holdOutput(app, app.one.keys.asking, 'Wrong price');
  expect((await read(bad.execution)).output).toBeNull();
  const rejected = await decide('POST', `/approvals/${bad.approval.slice(4)}/decide`, {
    decision: 'rejected',
    reason: 'Pricing',
  });
  expect(rejected.body.data).toMatchObject({ status: 'rejected', reason: 'Pricing' });
  const ended = await until(
    () => read(bad.execution),
    ({ status }) => status === 'rejected',
  );
  expect(ended.output).toBeNull();
  expect(JSON.stringify(ended)).not.toContain('Wrong price');
  expect((await decide('GET', `/executions/${bad.execution.slice(4)}/pending-approval`)).status).toBe(404);
});

test('what is decided stays so: again is 400, which their clients do not send again, and says who decided what', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Once');
  const path = `/approvals/${approval.slice(4)}/decide`;
  expect((await decide('POST', path, { decision: 'approved' })).status).toBe(200);
  for (const decision of ['approved', 'rejected']) {
    const again = await decide('POST', path, { decision });
    expect(again).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: 'approval has already been decided' } },
    });
    expect(again.body.error.details.decision).toMatchObject({ outcome: 'approved' });
  }
  expect((await decide('GET', `/approvals/${approval.slice(4)}`)).body.data.status).toBe('approved');
});

test('of many at once one decides', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Race');
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      decide('POST', `/approvals/${approval.slice(4)}/decide`, { decision: index % 2 ? 'approved' : 'rejected' }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 11 }, () => 400)]);
});

test('an Idempotency-Key makes a repeat the same answer', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Repeat');
  const send = () =>
    decide('POST', `/approvals/${approval.slice(4)}/decide`, { decision: 'approved' }, { 'idempotency-key': approval });
  expect((await send()).status).toBe(200);
  expect(await send()).toMatchObject({ status: 200, body: { data: { status: 'approved' } } });
});

test('an expired approval is expired, can not be decided, and its execution waits no more', async () => {
  const { approval, execution } = await holdOutput(app, app.one.keys.asking, 'Late');
  await app.sql(`update approval set expires_at = now() - interval '1 hour' where id = $1`, [approval]);
  const late = await decide('POST', `/approvals/${approval.slice(4)}/decide`, { decision: 'approved' });
  expect(late).toMatchObject({ status: 400, body: { error: { message: 'approval has expired' } } });
  const read = async () => (await decide('GET', `/approvals/${approval.slice(4)}`)).body.data;
  expect((await until(read, ({ status }) => status !== 'pending')).status).toBe('expired');
  expect((await read()).decided_by).toBeNull();
  const run = async () => (await decide('GET', `/executions/${execution.slice(4)}`)).body.data;
  expect(await until(run, ({ status }) => status !== 'awaiting_approval')).toMatchObject({
    status: 'failed',
    error: 'approval_expired',
    output: null,
  });
});

test('the list is filtered and paged, newest first; what can not be meant falls back', async () => {
  const checkpoint = `list_${Math.random().toString(36).slice(2)}`;
  const made: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const asked = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', {
      title: `Number ${index}`,
      checkpoint,
    });
    made.unshift(asked.body.id.slice(4));
  }
  const list = async (query: string) => (await decide('GET', `/approvals?checkpoint_name=${checkpoint}${query}`)).body;
  const ids = (body: { data: { id: string }[] }): string[] => body.data.map(({ id }) => id);
  const first = await list('&limit=2');
  expect(first.meta).toEqual({ total: 5, page: 1, limit: 2, total_pages: 3, pages: 3 });
  expect([...ids(first), ...ids(await list('&limit=2&page=2')), ...ids(await list('&limit=2&page=3'))]).toEqual(made);
  expect(await list('&limit=2&page=4')).toMatchObject({ data: [], meta: { total: 5, page: 4 } });
  for (const odd of ['&limit=0', '&limit=101', '&limit=x', '&limit=-1', '&page=0', '&page=x', '&page=99999999999'])
    expect((await list(odd)).meta, odd).toMatchObject({ page: 1, limit: 20, total: 5 });
  await decide('POST', `/approvals/${made[0]}/decide`, { decision: 'rejected' });
  expect(ids(await list('&status=rejected'))).toEqual([made[0]]);
  expect(ids(await list('&status=pending'))).toEqual(made.slice(1));
  expect((await list('&status=expired')).data).toEqual([]);
  expect((await decide('GET', '/approvals?status=done')).status).toBe(400);
});

test('a withdrawn approval is shown as such, and not among theirs', async () => {
  const asked = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'send_mail',
    arguments: { to: 'a@b.example' },
  });
  const { id } = asked.body;
  const payload = (await decide('GET', `/approvals/${id.slice(4)}`)).body.data.payload;
  expect(payload).toEqual({ tool: 'send_mail', arguments: { to: 'a@b.example' } });
  await app.call(app.one.keys.asking, 'POST', `/v1/approvals/${id}/cancel`, {});
  expect((await decide('GET', `/approvals/${id.slice(4)}`)).body.data.status).toBe('cancelled');
  for (const status of ['pending', 'approved', 'rejected', 'expired']) {
    const { body } = await decide('GET', `/approvals?status=${status}&limit=100`);
    expect(body.data.map((row: { id: string }) => row.id)).not.toContain(id.slice(4));
  }
});

test('scopes hold: reading needs one, a key that asks or reads can not decide', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Scopes');
  const path = `/approvals/${approval.slice(4)}/decide`;
  for (const key of [app.one.keys.asking, app.one.keys.reading])
    expect(await as(key)('POST', path, { decision: 'approved' })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    });
  const blind = await app.call<{ secret: string }>(app.one.people.owner, 'POST', '/v1/api-keys', {
    name: `blind ${approval}`,
    scopes: ['agents:read'],
  });
  const without = sender(app, '/compat/promptrails/api/v1', { 'x-api-key': blind.body.secret });
  expect((await without('GET', '/approvals')).status).toBe(403);
  expect((await as(app.one.keys.reading)('GET', '/approvals')).status).toBe(200);
});

test('another workspace finds nothing', async () => {
  const held = await holdOutput(app, app.one.keys.asking, 'Ours');
  const other = as(app.two.keys.deciding);
  const id = held.approval.slice(4);
  for (const [method, path, body] of [
    ['GET', `/approvals/${id}`],
    ['POST', `/approvals/${id}/decide`, { decision: 'approved' }],
    ['GET', `/executions/${held.execution.slice(4)}`],
    ['GET', `/executions/${held.execution.slice(4)}/pending-approval`],
    ['GET', `/executions/${held.execution.slice(4)}/stream`],
    ['GET', `/executions/${held.execution.slice(4)}/tree`],
    ['POST', `/executions/${held.execution.slice(4)}/approve`, {}],
    ['GET', `/agents/${held.agent.slice(4)}`],
    ['GET', `/agents/${held.agent.slice(4)}/versions`],
  ] as const)
    expect((await other(method, path, body)).status, path).toBe(404);
  const list = await other('GET', `/approvals?agent_id=${held.agent.slice(4)}`);
  expect(list.body).toMatchObject({ data: [], meta: { total: 0 } });
  expect((await decide('GET', `/approvals/${id}`)).body.data.status).toBe('pending');
});

test('a decision must be one of the two words', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Words');
  for (const body of [
    {},
    { decision: 'approve' },
    { decision: 'APPROVED' },
    { decision: 'cancelled' },
    { decision: null },
    { decision: ['approved'] },
    { decision: 'approved', reason: 5 },
    { reason: 'none' },
  ])
    expect(await decide('POST', `/approvals/${approval.slice(4)}/decide`, body), JSON.stringify(body)).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_error' } },
    });
  for (const id of ['nothing', '0'.repeat(27), 'apr_', '%00', '..%2f..', 'x'.repeat(500)])
    expect((await decide('POST', `/approvals/${id}/decide`, { decision: 'approved' })).status, id).toBe(404);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineAgent, startModel, startTool, until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import type { TestKey } from '../../testing/workspace.ts';
import { type Send, sender } from '../testing/send.ts';

let app: TestApp;
let as: (key: TestKey, headers?: Record<string, string>) => Send;
let decide: Send;
let ask: Send;

beforeAll(async () => {
  app = await startTestServer();
  as = ({ secret }, headers = {}) =>
    sender(app, '/compat/agentflow/api/v1', { authorization: `Bearer ${secret}`, ...headers });
  decide = as(app.one.keys.deciding);
  ask = as(app.one.keys.asking);
});
afterAll(() => app.stop());

const unique = (): string => Math.random().toString(36).slice(2);

/** A tool call of a program outside, held at the gate. @returns its id as AgentFlow shows it */
const held = async (tool: string, args: Record<string, unknown> = { to: 'a@b.example', subject: unique() }) => {
  const asked = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', { tool, arguments: args });
  expect(asked.status, asked.text).toBe(201);
  return `appr_${asked.body.id.slice(4)}`;
};

test('an approval has every field of theirs', async () => {
  const id = await held('send_email', { to: 'a@b.example', subject: 'Hi' });
  const { status, body } = await decide('GET', `/approvals/${id}`);
  expect(status).toBe(200);
  expect(body).toStrictEqual({
    id,
    tool_name: 'send_email',
    tool_id: 'send_email',
    agent_id: null,
    status: 'pending',
    arguments: { to: 'a@b.example', subject: 'Hi' },
    modified_arguments: null,
    conversation_id: null,
    reason: null,
    responded_by: null,
    responded_at: null,
    created_at: expect.stringMatching(/Z$/),
    expires_at: null,
  });
  for (const other of [id.slice(5), `apr_${id.slice(5)}`])
    expect((await decide('GET', `/approvals/${other}`)).body).toEqual(body);
});

test('the call of an agent in a conversation says which', async () => {
  const name = `pay_${unique()}`;
  const tool = await startTool();
  const model = await startModel([{ calls: [{ tool: name, arguments: { amount: 5 } }] }, { text: 'Paid' }]);
  const agent = await defineAgent(app, app.one.keys.asking, model, { [name]: { http: { url: `${tool.url}/pay` } } });
  const conversation = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/conversations', {
    agent_id: agent.id,
  });
  await app.call(app.one.keys.asking, 'POST', `/v1/conversations/${conversation.body.id}/messages`, { content: 'Pay' });
  const { body } = await until(
    () => decide('GET', `/approvals/pending?tool_name=${name}`),
    (answer) => answer.body.approvals.length === 1,
  );
  const [approval] = body.approvals;
  expect(approval).toMatchObject({
    tool_name: name,
    tool_id: expect.stringMatching(/^tool_[0-9A-Za-z]{27}$/),
    agent_id: `agent_${agent.id.slice(4)}`,
    conversation_id: `conv_${conversation.body.id.slice(4)}`,
  });
  const reviewed = await decide('POST', `/approvals/${approval.id}/respond`, {
    decision: 'approved',
    modified_arguments: { amount: 3 },
    reason: 'Less',
  });
  expect(reviewed.body).toMatchObject({
    status: 'approved',
    arguments: { amount: 3 },
    modified_arguments: { amount: 3 },
  });
  await until(
    async () => tool.ledger,
    (calls) => calls.length === 1,
  );
  expect(tool.ledger[0]?.arguments).toEqual({ amount: 3 });
  await Promise.all([tool.close(), model.close()]);
});

test('the pending ones are listed by tool and page', async () => {
  const tool = `list_${unique()}`;
  const ids: string[] = [];
  for (let index = 0; index < 3; index += 1) ids.unshift(await held(tool));
  const list = async (query = '') => (await decide('GET', `/approvals/pending?tool_name=${tool}${query}`)).body;
  const shown = (body: { approvals: { id: string }[] }) => body.approvals.map(({ id }) => id);
  expect(shown(await list())).toEqual(ids);
  const first = await list('&page=1&page_size=2');
  expect(first).toMatchObject({ total: 3, page: 1, page_size: 2, total_pages: 2, has_more: true });
  expect([...shown(first), ...shown(await list('&page=2&page_size=2'))]).toEqual(ids);
  expect(await list('&page=9')).toMatchObject({ approvals: [], total: 3, has_more: false });
  for (const odd of ['&page=0', '&page=x', '&page_size=0', '&page_size=1000'])
    expect(await list(odd), odd).toMatchObject({ page: 1, page_size: 20 });
  await decide('POST', `/approvals/${ids[0]}/respond`, { decision: 'denied' });
  expect(shown(await list())).toEqual(ids.slice(1));
  const denied = await decide('GET', `/approvals?tool_name=${tool}&status=denied`);
  expect(shown(denied.body)).toEqual([ids[0]]);
  expect((await decide('GET', '/approvals?status=gone')).status).toBe(422);
});

test('approve and deny, with a reason, once', async () => {
  const [yes, no] = [await held('send_email'), await held('send_email')];
  const approved = await decide('POST', `/approvals/${yes}/respond`, { decision: 'approved', reason: 'Looks good' });
  expect(approved).toMatchObject({ status: 200, body: { status: 'approved', reason: 'Looks good' } });
  const denied = await decide('POST', `/approvals/${no}/respond`, { decision: 'denied', reason: 'Wrong recipient' });
  expect(denied).toMatchObject({ status: 200, body: { status: 'denied', reason: 'Wrong recipient' } });
  for (const decision of ['approved', 'denied']) {
    const again = await decide('POST', `/approvals/${yes}/respond`, { decision });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_decided' } } });
    expect(again.body.detail).toContain('approved by');
  }
  expect((await decide('GET', `/approvals/${yes}`)).body.status).toBe('approved');
});

test('many at once: each has its own outcome, and none is lost', async () => {
  const [one, two, three] = [await held('bulk'), await held('bulk'), await held('bulk')];
  const unknown = `appr_${'0'.repeat(27)}`;
  const { status, body } = await decide('POST', '/approvals/bulk-respond', {
    responses: [
      { id: one, action: 'approve', reason: 'Approved' },
      { id: unknown, action: 'approve' },
      { id: two, action: 'deny', reason: 'Incorrect parameters' },
      { id: three, action: 'maybe' },
      { action: 'approve' },
      'nothing',
    ],
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ total: 6, succeeded: 2, failed: 4 });
  expect(body.results.map((each: { id: string; status: string | null }) => [each.id, each.status])).toEqual([
    [one, 'approved'],
    [unknown, null],
    [two, 'denied'],
    [three, null],
    ['', null],
    ['', null],
  ]);
  expect(body.results[1].error.code).toBe('not_found');
  expect((await decide('GET', `/approvals/${three}`)).body.status).toBe('pending');
  const again = await decide('POST', '/approvals/bulk-respond', { responses: [{ id: one, action: 'deny' }] });
  expect(again.body.results[0]).toMatchObject({ success: false, error: { code: 'already_decided' } });
  for (const responses of [[], 'all', undefined, Array.from({ length: 51 }, () => ({ id: one, action: 'deny' }))])
    expect((await decide('POST', '/approvals/bulk-respond', { responses })).status).toBe(422);
  expect((await ask('POST', '/approvals/bulk-respond', { responses: [{ id: three, action: 'approve' }] })).status).toBe(
    403,
  );
});

test('who asked withdraws; after that nobody can approve it', async () => {
  const id = await held('cancel_me');
  expect((await decide('POST', `/approvals/${id}/cancel`)).status).toBe(403);
  expect(await ask('POST', `/approvals/${id}/cancel`)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  expect((await decide('POST', `/approvals/${id}/respond`, { decision: 'approved' })).status).toBe(409);
  expect((await ask('POST', `/approvals/${id}/cancel`, {})).status).toBe(409);
});

test('what an agent asks for is withdrawn with its run, and its tool never runs', async () => {
  const name = `wipe_${unique()}`;
  const tool = await startTool();
  const model = await startModel([{ calls: [{ tool: name, arguments: {} }] }, { text: 'Done' }]);
  const agent = await defineAgent(app, app.one.keys.asking, model, { [name]: { http: { url: `${tool.url}/wipe` } } });
  const run = await app.call<{ id: string }>(app.one.keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, {
    input: 'Go',
  });
  const { body } = await until(
    () => decide('GET', `/approvals/pending?tool_name=${name}`),
    (answer) => answer.body.approvals.length === 1,
  );
  expect((await ask('POST', `/approvals/${body.approvals[0].id}/cancel`)).body.status).toBe('cancelled');
  const ended = await app.call<{ status: string }>(app.one.keys.asking, 'GET', `/v1/executions/${run.body.id}`);
  expect(ended.body.status).toBe('cancelled');
  expect(tool.ledger).toEqual([]);
  await Promise.all([tool.close(), model.close()]);
});

test('an expired one is told as such, and is closed', async () => {
  const id = await held('late');
  await app.sql(`update approval set expires_at = now() - interval '1 minute' where id = $1`, [`apr_${id.slice(5)}`]);
  expect((await decide('POST', `/approvals/${id}/respond`, { decision: 'approved' })).status).toBe(409);
  const { body } = await until(
    () => decide('GET', `/approvals/${id}`),
    (answer) => answer.body.status !== 'pending',
  );
  expect(body.status).toBe('expired');
  expect((await decide('POST', '/approvals/cleanup')).body).toMatchObject({ expired: expect.any(Number), removed: 0 });
});

test('figures of a tool and of all change by exactly what was decided', async () => {
  const tool = `stats_${unique()}`;
  const none = (await decide('GET', `/approvals/stats/${tool}`)).body;
  expect(none).toMatchObject({ total: 0, approved: 0, denied: 0, approval_rate: null });
  const before = (await decide('GET', '/approvals/summary')).body;
  const ids = [await held(tool), await held(tool), await held(tool), await held(tool)];
  await decide('POST', `/approvals/${ids[0]}/respond`, { decision: 'approved' });
  await decide('POST', `/approvals/${ids[1]}/respond`, { decision: 'denied' });
  await ask('POST', `/approvals/${ids[2]}/cancel`);
  const counted = { total: 4, pending: 1, approved: 1, denied: 1, cancelled: 1, expired: 0, approval_rate: 0.5 };
  expect((await decide('GET', `/approvals/stats/${tool}`)).body).toMatchObject({ tool_name: tool, ...counted });
  expect((await decide('GET', `/approvals/stats?tool_id=${tool}`)).body).toMatchObject(counted);
  const after = (await decide('GET', '/approvals/summary')).body;
  expect(after.pending).toBe(before.pending + 1);
  expect(after.total).toBe(before.total + 4);
  expect(after.tools).toContainEqual(expect.objectContaining({ tool_name: tool, approved: 1 }));
  expect((await decide('GET', '/approvals/stats')).status).toBe(422);
});

test('rights and workspaces hold', async () => {
  const id = await held('rights');
  for (const key of [app.one.keys.asking, app.one.keys.reading])
    expect((await as(key)('POST', `/approvals/${id}/respond`, { decision: 'approved' })).status).toBe(403);
  const other = as(app.two.keys.deciding);
  expect((await other('GET', `/approvals/${id}`)).status).toBe(404);
  expect((await other('POST', `/approvals/${id}/respond`, { decision: 'approved' })).status).toBe(404);
  expect((await as(app.two.keys.asking)('POST', `/approvals/${id}/cancel`)).status).toBe(404);
  expect((await other('GET', '/approvals/pending?tool_name=rights')).body).toMatchObject({ approvals: [], total: 0 });
  expect((await other('GET', '/approvals/stats/rights')).body.total).toBe(0);
  expect((await as(app.one.keys.deciding, { 'snc-tenant': app.two.id })('GET', '/approvals/pending')).status).toBe(403);
  expect((await as(app.one.keys.deciding, { 'snc-tenant': app.one.id })('GET', '/approvals/pending')).status).toBe(200);
  expect((await sender(app, '/compat/agentflow/api/v1', {})('GET', '/approvals/pending')).status).toBe(401);
  expect((await decide('GET', `/approvals/${id}`)).body.status).toBe('pending');
});

test('a response must be one of the words, and edits go with a yes only', async () => {
  const id = await held('words', { amount: 1 });
  for (const body of [
    {},
    { decision: 'rejected' },
    { decision: 'cancelled' },
    { decision: 'toString' },
    { decision: 1 },
    { decision: 'denied', modified_arguments: { amount: 2 } },
    { decision: 'approved', modified_arguments: 'none' },
    { decision: 'approved', reason: { a: 1 } },
  ])
    expect((await decide('POST', `/approvals/${id}/respond`, body)).status, JSON.stringify(body)).toBe(422);
  expect((await decide('POST', `/approvals/${id}/respond`, '{"decision":')).status).toBe(400);
  for (const wrong of ['nothing', 'appr_', '%00', 'x'.repeat(300)])
    expect((await decide('GET', `/approvals/${wrong}`)).status, wrong).toBe(404);
  expect((await decide('GET', `/approvals/${id}`)).body.status).toBe('pending');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineAgent, startModel, startTool, until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import { type Send, sender } from '../testing/send.ts';

let app: TestApp;
let build: Send;
let decide: Send;
const models: { close: () => Promise<void> }[] = [];

beforeAll(async () => {
  app = await startTestServer();
  const as = (secret: string): Send => sender(app, '/compat/promptrails/api/v1', { 'x-api-key': secret });
  build = as(app.one.keys.asking.secret);
  decide = as(app.one.keys.deciding.secret);
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()));
  await app.stop();
});

const withModel = async (...texts: string[]) => {
  const model = await startModel(texts.map((text) => ({ text })));
  models.push(model);
  return { provider: 'openai_compatible', model: 'scripted', base_url: model.url, instructions: 'Be brief.' };
};

const unique = (): string => Math.random().toString(36).slice(2);

const newAgent = async (config: Record<string, unknown> = {}): Promise<string> => {
  const agent = await build('POST', '/agents', { name: `Writer ${unique()}`, type: 'simple', description: 'Writes' });
  expect(agent.status).toBe(201);
  const base = await withModel('The answer');
  const version = await build('POST', `/agents/${agent.body.data.id}/versions`, {
    version: '1.0.0',
    set_current: true,
    config: { ...base, ...config },
  });
  expect(version.status, version.text).toBe(201);
  return agent.body.data.id as string;
};

test('an agent is made, read, listed, changed and deleted', async () => {
  const name = `Agent ${unique()}`;
  const made = await build('POST', '/agents', { name, type: 'chain', description: 'For tests' });
  expect(made).toMatchObject({
    status: 201,
    body: { data: { name, type: 'chain', status: 'active', labels: [], current_version: null } },
  });
  const { id } = made.body.data;
  expect((await build('GET', `/agents/${id}`)).body).toEqual(made.body);
  expect((await build('GET', `/agents?name=${encodeURIComponent(name)}`)).body).toMatchObject({
    data: [{ id }],
    meta: { total: 1, page: 1, limit: 20, total_pages: 1, pages: 1 },
  });
  expect((await build('PATCH', `/agents/${id}`, { description: 'Changed' })).body.data.description).toBe('Changed');
  expect((await build('POST', '/agents', { name: '' })).status).toBe(400);
  expect((await build('DELETE', `/agents/${id}`)).status).toBe(204);
  expect((await build('GET', `/agents/${id}`)).status).toBe(404);
  expect((await decide('POST', '/agents', { name: `No ${unique()}` })).status).toBe(403);
});

test('a version with the configuration of their documentation holds the output from then on', async () => {
  const id = await newAgent();
  const version = await build('POST', `/agents/${id}/versions`, {
    config: { approval_required: true, checkpoint_name: 'review_response', temperature: 0.7 },
    message: 'Added approval requirement for customer responses',
  });
  expect(version.status, version.text).toBe(201);
  expect(version.body.data).toMatchObject({
    agent_id: id,
    version: '2',
    is_current: true,
    message: 'Added approval requirement for customer responses',
    config: { approval_required: true, checkpoint_name: 'review_response', temperature: 0.7, model: 'scripted' },
    prompts: [],
  });
  const run = await build('POST', `/agents/${id}/execute`, { input: { topic: 'refunds' } });
  expect(run).toMatchObject({ status: 201, body: { data: { status: 'awaiting_approval', output: null } } });
  expect(run.body.data).toMatchObject({ agent_id: id, input: { topic: 'refunds' }, error: '' });
  const { body } = await decide('GET', `/executions/${run.body.data.execution_id}/pending-approval`);
  expect(body.data).toMatchObject({ checkpoint_name: 'review_response', payload: 'The answer' });
  await decide('POST', `/approvals/${body.data.id}/decide`, { decision: 'approved' });
  const ended = await until(
    async () => (await build('GET', `/executions/${run.body.data.id}`)).body.data,
    ({ status }) => status === 'completed',
  );
  expect(ended).toMatchObject({ output: 'The answer', agent_version_id: version.body.data.id, cost: 0 });
  expect(ended.token_usage.total_tokens).toBe(ended.token_usage.prompt_tokens + ended.token_usage.completion_tokens);
});

test('the typed name of the checkpoint, an expiry and whatever else was written are kept', async () => {
  const id = await newAgent({
    type: 'simple',
    prompt_id: '2N8Dx8a2a1qUspBKbP02vqP29eH',
    approval_required: true,
    approval_checkpoint_name: 'approve_refund',
    approval_timeout_seconds: 90,
    max_tokens: 200,
  });
  const { data, meta } = (await build('GET', `/agents/${id}/versions`)).body;
  expect(meta.total).toBe(1);
  expect(data[0]).toMatchObject({
    version: '1.0.0',
    is_current: true,
    config: {
      type: 'simple',
      prompt_id: '2N8Dx8a2a1qUspBKbP02vqP29eH',
      approval_checkpoint_name: 'approve_refund',
      checkpoint_name: 'approve_refund',
      max_tokens: 200,
      hitl_config: { timeout_minutes: 1.5 },
    },
  });
  const run = await build('POST', `/agents/${id}/execute`, { input: 'Go' });
  const { body } = await decide('GET', `/executions/${run.body.data.id}/pending-approval`);
  expect(body.data.checkpoint_name).toBe('approve_refund');
  const seconds = (Date.parse(body.data.expires_at) - Date.parse(body.data.created_at)) / 1000;
  expect(seconds).toBeCloseTo(90, 1);
});

test('without a gate it completes and nobody is asked; a gate of an earlier version does not stay', async () => {
  const id = await newAgent({ approval_required: true });
  const plain = await build('POST', `/agents/${id}/versions`, { config: { approval_required: false } });
  expect(plain.status, plain.text).toBe(201);
  const run = await build('POST', `/agents/${id}/execute`, { input: { a: 1 }, user_id: 'customer-7', sync: true });
  expect(run).toMatchObject({
    status: 201,
    body: { data: { status: 'completed', output: 'The answer', user_id: 'customer-7', error: '' } },
  });
  const asked = await decide('GET', `/approvals?execution_id=${run.body.data.id}`);
  expect(asked.body.meta.total).toBe(0);
});

test('versions are promoted with PUT and with POST, and run by their id', async () => {
  const id = await newAgent();
  const draft = await build('POST', `/agents/${id}/versions`, {
    version: '2.0.0',
    set_current: false,
    config: { approval_required: true },
  });
  expect(draft.body.data).toMatchObject({ is_current: false, config: { checkpoint_name: 'approval' } });
  const version = draft.body.data.id as string;
  const once = await build('POST', `/agents/${id}/execute`, { input: 'Go', version_id: version });
  expect(once.body.data).toMatchObject({ status: 'awaiting_approval', agent_version_id: version });
  const first = (await build('GET', `/agents/${id}`)).body.data.current_version.id;
  for (const method of ['PUT', 'POST'] as const) {
    expect((await build(method, `/agents/${id}/versions/${version}/promote`, {})).body.data).toMatchObject({
      id: version,
      version: '2.0.0',
      is_current: true,
    });
    expect((await build(method, `/agents/${id}/versions/${first}/promote`)).status).toBe(200);
  }
  expect((await build('PUT', `/agents/${id}/versions/${'0'.repeat(27)}/promote`, {})).status).toBe(404);
  const other = await newAgent();
  expect((await build('PUT', `/agents/${other}/versions/${version}/promote`, {})).status).toBe(404);
  expect((await decide('PUT', `/agents/${id}/versions/${version}/promote`, {})).status).toBe(403);
});

test('a first version that names no model has that of the newest agent; where there is none it is refused', async () => {
  const alone = sender(app, '/compat/promptrails/api/v1', { 'x-api-key': app.two.keys.asking.secret });
  const first = await alone('POST', '/agents', { name: `Bare ${unique()}` });
  const config = { approval_required: true, checkpoint_name: 'review_response', temperature: 0.7 };
  const refused = await alone('POST', `/agents/${first.body.data.id}/versions`, { config, message: 'First' });
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'validation_error' } } });
  expect(refused.text).toContain('/config/provider');
  await newAgent();
  const agent = await build('POST', '/agents', { name: `Bare ${unique()}` });
  const path = `/agents/${agent.body.data.id}/versions`;
  const made = await build('POST', path, { config, message: 'First' });
  expect(made).toMatchObject({ status: 201, body: { data: { config: { model: 'scripted', ...config } } } });
  expect((await build('GET', `${path}/${made.body.data.id}`)).body).toEqual(made.body);
  expect((await build('GET', `${path}/${'0'.repeat(27)}`)).status).toBe(404);
  expect((await build('PUT', `/agents/${agent.body.data.id}`, { description: 'Put' })).body.data.description).toBe(
    'Put',
  );
});

test('a body that is wrong changes nothing', async () => {
  const agent = await build('POST', '/agents', { name: `Bare ${unique()}` });
  const path = `/agents/${agent.body.data.id}/versions`;
  for (const body of [{ config: 'none' }, { config: [] }, { config: { temperature: 'hot' } }, { config: null }])
    expect((await build('POST', path, body)).status, JSON.stringify(body)).toBe(400);
  expect((await build('GET', path)).body.data).toEqual([]);
  const run = await build('POST', `/agents/${agent.body.data.id}/execute`, { input: 'Go' });
  expect(run.status).toBe(400);
  expect((await build('POST', `/agents/${'0'.repeat(27)}/execute`, { input: 'Go' })).status).toBe(404);
});

test('executions are listed by agent, session and status', async () => {
  const id = await newAgent();
  const session = `visit-${unique()}`;
  const one = await build('POST', `/agents/${id}/execute`, { input: 'One', session_id: session });
  await build('POST', `/agents/${id}/execute`, { input: 'Two' });
  const list = async (query: string) => (await build('GET', `/executions?${query}`)).body;
  expect((await list(`agent_id=${id}`)).meta).toMatchObject({ total: 2, page: 1, limit: 20 });
  expect((await list(`session_id=${session}`)).data).toMatchObject([{ id: one.body.data.id, session_id: session }]);
  expect((await list(`agent_id=${id}&status=completed`)).meta.total).toBe(2);
  expect((await list(`agent_id=${id}&status=awaiting_approval`)).data).toEqual([]);
  expect((await build('GET', '/executions?status=sleeping')).status).toBe(400);
  expect((await build('GET', `/executions/${'0'.repeat(27)}`)).status).toBe(404);
});

test('an execution is streamed until it has ended, across the decision', async () => {
  const id = await newAgent({ approval_required: true });
  const run = await build('POST', `/agents/${id}/execute`, { input: 'Go', sync: false });
  expect(run.body.data.status).toBe('pending');
  const response = await fetch(`${app.url}/compat/promptrails/api/v1/executions/${run.body.data.id}/stream`, {
    headers: { 'x-api-key': app.one.keys.deciding.secret },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const asked = /event: approval\ndata: (.*)\n/.exec(text)?.[1];
    if (asked === undefined || held !== '') continue;
    ({ id: held } = JSON.parse(asked) as { id: string });
    await decide('POST', `/approvals/${held}/decide`, { decision: 'approved' });
  }
  const names = [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  expect(names).toEqual(['execution', 'approval', 'content', 'done']);
  expect(text).toContain('{"content":"The answer"}');
});

test('the later generation: an inbox, a yes and a no by execution, none of it twice', async () => {
  const tool = await startTool();
  const model = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? { text: 'Done' } : { calls: [{ tool: `pay_${key}`, arguments: { amount: 5 } }] },
  );
  const key = unique();
  models.push(tool, model);
  const agent = await defineAgent(app, app.one.keys.asking, model, {
    [`pay_${key}`]: { http: { url: `${tool.url}/pay` } },
  });
  const start = async (): Promise<string> =>
    (await build('POST', `/agents/${agent.id.slice(4)}/execute`, { input: 'Pay' })).body.data.id;
  const [yes, no, off] = [await start(), await start(), await start()];
  const inbox = await decide('GET', '/executions/approval-inbox?limit=100');
  const mine = inbox.body.data.filter(({ id }: { id: string }) => [yes, no, off].includes(id));
  expect(mine).toHaveLength(3);
  expect(mine[0]).toMatchObject({ status: 'waiting_approval', approval: { payload: { arguments: { amount: 5 } } } });
  expect((await build('POST', `/executions/${yes}/approve`, {})).status).toBe(403);
  const approved = await decide('POST', `/executions/${yes}/approve`, { reason: 'Fine' });
  expect(approved, approved.text).toMatchObject({ status: 200, body: { data: { id: yes } } });
  const again = await decide('POST', `/executions/${yes}/approve`, { reason: 'Fine' });
  expect(again).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
  expect((await decide('POST', `/executions/${no}/deny`, { reason: 'Too much' })).status).toBe(200);
  const ended = (id: string) =>
    until(
      async () => (await decide('GET', `/executions/${id}`)).body.data,
      ({ status }) => status === 'completed',
    );
  await ended(yes);
  // A denial is told to the model, and the agent goes on.
  await ended(no);
  expect(tool.ledger).toHaveLength(1);
  expect(JSON.stringify(model.requests.at(-1))).toContain('Too much');
  const cancelled = await build('POST', `/executions/${off}/cancel`, { reason: 'Not needed' });
  expect(cancelled).toMatchObject({ status: 200, body: { data: { status: 'cancelled' } } });
  expect((await decide('POST', `/executions/${off}/approve`, {})).status).toBe(400);
  expect((await build('GET', `/executions/${yes}/tree`)).body.data).toMatchObject({ id: yes, children: [] });
  expect(tool.ledger).toHaveLength(1);
});

test('several held calls of one execution are not decided by its id', async () => {
  const key = unique();
  const tool = await startTool();
  const call = { tool: `pay_${key}`, arguments: { amount: 5 } };
  const model = await startModel([{ calls: [call, { ...call, arguments: { amount: 6 } }] }, { text: 'Done' }]);
  models.push(tool, model);
  const agent = await defineAgent(app, app.one.keys.asking, model, {
    [`pay_${key}`]: { http: { url: `${tool.url}/pay` } },
  });
  const run = await build('POST', `/agents/${agent.id.slice(4)}/execute`, { input: 'Pay' });
  const refused = await decide('POST', `/executions/${run.body.data.id}/approve`, {});
  expect(refused.status).toBe(400);
  expect(refused.body.error.details.approval_ids).toHaveLength(2);
  expect(tool.ledger).toEqual([]);
});

test('the figures of the dashboard count what ran', async () => {
  const id = await newAgent();
  const before = (await build('GET', '/dashboard/metrics?days=7')).body.data.overview.total_executions;
  await build('POST', `/agents/${id}/execute`, { input: 'Count me' });
  const { data } = (await build('GET', '/dashboard/metrics?days=7')).body;
  expect(data.overview.total_executions).toBeGreaterThan(before);
  expect(data.agent_usage).toContainEqual(expect.objectContaining({ agent_id: id, executions: 1 }));
  expect(data.executions_by_day.at(-1).date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect((await build('GET', '/dashboard/metrics?days=none')).status).toBe(200);
});

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineAgent, startModel, until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import { type Send, sender } from '../testing/send.ts';

let app: TestApp;
let build: Send;
let decide: Send;
let other: Send;
let anybody: Send;
let agent: string;
let gated: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  app = await startTestServer();
  const as = (headers: Record<string, string>): Send => sender(app, '/compat/promptrails/api/v1', headers);
  build = as({ 'x-api-key': app.one.keys.asking.secret });
  decide = as({ authorization: `Bearer ${app.one.keys.deciding.secret}` });
  other = as({ 'x-api-key': app.two.keys.asking.secret });
  anybody = as({});
  const model = await startModel([{ text: 'Hello there' }]);
  closing.push(model.close);
  agent = (await defineAgent(app, app.one.keys.asking, model, {})).id.slice(4);
  const gate = { approval_required: true, checkpoint_name: 'review_chat' };
  gated = (await defineAgent(app, app.one.keys.asking, model, {}, gate)).id.slice(4);
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await app.stop();
});

const newSession = async (agentId: string): Promise<string> =>
  (await build('POST', '/chat/sessions', { agent_id: agentId })).body.data.id;

test('a session is made, read, listed and deleted', async () => {
  const made = await build('POST', '/chat/sessions', {
    agent_id: agent,
    title: 'Support',
    metadata: { page: '/help' },
  });
  expect(made).toMatchObject({
    status: 201,
    body: { data: { agent_id: agent, title: 'Support', metadata: { page: '/help' } } },
  });
  const { id } = made.body.data;
  expect((await build('GET', `/chat/sessions/${id}`)).body).toEqual(made.body);
  const list = await build('GET', `/chat/sessions?agent_id=${agent}&limit=100`);
  expect(list.body.data.map((session: { id: string }) => session.id)).toContain(id);
  expect((await other('GET', `/chat/sessions/${id}`)).status).toBe(404);
  expect((await other('DELETE', `/chat/sessions/${id}`)).status).toBe(404);
  expect((await build('DELETE', `/chat/sessions/${id}`)).status).toBe(204);
  expect((await build('GET', `/chat/sessions/${id}`)).status).toBe(404);
  expect((await build('POST', '/chat/sessions', {})).status).toBe(400);
  expect((await build('POST', '/chat/sessions', { agent_id: 'nobody' })).status).toBe(400);
  expect((await decide('POST', '/chat/sessions', { agent_id: agent })).status).toBe(403);
});

test('a message is answered with both sides of the turn', async () => {
  const id = await newSession(agent);
  const sent = await build('POST', `/chat/sessions/${id}/messages`, { content: 'Hi' });
  expect(sent.status).toBe(201);
  expect(sent.body.data).toMatchObject({
    user_message: { session_id: id, role: 'user', content: 'Hi' },
    assistant_message: { session_id: id, role: 'assistant', content: 'Hello there' },
    status: 'completed',
  });
  const messages = await build('GET', `/chat/sessions/${id}/messages`);
  expect(messages.body.data.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
  expect(messages.body.meta).toMatchObject({ total: 2, total_pages: 1 });
  const ran = await build('GET', `/executions?session_id=${id}`);
  expect(ran.body.data).toMatchObject([{ id: sent.body.data.execution_id, session_id: id }]);
  expect((await build('POST', `/chat/sessions/${id}/messages`, { content: '' })).status).toBe(400);
  expect((await other('POST', `/chat/sessions/${id}/messages`, { content: 'Hi' })).status).toBe(404);
});

test('a gated turn says nothing until it is approved', async () => {
  const id = await newSession(gated);
  const sent = await build('POST', `/chat/sessions/${id}/messages`, { content: 'Hi' });
  expect(sent.body.data).toMatchObject({ assistant_message: null, status: 'awaiting_approval' });
  expect(sent.text).not.toContain('Hello there');
  expect((await build('POST', `/chat/sessions/${id}/messages`, { content: 'Again' })).status).toBe(400);
  const held = await decide('GET', `/executions/${sent.body.data.execution_id}/pending-approval`);
  expect(held.body.data).toMatchObject({ checkpoint_name: 'review_chat', payload: 'Hello there' });
  await decide('POST', `/approvals/${held.body.data.id}/decide`, { decision: 'approved' });
  const messages = await until(
    async () => (await build('GET', `/chat/sessions/${id}/messages`)).body.data,
    (all) => all.length === 2,
  );
  expect(messages[1]).toMatchObject({ role: 'assistant', content: 'Hello there' });
});

test('a turn is streamed: its execution, the question to a person, and the words after their yes', async () => {
  const plain = await build('POST', `/chat/sessions/${await newSession(agent)}/messages/stream`, { content: 'Hi' });
  const names = (text: string) => [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  expect(plain.headers.get('content-type')).toBe('text/event-stream');
  expect(names(plain.text)).toEqual(['execution', 'content', 'done']);
  expect(plain.text).toMatch(/"user_message_id":"[0-9A-Za-z]{27}"/);
  const session = await newSession(gated);
  const streamed = build('POST', `/chat/sessions/${session}/messages/stream`, { content: 'Hi' });
  const held = await until(
    () => decide('GET', `/approvals?status=pending&agent_id=${gated}`),
    ({ body }) => body.data.length > 0,
  );
  await decide('POST', `/approvals/${held.body.data[0].id}/decide`, { decision: 'approved' });
  const { text } = await streamed;
  expect(names(text)[0]).toBe('execution');
  expect(names(text).slice(-2)).toEqual(['content', 'done']);
});

test('a generic trigger starts the agent with what is posted, and its reply waits for the gate', async () => {
  const made = await build('POST', '/triggers', { agent_id: gated, name: 'Orders', generate_secret: true });
  expect(made).toMatchObject({
    status: 201,
    body: { data: { agent_id: gated, name: 'Orders', source: 'generic', is_active: true, has_secret: true } },
  });
  const { id, token, secret } = made.body.data;
  expect(made.body.data.url).toContain(`/compat/promptrails/api/v1/hooks/${token}`);
  const read = await build('GET', `/triggers/${id}`);
  expect(read.body.data.token_prefix).toBe(token.slice(0, 10));
  expect(read.text).not.toContain(token);
  const body = '{"order":7}';
  expect((await anybody('POST', `/hooks/${token}`, body)).status).toBe(401);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const started = await anybody('POST', `/hooks/${token}`, body, { 'x-promptrails-signature': signature });
  expect(started).toMatchObject({ status: 201, body: { data: { duplicate: false } } });
  const run = await until(
    async () => (await build('GET', `/executions/${started.body.data.execution_id}`)).body.data,
    ({ status }) => status === 'awaiting_approval',
  );
  expect(run).toMatchObject({ input: { order: 7 }, output: null });
  expect((await build('PATCH', `/triggers/${id}`, { is_active: false, name: 'Off' })).body.data).toMatchObject({
    is_active: false,
    name: 'Off',
  });
  const off = await anybody('POST', `/hooks/${token}`, body, { 'x-promptrails-signature': signature });
  expect(off.status).toBe(400);
  expect((await other('GET', `/triggers/${id}`)).status).toBe(404);
  expect((await build('DELETE', `/webhook-triggers/${id}`)).status).toBe(204);
  expect((await build('GET', `/triggers/${id}`)).status).toBe(404);
  expect((await anybody('POST', '/hooks/csh_nothing', body)).status).toBe(404);
});

test('a schedule is a trigger too', async () => {
  const made = await build('POST', '/triggers', {
    agent_id: agent,
    name: 'Nightly',
    source: 'schedule',
    source_config: { cron: '0 3 * * *', timezone: 'Europe/Berlin', input: 'Report' },
  });
  expect(made, made.text).toMatchObject({
    status: 201,
    body: {
      data: { source: 'schedule', is_active: true, source_config: { cron: '0 3 * * *', timezone: 'Europe/Berlin' } },
    },
  });
  const { id } = made.body.data;
  const list = await build('GET', `/triggers?agent_id=${agent}`);
  expect(list.body).toMatchObject({ data: [{ id }], meta: { total: 1, page: 1 } });
  expect((await build('GET', `/triggers?agent_id=${agent}&page=2`)).body.data).toEqual([]);
  const changed = { source_config: { cron: '0 4 * * *' }, is_active: false };
  expect((await build('PATCH', `/triggers/${id}`, changed)).body.data).toMatchObject({
    is_active: false,
    source_config: { cron: '0 4 * * *' },
  });
  expect((await build('PATCH', `/triggers/${id}`, { is_active: true })).body.data.is_active).toBe(true);
  for (const wrong of [
    { source: 'slack', agent_id: agent, name: 'Chat' },
    { source: 'schedule', agent_id: agent, name: 'None' },
    { source: 'schedule', agent_id: agent, name: 'Odd', source_config: { cron: 'soon' } },
    { agent_id: agent },
    { name: 'Nobody' },
  ])
    expect((await build('POST', '/triggers', wrong)).status, JSON.stringify(wrong)).toBe(400);
  expect((await decide('POST', '/triggers', { agent_id: agent, name: 'No' })).status).toBe(403);
  expect((await build('DELETE', `/triggers/${id}`)).status).toBe(204);
});

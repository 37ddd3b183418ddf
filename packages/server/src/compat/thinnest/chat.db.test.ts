import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, defineAgent, startModel, startTestServer, startTool, until } from '../../testing/index.ts';
import type { TestKey } from '../../testing/workspace.ts';
import { type Send, sender } from '../testing/send.ts';

let app: TestApp;
let as: (key: TestKey) => Send;
let plain: string;
let gated: string;
let caller: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  app = await startTestServer();
  as = (key) => sender(app, '/compat/thinnest', { authorization: `Bearer ${key.secret}` });
  const speaking = await startModel([{ text: 'We are open from nine to six.' }]);
  const tool = await startTool(() => 'found');
  // One turn calls, the one after it says what came of it.
  const calling = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? { text: 'Done.' }
      : { calls: [{ tool: 'search_orders', arguments: { order: 'HL-1' } }] },
  );
  closing.push(speaking.close, tool.close, calling.close);
  plain = (await defineAgent(app, app.one.keys.asking, speaking, {})).id;
  const gate = { approval_required: true, checkpoint_name: 'review_chat' };
  gated = (await defineAgent(app, app.one.keys.asking, speaking, {}, gate)).id;
  const search = { http: { method: 'POST', url: tool.url }, annotations: { read_only: true } };
  caller = (await defineAgent(app, app.one.keys.asking, calling, { search_orders: search }, { hitl_mode: 'audit' })).id;
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await app.stop();
});

const chat = (body: Record<string, unknown>, path = '/chat') => as(app.one.keys.asking)('POST', path, body);

const eventsOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);

test('a message is answered, in a session that goes on under the client’s own name', async () => {
  const session = `sess_customer_${randomUUID().slice(0, 8)}`;
  const body = { agent_id: plain, message: 'What are your business hours?', session_id: session };
  const first = await chat(body);
  expect(first).toMatchObject({
    status: 200,
    body: { response: 'We are open from nine to six.', session_id: session, tool_calls: [], status: 'completed' },
  });
  const { input_tokens: input, output_tokens: output, total_tokens: total } = first.body.usage;
  expect(total).toBe(input + output);
  expect((await chat(body)).body.session_id).toBe(session);
  const { body: all } = await app.call<{ data: { id: string }[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/conversations?agent_id=${plain}`,
  );
  const messages = await app.call<{ data: unknown[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/conversations/${all.data[0]?.id}/messages`,
  );
  expect(messages.body.data).toHaveLength(4);
});

test('without a session one is made, whose id goes on with it', async () => {
  const first = await chat({ message: 'Hello' }, `/v1/agents/${plain}/chat`);
  expect(first).toMatchObject({ status: 200, body: { session_id: expect.stringMatching(/^cnv_/) } });
  const again = await chat({ agent_id: plain, message: 'Again', session_id: first.body.session_id });
  expect(again.body.session_id).toBe(first.body.session_id);
});

test('a turn that a person must see first is paused, and says who is asked for what', async () => {
  const session = `sess_${randomUUID()}`;
  const paused = await chat({ agent_id: gated, message: 'Hello', session_id: session });
  expect(paused).toMatchObject({
    status: 200,
    body: { response: '', session_id: session, status: 'paused', approvals: [expect.any(Number)] },
  });
  expect(paused.text).not.toContain('nine to six');
  const busy = await chat({ agent_id: gated, message: 'And?', session_id: session });
  expect(busy).toMatchObject({ status: 400, body: { detail: expect.stringContaining('still works') } });
  const [number] = paused.body.approvals as number[];
  const answered = await as(app.one.keys.deciding)('POST', `/approvals/${number}/respond`, { action: 'approve' });
  expect(answered.body).toMatchObject({ id: number, status: 'approved', output: 'We are open from nine to six.' });
});

test('a turn is streamed: its words, its calls, and its end', async () => {
  const plainly = await chat({ agent_id: plain, message: 'Hello' }, '/chat/stream');
  expect(plainly.headers.get('content-type')).toBe('text/event-stream');
  const words = eventsOf(plainly.text);
  expect(
    words
      .filter(({ type }) => type === 'text')
      .map(({ content }) => content)
      .join(''),
  ).toBe('We are open from nine to six.');
  expect(words.at(-1)).toMatchObject({ type: 'done', usage: { total_tokens: expect.any(Number) } });
  const called = eventsOf((await chat({ agent_id: caller, message: 'Look', stream: true })).text);
  expect(called).toContainEqual({ type: 'tool_call', name: 'search_orders', args: { order: 'HL-1' } });
  expect(called).toContainEqual({ type: 'tool_result', name: 'search_orders', result: 'found' });
  expect(called.at(-1)).toMatchObject({ type: 'done' });
});

test('a stream stays open while a person is asked, and ends with what they let out', async () => {
  const session = `sess_${randomUUID()}`;
  const streamed = chat({ agent_id: gated, message: 'Hello', session_id: session }, '/chat/stream');
  const reviewer = as(app.one.keys.deciding);
  const waiting = await until(
    () => reviewer('GET', `/approvals?agent_id=${gated}&status=pending`),
    ({ body }) => body.data.length > 0,
    30_000,
  );
  const { id } = waiting.body.data[0];
  await reviewer('POST', `/approvals/${id}/respond`, { action: 'approve' });
  const events = eventsOf((await streamed).text);
  expect(events).toContainEqual(expect.objectContaining({ type: 'approval', id }));
  expect(events.slice(-2)).toEqual([
    { type: 'text', content: 'We are open from nine to six.' },
    { type: 'done', session_id: session, usage: expect.anything() },
  ]);
});

test('the audit log has every call in its order, with arguments and result', async () => {
  await chat({ agent_id: caller, message: 'Look' });
  const { status, body } = await as(app.one.keys.reading)('GET', `/approvals/audit-log?agent_id=${caller}&limit=1`);
  expect(status).toBe(200);
  expect(body).toEqual({
    audit_log: [
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        node_id: expect.any(String),
        action: 'tool_call',
        tool: 'search_orders',
        args: { order: 'HL-1' },
        result: 'success',
      },
    ],
  });
  const all = (await as(app.one.keys.reading)('GET', '/approvals/audit-log')).body.audit_log as { timestamp: string }[];
  expect(all.map(({ timestamp }) => timestamp)).toEqual(all.map(({ timestamp }) => timestamp).toSorted());
  expect((await as(app.two.keys.reading)('GET', '/approvals/audit-log')).body).toEqual({ audit_log: [] });
  expect((await as(app.one.keys.reading)('GET', '/approvals/audit-log?agent_id=nobody')).body.audit_log).toEqual([]);
});

test('what is wrong is refused in their words; who may not speak is told so', async () => {
  for (const [body, field] of [
    [{ message: 'Hi' }, 'agent_id'],
    [{ agent_id: plain }, 'message'],
    [{ agent_id: plain, message: '' }, 'message'],
    [{ agent_id: plain, message: 7 }, 'message'],
    [{ agent_id: plain, message: 'Hi', session_id: 7 }, 'session_id'],
  ] as const) {
    const refused = await chat(body);
    expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, body: { detail: [{ loc: ['body', field] }] } });
  }
  expect(await chat({ agent_id: 'ag_nobody', message: 'Hi' })).toMatchObject({
    status: 404,
    body: { detail: 'Agent not found' },
  });
  for (const key of [app.one.keys.reading, app.one.keys.deciding])
    expect((await as(key)('POST', '/chat', { agent_id: plain, message: 'Hi' })).status).toBe(403);
  expect((await as(app.two.keys.asking)('POST', '/chat', { agent_id: plain, message: 'Hi' })).status).toBe(404);
});

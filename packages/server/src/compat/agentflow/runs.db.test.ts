import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTool, defineAgent, startModel, startTool, until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import { type Send, sender } from '../testing/send.ts';

let app: TestApp;
let ask: Send;
let decide: Send;
let other: Send;
let tool: TestTool;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  app = await startTestServer();
  const as = (secret: string): Send => sender(app, '/compat/agentflow/api/v1', { authorization: `Bearer ${secret}` });
  ask = as(app.one.keys.asking.secret);
  decide = as(app.one.keys.deciding.secret);
  other = as(app.two.keys.asking.secret);
  tool = await startTool(({ arguments: args }) => `took ${JSON.stringify(args)}`);
});
afterAll(async () => {
  await Promise.all([tool.close(), ...closing.map((close) => close())]);
  await app.stop();
});

const unique = (): string => Math.random().toString(36).slice(2);

/** An agent with a tool that it calls once and then answers. @returns both as AgentFlow shows them */
const newAgent = async (config: Record<string, unknown> = {}) => {
  const name = `mail_${unique()}`;
  const model = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? { text: 'Sent' } : { calls: [{ tool: name, arguments: { order: 'A1' } }] },
  );
  closing.push(model.close);
  const tools = { [name]: { http: { url: `${tool.url}/${name}` } } };
  const { id } = await defineAgent(app, app.one.keys.asking, model, tools, config);
  return { agent: `agent_${id.slice(4)}`, tool: name };
};

const callsOf = (name: string) => tool.ledger.filter(({ path }) => path === `/${name}`);

const eventsIn = (text: string): { type: string; seq: number; content: never }[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as never);

const pendingOf = (name: string) =>
  until(
    async () => (await decide('GET', `/approvals/pending?tool_name=${name}`)).body.approvals,
    (all) => all.length === 1,
  );

test('agents and their tools are listed and read, the tool by id or name', async () => {
  const { agent, tool: name } = await newAgent();
  expect((await ask('GET', `/agent/${agent}`)).body).toMatchObject({ id: agent, tools: [name] });
  const agents = await ask('GET', '/agents?limit=100');
  expect(agents.body.agents.map(({ id }: { id: string }) => id)).toContain(agent);
  const { tools } = (await ask('GET', `/agent/${agent}/tools`)).body;
  expect(tools).toMatchObject([{ name, require_approval: true, agent_id: agent }]);
  for (const given of [tools[0].id, name])
    expect((await ask('GET', `/agent/${agent}/tools/${given}`)).body).toEqual(tools[0]);
  expect((await ask('GET', `/agent/${agent}/tools/other`)).status).toBe(404);
  expect((await other('GET', `/agent/${agent}`)).status).toBe(404);
  expect((await other('GET', `/agent/${agent}/tools`)).status).toBe(404);
  const changed = await ask('PATCH', `/agent/${agent}`, {
    system_prompt: 'Be kind.',
    llm_config: { temperature: 0.2 },
  });
  expect(changed.body).toMatchObject({
    system_prompt: 'Be kind.',
    llm_config: { model: 'scripted', temperature: 0.2 },
  });
});

test('whether a tool asks is set by id or name, and the same again changes nothing', async () => {
  const { agent, tool: name } = await newAgent();
  const path = `/agent/${agent}/tools/${name}/approval`;
  expect((await ask('PUT', path, { enabled: false })).body).toMatchObject({ name, require_approval: false });
  const on = await ask('PUT', path, { enabled: true, timeout_seconds: 600 });
  expect(on.body).toMatchObject({ require_approval: true, approval_timeout: 600 });
  const versions = async (): Promise<number> => (await ask('GET', `/agent/${agent}`)).body.version;
  const before = await versions();
  expect((await ask('PUT', path, { enabled: true, timeout_seconds: 600 })).status).toBe(200);
  expect(await versions()).toBe(before);
  for (const body of [{}, { enabled: 'yes' }, { enabled: true, timeout_seconds: -1 }])
    expect((await ask('PUT', path, body)).status, JSON.stringify(body)).toBe(422);
  expect((await decide('PUT', path, { enabled: false })).status).toBe(403);
  expect((await other('PUT', path, { enabled: false })).status).toBe(404);
});

test('a tool is added to an agent, asking if it is told to', async () => {
  const { agent } = await newAgent();
  const name = `query_${unique()}`;
  const schema = { type: 'object', properties: { sql: { type: 'string' } }, required: ['sql'] };
  const made = await ask('POST', `/agent/${agent}/tools`, {
    name,
    description: 'Asks the database',
    args_schema: schema,
    url: `${tool.url}/${name}`,
    require_approval: true,
    execution_timeout: 30,
  });
  expect(made, made.text).toMatchObject({
    status: 201,
    body: { name, args_schema: schema, require_approval: true, execution_timeout: 30 },
  });
  expect((await ask('POST', `/agent/${agent}/tools`, { name: `x_${name}`, function_code: 'pass' })).status).toBe(422);
});

test('a run by itself passes the same gate, runs what was reviewed, and once for its key', async () => {
  const { agent, tool: name } = await newAgent();
  const path = `/agent/${agent}/tools/${name}/run`;
  const body = {
    arguments: { order: 'B2', amount: 5 },
    conversation_id: 'conv_calc_001',
    message_id: 'msg_calc_001',
    idempotency_key: unique(),
    stream: false,
  };
  const first = await ask('POST', path, body);
  expect(first, first.text).toMatchObject({ status: 200, body: { status: 'awaiting_approval', result: null } });
  expect(first.body.events.map(({ type }: { type: string }) => type)).toEqual(['start', 'approval_required']);
  expect((await ask('POST', path, body)).status).toBe(409);
  const [approval] = await pendingOf(name);
  expect(first.body.approvals).toEqual([approval.id]);
  expect(approval.arguments).toEqual({ order: 'B2', amount: 5 });
  const time = Date.parse(approval.expires_at) - Date.parse(approval.created_at);
  expect(time / 1000).toBeCloseTo(300, 0);
  expect(callsOf(name)).toEqual([]);
  const edited = { decision: 'approved', modified_arguments: { order: 'B2', amount: 3 } };
  expect((await decide('POST', `/approvals/${approval.id}/respond`, edited)).status).toBe(200);
  const again = await until(
    () => ask('POST', path, body),
    ({ status }) => status === 200,
  );
  expect(again.body).toMatchObject({ status: 'completed', call_id: first.body.call_id });
  expect(JSON.stringify(again.body.result)).toContain('took');
  expect(callsOf(name).map((call) => call.arguments)).toEqual([{ order: 'B2', amount: 3 }]);
  expect((await ask('POST', path, { arguments: { amount: 'many' } })).status).toBe(200);
  for (const wrong of [{ arguments: [] }, { arguments: { 'a-b': 1 } }])
    expect((await ask('POST', path, wrong)).status).toBe(422);
  expect((await decide('POST', path, body)).status).toBe(403);
});

test('a tool that does not ask runs at once; streamed, it starts and ends', async () => {
  const { agent, tool: name } = await newAgent();
  await ask('PUT', `/agent/${agent}/tools/${name}/approval`, { enabled: false });
  const { headers, text } = await ask('POST', `/agent/${agent}/tools/${name}/run`, {
    arguments: { amount: 1 },
    stream: true,
  });
  expect(headers.get('content-type')).toBe('text/event-stream');
  const events = eventsIn(text);
  expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
  expect(events.map(({ seq }) => seq)).toEqual([0, 1]);
  expect(callsOf(name)).toHaveLength(1);
  expect((await decide('GET', `/approvals?tool_name=${name}`)).body.total).toBe(0);
});

test('a chat goes on in the conversation that the client named, and a retry says nothing twice', async () => {
  const { agent, tool: name } = await newAgent();
  const body = { message: 'Send it', conversation_id: `conv_new_${unique()}`, message_id: 'msg_001', stream: false };
  const said = await ask('POST', `/agent/${agent}/chat`, body);
  expect(said, said.text).toMatchObject({ status: 200, body: { status: 'awaiting_approval', text: null } });
  const again = await ask('POST', `/agent/${agent}/chat`, body);
  expect(again.body).toMatchObject({ message_id: said.body.message_id, call_id: said.body.call_id });
  const [approval] = await pendingOf(name);
  expect(approval.conversation_id).toBe(said.body.conversation_id);
  await decide('POST', `/approvals/${approval.id}/respond`, { decision: 'denied', reason: 'Not today' });
  const detail = await until(
    async () => (await ask('GET', `/conversations/${body.conversation_id}`)).body,
    ({ messages }) => messages.length === 2,
  );
  expect(detail).toMatchObject({
    conversation: { id: said.body.conversation_id, agent_id: agent, message_count: 2 },
    messages: [
      { role: 'user', content: 'Send it' },
      { role: 'assistant', content: 'Sent' },
    ],
  });
  expect(callsOf(name)).toEqual([]);
  expect((await other('GET', `/conversations/${said.body.conversation_id}`)).status).toBe(404);
});

test('a streamed chat tells of the question to a person, of the answer, and of the end', async () => {
  const { agent, tool: name } = await newAgent();
  const streamed = ask('POST', `/agent/${agent}/chat`, { message: 'Send it' });
  const [approval] = await pendingOf(name);
  await decide('POST', `/approvals/${approval.id}/respond`, { decision: 'approved' });
  const events = eventsIn((await streamed).text);
  expect(events[0]?.type).toBe('start');
  expect(events.at(-1)).toMatchObject({ type: 'end', content: { text: 'Sent' } });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
  expect(events.map(({ type }) => type)).toContain('approval_resolved');
});

test('conversations are made, found by their words, renamed, cancelled and deleted', async () => {
  const { agent, tool: name } = await newAgent();
  const made = await ask('POST', '/conversations', { agent_id: agent, title: 'Q4 Sales Analysis' });
  expect(made).toMatchObject({
    status: 201,
    body: { created: true, conversation: { agent_id: agent, title: 'Q4 Sales Analysis', is_active: true } },
  });
  const { id } = made.body.conversation;
  const word = `renewal${unique()}`;
  expect((await ask('PATCH', `/conversations/${id}`, { title: `Acme ${word}` })).body.title).toBe(`Acme ${word}`);
  expect((await ask('GET', `/conversations/search?q=${word}`)).body.conversations).toMatchObject([{ id }]);
  expect((await ask('GET', `/conversations?agent_id=${agent}`)).body).toMatchObject({
    conversations: [{ id, has_active_generation: false }],
    total: 1,
  });
  expect((await ask('POST', `/conversations/${id}/cancel`)).status).toBe(409);
  await ask('POST', `/agent/${agent}/chat`, { message: 'Send', conversation_id: id, stream: false });
  await pendingOf(name);
  expect((await ask('DELETE', `/conversations/${id}`)).status).toBe(409);
  expect((await ask('POST', `/conversations/${id}/cancel`)).body).toMatchObject({ cancelled: true });
  expect((await ask('DELETE', `/conversations/${id}`)).status).toBe(204);
  expect((await ask('GET', `/conversations/${id}`)).status).toBe(404);
  expect((await ask('POST', '/conversations', { agent_id: 'nobody' })).status).toBe(422);
});

test('whoever watches a conversation is shown each change whole, and goes on where they were', async () => {
  const { agent } = await newAgent();
  const made = await ask('POST', '/conversations', { agent_id: agent });
  const { id } = made.body.conversation;
  await ask('POST', `/agent/${agent}/chat`, { message: 'Send', conversation_id: id, stream: false });
  const gone = new AbortController();
  const response = await fetch(`${app.url}/compat/agentflow/api/v1/conversations/${id}/watch`, {
    headers: { authorization: `Bearer ${app.one.keys.asking.secret}` },
    signal: gone.signal,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('conversation_update')) break;
  }
  gone.abort();
  expect(text).toMatch(/^id: \S+\ndata: \{"type":"conversation_update"/m);
  expect(eventsIn(text)[0]?.content).toMatchObject({
    conversation: { id },
    messages: [{ role: 'user', content: 'Send' }],
  });
});

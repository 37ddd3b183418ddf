import type {
  WireAgent,
  WireAgentVersion,
  WireConversation,
  WireExecution,
  WireMessage,
  WireStep,
} from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestKey,
  type TestModel,
  type TestTool,
  defineAgent,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../testing/index.ts';

let app: TestApp;
let asking: TestKey;
let tool: TestTool;
let model: TestModel;
beforeAll(async () => {
  app = await startTestServer();
  ({ asking } = app.one.keys);
  tool = await startTool();
  model = await startModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return { text: 'Done.' };
    return JSON.stringify(last?.content).includes('pay')
      ? { calls: [{ tool: 'pay', arguments: { amount: 5 } }] }
      : { text: 'Hello.' };
  });
});
afterAll(async () => {
  await app.stop();
  await Promise.all([tool.close(), model.close()]);
});

type Told = { code: string; detail: string; errors?: { pointer: string; detail: string }[]; execution_id?: string };
const post = <Body>(path: string, body?: unknown) => app.call<Body & Told>(asking, 'POST', path, body);
const get = <Body>(path: string) => app.call<Body & Told>(asking, 'GET', path);
const CONFIG = { provider: 'openai', model: 'm' };
let count = 0;
const newAgent = async (config: object = CONFIG) =>
  (await post<WireAgent>('/v1/agents', { name: `Agent number ${(count += 1)}`, config })).body;
const pointers = (body: Told): string[] => (body.errors ?? []).map(({ pointer }) => pointer);

describe('an agent', () => {
  test('is made with a first version, changed, and archived; its versions stay', async () => {
    const agent = await newAgent();
    expect(agent.current_version).toMatchObject({
      version: 1,
      is_current: true,
      message: 'First version',
      config: { ...CONFIG, hitl_mode: 'confirm_tools', max_turns: 30 },
    });
    const path = `/v1/agents/${agent.id}`;
    expect((await app.call<WireAgent>(asking, 'PATCH', path, { name: 'Renamed' })).body).toMatchObject({
      name: 'Renamed',
      description: '',
    });
    expect((await app.call(asking, 'DELETE', path)).status).toBe(204);
    expect((await app.call(asking, 'DELETE', path)).status).toBe(204);
    expect((await get<WireAgent>(path)).body.archived_at).not.toBeNull();
    expect((await get<{ data: WireAgent[] }>('/v1/agents')).text).not.toContain(agent.id);
    expect((await get<{ data: WireAgent[] }>('/v1/agents?archived=true')).text).toContain(agent.id);
    const run = await post(`${path}/execute`, { input: 'x' });
    expect([run.status, run.body.detail]).toEqual([422, '/: the agent is archived']);
    // The name is free again.
    expect((await post('/v1/agents', { name: 'renamed' })).status).toBe(201);
  });
  test('has a name of its own, whatever its case', async () => {
    await post('/v1/agents', { name: 'Only one' });
    expect((await post('/v1/agents', { name: 'ONLY ONE' })).body.code).toBe('name_taken');
    expect((await app.call(app.two.keys.asking, 'POST', '/v1/agents', { name: 'Only one' })).status).toBe(201);
  });
  test.each([
    [{ provider: 'skynet' }, '/config/provider'],
    [{ tools: ['unheard_of'] }, '/config/tools/0'],
    [{ hitl_config: { allowed_tools: ['unheard_of'] } }, '/config/hitl_config/allowed_tools/0'],
    [{ provider: 'openai_compatible' }, '/config/base_url'],
    [{ provider: 'openai_compatible', base_url: 'ftp://x.example' }, '/config/base_url'],
    [{ approval_required: true }, '/config/checkpoint_name'],
    [{ hitl_mode: 'sometimes' }, '/config/hitl_mode'],
    [{ hitl_config: { timeout_minutes: 0 } }, '/config/hitl_config/timeout_minutes'],
    [{ max_turns: 0 }, '/config/max_turns'],
    [{ temperature: 3 }, '/config/temperature'],
    [{ secret_mode: true }, '/config/secret_mode'],
  ])('with %j is refused, with the place, and nothing of it is kept', async (config, pointer) => {
    const { status, body } = await post('/v1/agents', { name: 'Never made', config: { ...CONFIG, ...config } });
    expect([status, pointers(body)]).toEqual([422, [pointer]]);
    expect((await get('/v1/agents?limit=200')).text).not.toContain('Never made');
  });
  test('takes the checkpoint inside of hitl_config as well', async () => {
    const agent = await newAgent({ ...CONFIG, hitl_config: { approval_required: true, checkpoint_name: 'send' } });
    expect(agent.current_version?.config).toMatchObject({ approval_required: true, checkpoint_name: 'send' });
  });
});

describe('versions', () => {
  test('are numbered without a gap, also when twenty are made at once, and exactly one is current', async () => {
    const { id } = await newAgent();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post(`/v1/agents/${id}/versions`, { config: { ...CONFIG, model: `m${index}` }, message: `change ${index}` }),
      ),
    );
    const { data } = (await get<{ data: WireAgentVersion[] }>(`/v1/agents/${id}/versions`)).body;
    expect(data.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, index) => 21 - index));
    expect(data.filter((version) => version.is_current).map(({ version }) => version)).toEqual([21]);
  });
  test('can be made without being promoted, and promoted back and forth; what they say never changes', async () => {
    const { id } = await newAgent();
    const second = await post<WireAgentVersion>(`/v1/agents/${id}/versions`, {
      config: { ...CONFIG, model: 'new' },
      promote: false,
    });
    expect(second.body).toMatchObject({ version: 2, is_current: false });
    for (const version of [2, 1])
      expect((await post<WireAgent>(`/v1/agents/${id}/promote`, { version })).body.current_version?.version).toBe(
        version,
      );
    expect((await get<WireAgentVersion>(`/v1/agents/${id}/versions/2`)).body).toEqual({
      ...second.body,
      is_current: false,
    });
    expect((await post(`/v1/agents/${id}/promote`, { version: 3 })).status).toBe(422);
  });
  test.each(['0', '3', '-1', '1.0', '01x', 'latest', '99999999999'])('%s is none', async (version) => {
    const { id } = await newAgent();
    expect((await get(`/v1/agents/${id}/versions/${version}`)).status).toBe(404);
  });
});

describe('executions and conversations', () => {
  const execution = async (id: string) => (await get<WireExecution>(`/v1/executions/${id}`)).body;
  const ended = (id: string) =>
    until(
      () => execution(id),
      ({ status }) => !['queued', 'running', 'waiting', 'awaiting_approval'].includes(status),
    );
  let agent: { id: string };
  beforeAll(async () => {
    agent = await defineAgent(app, asking, model, { pay: { http: { url: tool.url } } });
  });

  test('run to their end, with steps that say what was done', async () => {
    const { body } = await post<WireExecution>(`/v1/agents/${agent.id}/execute`, { input: 'Hi' });
    expect(body).toMatchObject({ status: 'queued', input: 'Hi', agent: { id: agent.id, version: 1 } });
    expect(await ended(body.id)).toMatchObject({ status: 'completed', output: 'Hello.', turns: 1, error: null });
    const steps = (await get<{ data: WireStep[] }>(`/v1/executions/${body.id}/steps`)).body.data;
    expect(steps.map(({ kind, status, result }) => [kind, status, result])).toEqual([
      ['model_turn', 'completed', 'Hello.'],
    ]);
    expect(steps[0]?.tokens?.input).toBeGreaterThan(0);
    for (const path of ['cancel', 'retry'])
      expect((await post(`/v1/executions/${body.id}/${path}`)).body.code).toBe('execution_ended');
  });
  test('can run an older version by its number, and no version that is none', async () => {
    await post(`/v1/agents/${agent.id}/versions`, {
      config: { provider: 'openai_compatible', model: 'x', base_url: model.url },
    });
    const { body } = await post<WireExecution>(`/v1/agents/${agent.id}/execute`, { input: 'Hi', version: 1 });
    expect(body.agent?.version).toBe(1);
    await ended(body.id);
    const none = await post(`/v1/agents/${agent.id}/execute`, { input: 'Hi', version: 9 });
    expect([none.status, pointers(none.body)]).toEqual([422, ['/version']]);
    await post(`/v1/agents/${agent.id}/promote`, { version: 1 });
  });
  test('of an agent without a version are refused', async () => {
    const { body } = await post<WireAgent>('/v1/agents', { name: 'No version' });
    const run = await post(`/v1/agents/${body.id}/execute`, { input: 'x' });
    expect([run.status, pointers(run.body)]).toEqual([422, ['/version']]);
    expect((await post('/v1/conversations', { agent_id: body.id })).status).toBe(422);
  });
  test('that wait can be cancelled, which withdraws what they asked for; twice is the same', async () => {
    const { body } = await post<WireExecution>(`/v1/agents/${agent.id}/execute`, { input: 'pay' });
    await until(
      () => execution(body.id),
      ({ status }) => status === 'awaiting_approval',
    );
    const held = (await get<{ data: { id: string }[] }>(`/v1/executions/${body.id}/pending-approval`)).body.data;
    const cancelled = await post<WireExecution>(`/v1/executions/${body.id}/cancel`, { reason: 'changed my mind' });
    expect(cancelled.body).toMatchObject({
      status: 'cancelled',
      pending_approvals: 0,
      error: { code: 'cancelled', message: 'changed my mind' },
    });
    expect((await get<{ status: string }>(`/v1/approvals/${held[0]?.id}`)).body.status).toBe('cancelled');
    expect((await post<WireExecution>(`/v1/executions/${body.id}/cancel`)).body.status).toBe('cancelled');
    expect(tool.ledger).toEqual([]);
  });
  test('are found by their state, agent and conversation', async () => {
    const list = async (query: string) => (await get<{ data: WireExecution[] }>(`/v1/executions?${query}`)).body.data;
    expect((await list('status=cancelled')).length).toBeGreaterThan(0);
    expect(await list('status=active')).toEqual([]);
    expect((await list(`agent_id=${agent.id}&status=completed`)).every(({ status }) => status === 'completed')).toBe(
      true,
    );
    expect(await list('agent_id=agt_x')).toEqual([]);
  });
  test('answer one message after another; while one is worked on, the next is refused, also when ten come at once', async () => {
    const conversation = (await post<WireConversation>('/v1/conversations', { agent_id: agent.id, title: 'Talk' }))
      .body;
    const path = `/v1/conversations/${conversation.id}/messages`;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post<{ execution: WireExecution }>(path, { content: 'pay' })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      '201',
      ...Array.from({ length: 9 }, () => '409'),
    ]);
    const busy = answers.find(({ status }) => status === 409)?.body;
    const running = answers.find(({ status }) => status === 201)?.body.execution.id ?? '';
    expect([busy?.code, busy?.execution_id]).toEqual(['conversation_busy', running]);
    expect((await get<WireConversation>(`/v1/conversations/${conversation.id}`)).body.active_execution_id).toBe(
      running,
    );
    await post(`/v1/executions/${running}/cancel`);
    const next = await post<{ execution: WireExecution }>(path, { content: 'Hi' });
    await ended(next.body.execution.id);
    const messages = (await get<{ data: WireMessage[] }>(path)).body.data;
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'pay'],
      ['user', 'Hi'],
      ['assistant', 'Hello.'],
    ]);
  });
  test('of a model that is not there fail with words that can be read, and go on after a retry', async () => {
    let isUp = false;
    const flaky = await startModel(() => (isUp ? { text: 'Back.' } : { status: 400, error: 'no such model' }));
    const broken = await defineAgent(app, asking, flaky, {});
    const { body } = await post<WireExecution>(`/v1/agents/${broken.id}/execute`, { input: 'Hi' });
    const failed = await ended(body.id);
    expect(failed.status).toBe('failed');
    expect(failed.error?.message).toContain('no such model');
    isUp = true;
    expect((await post<WireExecution>(`/v1/executions/${body.id}/retry`)).status).toBe(200);
    expect(
      await until(
        () => execution(body.id),
        ({ status }) => status === 'completed',
      ),
    ).toMatchObject({ output: 'Back.', error: null });
    await flaky.close();
  });
});

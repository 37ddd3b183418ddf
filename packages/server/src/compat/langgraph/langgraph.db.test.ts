/** The calls of the LangGraph Agent Inbox, by the SDK that it uses. */
import { Client } from '@langchain/langgraph-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';

let app: TestApp;
let inbox: Client;
let count = 0;

beforeAll(async () => {
  app = await startTestServer();
  // As the inbox makes it: the key goes as a header of its own.
  inbox = new Client({
    apiUrl: `${app.url}/compat/langgraph`,
    defaultHeaders: { 'x-api-key': app.one.keys.deciding.secret },
  });
});
afterAll(() => app.stop());

const ask = async (body: object): Promise<string> =>
  (await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', body)).body.id;

const payment = (): Promise<string> =>
  ask({ tool: 'pay', arguments: { to: `acct-${Date.now()}-${(count += 1)}`, cents: 4000 }, explanation: 'Broken' });

const approvalOf = async (id: string): Promise<Record<string, unknown>> =>
  (await app.call<Record<string, unknown>>(app.one.keys.reading, 'GET', `/v1/approvals/${id}`)).body;

type Interrupt = { readonly value: readonly Record<string, unknown>[] };

test('the queue is the interrupted threads of the graph, each with an interrupt that the inbox can show', async () => {
  const id = await payment();
  const search = { offset: 0, limit: 50, status: 'interrupted' as const, metadata: { graph_id: 'countersign' } };
  const threads = await inbox.threads.search(search);
  const thread = threads.find(({ thread_id: one }) => one === id);
  expect(thread).toMatchObject({ status: 'interrupted', metadata: { graph_id: 'countersign' } });
  const [interrupt] = Object.values(thread?.interrupts ?? {})[0] as unknown as Interrupt[];
  expect(interrupt?.value).toEqual([
    {
      action_request: { action: 'pay', args: expect.objectContaining({ cents: 4000 }) },
      config: { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: true },
      description: 'Call pay\n\nBroken',
    },
  ]);
  expect(await inbox.threads.get(id)).toMatchObject({ thread_id: id, status: 'interrupted' });
  const state = await inbox.threads.getState(id);
  expect(state.tasks[0]?.interrupts[0]?.value).toEqual(interrupt?.value);
  expect(await inbox.threads.search({ ...search, metadata: { graph_id: 'another' } })).toEqual([]);
  expect(await inbox.threads.search({ ...search, status: 'busy' })).toEqual([]);
});

test('accept approves, by a run or by a streamed one, and the thread is idle then', async () => {
  const [one, two] = [await payment(), await payment()];
  const run = await inbox.runs.create(one, 'countersign', { command: { resume: [{ type: 'accept', args: null }] } });
  expect(run).toMatchObject({ thread_id: one, status: 'success' });
  const events: string[] = [];
  const command = { resume: [{ type: 'accept', args: null }] };
  for await (const { event } of inbox.runs.stream(two, 'countersign', { command, streamMode: 'events' }))
    events.push(event);
  expect(events).toContain('metadata');
  expect(events).not.toContain('error');
  for (const id of [one, two]) {
    expect(await approvalOf(id)).toMatchObject({ status: 'approved' });
    expect(await inbox.threads.get(id)).toMatchObject({ status: 'idle', interrupts: {} });
  }
});

test('edit approves what was made of it, response is the reason why not, ignore ends it', async () => {
  const [edited, answered, ignored, left] = [await payment(), await payment(), await payment(), await payment()];
  const resume = (id: string, response: object) =>
    inbox.runs.create(id, 'countersign', { command: { resume: [response] } });
  const { arguments: args } = (await approvalOf(edited)) as { arguments: object };
  await resume(edited, { type: 'edit', args: { action: 'pay', args: { ...args, cents: 1 } } });
  expect(await approvalOf(edited)).toMatchObject({ status: 'approved', arguments: { cents: 1 } });
  await resume(answered, { type: 'response', args: 'Ask Ada first' });
  expect(await approvalOf(answered)).toMatchObject({ status: 'rejected', decision: { reason: 'Ask Ada first' } });
  await resume(ignored, { type: 'ignore', args: null });
  expect(await approvalOf(ignored)).toMatchObject({ status: 'rejected' });
  await inbox.threads.updateState(left, { values: null, asNode: '__end__' });
  expect(await approvalOf(left)).toMatchObject({
    status: 'rejected',
    decision: { reason: 'Ignored in the Agent Inbox' },
  });
});

test('a question is answered by response; an output is edited under its name; decisions as the middleware sends them', async () => {
  const question = { type: 'object', properties: { city: { enum: ['Bonn', 'Ulm'] } }, required: ['city'] };
  const asked = await ask({ title: `Which city? ${(count += 1)}`, question });
  await inbox.runs.create(asked, 'countersign', { command: { resume: [{ type: 'response', args: 'Ulm' }] } });
  expect(await approvalOf(asked)).toMatchObject({ decision: { response: { city: 'Ulm' } } });
  const output = await ask({ title: `Answer ${(count += 1)}`, output: 'Helo' });
  const edit = { type: 'edit', args: { action: 'answer', args: { output: 'Hello' } } };
  await inbox.runs.create(output, 'countersign', { command: { resume: [edit] } });
  expect(await approvalOf(output)).toMatchObject({ status: 'approved', output: 'Hello' });
  const call = await payment();
  const decisions = { decisions: [{ type: 'reject', message: 'No' }] };
  await inbox.runs.create(call, 'countersign', { command: { resume: { [call]: decisions } } });
  expect(await approvalOf(call)).toMatchObject({ status: 'rejected', decision: { reason: 'No' } });
});

const post = (path: string, body: object, headers: Record<string, string>): Promise<Response> =>
  fetch(`${app.url}/compat/langgraph${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('nothing is decided twice, by who asked, by a cookie, or in another workspace', async () => {
  const id = await payment();
  const accept = { assistant_id: 'countersign', command: { resume: [{ type: 'accept', args: null }] } };
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await post(`/threads/${id}/runs`, accept, headers)).status;
  expect(await status({ 'x-api-key': app.one.keys.asking.secret })).toBe(403);
  expect(await status({ 'x-api-key': app.two.keys.deciding.secret })).toBe(404);
  const { token } = app.one.people.approver;
  const cookie = { cookie: `countersign_session=${token}`, origin: app.url, 'sec-fetch-site': 'same-origin' };
  expect(await status(cookie)).toBe(401);
  expect(await approvalOf(id)).toMatchObject({ status: 'pending' });
  expect(await status({ 'x-api-key': app.one.keys.deciding.secret })).toBe(200);
  expect(await status({ 'x-api-key': app.one.keys.deciding.secret })).toBe(409);
  const key = { 'x-api-key': app.one.keys.deciding.secret };
  for (const resume of [[], [{ type: 'accept' }, { type: 'accept' }], [{ type: 'other' }], 'accept'])
    expect((await post(`/threads/${await payment()}/runs`, { command: { resume } }, key)).status).toBe(422);
});

test('a page of another origin may ask, with a key', async () => {
  const origin = 'https://inbox.example';
  const asked = await fetch(`${app.url}/compat/langgraph/threads/search`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
  });
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  expect(asked.headers.get('access-control-allow-headers')).toContain('x-api-key');
  expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  const answer = await post('/threads/search', {}, { origin, 'x-api-key': app.one.keys.reading.secret });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
  expect((await fetch(`${app.url}/compat/langgraph/info`)).status).toBe(200);
});

/** HumanLayer's own SDK 0.7 against our answers. */
import { HumanLayer, type HumanLayerParams } from 'humanlayer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../testing/services.ts';
import { type TestApp, startTestServer } from '../../testing/test-app.ts';
import { type Send, sender } from '../testing/send.ts';

type Held = { readonly id: string; readonly digest: string; readonly arguments: Record<string, unknown> | null };

let app: TestApp;
let send: Send;
let agent: HumanLayer;
let count = 0;

beforeAll(async () => {
  app = await startTestServer();
  const { asking } = app.one.keys;
  send = sender(app, '/compat/humanlayer/humanlayer/v1', { authorization: `Bearer ${asking.secret}` });
  const params: HumanLayerParams = {
    apiKey: asking.secret,
    apiBaseUrl: `${app.url}/compat/humanlayer/humanlayer/v1`,
    runId: 'refund-agent',
    // Theirs sleeps 3 s between looks.
    sleep: () => new Promise((resolve) => setTimeout(resolve, 50)),
  };
  agent = new HumanLayer(params);
});
afterAll(() => app.stop());

/** Names of calls are like no other: what was rejected once is rejected again without asking. */
const fresh = (name: string): string => `${name}_${Date.now().toString(36)}_${(count += 1)}`;

const pending = async (words: string): Promise<Held> => {
  const { reading } = app.one.keys;
  const find = () =>
    app.call<{ data: { id: string }[] }>(reading, 'GET', `/v1/approvals?status=pending&q=${encodeURIComponent(words)}`);
  const found = await until(find, ({ body }) => body.data.length === 1);
  return (await app.call<Held>(reading, 'GET', `/v1/approvals/${found.body.data[0]?.id}`)).body;
};

const decide = async (words: string, decision: Record<string, unknown>): Promise<Held> => {
  const held = await pending(words);
  const decided = await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${held.id}/decide`, {
    digest: held.digest,
    ...decision,
  });
  expect(decided.status).toBe(200);
  return held;
};

const gated = (name: string): ((kwargs: object) => Promise<unknown>) => {
  const act = async (kwargs: object): Promise<unknown> => ({ ran: kwargs });
  Object.defineProperty(act, 'name', { value: name });
  return agent.requireApproval<typeof act>()(act);
};

describe('requireApproval', () => {
  test('approved: the function runs, with what was asked for', async () => {
    const name = fresh('send_email');
    const running = gated(name)({ to: 'ada@example.com' });
    const held = await decide(name, { decision: 'approved' });
    expect(held.arguments).toEqual({ to: 'ada@example.com' });
    expect(await running).toEqual({ ran: { to: 'ada@example.com' } });
  });

  test('rejected: the reason reaches the model, and nothing runs', async () => {
    const name = fresh('send_email');
    const running = gated(name)({ to: 'x@example.com' });
    await decide(name, { decision: 'rejected', reason: 'Wrong recipient' });
    expect(await running).toBe(`User denied function ${name} with comment: Wrong recipient`);
  });

  test('approved with an edit: what was asked for does not run, and the model is told what would', async () => {
    const name = fresh('refund');
    const running = gated(name)({ cents: 4000 });
    await decide(name, { decision: 'approved', arguments: { cents: 3500 } });
    expect(await running).toMatch(/^User denied function .* Ask again with these arguments: \{"cents":3500\}/);
  });
});

test('fetchHumanApproval: the status, with the name of the option that the reason is', async () => {
  const fn = fresh('delete_file');
  const options = [{ name: 'use_archive', title: 'Archive it instead' }];
  const asking = agent.fetchHumanApproval({ spec: { fn, kwargs: { path: '/a' }, reject_options: options } });
  await decide(fn, { decision: 'rejected', reason: 'Archive it instead' });
  expect(await asking).toMatchObject({ approved: false, reject_option_name: 'use_archive' });
});

describe('humanAsTool', () => {
  test('the answer of a person', async () => {
    const message = fresh('Which city?');
    const asking = agent.humanAsTool()({ message });
    await decide(message, { decision: 'approved', response: { response: 'Ulm' } });
    expect(await asking).toBe('Ulm');
  });

  test('that nobody answers is an answer too, or they would wait for ever', async () => {
    const message = fresh('Which city?');
    const asking = agent.humanAsTool()({ message });
    await decide(message, { decision: 'rejected', reason: 'Not mine to say' });
    expect(await asking).toBe('The person declined to answer: Not mine to say');
  });
});

test('a repeat finds the same call; another call under its id is refused; state comes back, tokens do not', async () => {
  const call = {
    run_id: 'run',
    call_id: fresh('call'),
    spec: {
      fn: fresh('pay'),
      kwargs: { cents: 1 },
      state: { thread: 7 },
      channel: { slack: { channel_or_user_id: 'C1', bot_token: 'hidden-token' } },
    },
  };
  const first = await send('POST', '/function_calls', call);
  expect(first).toMatchObject({ status: 200, body: { call_id: call.call_id, spec: { state: { thread: 7 } } } });
  expect(first.body.status).toMatchObject({ approved: null, comment: null });
  expect((await send('POST', '/function_calls', call)).body).toEqual(first.body);
  expect((await app.sql(`select 1 from approval where tool = $1`, [call.spec.fn])).length).toBe(1);
  expect((await send('POST', '/function_calls', { ...call, spec: { ...call.spec, fn: 'other' } })).status).toBe(422);
  const other = sender(app, '/compat/humanlayer/humanlayer/v1', {
    authorization: `Bearer ${app.one.keys.asking2.secret}`,
  });
  expect((await other('POST', '/function_calls', call)).status).toBe(409);
  const kept = await app.sql<{ note: string }>(
    `select note from compat_note where dialect = 'humanlayer' and id = $1`,
    [call.call_id],
  );
  expect(kept[0]?.note).not.toContain('hidden-token');
});

test('who asks can not answer, by this door either; who decides can, and another workspace sees nothing', async () => {
  const message = fresh('Which one?');
  const { call_id: id } = await agent.createHumanContact({
    spec: { msg: message, response_options: [{ name: 'left' }, { name: 'right' }] },
  });
  const answer = { response: 'The left one', response_option_name: 'left' };
  expect((await send('POST', `/agent/human_contacts/${id}/respond`, answer)).status).toBe(403);
  const as = (secret: string): Send =>
    sender(app, '/compat/humanlayer/humanlayer/v1', { authorization: `Bearer ${secret}` });
  expect((await as(app.two.keys.reading.secret)('GET', `/contact_requests/${id}`)).status).toBe(404);
  expect((await sender(app, '/compat/humanlayer/humanlayer/v1', {})('GET', `/contact_requests/${id}`)).status).toBe(
    401,
  );
  const answered = await as(app.one.keys.deciding.secret)('POST', `/agent/human_contacts/${id}/respond`, answer);
  expect(answered.body.status).toMatchObject(answer);
  expect((await agent.getHumanContact(id)).status).toMatchObject(answer);
  expect((await as(app.one.keys.deciding.secret)('POST', `/agent/human_contacts/${id}/respond`, answer)).status).toBe(
    409,
  );
});

test('what is no call is refused with what is wrong', async () => {
  for (const body of [{}, { call_id: 'a b', spec: {} }, { call_id: 'c1' }, { call_id: 'c1', spec: {} }])
    expect((await send('POST', '/function_calls', body)).status).toBe(422);
  expect((await send('GET', '/function_calls/nobody')).status).toBe(404);
});

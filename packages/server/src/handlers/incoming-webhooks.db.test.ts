import { createHmac, randomUUID } from 'node:crypto';
import type { WireExecution, WireIncomingDelivery, WireIncomingWebhookWithToken } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
let workflowId: string;
beforeAll(async () => {
  app = await startTestServer();
  const made = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/workflows', {
    name: 'Order came',
    definition: {
      input_schema: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
      nodes: [
        { id: 'begin', type: 'start', on_success: 'done' },
        { id: 'done', type: 'end', output: '{{ input }}' },
      ],
    },
  });
  workflowId = made.body.id;
});
afterAll(() => app.stop());

let count = 0;
const make = async (more: object = {}): Promise<WireIncomingWebhookWithToken> => {
  count += 1;
  const body = { name: `Shop ${count}`, workflow_id: workflowId, ...more };
  const made = await app.call<WireIncomingWebhookWithToken>(app.one.keys.asking, 'POST', '/v1/triggers', body);
  expect(made.status, made.text).toBe(201);
  return made.body;
};
type Received = { execution_id?: string; duplicate?: boolean; code?: string; detail?: string };
/** As somebody else's system does: no key, no help. */
const post = async (token: string, body: unknown, headers: Record<string, string> = {}, url = app.url) => {
  const response = await fetch(`${url}/hooks/${token}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Received };
};
const outputOf = async (id: string | undefined) =>
  (
    await until(
      async () => (await app.call<WireExecution>(app.one.keys.asking, 'GET', `/v1/executions/${id}`)).body,
      ({ status }) => status === 'completed',
      15_000,
    )
  ).output;
const deliveriesOf = async (id: string) =>
  (await app.call<{ data: WireIncomingDelivery[] }>(app.one.keys.asking, 'GET', `/v1/triggers/${id}/deliveries`)).body
    .data;
const ORDER = { order: 'HL-1' };

test('what is posted starts the workflow, with the body as its input', async () => {
  const hook = await make();
  const { status, body } = await post(hook.token, ORDER);
  expect([status, body.duplicate]).toEqual([201, false]);
  expect(await outputOf(body.execution_id)).toEqual(ORDER);
  const execution = await app.call<WireExecution>(app.one.keys.asking, 'GET', `/v1/executions/${body.execution_id}`);
  expect(execution.body.trigger).toEqual({ kind: 'webhook', id: hook.id });
  expect(await deliveriesOf(hook.id)).toMatchObject([{ status: 'started', execution: { id: body.execution_id } }]);
});

test('a template makes the input of the body and of its plain headers, never of credentials', async () => {
  const hook = await make({
    input: { order: '{{ body.data.id }} by {{ headers["x-shop"] }}, {{ "authorization" in headers }}' },
  });
  const { body } = await post(
    hook.token,
    { data: { id: 'HL-2' } },
    { 'x-shop': 'north', authorization: 'Bearer secret-of-theirs' },
  );
  expect(await outputOf(body.execution_id)).toEqual({ order: 'HL-2 by north, false' });
});

test('the token is shown once and kept as a hash alone', async () => {
  const hook = await make();
  expect(hook.url.endsWith(`/hooks/${hook.token}`)).toBe(true);
  const again = await app.call(app.one.keys.asking, 'GET', `/v1/triggers/${hook.id}`);
  expect(again.text).not.toContain(hook.token);
  const rows = await app.sql<{ row: string }>(
    'select row_to_json(w)::text as row from incoming_webhook w where id = $1',
    [hook.id],
  );
  expect(rows[0]?.row).not.toContain(hook.token);
  expect((await post(`${hook.token}x`, ORDER)).status).toBe(404);
});

test('with another token, the one before is worth nothing', async () => {
  const hook = await make();
  const rotated = await app.call<WireIncomingWebhookWithToken>(
    app.one.keys.asking,
    'POST',
    `/v1/triggers/${hook.id}/rotate`,
  );
  expect((await post(hook.token, ORDER)).status).toBe(404);
  expect((await post(rotated.body.token, ORDER)).status).toBe(201);
});

describe('a delivery that comes again', () => {
  test('is told of the same execution, and counted', async () => {
    const hook = await make();
    const headers = { 'x-github-delivery': randomUUID() };
    const first = await post(hook.token, ORDER, headers);
    const second = await post(hook.token, ORDER, headers);
    expect([second.status, second.body]).toEqual([200, { execution_id: first.body.execution_id, duplicate: true }]);
    expect(await deliveriesOf(hook.id)).toMatchObject([{ repeats: 1 }]);
  });

  test('twenty times at once over two servers starts one execution', async () => {
    const hook = await make({ delivery_header: 'X-Order-Event' });
    const replica = await app.replica();
    const headers = { 'x-order-event': 'evt-1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post(hook.token, ORDER, headers, index % 2 ? app.url : replica.url)),
    );
    expect(new Set(answers.map(({ body }) => body.execution_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const rows = await app.sql('select from execution where trigger_id = $1', [hook.id]);
    expect(rows).toHaveLength(1);
  });

  test('after it was refused is taken, once it is right', async () => {
    const hook = await make();
    const headers = { 'webhook-id': 'msg_1' };
    expect((await post(hook.token, { wrong: true }, headers)).body.code).toBe('invalid');
    expect((await post(hook.token, ORDER, headers)).status).toBe(201);
  });
});

const now = (): string => String(Math.floor(Date.now() / 1000));
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);

describe('a signed delivery', () => {
  test('of Standard Webhooks is taken; changed, of another time or unsigned it is refused', async () => {
    const hook = await make({ signature: { scheme: 'standard', tolerance_seconds: 60 } });
    expect(hook.secret).toMatch(/^whsec_/);
    const key = Buffer.from((hook.secret ?? '').slice(6), 'base64');
    const body = JSON.stringify(ORDER);
    const signed = (at: string, text = body) => ({
      'webhook-id': `msg_${at}_${text.length}`,
      'webhook-timestamp': at,
      'webhook-signature': `v1,AAAA v1,${hmac(key, `msg_${at}_${text.length}.${at}.${text}`).digest('base64')}`,
    });
    expect((await post(hook.token, body, signed(now()))).status).toBe(201);
    expect((await post(hook.token, '{"order":"HL-2"}', signed(now()))).body.code).toBe('webhook_signature_invalid');
    const late = await post(hook.token, body, signed(String(Number(now()) - 120)));
    expect([late.status, late.body.detail]).toEqual([
      401,
      'The delivery is of another time than now, by more than 60 s.',
    ]);
    expect((await post(hook.token, body)).body.detail).toBe('The header webhook-signature is missing.');
    expect((await deliveriesOf(hook.id)).map(({ status }) => status)).toEqual([
      'refused',
      'refused',
      'refused',
      'started',
    ]);
  });

  test('as GitHub signs is taken, with the secret that was given, which is shown nowhere', async () => {
    const secret = "It's a Secret to Everybody";
    const hook = await make({ signature: { scheme: 'body', secret } });
    expect(hook.secret).toBeNull();
    const body = JSON.stringify(ORDER);
    const good = { 'x-hub-signature-256': `sha256=${hmac(secret, body).digest('hex')}` };
    expect((await post(hook.token, body, good)).status).toBe(201);
    const bad = { 'x-hub-signature-256': `sha256=${hmac('another', body).digest('hex')}` };
    expect((await post(hook.token, body, bad)).status).toBe(401);
    const list = await app.call(app.one.keys.asking, 'GET', '/v1/triggers');
    expect(list.text).not.toContain(secret);
  });

  test('over timestamp and body, in headers of one’s own choice', async () => {
    const hook = await make({
      signature: {
        scheme: 'timestamp_body',
        header: 'X-Shop-Signature',
        timestamp_header: 'X-Shop-Time',
        secret: 'eight letters',
      },
    });
    const body = JSON.stringify(ORDER);
    const at = now();
    const headers = { 'x-shop-time': at, 'x-shop-signature': hmac('eight letters', `${at}.${body}`).digest('hex') };
    expect((await post(hook.token, body, headers)).status).toBe(201);
    expect((await post(hook.token, body, { ...headers, 'x-shop-time': `${Number(at) + 1}` })).status).toBe(401);
  });
});

test.each([
  ['no JSON', '{"order":', {}, 400, 'malformed_json'],
  ['a member twice', '{"order":"a","order":"b"}', {}, 400, 'malformed_json'],
  ['a form', 'order=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
  ['too much', JSON.stringify({ order: 'x'.repeat(1024 * 1024) }), {}, 413, 'body_too_large'],
  ['what the input schema refuses', '{"order":7}', {}, 422, 'invalid'],
] as const)(
  '%s is refused with the reason, which stands among the deliveries',
  async (_, body, headers, status, code) => {
    const hook = await make();
    const answer = await post(hook.token, body, headers);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    const [delivery] = await deliveriesOf(hook.id);
    expect(delivery).toMatchObject({ status: 'refused', code });
    expect(delivery?.reason).toBeTruthy();
  },
);

test('switched off it takes nothing, deleted it is unknown', async () => {
  const hook = await make();
  const { asking } = app.one.keys;
  await app.call(asking, 'PATCH', `/v1/triggers/${hook.id}`, { enabled: false });
  expect((await post(hook.token, ORDER)).body.code).toBe('webhook_disabled');
  await app.call(asking, 'PATCH', `/v1/triggers/${hook.id}`, { enabled: true });
  expect((await post(hook.token, ORDER)).status).toBe(201);
  expect((await app.call(asking, 'DELETE', `/v1/triggers/${hook.id}`)).status).toBe(204);
  expect((await post(hook.token, ORDER)).status).toBe(404);
});

test('whoever made it is behind what it starts', async () => {
  const hook = await make();
  const { body } = await post(hook.token, ORDER);
  const [row] = await app.sql<{ requesters: string[] }>('select requesters from execution where id = $1', [
    body.execution_id,
  ]);
  expect(row?.requesters).toEqual(expect.arrayContaining([app.one.keys.asking.id, app.one.keys.asking.owner.id]));
});

/** What a page of somebody else's may do with its token, and what nobody else may (docs/adr/0055). */
import { randomUUID } from 'node:crypto';
import type { WireConversation } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, addKey, defineAgent, startModel, startTestServer, startTool, until } from '../testing/index.ts';

const SHOP = 'https://shop.example';
const ELSEWHERE = 'https://elsewhere.example';

let app: TestApp;
let agentId: string;
let tool: string;
beforeAll(async () => {
  app = await startTestServer();
  const model = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? { text: 'Refunded.' }
      : { text: 'I refund it.', calls: [{ tool: 'refund_secretly', arguments: { amount: 77, order: 'HL-1' } }] },
  );
  tool = (await startTool()).url;
  const tools = { refund_secretly: { http: { url: `${tool}/refund` }, summary_template: 'Refund {amount}' } };
  agentId = (await defineAgent(app, app.one.keys.asking, model, tools)).id;
});
afterAll(() => app.stop());

type Made = { token: string; expires_at: string; origin: string };
const begin = async (): Promise<string> =>
  (await app.call<WireConversation>(app.one.keys.asking, 'POST', '/v1/conversations', { agent_id: agentId })).body.id;
const tokenFor = async (id: string, body: object = {}, who = app.one.keys.asking): Promise<string> => {
  const made = await app.call<Made>(who, 'POST', `/v1/conversations/${id}/tokens`, { origin: SHOP, ...body });
  expect(made.status, made.text).toBe(201);
  return made.body.token;
};
const asPage = (token: string, method: string, path: string, body?: object, origin: string | null = SHOP) =>
  fetch(app.url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(origin === null ? {} : { origin }),
      ...(body ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
const preflight = (path: string, origin: string) =>
  fetch(app.url + path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });

describe('a page’s token', () => {
  test('T37: reads and speaks in its conversation, from its origin, and is refused everywhere else', async () => {
    const [id, other] = [await begin(), await begin()];
    const token = await tokenFor(id);
    const path = `/v1/conversations/${id}/messages`;
    const read = await asPage(token, 'GET', path);
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, SHOP]);
    expect(read.headers.get('access-control-allow-credentials')).toBeNull();
    for (const origin of [ELSEWHERE, `${SHOP}.evil.example`, 'null', null]) {
      const refused = await asPage(token, 'GET', path, undefined, origin);
      expect([origin, refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([origin, 403, null]);
    }
    for (const [method, elsewhere, status] of [
      ['GET', `/v1/conversations/${other}/messages`, 404],
      ['GET', '/v1/conversations', 403],
      ['GET', `/v1/conversations/${id}`, 403],
      ['DELETE', `/v1/conversations/${id}`, 403],
      ['GET', '/v1/approvals', 403],
      ['GET', '/v1/executions', 403],
      ['GET', '/v1/events', 403],
    ] as const)
      expect([elsewhere, (await asPage(token, method, elsewhere)).status]).toEqual([elsewhere, status]);
    const more = await asPage(token, 'POST', `/v1/conversations/${id}/tokens`, { origin: SHOP });
    expect(more.status).toBe(403);
  });

  test('B2: decides nothing, also what its own message led to; the visitor learns that it waits, and not of what', async () => {
    const id = await begin();
    const token = await tokenFor(id);
    const said = await asPage(token, 'POST', `/v1/conversations/${id}/messages`, { content: 'Refund me' });
    expect(said.status).toBe(201);
    const { execution } = (await said.json()) as { execution: { id: string } };
    const { body } = await until(
      () =>
        app.call<{ data: { id: string }[] }>(
          app.one.keys.reading,
          'GET',
          `/v1/executions/${execution.id}/pending-approval`,
        ),
      (answer) => answer.body.data.length === 1,
    );
    const approvalId = body.data[0]?.id ?? '';
    const { body: approval } = await app.call<{ digest: string; requested_by: object }>(
      app.one.keys.deciding,
      'GET',
      `/v1/approvals/${approvalId}`,
    );
    const tried = await asPage(token, 'POST', `/v1/approvals/${approvalId}/decide`, {
      decision: 'approved',
      digest: approval.digest,
    });
    expect(tried.status).toBe(403);
    const stream = await asPage(token, 'GET', `/v1/conversations/${id}/messages/stream`);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    await until(
      async () => (seen += (await reader?.read())?.value ?? ''),
      (text) => text.includes('awaiting_approval'),
    );
    await reader?.cancel();
    expect(seen).toContain(approvalId);
    expect(seen).toContain('I refund it.');
    expect(seen).not.toMatch(/refund_secretly|HL-1|"amount"|tokens|event: (step|execution|approval)\n/);
  });

  test('ends with its time and with its key', async () => {
    const id = await begin();
    const path = `/v1/conversations/${id}/messages`;
    const key = await addKey(app.store, app.one.id, app.one.people.builder, ['executions:run', 'executions:read']);
    const [old, ofKey] = [await tokenFor(id), await tokenFor(id, {}, key)];
    await app.sql("update chat_token set expires_at = now() - interval '1 second' where key_id <> $1", [key.id]);
    const ended = await asPage(old, 'GET', path);
    // The page may read that, so that it asks for another one.
    expect([ended.status, ended.headers.get('access-control-allow-origin')]).toEqual([401, SHOP]);
    expect((await asPage(ofKey, 'GET', path)).status).toBe(200);
    await app.sql('update api_key set revoked_at = now() where id = $1', [key.id]);
    expect((await asPage(ofKey, 'GET', path)).status).toBe(401);
    expect((await asPage(`cct_${'x'.repeat(43)}`, 'GET', path)).status).toBe(401);
  });

  test('is made by keys, for an origin and for an hour at most', async () => {
    const id = await begin();
    const make = (who: Parameters<TestApp['call']>[0], body: object) =>
      app.call<{ code: string }>(who, 'POST', `/v1/conversations/${id}/tokens`, body);
    expect((await make(app.one.people.builder, { origin: SHOP })).status).toBe(403);
    for (const origin of ['*', 'null', 'shop.example', `${SHOP}/`, `${SHOP}/page`, 'ftp://shop.example', 'https://'])
      expect([origin, (await make(app.one.keys.asking, { origin })).status]).toEqual([origin, 422]);
    expect((await make(app.one.keys.asking, { origin: SHOP, expires_in_seconds: 3601 })).status).toBe(422);
    const stranger = await make(app.two.keys.asking, { origin: SHOP });
    expect(stranger.status).toBe(404);
  });
});

test('a browser’s preflight is answered for the origins that the conversation has a token for, and for no other', async () => {
  const id = await begin();
  const path = `/v1/conversations/${id}/messages`;
  expect((await preflight(path, SHOP)).headers.get('access-control-allow-origin')).toBeNull();
  await tokenFor(id);
  const allowed = await preflight(path, SHOP);
  expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('vary')]).toEqual([
    204,
    SHOP,
    'origin',
  ]);
  for (const [where, origin] of [
    [path, ELSEWHERE],
    [`/v1/conversations/${await begin()}/messages`, SHOP],
    [`/v1/conversations/${id}/tokens`, SHOP],
    ['/v1/conversations/x/messages', SHOP],
    ['/v1/approvals', SHOP],
  ] as const)
    expect([where, origin, (await preflight(where, origin)).headers.get('access-control-allow-origin')]).toEqual([
      where,
      origin,
      null,
    ]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/test-app.ts';
import { type Send, holdOutput, sender } from './testing/send.ts';

const BASE = '/compat/promptrails/api/v1';
let app: TestApp;
let as: (secret: string, headers?: Record<string, string>) => Send;

beforeAll(async () => {
  app = await startTestServer();
  as = (secret, headers = {}) => sender(app, BASE, { 'x-api-key': secret, ...headers });
});
afterAll(() => app.stop());

test('a path is known with and without its last slash, and never redirected', async () => {
  const { reading } = app.one.keys;
  for (const path of ['/approvals', '/approvals/', '/approvals?status=pending', '/approvals/?status=pending'])
    expect((await as(reading.secret)('GET', path)).status, path).toBe(200);
});

test('unknown paths, methods and dialects are refused in the words of whom they are for', async () => {
  const send = as(app.one.keys.reading.secret);
  expect(await send('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  const method = await send('DELETE', '/approvals');
  expect(method).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
  expect(method.headers.get('allow')).toBe('GET');
  const unknown = await fetch(`${app.url}/compat/nobody/api/v1/approvals`);
  expect(unknown.status).toBe(404);
});

test('a body is held to the rules of /v1: JSON, an object, of its media type, and not too large', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Held.');
  const send = as(app.one.keys.deciding.secret);
  const path = `/approvals/${approval.slice(4)}/decide`;
  for (const body of ['{', '[]', '"approved"', 'null', '{"decision":"approved","decision":"rejected"}', '{"a":\ud800}'])
    expect((await send('POST', path, body)).body, body).toMatchObject({ error: { code: expect.any(String) } });
  expect((await send('POST', path, '{"decision":"approved"}', { 'content-type': 'text/plain' })).status).toBe(400);
  expect((await send('POST', path, { decision: 'approved', reason: 'x'.repeat(2 ** 20) })).status).toBe(400);
  expect((await send('GET', `/approvals/${approval.slice(4)}`)).body.data.status).toBe('pending');
});

test('a session decides from our own pages alone; from another site it is refused', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Held.');
  const path = `/approvals/${approval.slice(4)}/decide`;
  const cookie = `countersign_session=${app.one.people.approver.token}`;
  const foreign = sender(app, BASE, { cookie, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' });
  expect((await foreign('POST', path, { decision: 'approved' })).status).toBe(403);
  const bare = sender(app, BASE, { cookie });
  expect((await bare('POST', path, { decision: 'approved' })).status).toBe(403);
  const own = sender(app, BASE, { cookie, origin: app.url, 'sec-fetch-site': 'same-origin' });
  const decided = await own('POST', path, { decision: 'approved' });
  expect(decided).toMatchObject({ status: 200, body: { data: { status: 'approved' } } });
  expect(decided.body.data.decided_by).toBe(app.one.people.approver.id.slice(4));
});

test('a key that is no good is refused, also beside a good session', async () => {
  const cookie = `countersign_session=${app.one.people.approver.token}`;
  for (const headers of [{ 'x-api-key': '' }, { 'x-api-key': 'pr_live_1' }, { authorization: 'Basic eDp5' }, {}])
    expect((await sender(app, BASE, { ...headers })('GET', '/approvals')).status).toBe(401);
  expect((await sender(app, BASE, { 'x-api-key': 'pr_live_1', cookie })('GET', '/approvals')).status).toBe(401);
});

test('one request is counted as one, however many of /v1 it takes, and says what is left', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Held.');
  const send = as(app.one.keys.deciding.secret);
  const left = async (): Promise<number> =>
    Number(/r=(\d+)/.exec((await send('GET', '/approvals')).headers.get('ratelimit') ?? '')?.[1]);
  const before = await left();
  expect((await send('POST', `/approvals/${approval.slice(4)}/decide`, { decision: 'approved' })).status).toBe(200);
  // Some tokens come back in the meantime; the decision took one, and this reading one.
  expect(before - (await left())).toBeLessThanOrEqual(2);
});

test('the record says that a decision named no digest', async () => {
  const { approval } = await holdOutput(app, app.one.keys.asking, 'Held.');
  await as(app.one.keys.deciding.secret)('POST', `/approvals/${approval.slice(4)}/decide`, { decision: 'approved' });
  const timeline = await app.call<{ data: { type: string; detail: unknown }[] }>(
    app.one.keys.reading,
    'GET',
    `/v1/approvals/${approval}/timeline`,
  );
  expect(timeline.body.data).toContainEqual(
    expect.objectContaining({ type: 'approval.digest_unnamed', detail: { dialect: 'promptrails' } }),
  );
});

test('the workspace that a header names must be the key’s', async () => {
  const { secret } = app.one.keys.reading;
  const own = app.one.id;
  expect((await as(secret, { 'x-workspace-id': own.slice(4) })('GET', '/approvals')).status).toBe(200);
  expect((await as(secret, { 'x-workspace-id': own })('GET', '/approvals')).status).toBe(200);
  expect((await as(secret, { 'x-workspace-id': app.two.id.slice(4) })('GET', '/approvals')).status).toBe(403);
});

/** Browsers' questions and answers to pages of other origins. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

const PAGE = 'https://desk.example.com';
let app: TestApp;

beforeAll(async () => {
  app = await startTestServer();
  const { owner } = app.one.people;
  const settings = await app.call<object>(owner, 'GET', '/v1/settings');
  const put = await app.call(owner, 'PUT', '/v1/settings', { ...settings.body, page_origins: [PAGE] });
  expect(put.status, put.text).toBe(200);
});
afterAll(() => app.stop());

const PENDING = '/compat/agentflow/api/v1/approvals/pending';
const from = (origin: string, path: string, init: RequestInit = {}) =>
  fetch(app.url + path, { ...init, headers: { ...(init.headers as Record<string, string>), origin } });
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

test('a browser is told which headers it may send, to whatever page, since no key has been sent yet', async () => {
  for (const path of [PENDING, '/compat/promptrails/api/v1/approvals/x/decide', '/compat/langgraph/threads/search']) {
    const told = await from(PAGE, path, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
    expect(told.status, path).toBe(204);
    expect(told.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(told.headers.get('access-control-allow-headers')).toContain('x-api-key');
    expect(told.headers.get('access-control-allow-credentials')).toBeNull();
  }
  const plain = await fetch(app.url + PENDING, { method: 'OPTIONS' });
  expect([plain.status, plain.headers.get('allow'), plain.headers.get('access-control-allow-origin')]).toEqual([
    204,
    'GET, OPTIONS',
    null,
  ]);
});

test('a listed page may read; of another one nothing is read, and nothing is done for it', async () => {
  const { reading, asking } = app.one.keys;
  const read = await from(PAGE, PENDING, { headers: bearer(reading.secret) });
  expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
  const other = await from('https://evil.example', PENDING, { headers: bearer(reading.secret) });
  expect(other.status).toBe(403);
  expect(await other.text()).not.toContain('approvals');
  const name = `Made by a page ${Math.random()}`;
  const made = await from('https://evil.example', '/compat/promptrails/api/v1/agents', {
    method: 'POST',
    headers: { 'x-api-key': asking.secret, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  expect(made.status).toBe(403);
  expect(await app.sql('select 1 from agent where name = $1', [name])).toEqual([]);
});

test('another workspace lists its own; a wrong key is told so; programs send no origin, or none of a page', async () => {
  const foreign = await from(PAGE, PENDING, { headers: bearer(app.two.keys.reading.secret) });
  expect(foreign.status).toBe(403);
  const wrong = await from(PAGE, PENDING, { headers: bearer('csk_nothing') });
  expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
  for (const origin of ['null', 'file://', app.url])
    expect((await from(origin, PENDING, { headers: bearer(app.one.keys.reading.secret) })).status, origin).toBe(200);
  const inbox = await from('https://any.example', '/compat/langgraph/threads/search', {
    method: 'POST',
    headers: { 'x-api-key': app.one.keys.reading.secret, 'content-type': 'application/json' },
    body: '{}',
  });
  expect([inbox.status, inbox.headers.get('access-control-allow-origin')]).toEqual([200, 'https://any.example']);
});

/** Web push against a push service that checks and decrypts as the RFCs say. The service worker is tried in dashboard/test. */
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type PushMessage,
  type TestApp,
  type TestBrowser,
  type TestPerson,
  type TestPushService,
  addPerson,
  startPushService,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
let service: TestPushService;
let ana: TestPerson;
let channel: WireChannel;
let browser: TestBrowser;
let count = 0;
const owner = () => app.one.people.owner;
type Push = { is_offered: boolean; public_key: string; subscriptions: { id: string; name: string }[] };

const subscribe = async (person: TestPerson, name = 'Firefox'): Promise<TestBrowser> => {
  const { body } = await app.call<Push>(person, 'GET', '/v1/account/push');
  const made = service.subscribe(body.public_key);
  const { endpoint, p256dh, auth } = made;
  const answer = await app.call(person, 'POST', '/v1/account/push', { name, endpoint, p256dh, auth });
  if (answer.status !== 200) throw new Error(answer.text);
  return made;
};

beforeAll(async () => {
  service = await startPushService();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
  expect((await app.call<Push>(ana, 'GET', '/v1/account/push')).body.is_offered).toBe(false);
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', { kind: 'push', name: 'Browsers' });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
  browser = await subscribe(ana);
});
afterAll(async () => {
  await app.stop();
  await service.close();
});

const ask = async (more: object = {}): Promise<WireApproval> => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund number ${count}`,
    arguments: { amount: count, to: 'Ana' },
    priority: 'medium',
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  return asked.body;
};
const messageOf = async (
  id: string,
  from = browser,
  is: (message: PushMessage) => boolean = () => true,
): Promise<PushMessage> =>
  (await until(
    async () => from.messages.find((one) => one.tag === id && is(one)),
    (found) => found !== undefined,
  )) as PushMessage;
const hurry = async (): Promise<void> => {
  await app.sql(`update delivery set next_at = now() where channel_id = $1 and status = 'queued'`, [channel.id]);
  await app.sql(`update job set run_at = now() where kind = 'deliver' and locked_by is null`);
  app.running.engine.wake.jobs();
};

test('a request is told encrypted, with what was seen, and with buttons for what is small; the outcome takes its place', async () => {
  const asked = await ask();
  const told = await messageOf(asked.id);
  expect(told).toMatchObject({
    for: ana.id,
    approval: asked.id,
    digest: asked.digest,
    title: asked.title,
    url: `${app.url}/inbox/${asked.id}`,
    actions: ['approve', 'reject'],
    is_quiet: false,
  });
  expect(told.body).toContain('"amount":1');
  expect(browser.headers[0]).toMatchObject({ urgency: 'normal' });
  const { approver } = app.one.people;
  const decision = { decision: 'approved', digest: asked.digest };
  expect((await app.call(approver, 'POST', `/v1/approvals/${asked.id}/decide`, decision)).status).toBe(200);
  const after = await messageOf(asked.id, browser, ({ is_quiet: quiet }) => quiet);
  expect(after).toMatchObject({ actions: [], is_quiet: true });
  expect(after.body).toMatch(/^Approved by /);
  const sent = await app.sql<{ request: string }>(
    'select a.request from delivery_attempt a join delivery d on d.id = a.delivery_id where d.channel_id = $1',
    [channel.id],
  );
  // The address of a browser is a secret: whoever reads deliveries does not get it.
  expect(JSON.stringify(sent)).not.toContain(browser.endpoint.split('/').at(-1));
});

test('T28: what is high, long, explained, a question or shown by role has no buttons; a reason that is needed leaves Approve alone', async () => {
  const plain: object[] = [
    { priority: 'high' },
    { priority: 'critical' },
    { arguments: { note: 'y'.repeat(200) } },
    { title: 'z'.repeat(90) },
    { explanation: 'Because.' },
    { input: 'What the customer wrote' },
  ];
  for (const more of plain) expect((await messageOf((await ask(more)).id)).actions, JSON.stringify(more)).toEqual([]);
  const rules = { redaction_rules: [{ name: 'Pay', fields: ['salary'], visible_to: ['owner'] }] };
  await app.call(owner(), 'PUT', '/v1/settings', rules);
  const hidden = await messageOf((await ask({ arguments: { salary: 98_765 } })).id);
  await app.call(owner(), 'PUT', '/v1/settings', { redaction_rules: [] });
  expect(hidden.actions).toEqual([]);
  expect(JSON.stringify(hidden)).not.toContain('98765');
});

test('a channel that lets only low ones through has no buttons for medium', async () => {
  const path = `/v1/channels/${channel.id}`;
  await app.call(owner(), 'PATCH', path, { settings: { decide_up_to: 'low' } });
  expect((await messageOf((await ask()).id)).actions).toEqual([]);
  expect((await messageOf((await ask({ priority: 'low' })).id)).actions).toEqual(['approve', 'reject']);
  await app.call(owner(), 'PATCH', path, { settings: {} });
});

test('a browser that is gone is forgotten, and whoever has none hears nothing there', async () => {
  const second = await subscribe(ana, 'Phone');
  second.isGone = true;
  await messageOf((await ask()).id);
  const left = await until(
    async () => (await app.call<Push>(ana, 'GET', '/v1/account/push')).body.subscriptions,
    ({ length }) => length === 1,
  );
  expect(left[0]?.name).toBe('Firefox');
  const rows = await app.sql<{ problem: string }>(
    `select distinct problem from delivery where channel_id = $1 and status = 'skipped'`,
    [channel.id],
  );
  expect(rows.map(({ problem }) => problem)).toContain('no browser of theirs is subscribed');
});

test('a 429, a 500 and a lost answer lose nothing; a message that comes twice has one tag and one topic', async () => {
  service.trouble.push(
    (response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
    (response) => void response.writeHead(500).end(),
    'lost',
  );
  const asked = await ask();
  const told = await until(
    async () => {
      await hurry();
      return browser.messages.filter(({ tag }) => tag === asked.id);
    },
    ({ length }) => length === 2,
  );
  expect(told[0]).toEqual(told[1]);
  expect(new Set(browser.headers.slice(-2).map(({ topic }) => topic)).size).toBe(1);
});

test('who signs in in the same browser gets its notifications, and the one before them none', async () => {
  const ben = await addPerson(app.store, app.one.id, 'Ben Ito', ['approver']);
  const { endpoint, p256dh, auth } = browser;
  await app.call(ben, 'POST', '/v1/account/push', { name: 'Firefox', endpoint, p256dh, auth });
  expect((await app.call<Push>(ana, 'GET', '/v1/account/push')).body.subscriptions).toEqual([]);
  expect((await messageOf((await ask()).id)).for).toBe(ben.id);
  const [mine] = (await app.call<Push>(ben, 'GET', '/v1/account/push')).body.subscriptions;
  expect((await app.call(ana, 'DELETE', `/v1/account/push/${mine?.id}`)).status).toBe(404);
  expect((await app.call(ben, 'DELETE', `/v1/account/push/${mine?.id}`)).status).toBe(204);
  await app.call(ana, 'POST', '/v1/account/push', { name: 'Firefox', endpoint, p256dh, auth });
});

test('addresses that may not be reached, and keys that are none, are refused', async () => {
  const { p256dh, auth } = browser;
  const good = { name: 'x', endpoint: 'https://push.example/x', p256dh, auth };
  for (const wrong of [
    { endpoint: 'http://169.254.169.254/latest' },
    { endpoint: 'ftp://push.example' },
    { p256dh: `B${'A'.repeat(86)}` },
    { p256dh: 'short' },
    { auth: 'short' },
  ])
    expect((await app.call(ana, 'POST', '/v1/account/push', { ...good, ...wrong })).status).toBe(422);
});

test('it proves itself', { timeout: 60_000 }, async () => {
  await subscribe(owner());
  type Proof = { checks: { name: string; passed: boolean; detail: string }[] };
  const proof = await app.call<Proof>(owner(), 'POST', `/v1/channels/${channel.id}/conformance`, {});
  expect(proof.body.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(proof.body.checks.map(({ name }) => name)).toContain('A provider that never answers loses nothing');
});

import type { WireChannel, WireDelivery, WireDeliveryDetail } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestApp, type TestPerson, addPerson, startTestServer } from '../../../server/src/testing/index.ts';
import { until } from '../testing/scene.ts';
import { type TestMail, startBrokenRelay, startMailServer } from './smtp.testing.ts';

let mail: TestMail;
let relay: Awaited<ReturnType<typeof startBrokenRelay>>;
let app: TestApp;
let channel: WireChannel;

beforeAll(async () => {
  mail = await startMailServer();
  relay = await startBrokenRelay(mail.url);
  app = await startTestServer({ smtpUrl: relay.url, mailFrom: 'Countersign <countersign@test.example>' });
  // As at the next start: these workspaces were made after it.
  const made = await app.call<WireChannel>(app.one.people.owner, 'POST', '/v1/channels', {
    kind: 'email',
    name: 'Mail',
    settings: {},
  });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
});
afterAll(async () => {
  await app.stop();
  await relay.close();
  await mail.close();
});
beforeEach(async () => {
  mail.rcpt = null;
  mail.data = null;
  relay.mode = 'pass';
  await app.sql(`update delivery set status = 'skipped' where status = 'queued'`);
  // Each test begins with nobody having had too much.
  await app.sql(`update delivery set sent_at = now() - interval '1 day' where sent_at is not null`);
  mail.taken.length = 0;
});

let count = 0;
const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app.call<{ id: string; digest: string; title: string }>(
    app.one.keys.asking,
    'POST',
    '/v1/approvals',
    {
      tool: 'refund',
      arguments: { amount: count },
      ...more,
    },
  );
  if (asked.status !== 201) throw new Error(asked.text);
  return asked.body;
};
const approver = () => app.one.people.approver;
const toApprover = () => mail.taken.filter(({ to }) => to.includes(approver().email));
const deliveries = async (filter = '') =>
  (
    await app.call<{ data: WireDelivery[] }>(
      app.one.people.owner,
      'GET',
      `/v1/deliveries?channel_id=${channel.id}&limit=200${filter}`,
    )
  ).body.data;
const hurry = async () => {
  await app.sql(`update delivery set next_at = now() where status = 'queued'`);
  await app.sql(`update job set run_at = now() where kind = 'deliver' and locked_by is null`);
  app.running.engine.wake.jobs();
};
const detail = async (id: string) =>
  (await app.call<WireDeliveryDetail>(app.one.people.owner, 'GET', `/v1/deliveries/${id}`)).body;
/** Quoted-printable undone, which is how a mail's parts travel. */
const readable = (raw: string): string =>
  Buffer.from(
    raw
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

test('whoever may decide gets a mail with what is asked for and a link to the page, and nobody else does', async () => {
  const asked = await ask({ priority: 'high', explanation: 'It arrived broken.' });
  await until(
    async () => toApprover(),
    ({ length }) => length === 1,
  );
  const [taken] = toApprover();
  const text = readable(taken?.raw ?? '');
  expect(taken?.headers).toMatchObject({
    subject: expect.stringContaining('[high]') as string,
    'list-unsubscribe': `<${app.running.url}/account#notifications>`,
    'auto-submitted': 'auto-generated',
    importance: 'high',
  });
  expect(text).toContain(`${app.running.url}/inbox/${asked.id}`);
  expect(text).toContain('Written by the agent, not checked');
  expect(text.match(/href=3D|href="[^"]*"/g)?.every((link) => !/approve|reject|decide|token/.test(link))).toBe(true);
  const told = (await deliveries()).filter(({ subject }) => subject === asked.id).map(({ recipient }) => recipient);
  expect(told).toContain(approver().id);
  expect(told).not.toContain(app.one.people.viewer.id);
  expect(told).not.toContain(app.one.keys.asking.owner.id);
});

test('opening the link decides nothing, signed out or signed in, by GET or by a scanner’s POST', async () => {
  const asked = await ask();
  const url = `${app.running.url}/inbox/${asked.id}`;
  for (const headers of [{}, { cookie: `countersign_session=${approver().token}` }])
    for (const method of ['GET', 'HEAD', 'POST'])
      // eslint-disable-next-line no-restricted-globals
      await globalThis.fetch(url, { method, headers, redirect: 'manual' });
  const after = await app.call<{ status: string }>(approver(), 'GET', `/v1/approvals/${asked.id}`);
  expect(after.body.status).toBe('pending');
});

test('C6: a subject with line ends and a hostile title make no header and no markup', async () => {
  const title =
    'Pay\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script><img src=x onerror=alert(1)>\u202Egpj.exe';
  const asked = await ask({ tool: undefined, arguments: undefined, title });
  // A mail of the test before may still be on its way.
  const taken = await until(
    async () => toApprover().find(({ raw }) => readable(raw).includes(asked.id)),
    (one) => one !== undefined,
  );
  expect(taken?.headers['bcc']).toBeUndefined();
  expect(taken?.to).toEqual([approver().email]);
  const text = readable(taken?.raw ?? '');
  const [, markup = ''] = text.split('<!doctype html>');
  expect(markup).toContain('&lt;script&gt;');
  expect(markup).not.toMatch(/<script|<img/);
  expect(text).not.toContain('\u202E');
  expect(text).toContain('[U+202E]');
});

test('4xx is tried again and comes once; 5xx is shown as bounced, and the channel goes on', async () => {
  mail.rcpt = 451;
  const first = await ask();
  const of = async (subject: string) =>
    (await deliveries()).find((one) => one.subject === subject && one.recipient === approver().id);
  const waiting = await until(
    () => of(first.id),
    (one) => one?.attempts === 1,
  );
  expect(waiting).toMatchObject({ state: 'queued' });
  mail.rcpt = null;
  await hurry();
  await until(
    () => of(first.id),
    (one) => one?.state === 'sent',
  );
  expect(toApprover()).toHaveLength(1);
  mail.data = 550;
  const second = await ask();
  const bounced = await until(
    () => of(second.id),
    (one) => one?.state === 'failed',
  );
  expect(bounced?.problem).toContain('bounced');
  expect((await detail(bounced?.id ?? '')).tries).toMatchObject([
    { outcome: 'refused', response: expect.stringContaining('550') as string },
  ]);
  const health = await app.call<WireChannel>(app.one.people.owner, 'GET', `/v1/channels/${channel.id}`);
  expect(health.body).toMatchObject({ status: 'active' });
});

test('a connection that breaks in the middle of a mail loses nothing, and the reader gets it once', async () => {
  relay.mode = 'cut';
  const asked = await ask();
  const of = async () =>
    (await deliveries()).find((one) => one.subject === asked.id && one.recipient === approver().id);
  await until(of, (one) => (one?.attempts ?? 0) >= 1);
  expect(toApprover()).toHaveLength(0);
  relay.mode = 'pass';
  await hurry();
  const sent = await until(of, (one) => one?.state === 'sent');
  expect(toApprover()).toHaveLength(1);
  expect(toApprover()[0]?.headers['message-id']).toBe(`<${sent?.id}@test.example>`);
});

test('D5: of a hundred requests a person gets at most six mails, the last of which holds the rest', async () => {
  await Promise.all(Array.from({ length: 100 }, () => ask()));
  await until(
    async () =>
      (
        await app.sql<{ count: number }>(
          `select count(*)::int as count from delivery where recipient = $1 and status = 'queued' and is_digest`,
          [approver().id],
        )
      )[0]?.count,
    (bundled) => bundled === 95,
    25_000,
  );
  expect(toApprover()).toHaveLength(5);
  await hurry();
  await until(
    async () => toApprover(),
    ({ length }) => length === 6,
  );
  const digest = readable(toApprover().at(-1)?.raw ?? '');
  expect(new Set(digest.match(/\/inbox\/apr_[0-9A-Za-z]{27}/g)).size).toBe(95);
  expect(toApprover()).toHaveLength(6);
});

test('quiet hours hold a mail until they end, unless it is critical; what is decided meanwhile is not sent', async () => {
  const now = new Date();
  const minute = (offset: number) => new Date(now.getTime() + offset * 60_000).toISOString().slice(11, 16);
  const preference = { quiet_hours: { from: minute(-60), to: minute(60) }, time_zone: 'UTC' };
  expect((await app.call(approver(), 'PUT', '/v1/account/notifications', preference)).status).toBe(200);
  const quiet = await ask({ priority: 'medium' });
  const loud = await ask({ priority: 'critical' });
  await until(
    async () => toApprover(),
    ({ length }) => length === 1,
  );
  expect(readable(toApprover()[0]?.raw ?? '')).toContain(loud.id);
  const waiting = (await deliveries()).find((one) => one.subject === quiet.id && one.recipient === approver().id);
  expect(waiting?.state).toBe('queued');
  expect(Date.parse(waiting?.next_attempt_at ?? '')).toBeGreaterThan(Date.now() + 50 * 60_000);
  await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${quiet.id}/decide`, {
    decision: 'approved',
    digest: quiet.digest,
  });
  await hurry();
  await until(
    async () => (await detail(waiting?.id ?? '')).state,
    (state) => state === 'skipped',
  );
  await app.call(approver(), 'PUT', '/v1/account/notifications', {});
});

test('each recipient’s state goes from sent over opened and seen whole to acted', async () => {
  const asked = await ask();
  const state = async (person: TestPerson) =>
    (
      await app.call<{ data: { recipient: { id: string } | null; state: string }[] }>(
        person,
        'GET',
        `/v1/approvals/${asked.id}/notified`,
      )
    ).body.data.find(({ recipient }) => recipient?.id === person.id)?.state;
  await until(
    () => state(approver()),
    (now) => now === 'sent',
  );
  await app.call(approver(), 'POST', `/v1/approvals/${asked.id}/seen`, {});
  expect(await state(approver())).toBe('opened');
  await app.call(approver(), 'POST', `/v1/approvals/${asked.id}/seen`, { whole: true });
  expect(await state(approver())).toBe('seen_whole');
  await app.call(approver(), 'POST', `/v1/approvals/${asked.id}/decide`, {
    decision: 'approved',
    digest: asked.digest,
  });
  await until(
    () => state(approver()),
    (now) => now === 'acted',
  );
});

test('nobody opens it in time: those on call are told, in their quiet hours too', async () => {
  const { owner, viewer } = app.one.people;
  await app.call(owner, 'POST', '/v1/groups', { name: 'night', members: [viewer.id] });
  const settings = await app.call<object>(owner, 'GET', '/v1/settings');
  const put = await app.call(owner, 'PUT', '/v1/settings', {
    ...settings.body,
    on_call: { group: 'night', after_seconds: 10, priority_min: 'low' },
  });
  expect(put.status, put.text).toBe(200);
  const asked = await ask();
  const ofCall = () => app.sql('select from job where kind = $1 and subject = $2', ['call_on_call', asked.id]);
  await until(ofCall, ({ length }) => length === 1);
  await app.sql(`update job set run_at = now() where kind = 'call_on_call'`);
  app.running.engine.wake.jobs();
  await until(
    async () => mail.taken.filter(({ to }) => to.includes(viewer.email)),
    ({ length }) => length === 1,
    15_000,
  );
  expect(readable(mail.taken.find(({ to }) => to.includes(viewer.email))?.raw ?? '')).toContain('You are on call');
  const opened = await ask();
  await app.call(approver(), 'POST', `/v1/approvals/${opened.id}/seen`, {});
  await until(
    () => app.sql('select from job where kind = $1 and subject = $2', ['call_on_call', opened.id]),
    ({ length }) => length === 1,
  );
  await app.sql(`update job set run_at = now() where kind = 'call_on_call'`);
  app.running.engine.wake.jobs();
  await until(
    () => app.sql('select from job where kind = $1 and subject = $2', ['call_on_call', opened.id]),
    ({ length }) => length === 0,
  );
  const types = await app.sql<{ type: string }>('select type from event where subject = $1', [opened.id]);
  expect(types.map(({ type }) => type)).not.toContain('approval.on_call');
  await app.call(owner, 'PUT', '/v1/settings', settings.body);
});

test('an invitation goes by mail, and neither the record of it nor the database keeps its link', async () => {
  const { owner } = app.one.people;
  const made = await app.call<{ id: string; url: string; mailed: boolean }>(owner, 'POST', '/v1/invitations', {
    email: 'guest@mail.example',
    roles: ['viewer'],
  });
  expect(made.body.mailed).toBe(true);
  await until(
    async () => mail.taken.filter(({ to }) => to.includes('guest@mail.example')),
    ({ length }) => length === 1,
  );
  const token = new URL(made.body.url).hash.slice(1);
  expect(readable(mail.taken.find(({ to }) => to.includes('guest@mail.example'))?.raw ?? '')).toContain(token);
  const told = (await deliveries()).find(({ subject }) => subject === made.body.id);
  await until(
    async () => (await detail(told?.id ?? '')).state,
    (state) => state === 'sent',
  );
  expect(JSON.stringify(await detail(told?.id ?? ''))).not.toContain(token);
  expect(await app.sql('select from delivery where sealed is not null')).toEqual([]);
});

test('whoever stands in for somebody who is away is told, too', async () => {
  const deputy = await addPerson(app.store, app.one.id, 'Deputy', ['viewer']);
  await app.sql(
    `insert into delegation (workspace_id, id, from_person, to_person, starts_at, ends_at)
     values ($1, 'dlg_mail', $2, $3, now() - interval '1 day', now() + interval '1 day')`,
    [app.one.id, approver().id, deputy.id],
  );
  const asked = await ask({ title: 'While somebody is away' });
  await until(
    async () => mail.taken.filter(({ to, raw }) => to.includes(deputy.email) && readable(raw).includes(asked.title)),
    ({ length }) => length === 1,
  );
  await app.sql(`delete from delegation where id = 'dlg_mail'`);
});

test('T40: owners are told by mail of a changed rule', async () => {
  const { owner } = app.one.people;
  await app.call(owner, 'POST', '/v1/groups', { name: 'newcomers', members: [] });
  await until(
    async () => mail.taken.filter(({ to, raw }) => to.includes(owner.email) && readable(raw).includes('group created')),
    ({ length }) => length === 1,
  );
});

test('a mail has nothing of what only some roles may see, whoever reads it', async () => {
  const { owner } = app.one.people;
  const rules = { redaction_rules: [{ name: 'Pay', fields: ['salary'], visible_to: ['owner'] }] };
  expect((await app.call(owner, 'PUT', '/v1/settings', rules)).status).toBe(200);
  const asked = await ask({ arguments: { to: 'Ana', salary: 98_765 } });
  await until(
    async () => mail.taken.filter(({ raw }) => readable(raw).includes(asked.id)),
    ({ length }) => length > 0,
  );
  await app.call(owner, 'PUT', '/v1/settings', { redaction_rules: [] });
  const all = mail.taken.map(({ raw }) => readable(raw)).join();
  expect(all).toContain('[redacted: Pay');
  expect(all).not.toMatch(/98.?765/);
});

/** Text messages and calls to members, over Twilio: a number is proved, what is critical is told there, and nothing is decided. */
import type { WireApproval, WireChannel, WireDeliveryDetail } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  TWILIO,
  type TestApp,
  type TestPerson,
  type TestTwilio,
  addPerson,
  startTestServer,
  startTwilio,
  until,
} from '../testing/index.ts';

let app: TestApp;
let twilio: TestTwilio;
let ana: TestPerson;
let sms: WireChannel;
let voice: WireChannel;
let count = 0;
const ANA = '+4915112345678';
const owner = () => app.one.people.owner;
const secrets = { auth_token: TWILIO.token };

const makeChannel = async (kind: 'sms' | 'voice', more: object = {}): Promise<WireChannel> => {
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind,
    name: `Phone by ${kind}`,
    settings: { account_sid: TWILIO.sid, from: TWILIO.number, api_url: twilio.url },
    secrets,
    rate_per_second: 100,
    ...more,
  });
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
};

beforeAll(async () => {
  twilio = await startTwilio();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
});
afterAll(async () => {
  await app.stop();
  await twilio.close();
});

const ask = async (more: object = {}): Promise<WireApproval> => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund number ${count}, see http://evil.example/x`,
    arguments: { amount: count, iban: 'DE00 1234' },
    priority: 'critical',
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  return asked.body;
};
const approval = async (id: string) => (await app.call<WireApproval>(owner(), 'GET', `/v1/approvals/${id}`)).body;
const sentAbout = (id: string) =>
  until(
    async () => twilio.messages.find(({ fields }) => fields.get('Body')?.includes(id)),
    (found) => found !== undefined,
    15_000,
  );
const calledAbout = (id: string) =>
  until(
    async () => twilio.calls.find(({ fields }) => fields.get('Twiml')?.includes(id)),
    (found) => found !== undefined,
    15_000,
  );
const deliveryAbout = async (id: string, channel: WireChannel, recipient = ana.id) => {
  const list = await app.call<{ data: { id: string; channel_id: string; recipient: string }[] }>(
    owner(),
    'GET',
    `/v1/deliveries?subject=${id}`,
  );
  const one = list.body.data.find(({ channel_id: of, recipient: to }) => of === channel.id && to === recipient);
  return (await app.call<WireDeliveryDetail>(owner(), 'GET', `/v1/deliveries/${one?.id}`)).body;
};

test('a number is its member’s once they enter the code that was sent to it', async () => {
  expect((await app.call(ana, 'POST', '/v1/account/phone', { number: ANA })).status).toBe(422);
  sms = await makeChannel('sms');
  expect(sms).toMatchObject({ priority_min: 'critical', inbound_url: `${app.url}/channels/${sms.id}/inbound` });
  const started = await app.call<{ sent_by: string }>(ana, 'POST', '/v1/account/phone', { number: ANA });
  expect([started.status, started.body.sent_by], started.text).toEqual([201, 'sms']);
  const [message] = twilio.messages;
  expect([message?.fields.get('To'), message?.fields.get('StatusCallback')]).toEqual([ANA, null]);
  const code = /^\d{6}/.exec(message?.fields.get('Body') ?? '')?.[0] ?? '';
  expect(started.text).not.toContain(code);
  const wrong = code === '000000' ? '000001' : '000000';
  expect((await app.call(ana, 'POST', '/v1/account/phone/verify', { code: wrong })).status).toBe(422);
  // Somebody else's session does not help itself to it.
  expect((await app.call(app.one.people.approver, 'POST', '/v1/account/phone/verify', { code })).status).toBe(422);
  expect((await app.call(ana, 'POST', '/v1/account/phone/verify', { code })).status).toBe(204);
  expect((await app.call(ana, 'POST', '/v1/account/phone/verify', { code })).status).toBe(422);
  const mine = await app.call<{ data: object[] }>(ana, 'GET', '/v1/account/channel-identities');
  expect(mine.body.data).toMatchObject([{ kind: 'phone', user: ANA }]);
  const theirs = await app.call<{ data: object[] }>(app.one.people.approver, 'GET', '/v1/account/channel-identities');
  expect(theirs.body.data).toEqual([]);
  const log = await app.sql<{ data: object }>(`select data from event where type = 'channel_identity.linked'`);
  expect(JSON.stringify(log)).toContain('+49…78');
  expect(JSON.stringify(log)).not.toContain(ANA);
});

test('after five wrong codes the right one is worth nothing, and codes are sent five times in a while', async () => {
  const { builder } = app.one.people;
  await app.call(builder, 'POST', '/v1/account/phone', { number: '+4915100000001' });
  const code = /^\d{6}/.exec(twilio.messages.at(-1)?.fields.get('Body') ?? '')?.[0] ?? '';
  for (let index = 0; index < 5; index += 1)
    await app.call(builder, 'POST', '/v1/account/phone/verify', { code: code === '111111' ? '222222' : '111111' });
  expect((await app.call(builder, 'POST', '/v1/account/phone/verify', { code })).status).toBe(422);
  const statuses = [];
  for (let index = 0; index < 5; index += 1)
    statuses.push((await app.call(builder, 'POST', '/v1/account/phone', { number: '+4915100000001' })).status);
  expect(statuses.at(-1)).toBe(429);
});

test('what is critical is told by text message to those who can decide and have a number; nothing of it is a link but ours', async () => {
  const mild = await ask({ priority: 'high' });
  const asked = await ask();
  const message = await sentAbout(asked.id);
  expect(message?.fields.get('To')).toBe(ANA);
  const body = message?.fields.get('Body') ?? '';
  expect(body).toContain(`${app.url}/inbox/${asked.id}`);
  expect(body.match(/https?:\/\/\S+/g)).toEqual([`${app.url}/inbox/${asked.id}`]);
  expect(body).not.toContain('evil.example');
  expect(body).not.toContain('DE00');
  expect(twilio.messages.some(({ fields }) => fields.get('Body')?.includes(mild.id))).toBe(false);
  expect(await deliveryAbout(asked.id, sms)).toMatchObject({ state: 'sent' });
  expect(await deliveryAbout(asked.id, sms, app.one.people.approver.id)).toMatchObject({
    state: 'skipped',
    problem: 'no phone number was verified',
  });
  const shown = JSON.stringify(await deliveryAbout(asked.id, sms));
  expect(shown).not.toContain(ANA);
  expect(shown).not.toContain(TWILIO.token);
});

test('Twilio’s reports move a delivery on, and never back; forged ones and those of other accounts are refused', async () => {
  const asked = await ask();
  const message = await sentAbout(asked.id);
  const url = message?.fields.get('StatusCallback') ?? '';
  const report = (status: string, how?: object, sid = message?.sid ?? '') =>
    twilio.post(url, { MessageSid: sid, MessageStatus: status, To: ANA }, how);
  expect((await report('delivered', { token: 'a'.repeat(32) })).status).toBe(401);
  expect((await report('delivered', { unsigned: true })).status).toBe(401);
  expect((await twilio.post(url, { MessageSid: message?.sid ?? '', AccountSid: `AC${'f'.repeat(32)}` })).status).toBe(
    401,
  );
  expect(await deliveryAbout(asked.id, sms)).toMatchObject({ state: 'sent' });
  expect((await report('delivered')).status).toBe(200);
  expect(await deliveryAbout(asked.id, sms)).toMatchObject({ state: 'delivered' });
  for (const late of ['sent', 'undelivered', 'delivered']) expect((await report(late)).status).toBe(200);
  expect(await deliveryAbout(asked.id, sms)).toMatchObject({ state: 'delivered' });
  const failing = await ask();
  const other = await sentAbout(failing.id);
  await twilio.post(other?.fields.get('StatusCallback') ?? '', {
    MessageSid: other?.sid ?? '',
    MessageStatus: 'undelivered',
    ErrorCode: '30003',
  });
  expect(await deliveryAbout(failing.id, sms)).toMatchObject({
    state: 'failed',
    problem: 'it did not reach the phone (Twilio’s error 30003)',
  });
});

test('a 500 loses nothing; a lost answer of a message that got through makes no second one once Twilio reports it', async () => {
  twilio.trouble.push({ status: 500 });
  const first = await ask();
  await until(
    () => deliveryAbout(first.id, sms),
    ({ attempts }) => attempts === 1,
    15_000,
  );
  expect(await deliveryAbout(first.id, sms)).toMatchObject({ state: 'queued' });
  twilio.trouble.push('lost');
  const second = await ask();
  const message = await sentAbout(second.id);
  await until(
    () => deliveryAbout(second.id, sms),
    ({ attempts }) => attempts === 1,
    15_000,
  );
  await twilio.post(message?.fields.get('StatusCallback') ?? '', {
    MessageSid: message?.sid ?? '',
    MessageStatus: 'sent',
  });
  expect(await deliveryAbout(second.id, sms)).toMatchObject({ state: 'sent' });
  await app.sql(`update delivery set next_at = now() where status = 'queued'`);
  await app.sql(`update job set run_at = now() where kind = 'deliver'`);
  await sentAbout(first.id);
  expect(twilio.messages.filter(({ fields }) => fields.get('Body')?.includes(second.id))).toHaveLength(1);
});

test('an answer to a message decides nothing', async () => {
  const asked = await ask();
  const answer = await twilio.post(sms.inbound_url ?? '', { MessageSid: 'SM1', From: ANA, Body: 'YES approve' });
  expect(answer).toMatchObject({ status: 200 });
  expect((await approval(asked.id)).status).toBe('pending');
});

test('a call reads a request out; the key 1 says who looks at it, once, and no key decides', async () => {
  voice = await makeChannel('voice');
  const asked = await ask();
  const call = await calledAbout(asked.id);
  expect(call?.fields.get('To')).toBe(ANA);
  const script = call?.fields.get('Twiml') ?? '';
  expect(script).toContain('critical priority waits for your decision');
  expect(script).toContain('Nothing is decided on this call');
  const action = /action="([^"]+)"/.exec(script)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const press = (digits: string, to = ANA, sid = call?.sid ?? '') =>
    twilio.post(action, { CallSid: sid, Digits: digits, To: to, CallStatus: 'in-progress' });
  expect((await press('2')).text).toContain('Nothing was done');
  expect((await press('1', '+4915199999999', 'CA9')).text).toContain('does not know who you are');
  expect((await twilio.post(action, { CallSid: 'CA8', Digits: '1', To: ANA }, { token: 'b'.repeat(32) })).status).toBe(
    401,
  );
  expect((await approval(asked.id)).claim).toBeNull();
  const said = await press('1');
  expect(said.text).toContain('<Say>Thank you.');
  expect(await approval(asked.id)).toMatchObject({ status: 'pending', claim: { person_id: ana.id } });
  expect((await press('1')).status).toBe(409);
  await twilio.post(call?.fields.get('StatusCallback') ?? '', { CallSid: call?.sid ?? '', CallStatus: 'no-answer' });
  expect(await deliveryAbout(asked.id, voice)).toMatchObject({ state: 'failed', problem: 'nobody answered' });
});

test(
  'the conformance suite passes against both, and says so where no number reaches whoever runs it',
  { timeout: 90_000 },
  async () => {
    for (const channel of [sms, voice]) {
      const run = await app.call<{ passed: boolean; checks: { name: string; passed: boolean; detail: string }[] }>(
        owner(),
        'POST',
        `/v1/channels/${channel.id}/conformance`,
      );
      expect(run.body.checks.find(({ name }) => name === 'A message gets through')).toMatchObject({
        passed: false,
        detail: 'no phone number was verified',
      });
      expect(run.body.checks.filter(({ passed }) => !passed)).toHaveLength(1);
    }
  },
);

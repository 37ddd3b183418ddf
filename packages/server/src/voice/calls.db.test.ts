/** A phone call with an agent, over a Twilio that speaks its protocols: what its caller hears, and what becomes of their request. */
import type { WireApproval, WireConversation, WireMessage, WireVoiceCall, WireVoiceLine } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  TWILIO,
  type ModelScript,
  type TestApp,
  type TestCaller,
  type TestModel,
  type TestTool,
  type TestTwilio,
  attributeOf,
  defineAgent,
  joinCall,
  newCallSid,
  openRelay,
  startCall,
  startModel,
  startTestServer,
  startTool,
  startTwilio,
  until,
} from '../testing/index.ts';

let app: TestApp;
let twilio: TestTwilio;
let tool: TestTool;
let count = 0;
const models: TestModel[] = [];
const asking = () => app.one.keys.asking;

beforeAll(async () => {
  [twilio, tool] = await Promise.all([startTwilio(), startTool(() => 'refunded')]);
  app = await startTestServer();
});
afterAll(async () => {
  await app.stop();
  await Promise.all([twilio.close(), tool.close(), ...models.map((model) => model.close())]);
});

const GATE: ModelScript = (request) => {
  const last = request.messages.at(-1);
  if (last?.role === 'tool')
    return String(last.content).includes('refunded')
      ? { text: 'Your refund is on its way.' }
      : { text: 'I can not refund it.' };
  return String(last?.content).includes('refund')
    ? { calls: [{ tool: `refund${count}`, arguments: { amount: 12 } }] }
    : { text: 'Hello. You said something.' };
};

const makeLine = async (settings: object = {}, script: ModelScript = GATE): Promise<WireVoiceLine> => {
  count += 1;
  const model = await startModel(script);
  models.push(model);
  const agent = await defineAgent(app, asking(), model, {
    [`refund${count}`]: { http: { url: `${tool.url}/refund` } },
  });
  const made = await app.call<WireVoiceLine>(asking(), 'POST', '/v1/voice-lines', {
    name: `Line ${count}`,
    agent_id: agent.id,
    account_sid: TWILIO.sid,
    auth_token: TWILIO.token,
    api_url: twilio.url,
    number: TWILIO.number,
    timeout_seconds: 120,
    update_seconds: 10,
    ...settings,
  });
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
};

const callOf = async (line: WireVoiceLine): Promise<WireVoiceCall> => {
  const list = await app.call<{ data: WireVoiceCall[] }>(asking(), 'GET', `/v1/voice-lines/${line.id}/calls`);
  const [call] = list.body.data;
  if (!call) throw new Error('no call');
  return call;
};
const callThat = (line: WireVoiceLine, fits: (call: WireVoiceCall) => boolean) =>
  until(() => callOf(line), fits, 15_000);
const requestOf = async (line: WireVoiceLine): Promise<WireApproval> => {
  const { conversation_id: conversation } = await callOf(line);
  const found = await until(
    async () =>
      (await app.call<{ data: WireApproval[] }>(asking(), 'GET', `/v1/approvals?conversation_id=${conversation}`)).body
        .data,
    (data) => data.length > 0,
    15_000,
  );
  return (await app.call<WireApproval>(app.one.keys.deciding, 'GET', `/v1/approvals/${found[0]?.id}`)).body;
};
const decide = (approval: WireApproval, decision: 'approved' | 'rejected') =>
  app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision,
    digest: approval.digest,
    reason: 'As I see it',
  });
const hears = (caller: TestCaller, words: string) =>
  until(
    async () => caller.said,
    (said) => said.some((one) => one.includes(words)),
    15_000,
  );
/** A caller who has asked for a refund, and waits. */
const onHold = async (line: WireVoiceLine): Promise<TestCaller> => {
  const caller = await startCall(twilio, line.answer_url);
  caller.say('I want a refund, please.');
  await hears(caller, line.hold_message);
  return caller;
};
/** The line's time is over now. */
const waitIsOver = async (line: WireVoiceLine): Promise<void> => {
  const { id } = await callOf(line);
  await app.sql(`update voice_call set held_since = held_since - interval '400 seconds' where id = $1`, [id]);
  await app.sql(`update job set run_at = now() where kind = 'end_hold' and subject = $1`, [id]);
};

test('a call is answered with a greeting; what is said is a conversation', async () => {
  const line = await makeLine({ greeting: 'Hello & welcome' });
  const caller = await startCall(twilio, line.answer_url);
  expect(attributeOf(caller.twiml, 'welcomeGreeting')).toBe('Hello & welcome');
  expect(attributeOf(caller.twiml, 'url')).toMatch(/^ws:.*\/relay$/);
  caller.say('Good morning');
  await hears(caller, 'Hello. You said something.');
  const call = await callOf(line);
  expect(call).toMatchObject({ status: 'active', number: '+4917000000001', direction: 'inbound' });
  const talk = await app.call<WireConversation>(asking(), 'GET', `/v1/conversations/${call.conversation_id}`);
  expect(talk.body).toMatchObject({ title: 'Call from +4917000000001', phone_call: { id: call.id, status: 'active' } });
  const messages = await app.call<{ data: WireMessage[] }>(
    asking(),
    'GET',
    `/v1/conversations/${call.conversation_id}/messages`,
  );
  expect(messages.body.data.map(({ role, content }) => [role, content])).toEqual([
    ['user', 'Good morning'],
    ['assistant', 'Hello. You said something.'],
  ]);
  await caller.after('hung up');
  expect(await callOf(line)).toMatchObject({ status: 'ended', end_reason: 'the caller hung up' });
});

test('at a gate the caller is told, hears music and updates, and the decision goes on with the talk', async () => {
  const line = await makeLine({ music_url: 'https://music.example/waiting.mp3' });
  const caller = await onHold(line);
  const asked = await requestOf(line);
  const seconds = (Date.parse(asked.expires_at ?? '') - Date.parse(asked.created_at)) / 1000;
  expect(seconds).toBeCloseTo(120, 0);
  expect(caller.heard.find(({ type }) => type === 'play')).toMatchObject({
    source: 'https://music.example/waiting.mp3',
  });
  expect((await callOf(line)).held_since).not.toBeNull();
  await app.sql(`update voice_call set held_since = held_since - interval '11 seconds' where line_id = $1`, [line.id]);
  await hears(caller, line.update_message);
  expect((await decide(asked, 'approved')).status).toBe(200);
  await hears(caller, 'Your refund is on its way.');
  await callThat(line, ({ held_since: since }) => since === null);
});

test('a rejected call is told by the agent', async () => {
  const line = await makeLine();
  const caller = await onHold(line);
  expect((await decide(await requestOf(line), 'rejected')).status).toBe(200);
  await hears(caller, 'I can not refund it.');
});

test('nobody decides: the agent goes on without it', async () => {
  const line = await makeLine();
  const caller = await onHold(line);
  const asked = await requestOf(line);
  await waitIsOver(line);
  await hears(caller, 'I can not refund it.');
  const after = await app.call<WireApproval>(asking(), 'GET', `/v1/approvals/${asked.id}`);
  expect(after.body.status).toBe('cancelled');
  caller.say('Good bye');
  await hears(caller, 'Hello. You said something.');
});

test('nobody decides: the caller leaves a message, and nothing runs for nobody', async () => {
  const line = await makeLine({ fallback: 'voicemail' });
  const caller = await onHold(line);
  const asked = await requestOf(line);
  await waitIsOver(line);
  await until(async () => caller.isClosed(), Boolean, 15_000);
  expect(caller.heard.at(-1)).toMatchObject({ type: 'end' });
  const next = await caller.after('handed off');
  expect(next.text).toContain('<Record');
  const recorded = { CallSid: caller.sid, RecordingUrl: 'https://api.twilio.com/recordings/RE1', RecordingSid: 'RE1' };
  const action = /<Record[^>]* action="([^"]+)"/.exec(next.text)?.[1] ?? '';
  expect((await twilio.post(action, recorded, { token: 'c'.repeat(32) })).status).toBe(401);
  expect((await twilio.post(action, recorded)).text).toContain('<Hangup/>');
  await twilio.post(line.status_url, { CallSid: caller.sid, CallStatus: 'completed' });
  expect(await callOf(line)).toMatchObject({
    status: 'ended',
    fallback: 'voicemail',
    voicemail_url: 'https://api.twilio.com/recordings/RE1',
  });
  expect((await decide(asked, 'approved')).status).toBe(409);
});

test('nobody decides: the caller is put through', async () => {
  expect((await app.call(asking(), 'POST', '/v1/voice-lines', { fallback: 'transfer' })).status).toBe(422);
  const line = await makeLine({ fallback: 'transfer', transfer_to: '+4930123456' });
  const caller = await onHold(line);
  await waitIsOver(line);
  await until(async () => caller.isClosed(), Boolean, 15_000);
  const next = await caller.after('handed off');
  expect(next.text).toContain(`${line.fallback_message}</Say><Dial timeout="30">+4930123456</Dial>`);
});

test('nobody decides: the caller is called back with the decision, once it is there', async () => {
  const line = await makeLine({ fallback: 'callback' });
  const caller = await onHold(line);
  const asked = await requestOf(line);
  expect(asked.expires_at).toBeNull();
  await waitIsOver(line);
  await until(async () => caller.isClosed(), Boolean, 15_000);
  expect((await caller.after('handed off')).text).toContain('<Hangup/>');
  await caller.after('hung up');
  expect(await callOf(line)).toMatchObject({ status: 'ended', callback: 'wanted' });
  const before = twilio.calls.length;
  twilio.trouble.push({ status: 500 });
  expect((await decide(asked, 'approved')).status).toBe(200);
  const failed = await callThat(line, ({ direction, status }) => direction === 'callback' && status === 'ended');
  expect(failed.end_reason).toContain('Twilio answered');
  await app.sql(`update job set run_at = now() where kind = 'call_back'`);
  const placed = await until(
    async () => twilio.calls[before],
    (one) => one !== undefined,
    15_000,
  );
  expect([placed?.fields.get('To'), placed?.fields.get('From')]).toEqual(['+4917000000001', TWILIO.number]);
  const sid = placed?.sid ?? '';
  const answered = await twilio.post(placed?.fields.get('Url') ?? '', { CallSid: sid, CallStatus: 'in-progress' });
  expect(answered.status, answered.text).toBe(200);
  const again = await joinCall(twilio, sid, answered.text);
  await hears(again, 'Your refund is on its way.');
  expect(again.said.join(' ')).not.toContain(line.greeting);
  expect((await callOf(line)).direction).toBe('callback');
  await again.after('hung up');
});

test('hanging up withdraws what was asked, or leaves it, as the line is set', async () => {
  const line = await makeLine();
  const caller = await onHold(line);
  const asked = await requestOf(line);
  await caller.after('hung up');
  const gone = await app.call<WireApproval>(asking(), 'GET', `/v1/approvals/${asked.id}`);
  expect(gone.body.status).toBe('cancelled');
  const other = await makeLine({ on_hangup: 'keep_open' });
  const second = await onHold(other);
  const kept = await requestOf(other);
  await second.after('hung up');
  expect(await callOf(other)).toMatchObject({ status: 'ended' });
  expect((await decide(kept, 'approved')).status).toBe(200);
  const { conversation_id: conversation } = await callOf(other);
  await until(
    async () =>
      (await app.call<{ data: WireMessage[] }>(asking(), 'GET', `/v1/conversations/${conversation}/messages`)).body
        .data,
    (data) => data.some(({ content }) => content === 'Your refund is on its way.'),
    15_000,
  );
});

test('what Twilio did not sign is refused, on every way in; a call that came before is answered once', async () => {
  const line = await makeLine();
  const sid = newCallSid();
  const fields = { CallSid: sid, From: '+4917000000002', CallStatus: 'ringing' };
  expect((await twilio.post(line.answer_url, fields, { token: 'd'.repeat(32) })).status).toBe(401);
  expect((await twilio.post(line.answer_url, fields, { unsigned: true })).status).toBe(401);
  expect((await twilio.post(line.answer_url, { ...fields, AccountSid: `AC${'e'.repeat(32)}` })).status).toBe(401);
  const first = await twilio.post(line.answer_url, fields);
  const again = await twilio.post(line.answer_url, fields);
  expect(again).toEqual(first);
  const relay = attributeOf(first.text, 'url');
  await expect(openRelay(relay, 'e'.repeat(32))).rejects.toThrow('401');
  await expect(openRelay(relay, null)).rejects.toThrow('401');
  const stranger = await joinCall(twilio, newCallSid(), first.text);
  await until(async () => stranger.isClosed(), Boolean);
  expect(stranger.heard).toEqual([]);
  await twilio.post(line.status_url, { CallSid: sid, CallStatus: 'completed' });
  expect((await twilio.post(line.answer_url, fields)).status).toBe(409);
  await expect(
    joinCall(twilio, sid, first.text).then((one) => until(async () => one.isClosed(), Boolean)),
  ).resolves.toBe(true);
  const two = await app.call<{ data: unknown[] }>(asking(), 'GET', `/v1/voice-lines/${line.id}/calls`);
  expect(two.body.data).toHaveLength(1);
});

test('a call that loses its server while it waits goes on with another connection, and hears the decision', async () => {
  const line = await makeLine();
  const other = await app.replica();
  const caller = await onHold({ ...line, answer_url: line.answer_url.replace(app.url, other.url) });
  const asked = await requestOf(line);
  await other.stop();
  await until(async () => caller.isClosed(), Boolean, 15_000);
  const back = await twilio.post(attributeOf(caller.twiml, 'action').replace(other.url, app.url), {
    CallSid: caller.sid,
    CallStatus: 'in-progress',
    SessionStatus: 'failed',
    ErrorCode: '64105',
  });
  expect(back.text).toContain('<ConversationRelay');
  expect(back.text).not.toContain('welcomeGreeting');
  const again = await joinCall(twilio, caller.sid, back.text);
  await hears(again, line.update_message);
  expect((await decide(asked, 'approved')).status).toBe(200);
  await hears(again, 'Your refund is on its way.');
  expect(again.said.filter((one) => one.includes('on its way'))).toHaveLength(1);
  expect(caller.said).not.toContain('Your refund is on its way.');
});

test('what a caller says while the agent is at work is answered after it', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const line = await makeLine({}, async ({ messages }) => {
    const said = String(messages.at(-1)?.content);
    if (said.includes('First')) await gate;
    return { text: `Heard: ${said}` };
  });
  const caller = await startCall(twilio, line.answer_url);
  caller.say('First');
  await until(
    async () => models.at(-1)?.requests.length,
    (length) => length === 1,
    15_000,
  );
  caller.say('Second');
  caller.say('and third');
  await new Promise((resolve) => setTimeout(resolve, 300));
  release();
  await hears(caller, 'Heard: Second and third');
});

test('without ConversationRelay each turn is a request: listen, wait, hear the decision', async () => {
  const line = await makeLine({ mode: 'gather', music_url: 'https://music.example/a.mp3' });
  const sid = newCallSid();
  const form = { CallSid: sid, CallStatus: 'in-progress' };
  const answered = await twilio.post(line.answer_url, { ...form, From: '+4917000000003' });
  expect(answered.text).toContain('<Gather');
  const heard = attributeOf(answered.text, 'action');
  const held = await twilio.post(heard, { ...form, SpeechResult: 'A refund please' });
  expect(held.text).toContain(line.hold_message);
  expect(held.text).toContain('<Play>https://music.example/a.mp3</Play>');
  await twilio.post(heard, { ...form, SpeechResult: 'A refund please' });
  const asked = await requestOf(line);
  expect((await decide(asked, 'approved')).status).toBe(200);
  const turn = (text: string) => /<Redirect[^>]*>([^<]+)</.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const next = await twilio.post(turn(held.text), form);
  expect(next.text).toContain('Your refund is on its way.');
  const messages = await app.call<{ data: WireMessage[] }>(
    asking(),
    'GET',
    `/v1/conversations/${(await callOf(line)).conversation_id}/messages`,
  );
  expect(messages.body.data.filter(({ role }) => role === 'user')).toHaveLength(1);
});

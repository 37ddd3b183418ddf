import type { WireChannel, WireDelivery, WireDeliveryDetail, WireWebhookEvent } from '@countersign/contract';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { type TestHook, startHook } from '../../../server/src/testing/index.ts';
import { until, useApp } from '../testing/scene.ts';

const app = useApp();
const hooks: TestHook[] = [];
afterEach(async () => {
  // A channel of one test tells nothing in the next.
  await app().sql(`update channel set status = 'paused' where workspace_id = $1`, [app().one.id]);
  await Promise.all(hooks.splice(0).map((hook) => hook.close()));
});

type Made = WireChannel & { secret: string };
let count = 0;

const owner = () => app().one.people.owner;
const addHook = async (more: object = {}): Promise<TestHook & { channel: Made }> => {
  const hook = await startHook();
  hooks.push(hook);
  count += 1;
  const body = { kind: 'webhook', name: `hook ${count}`, settings: { url: hook.url }, ...more };
  const made = await app().call<Made>(owner(), 'POST', '/v1/channels', body);
  if (made.status !== 201) throw new Error(made.text);
  return Object.assign(hook, { channel: made.body });
};
const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app().call<{ id: string; digest: string }>(app().one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    arguments: { amount: count, note: 'nobody’s business' },
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  return asked.body;
};
const decide = ({ id, digest }: { id: string; digest: string }) =>
  app().call(app().one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest });
const events = (hook: TestHook): WireWebhookEvent[] => hook.got.map(({ body }) => JSON.parse(body) as WireWebhookEvent);
const verify = (hook: TestHook, secret: string) =>
  hook.got.map(({ body, headers }) => new Webhook(secret).verify(body, headers as Record<string, string>));
const deliveries = async (channel: WireChannel) =>
  (await app().call<{ data: WireDelivery[] }>(owner(), 'GET', `/v1/deliveries?channel_id=${channel.id}&limit=200`)).body
    .data;
const detail = async ({ id }: WireDelivery) =>
  (await app().call<WireDeliveryDetail>(owner(), 'GET', `/v1/deliveries/${id}`)).body;
const channelOf = async ({ id }: WireChannel) =>
  (await app().call<WireChannel>(owner(), 'GET', `/v1/channels/${id}`)).body;
/** The waits of days are brought to their end. */
const hurry = async (channel: WireChannel): Promise<void> => {
  await app().sql(`update delivery set next_at = now() where channel_id = $1 and status = 'queued'`, [channel.id]);
  await app().sql(`update job set run_at = now() where kind = 'deliver' and subject = $1 and locked_by is null`, [
    channel.id,
  ]);
  app().running.engine.wake.jobs();
};

test('T64: what is asked and decided comes signed by the specification, thin, in the order of its sequence', async () => {
  const hook = await addHook();
  const asked = await ask();
  await decide(asked);
  await until(
    async () => events(hook),
    (got) => got.some(({ type }) => type === 'approval.decided'),
  );
  const ofIt = events(hook)
    .filter(({ data }) => data.subject === asked.id)
    .toSorted((a, b) => a.data.sequence - b.data.sequence);
  expect(ofIt.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['approval.requested', 'approval.vote', 'approval.decided']),
  );
  expect(ofIt[0]).toMatchObject({
    type: 'approval.requested',
    data: { workspace_id: app().one.id, ordering_key: asked.id, details: { tool: 'refund' } },
  });
  expect(verify(hook, hook.channel.secret)).toHaveLength(hook.got.length);
  expect(hook.got.map(({ body }) => body).join()).not.toContain('nobody’s business');
  const [one] = await deliveries(hook.channel);
  expect(one).toMatchObject({ state: 'delivered', recipient: null, problem: null });
  expect(one && (await detail(one)).tries).toMatchObject([
    { attempt: 1, outcome: 'delivered', response: '204 No Content' },
  ]);
});

test('T63: a 500, a broken connection and a redirect are tried again under the same id with the same bytes', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  const answers = [
    (response: Parameters<TestHook['answer']>[1]) => void response.writeHead(500).end('broken'),
    (response: Parameters<TestHook['answer']>[1]) => void response.destroy(),
    (response: Parameters<TestHook['answer']>[1]) => void response.writeHead(302, { location: hook.url }).end(),
  ];
  hook.answer = (_, response) => (answers.shift() ?? ((last) => void last.writeHead(200).end('ok')))(response);
  await ask();
  for (const times of [1, 2, 3]) {
    await until(
      () => deliveries(hook.channel),
      ([one]) => one?.attempts === times,
    );
    expect((await channelOf(hook.channel)).failing_since).not.toBeNull();
    await hurry(hook.channel);
  }
  const [done] = await until(
    () => deliveries(hook.channel),
    ([one]) => one?.state === 'delivered',
  );
  expect(new Set(hook.got.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([done?.id]));
  expect(new Set(hook.got.map(({ body }) => body)).size).toBe(1);
  expect(verify(hook, hook.channel.secret)).toHaveLength(4);
  expect(done && (await detail(done)).tries.map(({ outcome, problem }) => [outcome, problem])).toEqual([
    ['retry', 'answered 500'],
    ['retry', expect.any(String)],
    ['retry', 'answered 302'],
    ['delivered', null],
  ]);
  expect(await channelOf(hook.channel)).toMatchObject({ failing_since: null, health: { queued: 0, failed: 0 } });
});

test('T65: after the last attempt it is a dead letter that can be seen and replayed, by itself or by time', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  hook.answer = (_, response) => void response.writeHead(503).end();
  await ask();
  await until(
    () => deliveries(hook.channel),
    ([one]) => one?.attempts === 1,
  );
  await app().sql('update delivery set attempts = 9 where channel_id = $1', [hook.channel.id]);
  await hurry(hook.channel);
  const [dead] = await until(
    () => deliveries(hook.channel),
    ([one]) => one?.state === 'failed',
  );
  expect(dead).toMatchObject({ problem: 'answered 503', next_attempt_at: null });
  expect((await channelOf(hook.channel)).health).toMatchObject({ failed: 1, queued: 0 });
  hook.answer = (_, response) => void response.writeHead(204).end();
  const again = await app().call<WireDelivery>(owner(), 'POST', `/v1/deliveries/${dead?.id}/replay`);
  expect(again.body).toMatchObject({ id: dead?.id, state: 'queued' });
  await until(
    () => deliveries(hook.channel),
    ([one]) => one?.state === 'delivered',
  );
  const before = hook.got.length;
  const replay = await app().call(owner(), 'POST', `/v1/channels/${hook.channel.id}/replay`, {
    since: new Date(Date.now() - 60_000).toISOString(),
  });
  expect(replay.body).toEqual({ replayed: 1 });
  await until(
    async () => hook.got.length,
    (length) => length === before + 1,
  );
  expect(new Set(hook.got.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([dead?.id]));
});

test('while a secret is rotated a receiver with either is content, and afterwards only one with the new', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  const rotated = await app().call<Made>(owner(), 'POST', `/v1/channels/${hook.channel.id}/rotate-secret`, {});
  expect(rotated.body.previous_secret_until).not.toBeNull();
  await ask();
  await until(
    async () => hook.got,
    ({ length }) => length === 1,
  );
  expect(verify(hook, hook.channel.secret)).toHaveLength(1);
  expect(verify(hook, rotated.body.secret)).toHaveLength(1);
  await app().sql('update channel set previous_secret_until = now() where id = $1', [hook.channel.id]);
  hook.got.length = 0;
  await ask();
  await until(
    async () => hook.got,
    ({ length }) => length === 1,
  );
  expect(() => verify(hook, hook.channel.secret)).toThrow();
  expect(verify(hook, rotated.body.secret)).toHaveLength(1);
});

test('T65: an endpoint that answers 410 is disabled at once, and its queue is dead letters; taken up again it goes on', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  hook.answer = (_, response) => void response.writeHead(410).end();
  await ask();
  const gone = await until(
    () => channelOf(hook.channel),
    ({ status }) => status === 'disabled',
  );
  expect(gone).toMatchObject({ status_reason: expect.stringContaining('410') as string });
  hook.answer = (_, response) => void response.writeHead(204).end();
  await app().call(owner(), 'PATCH', `/v1/channels/${hook.channel.id}`, { status: 'active' });
  await ask();
  await until(
    async () => hook.got,
    ({ length }) => length === 2,
  );
});

test('T66: an endpoint that has failed for five days is disabled, and the other channels are told', async () => {
  const witness = await addHook({ event_types: ['channel.disabled'] });
  const hook = await addHook({ event_types: ['approval.requested'] });
  hook.answer = (_, response) => void response.writeHead(500).end();
  await ask();
  await until(
    () => deliveries(hook.channel),
    ([one]) => one?.attempts === 1,
  );
  await app().sql(`update channel set failing_since = now() - interval '5 days' where id = $1`, [hook.channel.id]);
  await hurry(hook.channel);
  await until(
    () => channelOf(hook.channel),
    ({ status }) => status === 'disabled',
  );
  expect(await deliveries(hook.channel)).toMatchObject([{ state: 'failed' }]);
  await until(
    async () => events(witness),
    ({ length }) => length === 1,
  );
  expect(events(witness)[0]).toMatchObject({
    data: { subject: hook.channel.id, details: { name: hook.channel.name } },
  });
});

test('an ordered endpoint gets what is about one thing in its order, and other things meanwhile', async () => {
  const hook = await addHook({ ordered: true, event_types: ['approval.requested', 'approval.decided'] });
  let isBroken = true;
  const first = await ask();
  hook.answer = ({ body }, response) => void response.writeHead(isBroken && body.includes(first.id) ? 500 : 204).end();
  await decide(first);
  const second = await ask();
  await decide(second);
  await until(
    async () => events(hook).filter(({ data }) => data.subject === second.id),
    ({ length }) => length === 2,
  );
  isBroken = false;
  await hurry(hook.channel);
  await until(
    async () => events(hook).filter(({ data }) => data.subject === first.id),
    (got) => got.some(({ type }) => type === 'approval.decided'),
  );
  const types = events(hook)
    .filter(({ data }) => data.subject === first.id)
    .map(({ type }) => type);
  expect(types.at(-1)).toBe('approval.decided');
  expect(types.slice(0, -1)).toEqual(types.slice(0, -1).map(() => 'approval.requested'));
});

test('priority, event types and the channels that a policy names decide who is told', async () => {
  const all = await addHook({ event_types: ['approval.requested'] });
  const grave = await addHook({ event_types: ['approval.requested'], priority_min: 'high' });
  const finance = await addHook({ name: 'Finance' });
  const source = JSON.stringify({
    rules: [{ name: 'wires', tools: ['wire'], outcome: 'hold', hold: { channels: ['finance'] } }],
  });
  await app().call(owner(), 'POST', '/v1/policies', { name: `Wires ${count}`, source });
  const low = await ask({ priority: 'low' });
  const high = await ask({ priority: 'high' });
  const wire = await app().call<{ approval: { id: string; digest: string } }>(
    app().one.keys.asking,
    'POST',
    '/v1/gate',
    {
      tool: 'wire',
      arguments: { amount: 1 },
    },
  );
  const last = await ask({ priority: 'high' });
  await decide(wire.body.approval);
  const requested = (hook: TestHook) =>
    events(hook)
      .filter(({ type }) => type === 'approval.requested')
      .map(({ data }) => data.subject);
  await until(
    async () => events(finance),
    (got) => got.some(({ type }) => type === 'approval.decided'),
  );
  await until(
    async () => requested(all),
    (got) => got.includes(last.id),
  );
  expect(requested(all)).toEqual(expect.arrayContaining([low.id, high.id, last.id]));
  expect(requested(all)).not.toContain(wire.body.approval.id);
  expect(requested(grave)).toEqual(expect.not.arrayContaining([low.id]));
  expect(requested(finance)).toContain(wire.body.approval.id);
});

test('T67: an address inside our network is refused when it is saved, and when its name leads there', async () => {
  for (const url of [
    'http://169.254.169.254/',
    'http://10.0.0.1/',
    'https://192.168.1.1/',
    'ftp://example.com/',
    'https://u:p@example.com/',
    app().running.url,
  ]) {
    const { status, body } = await app().call<{ errors: { pointer: string }[] }>(owner(), 'POST', '/v1/channels', {
      kind: 'webhook',
      name: 'inside',
      settings: { url },
    });
    expect([url, status, body.errors[0]?.pointer]).toEqual([url, 422, '/settings/url']);
  }
});

test('a test says at once what was answered, and a preview what would be sent', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  hook.answer = (_, response) => void response.writeHead(418).end('I am a <b>teapot</b>');
  const tried = await app().call<WireDeliveryDetail>(owner(), 'POST', `/v1/channels/${hook.channel.id}/test`);
  expect(tried.body).toMatchObject({ event_type: 'channel.test', state: 'failed', problem: 'answered 418' });
  expect(tried.body.tries[0]?.response).toContain('<b>teapot</b>');
  hook.answer = (_, response) => void response.writeHead(204).end();
  const good = await app().call<WireDeliveryDetail>(owner(), 'POST', `/v1/channels/${hook.channel.id}/test`);
  expect(good.body).toMatchObject({ state: 'delivered' });
  expect(verify(hook, hook.channel.secret)).toHaveLength(2);
  const preview = await app().call<{ text: string }>(
    owner(),
    'GET',
    `/v1/channels/${hook.channel.id}/preview?event_type=approval.decided`,
  );
  expect(JSON.parse(preview.body.text)).toMatchObject({ type: 'approval.decided' });
});

test(
  'the conformance suite tells a receiver that checks from one that takes anything',
  { timeout: 90_000 },
  async () => {
    const hook = await addHook({ event_types: ['approval.requested'] });
    const prove = async () =>
      (
        await app().call<{ passed: boolean; checks: { name: string; passed: boolean }[] }>(
          owner(),
          'POST',
          `/v1/channels/${hook.channel.id}/conformance`,
        )
      ).body;
    const careless = await prove();
    expect(careless.passed).toBe(false);
    expect(careless.checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([
      'The receiver refuses a forged signature',
      'The receiver refuses a replay of an hour ago',
    ]);
    hook.answer = ({ body, headers }, response) => {
      try {
        new Webhook(hook.channel.secret).verify(body, headers as Record<string, string>);
        response.writeHead(204).end();
      } catch {
        response.writeHead(401).end();
      }
    };
    expect(await prove()).toMatchObject({ passed: true });
  },
);

test('T68: an endpoint that hangs keeps no other one waiting, and loses nothing', async () => {
  const dead = await addHook({ event_types: ['approval.requested'] });
  const living = await addHook({ event_types: ['approval.requested'] });
  dead.answer = () => undefined;
  await Promise.all(Array.from({ length: 20 }, () => ask()));
  await until(
    async () => living.got,
    ({ length }) => length === 20,
    8000,
  );
  expect(await deliveries(dead.channel)).toHaveLength(20);
});

test('several processes deliver each once, and what a process fanned out twice is told once', async () => {
  const hook = await addHook({ event_types: ['approval.requested'] });
  const replica = await app().replica();
  const asked = await Promise.all(Array.from({ length: 50 }, () => ask()));
  await until(
    async () => hook.got,
    ({ length }) => length >= 50,
  );
  // As if the place had never been written.
  await app().sql(`update fan_out set transaction = '0', position = 0 where workspace_id = $1`, [app().one.id]);
  await ask();
  await until(
    async () => events(hook),
    (got) => got.length >= 51,
    20_000,
  );
  const ids = new Set(asked.map(({ id }) => id));
  const told = events(hook).filter(({ data }) => ids.has(data.subject));
  expect(told).toHaveLength(50);
  await replica.stop();
});

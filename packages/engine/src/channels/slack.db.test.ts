import type { WireChannel, WireDelivery } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SLACK, type SlackPost, type TestSlack, startSlack } from '../../../server/src/testing/index.ts';
import { until, useApp } from '../testing/scene.ts';

const app = useApp();
let slack: TestSlack;
let channel: WireChannel;
let count = 0;
const owner = () => app().one.people.owner;

const add = async (more: object = {}) => {
  count += 1;
  return app().call<WireChannel & { secret: null; code: string }>(owner(), 'POST', '/v1/channels', {
    kind: 'slack',
    name: `Slack ${count}`,
    settings: { channel: SLACK.channel, api_url: slack.url },
    secrets: { bot_token: SLACK.token },
    rate_per_second: 100,
    ...more,
  });
};
beforeAll(async () => {
  slack = await startSlack();
});
afterAll(() => slack.close());
beforeEach(async () => {
  await app().sql(`update channel set status = 'paused' where workspace_id = $1`, [app().one.id]);
  slack.posts.length = 0;
  slack.trouble.length = 0;
  const made = await add();
  expect([made.status, made.body.secret]).toEqual([201, null]);
  channel = made.body;
});

const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app().call<{ id: string; digest: string }>(app().one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund ${count}`,
    arguments: { amount: count },
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  return asked.body;
};
const decide = ({ id, digest }: { id: string; digest: string }, more: object = {}) =>
  app().call(app().one.people.approver, 'POST', `/v1/approvals/${id}/decide`, {
    decision: 'approved',
    digest,
    ...more,
  });
const post = (holds: (one: SlackPost) => boolean) =>
  until(
    async () => slack.posts.find(holds),
    (found) => found !== undefined,
  );
const told = ({ blocks }: SlackPost): string => JSON.stringify(blocks);
const deliveries = async () =>
  (await app().call<{ data: WireDelivery[] }>(owner(), 'GET', `/v1/deliveries?channel_id=${channel.id}&limit=200`)).body
    .data;
const hurry = async (): Promise<void> => {
  await app().sql(`update delivery set next_at = now() where channel_id = $1 and status = 'queued'`, [channel.id]);
  await app().sql(`update job set run_at = now() where kind = 'deliver' and subject = $1 and locked_by is null`, [
    channel.id,
  ]);
  app().running.engine.wake.jobs();
};

test('a request is one message, which says who decided it as soon as somebody has, wherever', async () => {
  const asked = await ask({ title: 'Refund Ana', priority: 'high', arguments: { amount: 40, to: 'Ana' } });
  const message = await post(({ text }) => text.startsWith('Refund Ana'));
  expect(told(message as SlackPost)).toContain('Waiting for a decision');
  expect(told(message as SlackPost)).toContain(JSON.stringify('"to": "Ana"').slice(1, -1));
  expect(told(message as SlackPost)).toContain(`/inbox/${asked.id}`);
  await decide(asked, { reason: 'fine by me' });
  const after = await post(({ edited }) => edited);
  expect(after?.ts).toBe(message?.ts);
  expect(told(after as SlackPost)).toMatch(/Approved by [^"]+: fine by me/);
  expect(slack.posts.filter(({ thread_ts: thread }) => thread === undefined)).toHaveLength(1);
});

test('what happens on the way stands in the thread of its message', async () => {
  const asked = await ask();
  const message = await post(({ text }) => text.startsWith('Refund'));
  await app().call(owner(), 'POST', `/v1/approvals/${asked.id}/comments`, { body: 'Look at this' });
  const reply = await post(({ thread_ts: thread }) => thread !== undefined);
  expect(reply?.thread_ts).toBe(message?.ts);
  expect(reply?.text).toMatch(/: Look at this$/);
});

test('D6: what an agent writes is no mention, no link and no markup', async () => {
  const hostile = '<!channel> *bold* <https://evil.example|Approve> & <@U123>';
  await ask({ title: hostile, arguments: { note: hostile }, explanation: hostile });
  const message = (await post(({ text }) => text.includes('channel'))) as SlackPost;
  expect(message.text).toContain('&lt;!channel&gt;');
  expect(message.text).not.toContain('<!channel>');
  const markup: string[] = [];
  JSON.stringify(message.blocks, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'mrkdwn')
      markup.push(JSON.stringify(value));
    return value;
  });
  expect(markup.join()).not.toContain('evil');
});

test('a long request is cut, and says so', async () => {
  await ask({ title: 'x'.repeat(300), arguments: { text: 'y'.repeat(9000) } });
  const message = (await post(({ text }) => text.startsWith('xxx'))) as SlackPost;
  expect(told(message)).toMatch(/\d{4} more characters: open the request/);
});

test('a 429, a 500 and a hang-up lose nothing and tell nothing twice', async () => {
  slack.trouble.push(
    (response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
    (response) => void response.writeHead(500).end('no'),
    (response) => void response.destroy(),
  );
  await ask({ title: 'In spite of all' });
  await until(
    async () => {
      await hurry();
      return slack.posts.length;
    },
    (posts) => posts > 0,
  );
  const [delivery] = await until(deliveries, ([one]) => one?.state === 'delivered');
  expect(delivery?.attempts).toBe(4);
  expect(slack.posts).toHaveLength(1);
});

test('an answer that got lost makes no second message: the next attempt looks for the first', async () => {
  slack.trouble.push('lost');
  await ask({ title: 'Told once' });
  const [delivery] = await until(
    async () => {
      await hurry();
      return deliveries();
    },
    ([one]) => one?.state === 'delivered',
  );
  expect([delivery?.attempts, slack.posts.length]).toEqual([2, 1]);
});

test('a message that was deleted there is told anew', async () => {
  const asked = await ask();
  await post(({ text }) => text.startsWith('Refund'));
  slack.posts.length = 0;
  await decide(asked);
  expect(told((await post(() => true)) as SlackPost)).toContain('Approved by');
});

test('a token that Slack does not take ends the channel, in words; a new one takes it up again', async () => {
  const other = (await add({ secrets: { bot_token: 'xoxb-another-token' } })).body;
  await ask();
  const stopped = await until(
    async () => (await app().call<WireChannel>(owner(), 'GET', `/v1/channels/${other.id}`)).body,
    ({ status }) => status === 'disabled',
  );
  expect(stopped.status_reason).toContain('does not take the token');
  const path = `/v1/channels/${other.id}/rotate-secret`;
  expect((await app().call(owner(), 'POST', path, {})).status).toBe(422);
  const rotated = await app().call<{ secret: null }>(owner(), 'POST', path, { secrets: { bot_token: SLACK.token } });
  expect([rotated.status, rotated.body.secret]).toEqual([200, null]);
  await app().call(owner(), 'PATCH', `/v1/channels/${other.id}`, { status: 'active' });
  await ask({ title: 'With the new token' });
  await until(
    async () => slack.posts.filter(({ text }) => text.startsWith('With the new token')).length,
    (posts) => posts === 2,
  );
});

test('what is no channel or no token is refused when it is saved', async () => {
  expect((await add({ settings: { channel: 'general', api_url: slack.url } })).status).toBe(422);
  expect((await add({ secrets: { bot_token: 'secret' } })).status).toBe(422);
  const { body } = await app().call<{ settings: object }>(owner(), 'GET', `/v1/channels/${channel.id}`);
  expect(JSON.stringify(body)).not.toContain(SLACK.token);
});

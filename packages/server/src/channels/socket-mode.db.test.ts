/** Slack from behind a firewall: what comes in comes over a real WebSocket that we opened. */
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  SLACK,
  type SlackPost,
  type TestApp,
  type TestPerson,
  type TestSlack,
  addPerson,
  clickOn,
  startSlack,
  startTestServer,
  submissionOf,
  until,
} from '../testing/index.ts';

let app: TestApp;
let slack: TestSlack;
let ana: TestPerson;
let channel: WireChannel;
let count = 0;
const ANA = { id: 'U0ANA00000' };
const owner = () => app.one.people.owner;
const add = (secrets: object) =>
  app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'slack',
    name: 'From behind a firewall',
    settings: { channel: SLACK.channel, api_url: slack.url, connection: 'socket' },
    secrets: { bot_token: SLACK.token, ...secrets },
    rate_per_second: 100,
  });
const connected = (least: number) =>
  until(
    async () => slack.sockets.length,
    (open) => open >= least,
  );

beforeAll(async () => {
  slack = await startSlack();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
  slack.users.push({ ...ANA, team_id: SLACK.team, name: 'ana', profile: { email: ana.email } });
  expect((await add({})).status).toBe(422);
  const made = await add({ app_token: SLACK.appToken });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
  await connected(1);
});
afterAll(async () => {
  await app.stop();
  await slack.close();
});

const ask = async () => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund ${count}`,
    arguments: { amount: count },
  });
  const post = await until(
    async () => slack.posts.find(({ blocks }) => JSON.stringify(blocks).includes(asked.body.id)),
    (found) => found !== undefined,
  );
  return { ...asked.body, post: post as SlackPost };
};
const statusOf = async (id: string) =>
  (await app.call<WireApproval>(owner(), 'GET', `/v1/approvals/${id}`)).body.status;

test('a click over the socket decides, and is acknowledged when it has', async () => {
  expect(channel.inbound_url).toBeNull();
  const asked = await ask();
  await slack.push('interactive', clickOn(asked.post, 'approve', ANA));
  expect(await statusOf(asked.id)).toBe('approved');
});

test('a modal’s errors come back with the acknowledgement; the same envelope again changes nothing', async () => {
  const asked = await ask();
  await slack.push('interactive', clickOn(asked.post, 'edit', ANA));
  const view = slack.views.at(-1);
  if (!view) throw new Error('no modal');
  const submitted = submissionOf(view, { amount: '7' }, ANA);
  await slack.push('interactive', submitted);
  await slack.push('interactive', submitted, 1);
  expect(await app.sql('select from vote where approval_id = $1', [asked.id])).toHaveLength(1);
  const stranger = clickOn((await ask()).post, 'approve', { id: 'U0STRANGER' });
  await slack.push('interactive', stranger);
  expect(slack.whispers.at(-1)?.user).toBe('U0STRANGER');
});

test('a connection that Slack takes down, or that breaks, is replaced', async () => {
  const open = slack.sockets.length;
  slack.sockets.at(-1)?.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
  await connected(open + 1);
  slack.sockets.at(-1)?.terminate();
  await connected(open + 2);
  const asked = await ask();
  await slack.push('interactive', clickOn(asked.post, 'approve', ANA));
  expect(await statusOf(asked.id)).toBe('approved');
});

test('a channel that is paused is not connected any more', async () => {
  await app.call(owner(), 'PATCH', `/v1/channels/${channel.id}`, { status: 'paused' });
  await until(
    async () => slack.sockets.at(-1)?.readyState,
    (state) => state === 3,
  );
});

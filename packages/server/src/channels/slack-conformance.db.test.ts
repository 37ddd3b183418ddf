/** The conformance suite as people run it from the dashboard, and what a message never holds. */
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  SLACK,
  type SlackPost,
  type TestApp,
  type TestSlack,
  buttonsIn,
  startSlack,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
let slack: TestSlack;
let channel: WireChannel;
const owner = () => app.one.people.owner;

beforeAll(async () => {
  slack = await startSlack();
  app = await startTestServer();
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'slack',
    name: 'Finance in Slack',
    settings: { channel: SLACK.channel, api_url: slack.url },
    secrets: { bot_token: SLACK.token, signing_secret: SLACK.secret },
    rate_per_second: 100,
  });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
});
afterAll(async () => {
  await app.stop();
  await slack.close();
});

const ask = async (more: object) => {
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { tool: 'refund', ...more });
  if (asked.status !== 201) throw new Error(asked.text);
  const post = await until(
    async () => slack.posts.find(({ blocks }) => JSON.stringify(blocks).includes(asked.body.id)),
    (found) => found !== undefined,
  );
  return { ...asked.body, post: post as SlackPost };
};

test(
  'the conformance suite runs against the configured channel, and finds what does not hold',
  { timeout: 90_000 },
  async () => {
    slack.users.length = 0;
    slack.mayLook = true;
    slack.users.push({ id: 'U0OWNER000', team_id: SLACK.team, name: 'o', profile: { email: owner().email } });
    type Proof = { passed: boolean; checks: { name: string; passed: boolean; detail: string }[] };
    const proof = await app.call<Proof>(owner(), 'POST', `/v1/channels/${channel.id}/conformance`, {});
    expect(proof.body.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(proof.body.checks.map(({ name }) => name)).toEqual([
      'A message gets through',
      'A link decides nothing when it is opened, fetched beforehand or posted to',
      'What comes in forged is refused',
      'A request is told there',
      'A forged signature is refused',
      'What is an hour old is refused',
      'A stranger’s click is refused',
      'A replay is refused',
      'Who is there maps to a member',
      'A 500 and a lost answer lose nothing, and tell nothing twice',
      'A provider that never answers loses nothing',
      'Its message says so as soon as it is over',
    ]);
    const probes = slack.posts.filter(({ text }) => text.startsWith('A check of'));
    expect(probes.at(-1)).toMatchObject({ edited: true });
    slack.users.length -= 1;
    slack.mayLook = false;
    const worse = await app.call<Proof>(owner(), 'POST', `/v1/channels/${channel.id}/conformance`, {});
    slack.mayLook = true;
    expect(worse.body.checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([
      'Who is there maps to a member',
      'A 500 and a lost answer lose nothing, and tell nothing twice',
    ]);
  },
);

test('fields that only some roles may see are in no message, and their request is approved on its page', async () => {
  const rules = { redaction_rules: [{ name: 'Pay', fields: ['salary'], visible_to: ['owner'] }] };
  expect((await app.call(owner(), 'PUT', '/v1/settings', rules)).status).toBe(200);
  const asked = await ask({ arguments: { amount: 1, to: 'Ana', salary: 98_765 } });
  await app.call(owner(), 'PUT', '/v1/settings', { redaction_rules: [] });
  expect(JSON.stringify(asked.post)).not.toContain('98765');
  expect(JSON.stringify(asked.post)).toContain('[redacted: Pay');
  expect(buttonsIn(asked.post.blocks).map(({ action_id: action }) => action)).not.toContain('approve');
  const sent = await app.sql<{ request: string }>(
    `select a.request from delivery_attempt a join delivery d on d.id = a.delivery_id where d.subject = $1`,
    [asked.id],
  );
  expect(JSON.stringify(sent)).not.toContain('98765');
});

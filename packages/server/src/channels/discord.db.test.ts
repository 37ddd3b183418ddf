/** People who decide in Discord, on the frame that Slack uses: what is the same is shown there. */
import { randomInt } from 'node:crypto';
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DISCORD,
  type DiscordPost,
  type TestApp,
  type TestDiscord,
  type TestPerson,
  addPerson,
  startDiscord,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
let discord: TestDiscord;
let ana: TestPerson;
let channel: WireChannel;
let count = 0;
const ANA = { id: '300000000000000001', username: 'ana' };
const owner = () => app.one.people.owner;

beforeAll(async () => {
  discord = await startDiscord();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'discord',
    name: 'Finance in Discord',
    settings: { channel: DISCORD.channel, public_key: discord.publicKey, api_url: discord.url },
    secrets: { bot_token: DISCORD.token },
    rate_per_second: 100,
  });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
  const code = await app.call<{ code: string }>(ana, 'POST', '/v1/account/channel-identities/code', {});
  const said = await act({ type: 5, data: { custom_id: 'link', components: [input('code', code.body.code)] } });
  expect(said.data?.content).toContain('You are Ana Ruiz');
});
afterAll(async () => {
  await app.stop();
  await discord.close();
});

const input = (name: string, value: string) => ({ type: 1, components: [{ type: 4, custom_id: name, value }] });
const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund number ${count}`,
    arguments: { amount: count, to: 'Ana' },
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  const post = await until(
    async () => discord.posts.find((one) => JSON.stringify(one).includes(asked.body.id)),
    (found) => found !== undefined,
  );
  return { ...asked.body, post: post as DiscordPost };
};
const approval = async (id: string) => (await app.call<WireApproval>(owner(), 'GET', `/v1/approvals/${id}`)).body;
const post = (request: { body: string; headers: Record<string, string> }) =>
  // eslint-disable-next-line no-restricted-globals
  globalThis.fetch(`${app.url}/channels/${channel.id}/inbound`, { method: 'POST', ...request });
type Said = { type: number; data?: { content?: string; flags?: number; custom_id?: string; components?: object[] } };
const whole = (interaction: object, user: object = ANA) => ({
  id: `4${randomInt(2 ** 47)}`,
  channel_id: DISCORD.channel,
  member: { user },
  ...interaction,
});
const act = async (interaction: object, user: object = ANA): Promise<Said> =>
  (await (await post(discord.signed(whole(interaction, user)))).json()) as Said;
const idsOf = ({ components = [] }: DiscordPost): string[] =>
  components.flatMap((row) => (row.components ?? []).flatMap(({ custom_id: id }) => id ?? []));
const press = (message: DiscordPost, action: string) => ({
  type: 3,
  data: { custom_id: idsOf(message).find((id) => id.startsWith(`${action}:`)) ?? '' },
});

test('Discord’s ping is answered, and what it did not sign, or signed long ago, is refused', async () => {
  expect(await act({ type: 1 })).toEqual({ type: 1 });
  const good = discord.signed(whole({ type: 1 }));
  const refused = [
    { ...good, body: good.body.replace(DISCORD.channel, '1') },
    discord.signed(whole({ type: 1 }), Date.now() - 301_000),
    { ...good, headers: { ...good.headers, 'x-signature-ed25519': 'a'.repeat(128) } },
    { ...good, headers: { 'content-type': 'application/json' } },
  ];
  for (const one of refused) expect((await post(one)).status).toBe(401);
});

test('a member approves with one click, and the message says so; a replay changes nothing; a stranger is told alone', async () => {
  const asked = await ask();
  const stranger = await act(press(asked.post, 'approve'), { id: '300000000000000009', username: 'x' });
  expect(stranger).toMatchObject({ type: 4, data: { flags: 64 } });
  expect(stranger.data?.content).toContain('does not know who you are');
  expect((await approval(asked.id)).status).toBe('pending');
  const click = discord.signed(whole(press(asked.post, 'approve')));
  expect(await (await post(click)).json()).toEqual({ type: 6 });
  expect((await post(click)).status).toBe(409);
  expect(await approval(asked.id)).toMatchObject({
    status: 'approved',
    decision: { by: { id: ana.id }, assurance: 'channel' },
  });
  const changed = await until(
    async () => discord.posts.find(({ id, edited }) => id === asked.post.id && edited),
    (found) => found !== undefined,
  );
  expect(changed?.embeds?.[0]?.fields[0]?.value).toContain('Approved by Ana Ruiz');
  expect(idsOf(changed as DiscordPost)).toEqual([]);
});

test('rejecting and editing go by modals', async () => {
  const first = await ask();
  const modal = await act(press(first.post, 'reject'));
  expect(modal.type).toBe(9);
  const reason = { type: 5, data: { custom_id: modal.data?.custom_id, components: [input('reason', 'Too much')] } };
  expect(await act(reason)).toEqual({ type: 6 });
  expect(await approval(first.id)).toMatchObject({ status: 'rejected', decision: { reason: 'Too much' } });
  const second = await ask({ arguments: { amount: 90, to: 'Ana' } });
  const edit = await act(press(second.post, 'edit'));
  const filled = [input('amount', '40'), input('to', 'Ana')];
  await act({ type: 5, data: { custom_id: edit.data?.custom_id, components: filled } });
  expect(await approval(second.id)).toMatchObject({ status: 'approved', arguments: { amount: 40, to: 'Ana' } });
});

test('C5: what an agent writes is no mention, no link and no markup; what is too long has no Approve', async () => {
  const hostile = '@everyone <@1> **bold** [Approve](https://evil.example) `x`';
  const asked = await ask({ title: hostile, arguments: { note: hostile } });
  const { title = '', description = '' } = asked.post.embeds?.[0] ?? {};
  for (const text of [title, description]) expect(text).not.toMatch(/(^|[^\\])[@<*[`]|https:\/\//);
  expect(asked.post.allowed_mentions).toEqual({ parse: [] });
  const long = await ask({ arguments: { note: 'y'.repeat(9000) } });
  expect(idsOf(long.post).some((id) => id.startsWith('approve'))).toBe(false);
});

test('a 429, a 500 and a lost answer lose nothing and tell nothing twice', async () => {
  discord.trouble.push(
    (response) => void response.writeHead(429).end('{"retry_after": 0.1, "message": "slow"}'),
    (response) => void response.writeHead(500).end('no'),
    'lost',
  );
  const title = `In spite of all ${count}`;
  const hurry = async () => {
    await app.sql(`update delivery set next_at = now() where channel_id = $1 and status = 'queued'`, [channel.id]);
    await app.sql(`update job set run_at = now() where kind = 'deliver' and locked_by is null`);
    app.running.engine.wake.jobs();
    return app.sql<{ attempts: number }>(
      `select d.attempts from delivery d join approval a on a.id = d.subject where a.title = $1 and d.status = 'delivered'`,
      [title],
    );
  };
  await app.call(app.one.keys.asking, 'POST', '/v1/approvals', { tool: 'refund', title, arguments: { amount: 1 } });
  const [delivery] = await until(hurry, ({ length }) => length === 1);
  expect(delivery?.attempts).toBe(4);
  expect(discord.posts.filter((one) => JSON.stringify(one).includes(title))).toHaveLength(1);
});

test('it proves itself as far as that goes without Discord’s own key', { timeout: 60_000 }, async () => {
  type Proof = { passed: boolean; checks: { name: string; passed: boolean; detail: string }[] };
  const before = discord.posts.length;
  const proof = await app.call<Proof>(owner(), 'POST', `/v1/channels/${channel.id}/conformance`, {});
  expect(proof.body.checks.filter(({ passed }) => !passed)).toEqual([]);
  // A test, a request, and the one that was lost and not sent twice.
  expect(discord.posts.length - before).toBe(3);
});

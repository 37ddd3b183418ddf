/** People who decide in Microsoft Teams, on the frame that Slack uses: what is the same is shown there. */
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  TEAMS,
  type TeamsAccount,
  type TeamsCard,
  type TeamsPost,
  type TestApp,
  type TestPerson,
  type TestTeams,
  actionsIn,
  addPerson,
  pressOn,
  replyBelow,
  startTeams,
  startTestServer,
  textIn,
  until,
} from '../testing/index.ts';

let app: TestApp;
let teams: TestTeams;
let ana: TestPerson;
let ANA: TeamsAccount;
let channel: WireChannel;
let count = 0;
const owner = () => app.one.people.owner;
const account = (id: string, name: string, email: string, more: Partial<TeamsAccount> = {}): TeamsAccount => {
  const made = {
    id: `29:${id}`,
    name,
    aadObjectId: `30000000-0000-4000-8000-0000000000${id}`,
    userPrincipalName: email,
    userRole: 'user',
    tenantId: TEAMS.tenant,
    ...more,
  };
  teams.members.push(made);
  return made;
};

beforeAll(async () => {
  teams = await startTeams();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
  account('01', 'The owner', owner().email);
  ANA = account('02', 'Ana', ana.email);
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'teams',
    name: 'Finance in Teams',
    settings: teams.settings,
    secrets: { client_secret: TEAMS.secret },
    rate_per_second: 100,
  });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
});
afterAll(async () => {
  await app.stop();
  await teams.close();
});

const postOf = async (text: string): Promise<TeamsPost> =>
  (await until(
    async () => teams.posts.find((one) => JSON.stringify(one.card).includes(text)),
    (found) => found !== undefined,
  )) as TeamsPost;
const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund number ${count}`,
    arguments: { amount: count, to: 'Ana' },
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  const post = await postOf(asked.body.id);
  // What a message is called is kept a moment after it is there.
  await until(
    () => app.sql(`select 1 from delivery where subject = $1 and reference is not null`, [asked.body.id]),
    ({ length }) => length > 0,
  );
  return { ...asked.body, post };
};
const approval = async (id: string) => (await app.call<WireApproval>(owner(), 'GET', `/v1/approvals/${id}`)).body;
const post = (request: { body: string; headers: Record<string, string> }, id = channel.id) =>
  // eslint-disable-next-line no-restricted-globals
  globalThis.fetch(`${app.url}/channels/${id}/inbound`, { method: 'POST', ...request });
type Said = { statusCode: number; type: string; value: string | TeamsCard };
const press = async (activity: object): Promise<Said> =>
  (await (await post(await teams.signed(activity))).json()) as Said;
const cardIn = ({ value }: Said): TeamsCard => {
  if (typeof value === 'string') throw new Error(value);
  return value;
};
const edited = (id: string): Promise<TeamsPost | undefined> =>
  until(
    async () => teams.posts.find((one) => one.id === id && one.edited),
    (found) => found !== undefined,
  );

test('what the connector did not send for this bot, now, is refused', async () => {
  const asked = await ask();
  const click = pressOn(asked.post, 'approve', ANA);
  const good = await teams.signed(click);
  const keysBefore = teams.counts.keys;
  const refused = [
    { ...good, headers: { 'content-type': 'application/json' } },
    { ...good, headers: { ...good.headers, authorization: `${good.headers['authorization']}x` } },
    await teams.signed(click, { key: 'forged' }),
    await teams.signed(click, { key: 'unendorsed' }),
    await teams.signed(click, { issuer: 'https://evil.example' }),
    await teams.signed(click, { audience: '90000000-0000-4000-8000-000000000009' }),
    await teams.signed(click, { serviceUrl: 'https://evil.example' }),
    await teams.signed(click, { at: Date.now() - 5 * 3600_000 }),
    await teams.signed({ ...click, timestamp: new Date(Date.now() - 3600_000).toISOString() }),
    await teams.signed({ ...click, timestamp: undefined }),
    await teams.signed({ ...click, channelId: 'webchat' }),
    await teams.signed({ ...click, channelData: { tenant: { id: '90000000-0000-4000-8000-000000000009' } } }),
    await teams.signed([1]),
  ];
  const statuses = [];
  for (const one of refused) statuses.push((await post(one)).status);
  expect(statuses).toEqual(refused.map(() => 401));
  expect((await approval(asked.id)).status).toBe('pending');
  // Keys that nobody knows do not make us ask for them again and again.
  expect(teams.counts.keys - keysBefore).toBeLessThanOrEqual(1);
});

test('a member known by how they sign in approves with one press, and the card says so; a replay changes nothing', async () => {
  const asked = await ask();
  expect(textIn(asked.post.card)).toContain('Waiting for a decision');
  const click = await teams.signed(pressOn(asked.post, 'approve', ANA));
  const said = (await (await post(click)).json()) as Said;
  expect(said).toMatchObject({ statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' });
  expect(textIn(cardIn(said))).toContain('Approved by Ana Ruiz');
  expect((await post(click)).status).toBe(409);
  expect(await approval(asked.id)).toMatchObject({
    status: 'approved',
    decision: { by: { id: ana.id }, assurance: 'channel' },
  });
  const changed = await edited(asked.post.id);
  expect(textIn(changed?.card as TeamsCard)).toContain('Approved by Ana Ruiz');
  expect(actionsIn(changed?.card as TeamsCard).map(({ type }) => type)).toEqual(['Action.OpenUrl']);
  const [delivery] = await app.sql<{ request: string }>(
    `select a.request from delivery_attempt a join delivery d on d.id = a.delivery_id where d.subject = $1`,
    [asked.id],
  );
  expect(delivery?.request).toContain('Bearer …');
});

test('a decision on the page changes the card as well', async () => {
  const asked = await ask();
  await app.call(ana, 'POST', `/v1/approvals/${asked.id}/decide`, {
    decision: 'rejected',
    reason: 'Not now',
    digest: asked.digest,
  });
  expect(textIn((await edited(asked.post.id))?.card as TeamsCard)).toContain('Rejected by Ana Ruiz: Not now');
});

test('a stranger, a guest and one of another name are told so alone; a code makes one known, and the request is shown again', async () => {
  const asked = await ask();
  const guest = account('08', 'Gast', owner().email, { userRole: 'guest' });
  const outside = account('07', 'Ext', `x_y.z#EXT#@tenant.example`);
  const ben = await addPerson(app.store, app.one.id, 'Ben Ito', ['approver']);
  const stranger = account('09', 'Ben', 'another-name@test.example');
  for (const one of [guest, outside, stranger]) {
    const said = await press(pressOn(asked.post, 'approve', one));
    expect(textIn(cardIn(said))).toContain('does not know who you are');
  }
  expect((await approval(asked.id)).status).toBe('pending');
  expect(teams.posts.filter(({ card }) => textIn(card).includes('does not know'))).toEqual([]);
  const { code } = (await app.call<{ code: string }>(ben, 'POST', '/v1/account/channel-identities/code', {})).body;
  const told = cardIn(await press(pressOn(asked.post, 'approve', stranger)));
  const wrong = await press(pressOn(asked.post, 'link', stranger, { code: 'AAAA-BBBB' }, told));
  expect(wrong.value).toContain('none of ours');
  const linked = await press(pressOn(asked.post, 'link', stranger, { code }, told));
  expect(linked.value).toContain('You are Ben Ito here now');
  const again = cardIn(await press(pressOn(asked.post, 'look', stranger, {}, told)));
  expect(actionsIn(again).map(({ verb }) => verb)).toContain('approve');
  await press(pressOn(asked.post, 'approve', stranger, {}, again));
  expect(await approval(asked.id)).toMatchObject({ status: 'approved', decision: { by: { id: ben.id } } });
});

test('rejecting, editing, answering and claiming go by what unfolds in the card', async () => {
  const first = await ask();
  const claimed = await press(pressOn(first.post, 'claim', ANA));
  expect(textIn(cardIn(claimed))).toContain('Ana Ruiz is looking at it');
  await press(pressOn(first.post, 'reject', ANA, { 'reject:reason': 'Too much' }));
  expect(await approval(first.id)).toMatchObject({ status: 'rejected', decision: { reason: 'Too much' } });
  const second = await ask({ arguments: { amount: 90, to: 'Ana' } });
  const inputs = actionsIn(second.post.card).flatMap(({ card }) => card?.body ?? []);
  expect(inputs.find(({ id }) => id === 'edit:amount')).toMatchObject({ type: 'Input.Text', value: '90' });
  await press(pressOn(second.post, 'edit', ANA, { 'edit:amount': '40', 'edit:to': 'Ana' }));
  expect(await approval(second.id)).toMatchObject({ status: 'approved', arguments: { amount: 40, to: 'Ana' } });
  const late = await press(pressOn(second.post, 'reject', ANA));
  expect(late.type).toBe('application/vnd.microsoft.activity.message');
});

test('comments go both ways through the thread, and what a stranger writes there is told to them alone', async () => {
  const asked = await ask();
  await app.call(owner(), 'POST', `/v1/approvals/${asked.id}/comments`, { body: 'Why so much?', is_question: false });
  const line = await postOf('Why so much?');
  expect(line).toMatchObject({ under: asked.post.id, conversation: asked.post.conversation });
  const written = await post(await teams.signed(replyBelow(asked.post, 'It arrived broken', ANA)));
  expect(written.status).toBe(200);
  type Comments = { data: { body: string; author: { id: string } }[] };
  const { data } = (await app.call<Comments>(owner(), 'GET', `/v1/approvals/${asked.id}/comments`)).body;
  expect(data.map(({ body }) => body)).toContain('It arrived broken');
  const nobody = account('05', 'Nobody', 'nobody@elsewhere.example');
  await post(await teams.signed(replyBelow(asked.post, 'Me too', nobody)));
  const alone = teams.posts.filter(({ conversation }) => conversation === `a:${nobody.id}`);
  expect(textIn(alone[0]?.card as TeamsCard)).toContain('was not kept as a comment');
});

test('C5, T28: what an agent writes is no markup; what is too long or of too high a priority has no Approve', async () => {
  const hostile = '**bold** [Approve](https://evil.example) <at>All</at>\n  indented';
  const asked = await ask({ title: hostile, arguments: { note: hostile } });
  const blocks = JSON.stringify(asked.post.card).match(/\{"type":"TextBlock".*?\}/g) ?? [];
  expect(blocks.filter((one) => one.includes('evil'))).toEqual([]);
  expect(textIn(asked.post.card)).toContain('[Approve](https://evil.example)');
  const verbs = ({ card }: TeamsPost) => actionsIn(card).flatMap(({ verb }) => verb ?? []);
  for (const more of [{ arguments: { note: 'y'.repeat(30_000) } }, { priority: 'critical' }])
    expect(verbs((await ask(more)).post)).toEqual(['reject', 'claim']);
  expect(verbs((await ask({ priority: 'high' })).post)).toContain('approve');
});

test('a 429, a 500, a lost answer and a token that was taken back lose nothing', async () => {
  teams.trouble.push(
    (response) => void response.writeHead(429, { 'retry-after': '1' }).end('{}'),
    (response) => void response.writeHead(500).end('no'),
    'lost',
  );
  teams.takeTokensBack();
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
  // Teams can't be asked whether it has one: the one whose answer got lost stands there as well.
  expect(teams.posts.filter(({ card }) => textIn(card).includes(title))).toHaveLength(2);
});

test('the conformance suite runs against the configured channel', { timeout: 60_000 }, async () => {
  type Proof = { passed: boolean; checks: { name: string; passed: boolean; detail: string }[] };
  const proof = await app.call<Proof>(owner(), 'POST', `/v1/channels/${channel.id}/conformance`, {});
  expect(proof.body.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(proof.body.checks.map(({ name }) => name)).toEqual([
    'A message gets through',
    'A link decides nothing when it is opened, fetched beforehand or posted to',
    'What comes in forged is refused',
    'A request is told there',
    'A forged signature is refused',
    'Who is there maps to a member',
    'A 500 and a lost answer lose nothing',
    'A provider that never answers loses nothing',
    'Its message says so as soon as it is over',
  ]);
});

test('a group chat has no threads: its requests are messages of the chat, changed in place', async () => {
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'teams',
    name: 'A chat',
    settings: { ...teams.settings, channel: TEAMS.chat },
    secrets: { client_secret: TEAMS.secret },
    rate_per_second: 100,
  });
  expect(made.status).toBe(201);
  const { id, digest } = await ask();
  const found = await until(
    async () => teams.posts.find((one) => one.conversation === TEAMS.chat && JSON.stringify(one).includes(id)),
    (one) => one !== undefined,
  );
  await app.call(ana, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest });
  expect(textIn((await edited(found?.id ?? ''))?.card as TeamsCard)).toContain('Approved by Ana Ruiz');
});

test('a secret that Microsoft does not take ends the channel, in words', async () => {
  const path = `/v1/channels/${channel.id}`;
  await app.call(owner(), 'POST', `${path}/rotate-secret`, {
    secrets: { client_secret: 'another-secret' },
    overlap_seconds: 0,
  });
  await app.call(owner(), 'POST', `${path}/test`);
  const now = await app.call<WireChannel>(owner(), 'GET', path);
  expect(now.body).toMatchObject({ status: 'disabled' });
  expect(now.body.status_reason).toContain('invalid_client');
  expect(JSON.stringify(now.body)).not.toContain('another-secret');
});

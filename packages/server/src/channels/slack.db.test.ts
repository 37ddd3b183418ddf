/** People who decide in Slack: who they are, what they may do, what they are told. The server speaks as Slack does. */
import type { WireApproval, WireChannel } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  SLACK,
  type SlackPost,
  type TestApp,
  type TestPerson,
  type TestSlack,
  addPerson,
  buttonsIn,
  clickOn,
  interaction,
  replyUnder,
  signSlack,
  startSlack,
  startTestServer,
  submissionOf,
  until,
} from '../testing/index.ts';

let app: TestApp;
let slack: TestSlack;
let channel: WireChannel;
let ana: TestPerson;
let count = 0;
const ANA = { id: 'U0ANA00000' };
const owner = () => app.one.people.owner;

beforeAll(async () => {
  slack = await startSlack();
  app = await startTestServer();
  ana = await addPerson(app.store, app.one.id, 'Ana Ruiz', ['approver']);
  const made = await app.call<WireChannel>(owner(), 'POST', '/v1/channels', {
    kind: 'slack',
    name: 'Finance in Slack',
    settings: { channel: SLACK.channel, api_url: slack.url },
    secrets: { bot_token: SLACK.token, signing_secret: SLACK.secret },
    rate_per_second: 100,
  });
  if (made.status !== 201) throw new Error(made.text);
  channel = made.body;
  slack.users.push({ ...ANA, team_id: SLACK.team, name: 'ana', profile: { email: ana.email } });
});
afterAll(async () => {
  await app.stop();
  await slack.close();
});
beforeEach(() => {
  slack.posts.length = 0;
  slack.whispers.length = 0;
  slack.views.length = 0;
});

const SCHEMA = {
  type: 'object',
  required: ['amount', 'to'],
  properties: { amount: { type: 'number', maximum: 500 }, to: { type: 'string' }, express: { type: 'boolean' } },
};
const ask = async (more: object = {}) => {
  count += 1;
  const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'refund',
    title: `Refund number ${count}`,
    arguments: { amount: count, to: 'Ana' },
    arguments_schema: SCHEMA,
    ...more,
  });
  if (asked.status !== 201) throw new Error(asked.text);
  const post = await until(
    async () => slack.posts.find(({ blocks }) => JSON.stringify(blocks).includes(asked.body.id)),
    (found) => found !== undefined,
  );
  // Its thread is known as ours once that is written down.
  await until(
    () => app.sql('select from delivery where subject = $1 and reference is not null', [asked.body.id]),
    ({ length }) => length === 1,
  );
  return { ...asked.body, post: post as SlackPost };
};
const approval = async (id: string) => (await app.call<WireApproval>(owner(), 'GET', `/v1/approvals/${id}`)).body;
const post = ({ body, headers }: ReturnType<typeof signSlack>) =>
  // eslint-disable-next-line no-restricted-globals
  globalThis.fetch(`${app.url}/channels/${channel.id}/inbound`, { method: 'POST', body, headers });
const act = (payload: object) => post(signSlack(interaction(payload)));
const event = (payload: object) => post(signSlack(JSON.stringify(payload), { mediaType: 'application/json' }));
const whisper = async () =>
  until(
    async () => slack.whispers.at(-1),
    (found) => found !== undefined,
  );
const edited = (ts: string, holds: (text: string) => boolean) =>
  until(
    async () => slack.posts.find((one) => one.ts === ts && one.edited && holds(JSON.stringify(one.blocks))),
    (found) => found !== undefined,
  );

test('a member who is known by a confirmed address approves with one click; the record says where and how sure that is', async () => {
  const asked = await ask();
  expect((await act(clickOn(asked.post, 'approve', ANA))).status).toBe(200);
  const after = await approval(asked.id);
  expect(after).toMatchObject({
    status: 'approved',
    decision: { by: { kind: 'person', id: ana.id, name: 'Ana Ruiz' }, assurance: 'channel' },
  });
  await edited(asked.post.ts, (text) => text.includes('Approved by Ana Ruiz') && !text.includes('"approve"'));
  expect(slack.posts).toHaveLength(1);
  const [vote] = await app.sql<{ sign_in: object }>('select sign_in from vote where approval_id = $1', [asked.id]);
  expect(vote?.sign_in).toMatchObject({ method: 'slack', two_factor: false });
  const timeline = await app.call<{ data: { type: string; actor: { id: string }; detail: object }[] }>(
    owner(),
    'GET',
    `/v1/approvals/${asked.id}/timeline`,
  );
  expect(timeline.body.data.find(({ type }) => type === 'channel.acted')).toMatchObject({
    actor: { id: ana.id },
    detail: { channel: channel.id, kind: 'slack', act: 'approved' },
  });
  const receipt = await until(
    () => app.call<{ statement: object }>(owner(), 'GET', `/v1/approvals/${asked.id}/receipt`),
    ({ status }) => status === 200,
  );
  expect(JSON.stringify(receipt.body)).toContain('"method":"slack"');
});

test('B4: a stranger is refused in words only they see, and nothing is decided', async () => {
  const asked = await ask();
  await act(clickOn(asked.post, 'approve', { id: 'U0STRANGER' }));
  expect((await approval(asked.id)).status).toBe('pending');
  expect(await whisper()).toMatchObject({ user: 'U0STRANGER' });
  expect(slack.whispers[0]?.text).toContain('does not know who you are');
  const refused = await app.sql<{ data: { user: string } }>(
    `select data from event where subject = $1 and type = 'request.refused'`,
    [asked.id],
  );
  expect(refused[0]?.data.user).toBe(`slack:${SLACK.team}/U0STRANGER`);
});

test.each([
  ['a guest', { is_restricted: true }],
  ['whose address is not confirmed', { is_email_confirmed: false }],
  ['of another organisation', { team_id: 'T0OTHER000' }],
  ['who was deactivated there', { deleted: true }],
])('B5: somebody with a member’s address, but %s, is a stranger', async (_, facts) => {
  const id = `U0${String(count).padStart(8, '0')}`;
  slack.users.push({ id, team_id: SLACK.team, name: 'x', profile: { email: ana.email }, ...facts });
  const asked = await ask();
  await act(clickOn(asked.post, 'approve', { id }));
  expect((await approval(asked.id)).status).toBe('pending');
  expect((await whisper())?.user).toBe(id);
});

test('B6: forged, old, altered and unsigned requests are refused, and so is a replay', async () => {
  const asked = await ask();
  const body = interaction(clickOn(asked.post, 'approve', ANA));
  const good = signSlack(body);
  const refused = [
    signSlack(body, { secret: 'f'.repeat(32) }),
    signSlack(body, { at: Date.now() - 301_000 }),
    signSlack(body, { at: Date.now() + 301_000 }),
    { ...good, body: body.replace('approve', 'claim') },
    { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { body, headers: { ...good.headers, 'x-slack-signature': 'v0=' } },
  ];
  for (const forged of refused) expect((await post(forged)).status).toBe(401);
  expect((await approval(asked.id)).status).toBe('pending');
  expect((await post(good)).status).toBe(200);
  expect((await post(good)).status).toBe(409);
  const votes = await app.sql('select from vote where approval_id = $1', [asked.id]);
  expect(votes).toHaveLength(1);
});

test('a body over the limit is refused before anything is looked at, and an unknown channel is not there', async () => {
  expect((await post(signSlack('x'.repeat(1024 * 1024 + 1)))).status).toBe(413);
  const { body, headers } = signSlack('payload={}');
  // eslint-disable-next-line no-restricted-globals
  const answer = await globalThis.fetch(`${app.url}/channels/chn_${'0'.repeat(27)}/inbound`, {
    method: 'POST',
    body,
    headers,
  });
  expect(answer.status).toBe(404);
});

test('opening the address, or fetching it beforehand, does nothing', async () => {
  const asked = await ask();
  for (const button of buttonsIn(asked.post.blocks).filter(({ url }) => url !== undefined))
    // eslint-disable-next-line no-restricted-globals
    for (const method of ['GET', 'HEAD']) await globalThis.fetch(button.url ?? '', { method });
  // eslint-disable-next-line no-restricted-globals
  await globalThis.fetch(`${app.url}/channels/${channel.id}/inbound`);
  expect((await approval(asked.id)).status).toBe('pending');
});

test('a rejection asks for its reason in a modal, which the agent is told', async () => {
  const asked = await ask();
  await act(clickOn(asked.post, 'reject', ANA));
  const view = slack.views.at(-1);
  if (!view) throw new Error('no modal');
  expect(view.blocks.some(({ block_id: id }) => id === 'field:reason')).toBe(true);
  const answer = await act(submissionOf(view, { reason: 'Twice the price' }, ANA));
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  expect(await approval(asked.id)).toMatchObject({
    status: 'rejected',
    decision: { reason: 'Twice the price', by: { id: ana.id } },
  });
  await edited(asked.post.ts, (text) => text.includes('Rejected by Ana Ruiz: Twice the price'));
});

test('an edit is filled in by its schema; what does not fit stands at its field; what is approved is the edit', async () => {
  const asked = await ask({ arguments: { amount: 400, to: 'Ana', express: false } });
  await act(clickOn(asked.post, 'edit', ANA));
  const view = slack.views.at(-1);
  if (!view) throw new Error('no modal');
  expect(view.blocks.map(({ block_id: id }) => id).filter(Boolean)).toEqual([
    'field:amount',
    'field:to',
    'field:express',
  ]);
  const wrong = await act(submissionOf(view, { amount: '900' }, ANA));
  expect(await wrong.json()).toMatchObject({
    response_action: 'errors',
    errors: { 'field:amount': expect.any(String) as string },
  });
  expect((await approval(asked.id)).status).toBe('pending');
  await act(submissionOf(view, { amount: '150', express: 'true' }, ANA));
  expect(await approval(asked.id)).toMatchObject({
    status: 'approved',
    arguments: { amount: 150, to: 'Ana', express: true },
  });
});

test('a claim, a comment in the thread, and a comment from elsewhere', async () => {
  const asked = await ask();
  await act(clickOn(asked.post, 'claim', ANA));
  expect((await approval(asked.id)).claim).toMatchObject({ person_id: ana.id });
  await edited(asked.post.ts, (text) => text.includes('Ana Ruiz is looking at it'));
  expect((await event(replyUnder(asked.post, 'Is that the &lt;right&gt; account?', ANA))).status).toBe(200);
  expect(slack.whispers).toEqual([]);
  await app.call(owner(), 'POST', `/v1/approvals/${asked.id}/comments`, { body: 'It is' });
  const comments = await app.call<{ data: { body: string; author: { id: string } }[] }>(
    owner(),
    'GET',
    `/v1/approvals/${asked.id}/comments`,
  );
  expect(comments.body.data.map(({ body, author }) => [body, author.id])).toEqual([
    ['Is that the <right> account?', ana.id],
    ['It is', owner().id],
  ]);
  await until(
    async () => slack.posts.filter((one) => one.thread_ts === asked.post.ts).map(({ text }) => text),
    (lines) => lines.length === 1 && lines[0]?.endsWith(': It is') === true,
  );
});

test('who asked is refused, whoever is not asked is refused, and a revoked member is refused at once', async () => {
  const builder = app.one.keys.asking.owner;
  const self = { id: 'U0BUILDER0' };
  const viewer = { id: 'U0VIEWER00' };
  slack.users.push(
    { ...self, team_id: SLACK.team, name: 'b', profile: { email: builder.email } },
    { ...viewer, team_id: SLACK.team, name: 'v', profile: { email: app.one.people.viewer.email } },
  );
  const asked = await ask();
  await act(clickOn(asked.post, 'approve', self));
  await act(clickOn(asked.post, 'approve', viewer));
  await until(
    async () => slack.whispers.length,
    (said) => said === 2,
  );
  expect((await approval(asked.id)).status).toBe('pending');
  const ben = await addPerson(app.store, app.one.id, `Ben ${count}`, ['approver']);
  const BEN = { id: `U0BEN${String(count).padStart(5, '0')}` };
  slack.users.push({ ...BEN, team_id: SLACK.team, name: 'ben', profile: { email: ben.email } });
  await act(clickOn(asked.post, 'claim', BEN));
  expect((await approval(asked.id)).claim).toMatchObject({ person_id: ben.id });
  expect((await app.call(owner(), 'POST', `/v1/members/${ben.id}/deactivate`, {})).status).toBeLessThan(300);
  await app.call(owner(), 'POST', `/v1/approvals/${asked.id}/release`, {});
  await act(clickOn(asked.post, 'approve', BEN));
  expect((await approval(asked.id)).status).toBe('pending');
});

test('what was changed since is not approved; who clicked is told what it is now', async () => {
  const asked = await ask();
  const stale = structuredClone(asked.post);
  for (const button of buttonsIn(stale.blocks)) if (button.value) button.value = `${asked.id} sha256:${'0'.repeat(64)}`;
  await act(clickOn(stale, 'approve', ANA));
  expect((await approval(asked.id)).status).toBe('pending');
  expect((await whisper())?.text).toMatch(/changed since you saw it\. Now it is: \{/);
});

test('T28, T20: what is too long, critical or has to be vouched for has no Approve, and is not approved by a click', async () => {
  const template = (await ask()).post;
  const cases = [await ask({ arguments: { amount: 1, to: 'y'.repeat(4000) } }), await ask({ priority: 'critical' })];
  for (const asked of cases) {
    const actions = buttonsIn(asked.post.blocks).map(({ action_id: action }) => action);
    expect(actions).not.toContain('approve');
    expect(actions).toContain('reject');
    const forced = structuredClone(template);
    for (const button of buttonsIn(forced.blocks)) if (button.value) button.value = `${asked.id} ${asked.digest}`;
    await act(clickOn(forced, 'approve', ANA));
    expect((await approval(asked.id)).status).toBe('pending');
    expect((await whisper())?.text).toContain('Open the request to decide');
    slack.whispers.length = 0;
  }
});

test('a member links themselves by a code from their account page; taken back, their address does not link them again', async () => {
  const cleo = await addPerson(app.store, app.one.id, `Cleo ${count}`, ['approver']);
  const CLEO = { id: `U0CLEO${String(count).padStart(4, '0')}` };
  const asked = await ask();
  await act(clickOn(asked.post, 'approve', CLEO));
  const said = await whisper();
  const [button] = buttonsIn(said?.blocks ?? []);
  expect(button?.action_id).toBe('link');
  await act(clickOn({ ...asked.post, blocks: said?.blocks ?? [] }, 'link', CLEO));
  const view = slack.views.at(-1);
  if (!view) throw new Error('no modal');
  const wrong = await act(submissionOf(view, { code: 'AAAA-BBBB-CCCC' }, CLEO));
  expect(await wrong.text()).toContain('none of ours');
  const code = await app.call<{ code: string }>(cleo, 'POST', '/v1/account/channel-identities/code', {});
  expect(code.status, code.text).toBe(201);
  const right = await act(submissionOf(view, { code: code.body.code.toLowerCase() }, CLEO));
  expect(await right.text()).toContain(`You are ${cleo.name}`);
  const again = await act(submissionOf(view, { code: code.body.code }, { id: 'U0THIEF000' }));
  expect(await again.text()).toContain('none of ours');
  await act(clickOn(asked.post, 'approve', CLEO));
  expect(await approval(asked.id)).toMatchObject({ status: 'approved', decision: { by: { id: cleo.id } } });

  const mine = await app.call<{ data: { id: string; how: string }[] }>(cleo, 'GET', '/v1/account/channel-identities');
  expect(mine.body.data).toMatchObject([{ how: 'code' }]);
  const path = `/v1/account/channel-identities/${mine.body.data[0]?.id}`;
  expect((await app.call(cleo, 'DELETE', path)).status).toBe(204);
  slack.users.push({ ...CLEO, team_id: SLACK.team, name: 'cleo', profile: { email: cleo.email } });
  const later = await ask();
  await act(clickOn(later.post, 'approve', CLEO));
  expect((await approval(later.id)).status).toBe('pending');
});

test('decided elsewhere while somebody looks at it: the message says so, and a click on the old one is told by whom', async () => {
  const asked = await ask();
  const before = structuredClone(asked.post);
  await app.call(app.one.people.approver, 'POST', `/v1/approvals/${asked.id}/decide`, {
    decision: 'approved',
    digest: asked.digest,
  });
  await edited(asked.post.ts, (text) => text.includes('Approved by'));
  await act(clickOn(before, 'approve', ANA));
  expect((await whisper())?.text).toContain('It was approved by');
});

test('Slack’s own retry of what got through is taken as done, and Slack’s challenge is answered', async () => {
  const asked = await ask();
  const said = replyUnder(asked.post, 'Once', ANA);
  await event(said);
  const signed = signSlack(JSON.stringify(said), { mediaType: 'application/json' });
  const retry = await post({ ...signed, headers: { ...signed.headers, 'x-slack-retry-num': '1' } });
  expect(retry.status).toBe(200);
  expect((await app.sql('select from comment where approval_id = $1', [asked.id])).length).toBe(1);
  const challenge = await event({ type: 'url_verification', challenge: 'abc' });
  expect(await challenge.json()).toEqual({ challenge: 'abc' });
});

/** Standing permissions: what they let through, what never, and that budgets hold. */
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type Who, addKey, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
type Told = { code: string; errors?: { pointer: string; detail: string }[] };
type Grant = { id: string; uses: number; total: number; is_live: boolean };
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const must = async <T>(method: string, path: string, body: unknown, who: Who): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
let number = 0;
const tool = async (annotations: object = { destructive: false, open_world: false }): Promise<string> => {
  number += 1;
  await must(
    'POST',
    '/v1/tools',
    { name: `tool_${number}`, http: { url: 'http://127.0.0.1:9000/x' }, annotations },
    app.one.keys.asking,
  );
  return `tool_${number}`;
};
const gate = (name: string, args: object = {}): Promise<WireGateAnswer> =>
  must('POST', '/v1/gate', { tool: name, arguments: args }, app.one.keys.asking);
const approver = (): Who => app.one.people.approver;
const give = (name: string, over: object = {}, who = approver()) =>
  app.call<Grant & Told>(who, 'POST', '/v1/grants', { tool: name, uses_max: 100, expires_in_seconds: 600, ...over });
const read = async (id: string): Promise<Grant> => (await app.call<Grant>(approver(), 'GET', `/v1/grants/${id}`)).body;

test('a grant lets through what its bounds cover, as often as it says, and counts', async () => {
  const name = await tool();
  const { approval } = await gate(name, { to: 'a@example.com', n: 1 });
  const grant = (
    await give(name, {
      bounds: [
        { argument: 'to', like: '*@example.com' },
        { argument: 'n', at_most: 5 },
      ],
      uses_max: 2,
      approval_id: approval?.id,
    })
  ).body;
  expect((await gate(name, { to: 'a@evil.org', n: 1 })).outcome).toBe('hold');
  expect((await gate(name, { to: 'b@example.com', n: 6 })).outcome).toBe('hold');
  const through = await gate(name, { to: 'b@example.com', n: 5 });
  expect([through.outcome, through.reason.includes(grant.id)]).toEqual(['proceed', true]);
  expect(await read(grant.id)).toMatchObject({ uses: 1, is_live: true });
  expect((await gate(name, { to: 'c@example.com', n: 5 })).outcome).toBe('proceed');
  expect((await gate(name, { to: 'd@example.com', n: 5 })).outcome).toBe('hold');
  expect(await read(grant.id)).toMatchObject({ uses: 2, is_live: false });
  const uses = await app.call<{ data: { arguments: { to: string } }[] }>(
    approver(),
    'GET',
    `/v1/grants/${grant.id}/uses`,
  );
  expect(uses.body.data.map(({ arguments: { to } }) => to)).toEqual(['c@example.com', 'b@example.com']);
});

test('a budget is never overrun, however many calls come at once to two servers', async () => {
  const name = await tool();
  const replica = await app.replica();
  const grant = (await give(name, { total: { argument: 'amount', at_most: 100 } })).body;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      (n % 2 ? app : replica).call<WireGateAnswer>(app.one.keys.asking, 'POST', '/v1/gate', {
        tool: name,
        arguments: { amount: 7, n },
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
  expect(answers.filter(({ body }) => body.outcome === 'proceed')).toHaveLength(14);
  expect(await read(grant.id)).toMatchObject({ uses: 14, total: 98 });
  const few = (await give(name, { uses_max: 3 })).body;
  const more = await Promise.all(Array.from({ length: 20 }, (_, n) => gate(name, { other: n })));
  expect(more.filter(({ outcome }) => outcome === 'proceed')).toHaveLength(3);
  expect(await read(few.id)).toMatchObject({ uses: 3, is_live: false });
});

test('no budget is won back with a negative amount', async () => {
  const name = await tool();
  const grant = (await give(name, { total: { argument: 'amount', at_most: 10 } })).body;
  expect((await gate(name, { amount: -100 })).outcome).toBe('hold');
  expect(await read(grant.id)).toMatchObject({ uses: 0, total: 0 });
});

test('revoked or over, it covers nothing from that moment on', async () => {
  const name = await tool();
  const grant = (await give(name)).body;
  expect((await gate(name, { n: 1 })).outcome).toBe('proceed');
  expect((await app.call(approver(), 'DELETE', `/v1/grants/${grant.id}`)).status).toBe(204);
  expect((await gate(name, { n: 2 })).outcome).toBe('hold');
  expect(await read(grant.id)).toMatchObject({ is_live: false });
  const short = (await give(name)).body;
  await app.sql(`update standing_grant set expires_at = now() where id = $1`, [short.id]);
  expect((await gate(name, { n: 3 })).outcome).toBe('hold');
});

test('for what can not be undone there is none, unless a policy allows it', async () => {
  const name = await tool({ destructive: true });
  expect((await give(name)).body.code).toBe('policy_blocked');
  expect((await give('nobody_knows_it')).body.code).toBe('policy_blocked');
  const source = JSON.stringify({
    rules: [{ name: 'r', tools: [name], outcome: 'hold', hold: { grants_allowed: true } }],
  });
  const policy = await must<{ id: string }>('POST', '/v1/policies', { name: 'Grants', source }, app.one.people.owner);
  expect((await give(name)).status).toBe(201);
  expect((await gate(name, { n: 1 })).outcome).toBe('proceed');
  await must('PATCH', `/v1/policies/${policy.id}`, { is_enabled: false }, app.one.people.owner);
  expect((await gate(name, { n: 2 })).outcome).toBe('hold');
});

test('a grant is for one agent, if it names one', async () => {
  const name = await tool();
  const agent = await must<{ id: string }>(
    'POST',
    '/v1/agents',
    {
      name: 'Clerk',
      config: { provider: 'openai_compatible', model: 'm', base_url: 'http://127.0.0.1:9000/v1', tools: [] },
    },
    app.one.keys.asking,
  );
  await give(name, { agent_id: agent.id });
  expect((await gate(name, { n: 1 })).outcome).toBe('hold');
  const answer = await must<WireGateAnswer>(
    'POST',
    '/v1/gate',
    { tool: name, arguments: { n: 2 }, agent_id: agent.id },
    app.one.keys.asking,
  );
  expect(answer.outcome).toBe('proceed');
});

test('it has to cover the call from whose card it is given, and nobody gives one for what they asked', async () => {
  const name = await tool();
  const both = await addPerson(app.store, app.one.id, 'Asks and approves', ['builder', 'approver']);
  const key = await addKey(app.store, app.one.id, both, ['gate:call', 'approvals:read']);
  const { approval } = await must<{ approval: WireApproval }>(
    'POST',
    '/v1/gate',
    { tool: name, arguments: { n: 9 } },
    key,
  );
  expect(
    (await give(name, { approval_id: approval.id, bounds: [{ argument: 'n', at_most: 5 }] })).body.errors?.[0]?.pointer,
  ).toBe('/bounds');
  expect((await give(name, { approval_id: approval.id }, both)).body.code).toBe('self_approval');
});

test('programs give none, nor do people who are no approvers; other workspaces see none', async () => {
  const name = await tool();
  for (const who of [app.one.keys.deciding, app.one.keys.asking, app.one.people.owner, app.one.people.viewer])
    expect((await give(name, {}, who)).status).toBe(403);
  const grant = (await give(name)).body;
  expect((await app.call(app.two.people.approver, 'GET', `/v1/grants/${grant.id}`)).status).toBe(404);
  expect((await app.call(app.two.people.approver, 'DELETE', `/v1/grants/${grant.id}`)).status).toBe(404);
});

import type { WireDecision, WireGateAnswer } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestKey, addKey, startTestServer } from '../testing/index.ts';

let app: TestApp;
let asking: TestKey;

type Told = { code: string; decision?: WireDecision; errors?: { pointer: string; detail: string }[] };
type Gate = WireGateAnswer & Told;

const SCHEMA = {
  type: 'object',
  properties: { amount: { type: 'integer', minimum: 1, maximum: 500 }, to: { type: 'string' } },
  required: ['amount', 'to'],
  additionalProperties: false,
};

let count = 0;
const gate = (body: object) => app.call<Gate>(asking, 'POST', '/v1/gate', body);
const agentWith = async (config: object): Promise<string> => {
  count += 1;
  const base = { provider: 'openai', model: 'm', tools: ['gate_write', 'gate_read'] };
  return (
    await app.call<{ id: string }>(asking, 'POST', '/v1/agents', {
      name: `gate ${count}`,
      config: { ...base, ...config },
    })
  ).body.id;
};
const reject = (approval: WireGateAnswer['approval'], reason: string) =>
  app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${approval?.id}/decide`, {
    decision: 'rejected',
    digest: approval?.digest,
    reason,
  });

beforeAll(async () => {
  app = await startTestServer();
  ({ asking } = app.one.keys);
  const http = { url: 'http://127.0.0.1:59999/x' };
  const write = { name: 'gate_write', http, parameters: SCHEMA, summary_template: 'Pay {amount} to {to}' };
  const read = { name: 'gate_read', http, annotations: { read_only: true, destructive: false } };
  for (const tool of [write, read]) expect((await app.call(asking, 'POST', '/v1/tools', tool)).status).toBe(201);
});
afterAll(() => app.stop());

test('the gate without an agent holds whatever is not a read-only tool of the workspace', async () => {
  expect((await gate({ tool: 'gate_read' })).body.outcome).toBe('proceed');
  expect((await gate({ tool: 'gate_write', arguments: { amount: 1, to: 'g1' } })).body).toMatchObject({
    outcome: 'hold',
    approval: { title: 'Pay 1 to g1', arguments_schema: SCHEMA },
  });
  expect((await gate({ tool: 'unheard_of' })).body.outcome).toBe('hold');
});

test('what a caller says of its own tool counts where it could register it, and is then in the audit log', async () => {
  const annotations = { read_only: true, destructive: false, open_world: false };
  const scopes = ['gate:call', 'approvals:create', 'approvals:read'] as const;
  const key = await addKey(app.store, app.one.id, asking.owner, scopes);
  const only = await app.call<Gate>(key, 'POST', '/v1/gate', { tool: 'elsewhere_read', annotations });
  expect(only.body.outcome).toBe('hold');
  expect((await gate({ tool: 'elsewhere_read', annotations, arguments: { q: 1 } })).body.outcome).toBe('proceed');
  const audited = await app.call<{ data: { type: string; data: { tool?: string } }[] }>(
    app.one.people.owner,
    'GET',
    `/v1/audit?type=gate.audited`,
  );
  expect(audited.text).toContain('elsewhere_read');
  // A tool that the workspace has is what the workspace says.
  const to = 'declared';
  expect((await gate({ tool: 'gate_write', annotations, arguments: { amount: 1, to } })).body.outcome).toBe('hold');
});

test.each([
  ['disabled', {}, 'proceed', 'proceed'],
  ['audit', {}, 'proceed', 'proceed'],
  ['blocking', {}, 'hold', 'hold'],
  ['confirm_tools', {}, 'hold', 'proceed'],
  ['confirm_tools', { allowed_tools: ['gate_write'] }, 'proceed', 'proceed'],
  ['confirm_tools', { blocked_tools: ['gate_read'] }, 'hold', 'block'],
  ['confirm_tools', { allowed_tools: ['gate_write'], blocked_tools: ['gate_write'] }, 'block', 'proceed'],
  ['confirm_tools', { hold_read_only: true }, 'hold', 'hold'],
])('the gate in the mode %s with %j says %s to a write and %s to a read', async (mode, lists, write, read) => {
  const agent = await agentWith({ hitl_mode: mode, hitl_config: lists });
  const to = `${mode} ${JSON.stringify(lists)}`;
  const asked = await gate({ tool: 'gate_write', agent_id: agent, arguments: { amount: 1, to } });
  expect([
    asked.body.outcome,
    (await gate({ tool: 'gate_read', agent_id: agent, arguments: { to } })).body.outcome,
  ]).toEqual([write, read]);
  expect(asked.body.approval === null).toBe(write !== 'hold');
  expect(asked.body.reason).not.toBe('');
});

test('the gate gives what is held the agent’s timeout, unless the caller names one', async () => {
  const agent = await agentWith({ hitl_config: { timeout_minutes: 10 } });
  const seconds = async (more: object) => {
    const { approval } = (
      await gate({ tool: 'gate_write', agent_id: agent, arguments: { amount: 1, to: JSON.stringify(more) }, ...more })
    ).body;
    return Math.round((Date.parse(approval?.expires_at ?? '') - Date.parse(approval?.created_at ?? '')) / 1000);
  };
  expect([await seconds({}), await seconds({ timeout_seconds: 60 })]).toEqual([600, 60]);
});

test('T18: the gate does not put the same rejected call before people again for 24 hours, and tells who rejected it', async () => {
  const body = { tool: 'gate_write', arguments: { amount: 2, to: 'again' } };
  const { approval } = (await gate(body)).body;
  await reject(approval, 'never');
  const repeats: [string, object][] = [
    ['/v1/gate', body],
    ['/v1/approvals', body],
    ['/v1/gate', { tool: 'gate_write', arguments: { to: 'again', amount: 2.0 } }],
  ];
  const asked = () => app.sql(`select from event where type = 'approval.requested'`);
  const before = (await asked()).length;
  for (const [path, again] of repeats) {
    const answer = await app.call<Told>(asking, 'POST', path, again);
    expect([answer.status, answer.body.code, answer.body.decision?.reason]).toEqual([409, 'already_rejected', 'never']);
  }
  // Nobody is told of it either.
  expect((await asked()).length).toBe(before);
  expect((await gate({ ...body, arguments: { amount: 3, to: 'again' } })).body.outcome).toBe('hold');
  await app.sql(`update approval set decided_at = decided_at - interval '24 hours 1 second' where id = $1`, [
    approval?.id,
  ]);
  expect((await gate(body)).body.outcome).toBe('hold');
});

test('the gate refuses a schema that is none, with the place', async () => {
  const answer = await gate({ tool: 'x', arguments_schema: { type: 'object', properties: { a: { type: 'strnig' } } } });
  expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, '/arguments_schema/properties/a/type']);
});

/**
 * B1, T15: nobody who is behind a request approves it. Every relation to it, by every way in which somebody could try: nothing
 * is voted, and the audit log says which credential tried it.
 */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestKey,
  type TestModel,
  type TestPerson,
  type TestTool,
  type Who,
  addKey,
  addPerson,
  defineAgent,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../testing/index.ts';

type Told = { code: string };

let app: TestApp;
let model: TestModel;
let tool: TestTool;
/** Whoever is behind it, who may decide whatever is not theirs, and the same person's second account. */
let ann: TestPerson;
let second: TestPerson;
let asking: TestKey;
let deciding: TestKey;
let secondDeciding: TestKey;
/** Made by somebody else, and by Ann. */
let agent: string;
let annsAgent: string;

beforeAll(async () => {
  app = await startTestServer();
  tool = await startTool();
  model = await startModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? { text: 'Done.' } : { calls: [{ tool: 'wire', arguments: { amount: 1 } }] },
  );
  ann = await addPerson(app.store, app.one.id, 'Ann', ['builder', 'approver']);
  second = await addPerson(app.store, app.one.id, 'A. Nother', ['approver']);
  const [local, domain] = ann.email.split('@');
  await app.sql('update person set email = $2 where id = $1', [second.id, `${local}+second@${domain}`]);
  const group = { name: 'payers', members: [ann.id, second.id, app.one.people.approver.id] };
  expect((await app.call(app.one.people.owner, 'POST', '/v1/groups', group)).status).toBe(201);
  asking = await addKey(app.store, app.one.id, ann, [
    'approvals:create',
    'approvals:read',
    'gate:call',
    'executions:run',
  ]);
  deciding = await addKey(app.store, app.one.id, ann, ['approvals:decide', 'approvals:read']);
  secondDeciding = await addKey(app.store, app.one.id, second, ['approvals:decide', 'approvals:read']);
  const bob = await addPerson(app.store, app.one.id, 'Bob who is away', ['approver']);
  const ends_at = new Date(Date.now() + 3_600_000).toISOString();
  for (const to of [ann.id, second.id])
    expect((await app.call(bob, 'POST', '/v1/delegations', { to, ends_at })).status).toBe(201);
  const wire = { wire: { http: { url: `${tool.url}/wire` } } };
  agent = (await defineAgent(app, app.one.keys.asking, model, wire, { hitl_mode: 'blocking' })).id;
  annsAgent = (await defineAgent(app, ann, model, {}, { hitl_mode: 'blocking', tools: ['wire'] })).id;
});
afterAll(async () => {
  await app.stop();
  await Promise.all([model.close(), tool.close()]);
});

let number = 0;
const call = () => ({ tool: 'wire_out', arguments: { number: (number += 1) } });
const must = async <Body>(who: Who, path: string, body: unknown): Promise<Body> => {
  const answer = await app.call<Body>(who, 'POST', path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
};
const asked = (who: Who, over: object = {}): Promise<WireApproval> =>
  must(who, '/v1/approvals', { ...call(), ...over });
const gated = async (who: Who, over: object = {}): Promise<WireApproval> =>
  (await must<{ approval: WireApproval }>(who, '/v1/gate', { ...call(), ...over })).approval;
const heldBy = async (executionId: string): Promise<WireApproval> => {
  const { reading } = app.one.keys;
  const path = `/v1/executions/${executionId}/pending-approval`;
  const [held] = await until(
    async () => (await app.call<{ data: WireApproval[] }>(reading, 'GET', path)).body.data,
    (data) => data.length === 1,
  );
  return (await app.call<WireApproval>(reading, 'GET', `/v1/approvals/${held?.id}`)).body;
};
const executed = async (who: Who, id: string, over: object = {}): Promise<WireApproval> =>
  heldBy((await must<{ id: string }>(who, `/v1/agents/${id}/execute`, { input: 'Go', ...over })).id);
const said = async (who: Who): Promise<WireApproval> => {
  const conversation = await must<{ id: string }>(who, '/v1/conversations', { agent_id: agent });
  const path = `/v1/conversations/${conversation.id}/messages`;
  return heldBy((await must<{ execution: { id: string } }>(who, path, { content: 'Go' })).execution.id);
};
const other = (): TestKey => app.one.keys.asking;

const RELATIONS: Readonly<Record<string, () => Promise<WireApproval>>> = {
  'who asked': () => asked(ann),
  'whose key asked': () => asked(asking),
  'whose key came to a gate': () => gated(asking),
  'on whose behalf another’s key asked': () => asked(other(), { on_behalf_of: ann.id }),
  'who built the agent that another’s key asks for': () => gated(other(), { agent_id: annsAgent }),
  'who built the agent that another ran': () => executed(other(), annsAgent),
  'who started the execution': () => executed(ann, agent),
  'whose key started the execution': () => executed(asking, agent),
  'for whom another’s key started the execution': () => executed(other(), agent, { on_behalf_of: ann.id }),
  'whose conversation it is': () => said(ann),
};

type Way = {
  readonly as: () => TestPerson | TestKey;
  readonly send: (who: Who, approval: WireApproval) => Promise<string>;
};
const decide = async (who: Who, { id, digest }: WireApproval): Promise<string> =>
  (await app.call<Told>(who, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest })).body.code;
const together = async (who: Who, { id, digest }: WireApproval): Promise<string> => {
  const body = { items: [{ id, digest, decision: 'approved' }] };
  const answer = await app.call<{ data: { problem: Told | null }[] }>(who, 'POST', '/v1/approvals/bulk-decide', body);
  return answer.body.data[0]?.problem?.code ?? answer.text;
};
const WAYS: Readonly<Record<string, Way>> = {
  'as themselves, signed in (and standing in for somebody who is away)': { as: () => ann, send: decide },
  'by a deciding key of theirs': { as: () => deciding, send: decide },
  'many at once': { as: () => ann, send: together },
  'by a second account in the same group': { as: () => second, send: decide },
  'by a deciding key of the second account': { as: () => secondDeciding, send: decide },
  'by the second account, many at once': { as: () => second, send: together },
};

describe.each(Object.entries(RELATIONS))('B1, T15: %s', (_, make) => {
  let approval: WireApproval;
  beforeAll(async () => {
    approval = await make();
  });
  test.each(Object.entries(WAYS))('does not approve it %s', async (name, { as, send }) => {
    const who = as();
    expect(await send(who, approval)).toBe('self_approval');
    const votes = await app.sql('select from vote where approval_id = $1', [approval.id]);
    expect(votes).toHaveLength(0);
    const route = name.includes('many') ? 'bulkDecide' : 'decideApproval';
    await until(
      () =>
        app.sql(
          `select from event where type = 'request.refused' and subject = $1 and actor ->> 'id' = $2
             and data ->> 'code' = 'self_approval' and data ->> 'route' like $3`,
          [approval.id, who.id, `${route}%`],
        ),
      (rows) => rows.length === 1,
    );
  });
  test('nor by the key that asked; and anybody else who may, does', async () => {
    const code = await decide(asking, approval);
    expect(code).toBe('forbidden');
    const { id, digest } = approval;
    const body = { decision: 'approved', digest };
    const done = await app.call<WireApproval>(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, body);
    expect([done.status, done.body.status]).toEqual([200, 'approved']);
  });
});

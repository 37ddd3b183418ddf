/** A group keeps its work when it is renamed, and is not removed while it is asked. */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestPerson, addPerson, startTestServer } from '../testing/index.ts';

type Told = { code: string; detail: string; name: string; former_names: string[]; id: string; pending?: number };

let app: TestApp;
let owner: TestPerson;
let ann: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  app = await startTestServer();
  ({ owner } = app.one.people);
  ann = await addPerson(app.store, app.one.id, 'Ann', ['approver']);
  bob = await addPerson(app.store, app.one.id, 'Bob', ['approver']);
});
afterAll(() => app.stop());

const call = (method: string, path: string, body?: unknown) => app.call<Told>(owner, method, path, body);
const holdFor = (name: string, approvers: string) =>
  call('POST', '/v1/policies', {
    name,
    source: JSON.stringify({
      rules: [{ name: 'held', tools: [name], outcome: 'hold', hold: { stages: [{ approvers }] } }],
    }),
  });
const ask = async (tool: string): Promise<WireApproval> =>
  (await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { tool, arguments: { tool } })).body;
const approve = async (who: TestPerson, { id, digest }: WireApproval): Promise<[number, string]> => {
  const path = `/v1/approvals/${id}/decide`;
  const { status, body } = await app.call<WireApproval & Told>(who, 'POST', path, { decision: 'approved', digest });
  return [status, body.code ?? body.status];
};

test('what was asked of a group, and what policies say of it, holds after it was renamed, twice', async () => {
  const { id } = (await call('POST', '/v1/groups', { name: 'treasury', members: [ann.id] })).body;
  expect((await holdFor('pay', '1 of treasury')).status).toBe(201);
  const before = await ask('pay');
  await call('PATCH', `/v1/groups/${id}`, { name: 'finance' });
  const renamed = await call('PATCH', `/v1/groups/${id}`, { name: 'money' });
  expect(renamed.body).toMatchObject({ name: 'money', former_names: ['treasury', 'finance'] });
  const after = await ask('pay');
  expect(await approve(bob, before)).toEqual([403, 'not_eligible']);
  expect(await approve(ann, before)).toEqual([200, 'approved']);
  expect(await approve(ann, after)).toEqual([200, 'approved']);

  // Another group of the old name would be asked by what meant the first.
  const other = await call('POST', '/v1/groups', { name: 'Treasury', members: [] });
  expect([other.status, other.body.code]).toEqual([409, 'name_taken']);
  const back = await call('PATCH', `/v1/groups/${id}`, { name: 'treasury' });
  expect(back.body).toMatchObject({ name: 'treasury', former_names: ['finance', 'money'] });
});

test('a group is not removed while a policy or a waiting request asks it, by whatever name', async () => {
  const { id } = (await call('POST', '/v1/groups', { name: 'legal', members: [ann.id] })).body;
  const policy = (await holdFor('sue', '1 of legal')).body;
  const waiting = await ask('sue');
  await call('PATCH', `/v1/groups/${id}`, { name: 'lawyers' });
  const refused = await call('DELETE', `/v1/groups/${id}`);
  expect([refused.status, refused.body.code, refused.body.pending]).toEqual([409, 'group_in_use', 1]);
  expect(refused.body.detail).toBe('It is asked by the policy “sue”, 1 waiting request.');

  expect((await call('PATCH', `/v1/policies/${policy.id}`, { is_enabled: false })).status).toBe(200);
  expect((await call('DELETE', `/v1/groups/${id}`)).body.code).toBe('group_in_use');
  expect(await approve(ann, waiting)).toEqual([200, 'approved']);
  expect((await call('DELETE', `/v1/groups/${id}`)).status).toBe(204);
});

/** What a refused attempt leaves in the audit log, and what it can not do to it. */
import { newId } from '@countersign/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, addKey, startTestServer, until } from '../testing/index.ts';

type Entry = { subject: string; actor: { id: string }; data: { code: string; route: string; times?: number } };

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const entriesOf = (actor: string): Promise<Entry[]> =>
  app.sql<Entry>(
    `select subject, actor, data from event where type = 'request.refused' and actor ->> 'id' = $1 order by position`,
    [actor],
  );
const some = (actor: string, count = 1): Promise<Entry[]> =>
  until(
    () => entriesOf(actor),
    (rows) => rows.length >= count,
  );

test('a key that was revoked leaves its name, its owner’s workspace and the route it tried', async () => {
  const key = await addKey(app.store, app.one.id, app.one.people.builder, ['approvals:create']);
  await app.call(app.one.people.owner, 'DELETE', `/v1/api-keys/${key.id}`);
  expect((await app.call(key, 'POST', '/v1/approvals', { title: 'Deploy' })).status).toBe(401);
  const [entry] = await some(key.id);
  expect(entry).toMatchObject({ subject: key.id, data: { code: 'unauthenticated', route: 'askApproval' } });
});

test('what lacks a permission, and a session that a foreign page uses, name who was refused', async () => {
  const { viewer } = app.one.people;
  expect((await app.call(viewer, 'POST', '/v1/agents', {})).status).toBe(403);
  const elsewhere = { origin: 'https://mail.example', 'sec-fetch-site': 'cross-site' };
  expect((await app.call(viewer, 'POST', '/v1/approvals', {}, elsewhere)).status).toBe(403);
  const entries = await some(viewer.id, 2);
  expect(entries.map(({ data }) => data.code).toSorted()).toEqual(['cross_site', 'forbidden']);
});

test('items of a bulk decision that were refused are entries, each about its approval', async () => {
  const { approver } = app.one.people;
  const items = Array.from({ length: 3 }, () => ({
    id: newId('approval'),
    decision: 'approved',
    digest: `sha256:${'0'.repeat(64)}`,
  }));
  expect((await app.call(approver, 'POST', '/v1/approvals/bulk-decide', { items })).status).toBe(200);
  const entries = await some(approver.id, 3);
  expect(entries.map(({ subject }) => subject).toSorted()).toEqual(items.map(({ id }) => id).toSorted());
});

test('a flood by one credential is at most 61 entries a minute, none of them lost from the counts', async () => {
  const server = await app.replica();
  const { deciding } = app.two.keys;
  const attempts = 500;
  for (let done = 0; done < attempts; done += 50)
    await Promise.all(
      Array.from({ length: 50 }, () => server.call(deciding, 'GET', `/v1/approvals/${newId('approval')}`)),
    );
  // The same again and again is one entry and a count.
  const same = newId('approval');
  for (let again = 0; again < 20; again += 1) await server.call(deciding, 'GET', `/v1/approvals/${same}`);
  await server.stop();
  const entries = await entriesOf(deciding.id);
  expect(entries.length).toBeLessThanOrEqual(61);
  expect(entries.reduce((sum, { data }) => sum + (data.times ?? 1), 0)).toBe(attempts + 20);
});

/** Who else has a request open at the moment. */
import type { WireAlsoReading, WireApproval } from '@countersign/contract';
import { transaction } from '@countersign/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type Who, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const see = (who: Who, id: string, body: object = {}) =>
  app.call<WireAlsoReading>(who, 'POST', `/v1/approvals/${id}/seen`, body);
const names = async (who: Who, id: string): Promise<string[]> =>
  (await see(who, id)).body.also_reading.map(({ name }) => name);

test('those who said so within 45 seconds have it open; one is told of the others, and of nobody elsewhere', async () => {
  const [ann, bob] = await Promise.all(
    ['Ann', 'Bob'].map((name) => addPerson(app.store, app.one.id, name, ['approver'])),
  );
  if (!ann || !bob) throw new Error('two people');
  const { body: approval } = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    title: 'Pay',
  });
  expect(await names(ann, approval.id)).toEqual([]);
  expect(await names(bob, approval.id)).toEqual(['Ann']);
  expect(await names(ann, approval.id)).toEqual(['Bob']);

  await transaction(app.store, app.one.id, ({ client }) =>
    client.query(`update approval_reader set last_at = now() - interval '46 seconds' where person_id = $1`, [bob.id]),
  );
  expect(await names(ann, approval.id)).toEqual([]);

  expect((await see(app.two.people.approver, approval.id)).status).toBe(404);
  expect((await see(app.one.keys.deciding, approval.id)).status).toBe(403);
});

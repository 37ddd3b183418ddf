/** What a person looks at in the queue: its orders, its filters, and the views they keep of it. */
import type { WireApproval, WireView } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
let ask: (body: object) => Promise<WireApproval>;
beforeAll(async () => {
  app = await startTestServer();
  ask = async (body) => {
    const answer = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', body);
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body;
  };
});
afterAll(() => app.stop());

type List = { data: WireApproval[]; next_cursor: string | null };
const approver = (): Who => app.one.people.approver;
const list = async (query: string, who: Who = approver()): Promise<List> =>
  (await app.call<List>(who, 'GET', `/v1/approvals?status=pending&${query}`)).body;
const walk = async (query: string, limit: number): Promise<string[]> => {
  const titles: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: List = await list(`${query}&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    titles.push(...page.data.map(({ title }) => title));
    cursor = page.next_cursor;
  }
  return titles;
};

describe('the order of the queue', () => {
  beforeAll(async () => {
    const rows = [
      ['low, in 50 minutes', 'low', 3000],
      ['medium, in an hour', 'medium', 3600],
      ['high, in 100 minutes', 'high', 6000],
      ['critical, in four hours', 'critical', 14_400],
      ['medium, without a deadline', 'medium', undefined],
      ['critical, in a week', 'critical', 604_800],
    ] as const;
    for (const [title, priority, timeout_seconds] of rows) await ask({ title, priority, timeout_seconds });
  });
  const ORDERS = {
    newest: [5, 4, 3, 2, 1, 0],
    oldest: [0, 1, 2, 3, 4, 5],
    urgency: [3, 2, 1, 0, 5, 4],
    priority: [3, 5, 2, 1, 4, 0],
    time_left: [0, 1, 2, 3, 5, 4],
  };
  test.each(Object.entries(ORDERS))('by %s is the same whatever the size of its pages', async (sort, expected) => {
    const made = (await walk('sort=oldest', 200)).filter((title) => title.includes(','));
    for (const limit of [1, 2, 4, 200])
      expect(await walk(`sort=${sort}`, limit)).toEqual(expected.map((index) => made[index]));
  });
  test('by urgency and the like is for what is pending', async () => {
    const answer = await app.call(approver(), 'GET', '/v1/approvals?sort=urgency');
    expect(answer.status).toBe(422);
  });
  test('together with filters', async () => {
    expect(await walk('sort=urgency&priority=critical', 1)).toEqual(['critical, in four hours', 'critical, in a week']);
    expect(await walk('sort=time_left&due_within=5000', 1)).toEqual(['low, in 50 minutes', 'medium, in an hour']);
    expect(await walk('sort=priority&assigned_to=me&q=hours', 1)).toEqual(['critical, in four hours']);
  });
  test('counts what needs the reader, where they ask', async () => {
    const counts = async (query: string) =>
      (await app.call<Record<string, unknown>>(approver(), 'GET', `/v1/approvals/summary${query}`)).body;
    expect(await counts('')).toMatchObject({ pending: 6, pending_for_you: null });
    expect(await counts('?assigned_to=me')).toMatchObject({ pending: 6, pending_for_you: 6 });
    const approval = await ask({ title: 'Held back' });
    await app.call(approver(), 'POST', `/v1/approvals/${approval.id}/decide`, {
      decision: 'approved',
      digest: approval.digest,
      recall_seconds: 60,
    });
    expect(await counts('?assigned_to=me')).toMatchObject({ pending: 7, pending_for_you: 6 });
  });
  test('who has voted is not needed any more in the open stage', async () => {
    const rules = [
      { name: 'two', tools: ['two'], hold: { stages: [{ approvers: '2 of anyone' }] } },
      { name: 'twice', tools: ['twice'], hold: { stages: [{ approvers: '2 of anyone' }, { approvers: 'anyone' }] } },
    ].map((rule) => ({ ...rule, outcome: 'hold' }));
    await app.call(app.one.people.owner, 'POST', '/v1/policies', { name: 'Two', source: JSON.stringify({ rules }) });
    const needed = async () =>
      (
        await app.call<{ data: WireApproval[] }>(
          approver(),
          'GET',
          '/v1/approvals?status=pending&assigned_to=me&limit=200',
        )
      ).body.data.map(({ title }) => title);
    for (const tool of ['two', 'twice']) {
      const approval = await ask({ title: tool, tool, arguments: {} });
      expect(await needed()).toContain(tool);
      await app.call(approver(), 'POST', `/v1/approvals/${approval.id}/decide`, {
        decision: 'approved',
        digest: approval.digest,
      });
    }
    expect((await needed()).filter((title) => title.startsWith('tw'))).toEqual([]);
  });
});

describe('a saved view', () => {
  const views = async (who: Who): Promise<WireView[]> =>
    (await app.call<{ data: WireView[] }>(who, 'GET', '/v1/views')).body.data;
  const save = (who: Who, name: string, filter: object = {}) =>
    app.call<WireView & { code: string }>(who, 'POST', '/v1/views', { name, filter });

  test('follows its person, who renames, changes and deletes it', async () => {
    const filter = { priority: 'high', q: 'refund', sort: 'time_left' };
    const { status, body } = await save(approver(), ' Refunds  ', filter);
    expect([status, body.name, body.filter]).toEqual([201, 'Refunds', filter]);
    const change = (patch: object) => app.call<WireView>(approver(), 'PATCH', `/v1/views/${body.id}`, patch);
    expect((await change({ name: 'Large refunds' })).body).toMatchObject({ name: 'Large refunds', filter });
    expect((await change({ filter: { assigned_to: 'me' } })).body.filter).toEqual({ assigned_to: 'me' });
    expect(await views(approver())).toHaveLength(1);
    expect((await app.call(approver(), 'DELETE', `/v1/views/${body.id}`)).status).toBe(204);
    expect(await views(approver())).toEqual([]);
  });
  test('is its person’s alone', async () => {
    const { body } = await save(approver(), 'Mine');
    const colleague = await addPerson(app.store, app.one.id, 'Colleague', ['owner', 'approver']);
    expect(await views(colleague)).toEqual([]);
    for (const [method, patch] of [
      ['PATCH', { name: 'Theirs' }],
      ['DELETE', undefined],
    ] as const)
      expect((await app.call(colleague, method, `/v1/views/${body.id}`, patch)).status).toBe(404);
    expect((await save(colleague, 'Mine')).status).toBe(201);
    expect((await save(approver(), 'MINE')).body.code).toBe('name_taken');
  });
  test('takes nothing that is no filter of the queue', async () => {
    for (const filter of [{ status: 'approved' }, { sort: 'amount' }, { q: 5 }, { limit: 3 }])
      expect((await save(approver(), 'Odd', filter)).status).toBe(422);
  });
});

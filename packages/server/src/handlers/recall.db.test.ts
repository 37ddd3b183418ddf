/** A decision that is held back for a while, so that its author can take it back (I39). */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
type Approval = WireApproval & { code: string };
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const must = async <T>(method: string, path: string, body: unknown, who: Who): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
const approver = (): Who => app.one.people.approver;
const other = (): Who => app.one.keys.deciding;
const asked = (body: object = {}): Promise<Approval> =>
  must<Approval>(
    'POST',
    '/v1/approvals',
    { tool: 'pay', arguments: { n: Math.random() }, ...body },
    app.one.keys.asking,
  );
const post = (who: Who, id: string, what: string, body: object = {}) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${id}/${what}`, body);
const decide = (who: Who, { id, digest }: Approval, body: object = {}) =>
  post(who, id, 'decide', { decision: 'approved', digest, ...body });
const get = async (id: string): Promise<Approval> =>
  (await app.call<Approval>(approver(), 'GET', `/v1/approvals/${id}`)).body;
const happened = async (id: string): Promise<string[]> =>
  (await app.call<{ data: { type: string }[] }>(approver(), 'GET', `/v1/approvals/${id}/timeline`)).body.data.map(
    ({ type }) => type,
  );
const consume = ({ id, digest }: Approval) =>
  app.call<Approval>(app.one.keys.asking, 'POST', '/v1/receipts/consume', { approval_id: id, digest });

describe('A decision with a time to recall', () => {
  test('has no effect until its time is over, and then has it once', async () => {
    const approval = await asked();
    const held = (await decide(approver(), approval, { recall_seconds: 1 })).body;
    expect(held).toMatchObject({ status: 'pending', decision: null, held: { outcome: 'approved', edited: false } });
    expect(held.can.recall.ok).toBe(true);
    expect((await consume(approval)).body.code).toBe('not_approved');
    expect((await post(other(), approval.id, 'recall')).body.code).toBe('decision_held');
    expect((await decide(other(), approval)).body).toMatchObject({ code: 'decision_held', status: 409 });
    expect(await app.sql('select from vote where approval_id = $1', [approval.id])).toHaveLength(0);

    const after = await app.call<Approval>(approver(), 'GET', `/v1/approvals/${approval.id}/wait?timeout=10`);
    expect(after.body).toMatchObject({ status: 'approved', held: null });
    expect(after.body.decision?.at).toBe(held.held?.at);
    expect(Date.now() - Date.parse(held.held?.until ?? '')).toBeLessThan(1500);
    expect((await consume(approval)).status).toBe(200);
    expect(await happened(approval.id)).toEqual([
      'approval.requested',
      'approval.held_back',
      'approval.vote',
      'approval.decided',
      'approval.consumed',
    ]);
    expect(await app.sql('select from job where subject = $1', [approval.id])).toHaveLength(0);
  });
  test('is taken back by its author, and the request waits as before', async () => {
    const approval = await asked();
    await decide(approver(), approval, { recall_seconds: 60 });
    const back = (await post(approver(), approval.id, 'recall')).body;
    expect(back).toMatchObject({
      status: 'pending',
      held: null,
      digest: approval.digest,
      can: { approve: { ok: true } },
    });
    expect((await post(approver(), approval.id, 'recall')).body.code).toBe('nothing_to_recall');
    expect((await decide(other(), approval, { decision: 'rejected', reason: 'no' })).body.status).toBe('rejected');
    expect(await happened(approval.id)).toEqual([
      'approval.requested',
      'approval.held_back',
      'approval.recalled',
      'approval.vote',
      'approval.decided',
    ]);
  });
  test('keeps what was edited only if it takes effect', async () => {
    const [one, two] = [await asked(), await asked()];
    for (const approval of [one, two])
      await decide(approver(), approval, { arguments: { n: 1 }, recall_seconds: approval === one ? 60 : 1 });
    await post(approver(), one.id, 'recall');
    expect(await get(one.id)).toMatchObject({ arguments: one.arguments, original: null });
    const after = await until(
      () => get(two.id),
      ({ status }) => status !== 'pending',
    );
    expect(after).toMatchObject({ status: 'approved', arguments: { n: 1 }, original: { arguments: two.arguments } });
  });
  test('lets the asker withdraw, and then nothing takes effect', async () => {
    const approval = await asked();
    await decide(approver(), approval, { recall_seconds: 1 });
    expect((await post(app.one.keys.asking, approval.id, 'cancel')).body.status).toBe('cancelled');
    expect(await app.sql('select from job where subject = $1', [approval.id])).toHaveLength(0);
    expect(await happened(approval.id)).not.toContain('approval.decided');
  });
  test('a policy holds every decision back, whoever makes it and whatever they ask for', async () => {
    const hold = { recall_seconds: 600 };
    const source = JSON.stringify({ rules: [{ name: 'slow', tools: ['slow'], outcome: 'hold', hold }] });
    await must('POST', '/v1/policies', { name: 'slow', source }, app.one.people.owner);
    const approval = await asked({ tool: 'slow', timeout_seconds: 30 });
    const held = (await decide(other(), approval, { recall_seconds: 0 })).body;
    expect(Date.parse(held.held?.until ?? '') - Date.parse(held.held?.at ?? '')).toBe(600_000);
    // The deadline comes while it is held back: it was decided in time.
    await app.sql(`update approval set expires_at = now() - interval '1 second' where id = $1`, [approval.id]);
    await app.sql(`update job set run_at = now() where subject = $1 and kind = 'expire_approval'`, [approval.id]);
    await until(
      () =>
        app.sql<{ later: boolean }>(
          `select run_at > now() + interval '1 minute' as later from job where kind = 'expire_approval' and subject = $1`,
          [approval.id],
        ),
      ([job]) => job?.later === true,
    );
    expect((await get(approval.id)).status).toBe('pending');
  });
  test('of a recall and the end of its time, one wins, and all see the same', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const approval = await asked();
        const { held } = (await decide(approver(), approval, { recall_seconds: 1 })).body;
        const waitMs = Date.parse(held?.until ?? '') - Date.now() + Math.random() * 60 - 30;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        const recalled = await post(approver(), approval.id, 'recall');
        await until(
          () => get(approval.id),
          (now) => now.held === null,
        );
        return { recalled: recalled.status === 200, status: (await get(approval.id)).status };
      }),
    );
    for (const { recalled, status } of rounds) expect(status).toBe(recalled ? 'pending' : 'approved');
  });
  test('many at once are held back, each to be taken back by itself', async () => {
    const approvals = [await asked(), await asked()];
    const items = approvals.map(({ id, digest }) => ({ id, digest, decision: 'approved' }));
    const { body } = await app.call<{ data: { ok: boolean; status: string }[] }>(
      approver(),
      'POST',
      '/v1/approvals/bulk-decide',
      { items, recall_seconds: 60 },
    );
    expect(body.data.map(({ ok, status }) => [ok, status])).toEqual([
      [true, 'pending'],
      [true, 'pending'],
    ]);
    for (const { id } of approvals) expect((await post(approver(), id, 'recall')).status).toBe(200);
  });
});

/** Whose turn it is: what waits for the reader, what for others, what they have put off; and what a row says about it. */
import type { WireApproval, WireApprovalCounts, WireApprovalSummary } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type TestPerson, type Who, addPerson, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
let ann: TestPerson;
let bob: TestPerson;
let cid: TestPerson;
beforeAll(async () => {
  app = await startTestServer();
  const approver = (name: string) => addPerson(app.store, app.one.id, name, ['approver']);
  [ann, bob, cid] = await Promise.all([approver('Ann'), approver('Bob'), approver('Cid')]);
  for (const [name, members] of [
    ['eng', [ann, bob]],
    ['fin', [cid]],
  ] as const)
    await must('POST', '/v1/groups', { name, members: members.map(({ id }) => id) }, app.one.people.owner);
  const stages = [
    { name: 'build', approvers: '2 of eng' },
    { name: 'pay', approvers: '1 of fin' },
  ];
  const source = JSON.stringify({
    rules: [{ name: 'staged', tools: ['staged'], outcome: 'hold', hold: { stages } }],
  });
  await must('POST', '/v1/policies', { name: 'Stages', source }, app.one.people.owner);
});
afterAll(() => app.stop());

const must = async <T>(method: string, path: string, body: unknown, who: Who): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
const ask = (body: object): Promise<WireApproval> => must('POST', '/v1/approvals', body, app.one.keys.asking);
const list = async (who: Who, query: string): Promise<WireApprovalSummary[]> =>
  (
    await must<{ data: WireApprovalSummary[] }>(
      'GET',
      `/v1/approvals?status=pending&limit=200&${query}`,
      undefined,
      who,
    )
  ).data;
const isIn = async (who: Who, query: string, { id }: { id: string }): Promise<boolean> =>
  (await list(who, query)).some((row) => row.id === id);
const counts = (who: Who): Promise<WireApprovalCounts> =>
  must('GET', '/v1/approvals/summary?assigned_to=me', undefined, who);
const approve = (who: Who, { id, digest }: WireApproval): Promise<WireApproval> =>
  must('POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest }, who);
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
const snooze = (who: Who, { id }: { id: string }, moment: string) =>
  app.call<WireApproval & { code: string }>(who, 'POST', `/v1/approvals/${id}/snooze`, { until: moment });

describe('the turn', () => {
  const turn = async (approval: WireApproval): Promise<string[]> => {
    const people = { ann, bob, cid };
    const mine = await Promise.all(
      Object.entries(people).map(async ([name, who]) => {
        const [me, others] = [
          await isIn(who, 'assigned_to=me', approval),
          await isIn(who, 'assigned_to=others', approval),
        ];
        // One or the other, never both and never neither.
        expect(me).not.toBe(others);
        return me ? [name] : [];
      }),
    );
    return mine.flat();
  };

  test('is that of the open stage, and of those who have not voted in it; the row says how far it is', async () => {
    const approval = await ask({ tool: 'staged', arguments: { n: 1 } });
    const row = async () => (await list(ann, `ids=${approval.id}`))[0];
    expect(await turn(approval)).toEqual(['ann', 'bob']);
    expect((await row())?.progress).toEqual({ approvals: 0, needed: 2, stage: 0, stages: 2 });
    await approve(ann, approval);
    expect(await turn(approval)).toEqual(['bob']);
    expect((await row())?.progress).toEqual({ approvals: 1, needed: 2, stage: 0, stages: 2 });
    await approve(bob, approval);
    expect(await turn(approval)).toEqual(['cid']);
    expect((await row())?.progress).toEqual({ approvals: 0, needed: 1, stage: 1, stages: 2 });
    // An edit sets the votes aside: it begins anew, with those who began.
    await must(
      'POST',
      `/v1/approvals/${approval.id}/decide`,
      { decision: 'approved', digest: approval.digest, arguments: { n: 2 } },
      cid,
    );
    expect(await turn(approval)).toEqual(['ann', 'bob']);
  });
  test('is never that of who asked', async () => {
    const own = await ask({ title: 'For Ann', on_behalf_of: ann.id });
    expect(await turn(own)).toEqual(['bob', 'cid']);
  });
  test('goes to who stands in, and comes back', async () => {
    const approval = await ask({ tool: 'staged', arguments: { n: 3 } });
    expect(await isIn(cid, 'assigned_to=me', approval)).toBe(false);
    const { id } = await must<{ id: string }>('POST', '/v1/delegations', { to: cid.id, ends_at: inMinutes(60) }, bob);
    expect(await isIn(cid, 'assigned_to=me', approval)).toBe(true);
    expect((await app.call(bob, 'DELETE', `/v1/delegations/${id}`)).status).toBe(204);
    expect(await isIn(cid, 'assigned_to=me', approval)).toBe(false);
  });
});

describe('a row', () => {
  test('says how many other calls of its tool and shape wait', async () => {
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push(await ask({ tool: 'mail', arguments: { to: `a${n}@example.com` } }));
    const other = await ask({ tool: 'mail', arguments: { to: 'a@example.com', bcc: 'b@example.com' } });
    const alike = async () => (await list(ann, 'tool=mail&sort=oldest')).map((row) => row.alike);
    expect(await alike()).toEqual([2, 2, 2, 0]);
    expect((await app.call<WireApproval>(ann, 'GET', `/v1/approvals/${other.id}`)).body.alike).toBe(0);
    await approve(ann, made[0] ?? other);
    expect(await alike()).toEqual([1, 1, 0]);
  });
  test('is found again by its id, as long as it is what is looked at', async () => {
    const [first, second] = [await ask({ title: 'First' }), await ask({ title: 'Second', priority: 'critical' })];
    const ids = `ids=${first.id},${second.id}`;
    expect((await list(ann, `${ids}&sort=oldest`)).map(({ title }) => title)).toEqual(['First', 'Second']);
    expect((await list(ann, `${ids}&priority=critical`)).map(({ title }) => title)).toEqual(['Second']);
    await approve(ann, first);
    expect((await list(ann, ids)).map(({ title }) => title)).toEqual(['Second']);
    for (const wrong of ['ids=', 'ids=x', `ids=${Array.from({ length: 51 }, () => first.id).join(',')}`])
      expect((await app.call(ann, 'GET', `/v1/approvals?${wrong}`)).status).toBe(422);
  });
});

test('a row says what is most unusual about it, where that is asked of a few', async () => {
  for (let n = 0; n < 6; n += 1) {
    const usual = await ask({ tool: 'pay_out', arguments: { to: 'Ana', amount: 10 + n } });
    await approve(ann, usual);
  }
  const odd = await ask({ tool: 'pay_out', arguments: { to: 'Ana', amount: 9000 } });
  const plain = await ask({ title: 'Plain' });
  const rows = await list(ann, `ids=${odd.id},${plain.id}&flags=true&sort=oldest`);
  expect(rows.map((row) => row.top_flag?.pointer ?? null)).toEqual(['/amount', null]);
  const { flags, top_flag } = (await app.call<WireApproval>(ann, 'GET', `/v1/approvals/${odd.id}`)).body;
  expect([top_flag, rows[0]?.top_flag]).toEqual([flags[0], flags[0]]);
  expect((await list(ann, `ids=${odd.id}`))[0]?.top_flag).toBeNull();
  expect((await app.call(ann, 'GET', '/v1/approvals?flags=true')).status).toBe(422);
});

describe('what somebody puts off', () => {
  test('leaves their queue alone, and is back at once when they take it back', async () => {
    const approval = await ask({ title: 'Not now', timeout_seconds: 3600 });
    const before = await counts(ann);
    const moment = inMinutes(10);
    const { status, body } = await snooze(ann, approval, moment);
    expect([status, body.snoozed_until]).toEqual([200, moment]);
    expect(await isIn(ann, 'assigned_to=me&snoozed=false', approval)).toBe(false);
    expect(await isIn(ann, 'snoozed=true', approval)).toBe(true);
    expect(await isIn(ann, 'assigned_to=me', approval)).toBe(true);
    expect(await counts(ann)).toMatchObject({
      pending: before.pending,
      pending_for_others: before.pending_for_others,
      pending_for_you: (before.pending_for_you ?? 0) - 1,
      snoozed_by_you: { count: 1, next_ends_at: moment },
    });
    // Nobody else notices, and nothing about it has changed.
    expect(await isIn(bob, 'assigned_to=me&snoozed=false', approval)).toBe(true);
    expect((await list(bob, `ids=${approval.id}`))[0]).toMatchObject({
      snoozed_until: null,
      expires_at: approval.expires_at,
    });
    await must('POST', `/v1/approvals/${approval.id}/unsnooze`, undefined, ann);
    expect(await isIn(ann, 'assigned_to=me&snoozed=false', approval)).toBe(true);
    expect(await counts(ann)).toMatchObject({ snoozed_by_you: { count: 0, next_ends_at: null } });
    const timeline = await must<{ data: { type: string }[] }>(
      'GET',
      `/v1/approvals/${approval.id}/timeline`,
      undefined,
      ann,
    );
    expect(timeline.data.map(({ type }) => type)).toEqual([
      'approval.requested',
      'approval.snoozed',
      'approval.unsnoozed',
    ]);
  });
  test('comes back by itself', async () => {
    const approval = await ask({ title: 'A moment' });
    await snooze(ann, approval, new Date(Date.now() + 1500).toISOString());
    expect(await isIn(ann, 'snoozed=true', approval)).toBe(true);
    await until(
      () => isIn(ann, 'assigned_to=me&snoozed=false', approval),
      (isBack) => isBack,
    );
    expect(await isIn(ann, 'snoozed=true', approval)).toBe(false);
  });
  test('is not put off beyond its deadline, also where that moves', async () => {
    const approval = await ask({ title: 'Soon over', timeout_seconds: 600 });
    for (const moment of [inMinutes(11), inMinutes(-1), inMinutes(60 * 24 * 31)])
      expect((await snooze(ann, approval, moment)).status).toBe(422);
    await snooze(ann, approval, inMinutes(9));
    await app.sql(`update approval set expires_at = now() + interval '5 minutes' where id = '${approval.id}'`);
    expect(await isIn(ann, 'assigned_to=me&snoozed=false', approval)).toBe(true);
  });
  test('is only what waits', async () => {
    const approval = await ask({ title: 'Over' });
    await approve(ann, approval);
    expect((await snooze(bob, approval, inMinutes(1))).body.code).toBe('already_decided');
  });
});

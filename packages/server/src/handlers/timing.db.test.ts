/** What time does to a request: deadlines and what follows them, levels, reminders, calendars, late answers. */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
type Approval = WireApproval & { code: string };
type Entry = { type: string; actor: { kind: string }; detail: Record<string, unknown> };
beforeAll(async () => {
  app = await startTestServer();
  const { people, keys } = app.one;
  await must('POST', '/v1/groups', { name: 'managers', members: [keys.deciding.owner.id] }, people.owner);
});
afterAll(() => app.stop());

const must = async <T>(method: string, path: string, body: unknown, who: Who): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
let number = 0;
const held = async (hold: object, annotations: object | null = null): Promise<Approval> => {
  number += 1;
  const tool = `tool_${number}`;
  const { people, keys } = app.one;
  if (annotations)
    await must('POST', '/v1/tools', { name: tool, http: { url: 'http://127.0.0.1:9000/x' }, annotations }, keys.asking);
  const source = JSON.stringify({ rules: [{ name: 'held', tools: [tool], outcome: 'hold', hold }] });
  await must('POST', '/v1/policies', { name: tool, source }, people.owner);
  return must<Approval>('POST', '/v1/approvals', { tool, arguments: { n: number } }, keys.asking);
};
const approver = (): Who => app.one.people.approver;
const manager = (): Who => app.one.keys.deciding;
const get = async (id: string): Promise<Approval> =>
  (await app.call<Approval>(approver(), 'GET', `/v1/approvals/${id}`)).body;
const post = (who: Who, id: string, what: string, body: object = {}) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${id}/${what}`, body);
const approve = (who: Who, { id, digest }: Approval) => post(who, id, 'decide', { decision: 'approved', digest });
const ended = (id: string): Promise<Approval> =>
  until(
    () => get(id),
    ({ status }) => status !== 'pending',
  );
const timeline = async (id: string): Promise<Entry[]> =>
  (await app.call<{ data: Entry[] }>(approver(), 'GET', `/v1/approvals/${id}/timeline`)).body.data;
const happened = async (id: string, type: string): Promise<number> =>
  (await timeline(id)).filter((entry) => entry.type === type).length;
const ms = (text: string | null): number => Date.parse(text ?? '');
/** Two levels of a second each; moments are told in whole milliseconds, so a difference of two may be one short. */
const TWO_SECONDS_MS = 2000 - 1;

describe('when the time is over', () => {
  test('it expires, at once', async () => {
    const approval = await held({ timeout_seconds: 1 });
    const { decision } = await ended(approval.id);
    expect(decision).toMatchObject({ outcome: 'expired', assurance: 'automated' });
    const late = ms(decision?.at ?? null) - ms(approval.expires_at);
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThan(2000);
  });
  test('what can be undone is approved where the policy says so; nothing else ever is', async () => {
    const reversible = await held(
      { timeout_seconds: 1, on_timeout: 'approve' },
      { destructive: false, open_world: false },
    );
    const external = await held(
      { timeout_seconds: 1, on_timeout: 'approve' },
      { destructive: false, open_world: true },
    );
    const unknown = await held({ timeout_seconds: 1, on_timeout: 'approve' });
    expect([external.on_timeout, unknown.on_timeout]).toEqual(['reject', 'reject']);
    expect((await ended(reversible.id)).decision).toMatchObject({
      outcome: 'approved',
      assurance: 'automated',
      by: { kind: 'system' },
    });
    expect([(await ended(external.id)).status, (await ended(unknown.id)).status]).toEqual(['expired', 'expired']);
  });
  test('it waits on, overdue, where it is parked, and can still be decided', async () => {
    const approval = await held({ timeout_seconds: 1, on_timeout: 'park' });
    expect(
      await until(
        () => get(approval.id),
        (now) => now.is_overdue,
      ),
    ).toMatchObject({ status: 'pending', expires_at: null });
    expect((await approve(approver(), approval)).body.status).toBe('approved');
  });
  test('it is asked again as often as said', async () => {
    const approval = await held({ timeout_seconds: 1, on_timeout: 'retry', retries: 1 });
    const after = await ended(approval.id);
    expect(ms(after.decision?.at ?? null) - ms(approval.created_at)).toBeGreaterThanOrEqual(TWO_SECONDS_MS);
    expect(await happened(approval.id, 'approval.reminder')).toBe(1);
  });
  test('the next level is asked too, with time of its own, and then it expires', async () => {
    const hold = {
      stages: [{ approvers: 'role:owner' }],
      timeout_seconds: 1,
      on_timeout: 'escalate',
      escalate_to: [{ approvers: 'managers', timeout_seconds: 1 }],
    };
    await app.sql(`update member set roles = '{owner,approver}' where person_id = $1`, [app.one.people.owner.id]);
    const [one, two] = [await held(hold), await held(hold)];
    await until(
      () => get(one.id),
      ({ quorum }) => quorum.stages[0]?.approvers === '1 of role:owner or 1 of managers',
    );
    expect((await approve(manager(), one)).body.status).toBe('approved');
    const after = await ended(two.id);
    expect(ms(after.decision?.at ?? null) - ms(two.created_at)).toBeGreaterThanOrEqual(TWO_SECONDS_MS);
    expect([await happened(two.id, 'approval.escalated'), await happened(two.id, 'approval.expired')]).toEqual([1, 1]);
  });
  test('a vote that comes before the timer finds the next level’s time, not the old one', async () => {
    const approval = await held({
      timeout_seconds: 60,
      on_timeout: 'escalate',
      escalate_to: [{ approvers: 'managers', timeout_seconds: 60 }],
    });
    // Only the row: the job still sleeps, as if no process had come to it yet.
    await app.sql(`update approval set expires_at = created_at where id = $1`, [approval.id]);
    expect((await approve(manager(), approval)).body.status).toBe('approved');
    expect(await happened(approval.id, 'approval.escalated')).toBe(1);
  });
});

describe('more time', () => {
  test('by hand moves the deadline, also of what is parked', async () => {
    const approval = await held({ timeout_seconds: 2 });
    const { body } = await post(approver(), approval.id, 'extend', { seconds: 60 });
    expect(ms(body.expires_at) - ms(approval.expires_at)).toBe(60_000);
    const [job] = await app.sql<{ run_at: Date }>(
      `select run_at from job where subject = $1 and kind = 'expire_approval'`,
      [approval.id],
    );
    expect(job?.run_at.toISOString()).toBe(body.expires_at);
    const parked = await held({ timeout_seconds: 1, on_timeout: 'park' });
    await until(
      () => get(parked.id),
      (now) => now.is_overdue,
    );
    expect((await post(approver(), parked.id, 'extend', { seconds: 60 })).body).toMatchObject({
      is_overdue: false,
      expires_at: expect.any(String),
    });
  });
  test('is not for who asked, nor after the end', async () => {
    const approval = await held({ timeout_seconds: 1 });
    expect((await post(app.one.keys.asking, approval.id, 'extend', { seconds: 60 })).status).toBe(403);
    await ended(approval.id);
    expect((await post(approver(), approval.id, 'extend', { seconds: 60 })).body.code).toBe('already_decided');
  });
});

test('reminders come once each, in order, before the end, with two servers running', async () => {
  await app.replica();
  const approvals = await Promise.all(
    Array.from({ length: 5 }, () => held({ timeout_seconds: 3, remind_after: [0.6, 0.2, 0.4] })),
  );
  await Promise.all(approvals.map(({ id }) => ended(id)));
  for (const { id } of approvals) {
    expect(
      (await timeline(id)).map(({ type, detail }) => (type === 'approval.reminder' ? detail['left'] : type)),
    ).toEqual(['approval.requested', 2, 1, 0, 'approval.expired']);
  }
});

test('reminders come at fixed moments too, and anew with the time of the next level', async () => {
  const approval = await held({
    timeout_seconds: 600,
    remind_after: [0.5],
    remind_after_seconds: [60, 700],
    remind_before_seconds: [30, 600],
    on_timeout: 'escalate',
    escalate_to: [{ approvers: 'managers', timeout_seconds: 100 }],
  });
  const offsets = async (from: string): Promise<number[]> => {
    const [row] = await app.sql<{ remind_at: Date[] }>('select remind_at from approval where id = $1', [approval.id]);
    return (row?.remind_at ?? []).map((at) => Math.round((at.getTime() - ms(from)) / 1000));
  };
  const dueAt = async (): Promise<number | undefined> =>
    (
      await app.sql<{ run_at: Date }>(`select run_at from job where subject = $1 and kind = 'remind_approval'`, [
        approval.id,
      ])
    )[0]?.run_at.getTime();
  expect(await offsets(approval.created_at)).toEqual([60, 300, 570]);
  const { body } = await post(approver(), approval.id, 'escalate');
  const start = new Date(ms(body.expires_at) - 100_000).toISOString();
  expect(await offsets(start)).toEqual([50, 60, 70]);
  expect(Math.round(((await dueAt()) ?? 0) - ms(start)) / 1000).toBeCloseTo(50, 1);
  // More time prolongs it: what was still to come stays.
  await post(approver(), approval.id, 'extend', { seconds: 1000 });
  expect(await offsets(start)).toEqual([50, 60, 70, 160, 500, 600, 800, 1070]);
  // Without an end there are those after the beginning only.
  const endless = await held({ remind_after: [0.5], remind_after_seconds: [60], remind_before_seconds: [30] });
  const [row] = await app.sql<{ remind_at: Date[] }>('select remind_at from approval where id = $1', [endless.id]);
  expect(row?.remind_at.map((at) => Math.round((at.getTime() - ms(endless.created_at)) / 1000))).toEqual([60]);
});

describe('a calendar', () => {
  test('lets time count only while people work', async () => {
    const definition = { time_zone: 'Asia/Kolkata', days: { monday: [{ from: '10:00', to: '10:30' }] }, holidays: [] };
    await must('PUT', '/v1/calendars', { name: 'rare', definition }, app.one.people.owner);
    const approval = await held({ timeout_seconds: 3600, calendar: 'rare' });
    const end = new Date(ms(approval.expires_at));
    // One hour of half an hour a week ends on a Monday at 10:30 in Kolkata, unless it began within one.
    expect(end.getUTCDay()).toBe(1);
    expect([4, 5]).toContain(end.getUTCHours());
    expect(ms(approval.expires_at) - ms(approval.created_at)).toBeGreaterThan(7 * 86_400_000 - 3_600_000);
  });
  test('that is not there is refused in a policy, and a senseless one anywhere', async () => {
    const source = JSON.stringify({
      rules: [{ name: 'a', outcome: 'hold', hold: { timeout_seconds: 5, calendar: 'nowhere' } }],
    });
    const { body } = await app.call<{ problems: { pointer: string }[] }>(approver(), 'POST', '/v1/policies/check', {
      source,
    });
    expect(body.problems.map(({ pointer }) => pointer)).toEqual(['/rules/0/hold/calendar']);
    const bad = { name: 'bad', definition: { time_zone: 'Mars/Olympus', days: {}, holidays: [] } };
    expect((await app.call(app.one.people.owner, 'PUT', '/v1/calendars', bad)).status).toBe(422);
  });
});

describe('an answer that comes too late', () => {
  test('is refused but kept, one for each person, and the request can be taken up again', async () => {
    const approval = await held({ timeout_seconds: 1 });
    await ended(approval.id);
    expect((await approve(approver(), approval)).body.code).toBe('already_decided');
    await post(approver(), approval.id, 'decide', { decision: 'rejected', digest: approval.digest });
    await approve(manager(), approval);
    expect((await get(approval.id)).late_answers.map(({ vote }) => vote)).toEqual(['approved', 'approved']);
    const reopened = await post(approver(), approval.id, 'reopen');
    expect(reopened.body).toMatchObject({
      status: 'pending',
      reopened_from: approval.id,
      arguments: approval.arguments,
      policy: approval.policy,
    });
    expect(reopened.body.digest).not.toBe(approval.digest);
    expect((await approve(manager(), reopened.body)).body.status).toBe('approved');
  });
  test('is taken up again once, and only while the tool is what it was', async () => {
    const approval = await held({ timeout_seconds: 1 });
    await ended(approval.id);
    const answers = await Promise.all([1, 2, 3].map(() => post(approver(), approval.id, 'reopen')));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const fresh = answers.find(({ status }) => status === 201)?.body.id;
    const { body } = await app.call<{ code: string; approval_id: string }>(
      approver(),
      'POST',
      `/v1/approvals/${approval.id}/reopen`,
    );
    expect(body).toMatchObject({ code: 'too_late', approval_id: fresh });

    const { asking } = app.one.keys;
    const tool = await must<{ id: string }>(
      'POST',
      '/v1/tools',
      { name: 'changing', http: { url: 'http://127.0.0.1:9000/x' }, annotations: { destructive: true } },
      asking,
    );
    const { approval: called } = await must<{ approval: Approval }>(
      'POST',
      '/v1/gate',
      { tool: 'changing', arguments: {}, timeout_seconds: 1 },
      asking,
    );
    await ended(called.id);
    await must('PATCH', `/v1/tools/${tool.id}`, { http: { url: 'http://127.0.0.1:9000/y' } }, asking);
    expect((await post(approver(), called.id, 'reopen')).body.code).toBe('too_late');
  });
  test('can not revive what was decided by people', async () => {
    const approval = await held({});
    await approve(approver(), approval);
    expect((await post(approver(), approval.id, 'reopen')).body.code).toBe('too_late');
    expect((await get(approval.id)).late_answers).toEqual([]);
  });
});

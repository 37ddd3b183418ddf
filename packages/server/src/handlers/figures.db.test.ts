/** Figures against decisions that are known. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
type Times = {
  approved: number;
  approved_with_edits: number;
  rejected: number;
  expired: number;
  cancelled: number;
  median_seconds: number | null;
  p95_seconds: number | null;
  unchanged_share: number | null;
  quick_share: number | null;
};
type Stats = { data: (Times & { key: string; name: string })[] };

/** What was decided: so many days ago, after so many seconds, of which tool and agent, how, by whom. */
const DECIDED = [
  [0, 1, 'pay', 'Clerk', 'approved', 'ann'],
  [0, 2, 'pay', 'Clerk', 'approved', 'ann'],
  [0, 10, 'pay', 'Clerk', 'edited', 'bob'],
  [0, 20, 'mail', 'Clerk', 'rejected', 'bob'],
  [3, 100, 'mail', 'Porter', 'approved', 'ann'],
  [3, 500, 'mail', 'Porter', 'expired', 'system'],
  [20, 30, 'pay', null, 'cancelled', 'system'],
  [40, 30, 'pay', null, 'approved', 'ann'],
] as const;

beforeAll(async () => {
  app = await startTestServer();
  const ask = async (workspace: 'one' | 'two', body: object): Promise<string> =>
    (await app.call<{ id: string }>(app[workspace].keys.asking, 'POST', '/v1/approvals', body)).body.id;
  for (const id of ['ann', 'bob'])
    await app.sql(`insert into person (id, email, name) values ($1, $1 || '@figures.example', upper($1))`, [id]);
  for (const [index, [days, seconds, tool, agent, how, by]] of DECIDED.entries()) {
    const id = await ask('one', { tool, arguments: { index }, ...(agent ? { agent_name: agent } : {}) });
    const automated = by === 'system';
    const status = how === 'edited' ? 'approved' : how;
    await app.sql(
      `update approval set status = $2, decided_at = at, created_at = at - make_interval(secs => $3), original_action = $4,
         decision = jsonb_build_object('outcome', $2::text, 'by', jsonb_build_object('kind', 'person', 'id', $5::text, 'name', upper($5::text)), 'at', at,
           'reason', null, 'assurance', $6::text, 'digest', digest, 'edits', '[]'::jsonb)
       from (select now() - make_interval(days => $7, secs => 60) as at) moment where id = $1`,
      [id, status, seconds, how === 'edited' ? '{}' : null, by, automated ? 'automated' : 'session', days],
    );
  }
  for (const [index, hours] of [0, 2, 30, 200].entries()) {
    const id = await ask('one', {
      title: `waits ${index}`,
      priority: index === 0 ? 'critical' : 'low',
      timeout_seconds: 600,
    });
    await app.sql(
      `update approval set created_at = now() - make_interval(hours => $2), is_overdue = $3 where id = $1`,
      [id, hours, index === 3],
    );
  }
  // Another tenant's, which must not count.
  await ask('two', { title: 'elsewhere' });
});
afterAll(() => app.stop());

const get = async <T>(path: string): Promise<T> => (await app.call<T>(app.one.people.viewer, 'GET', path)).body;
const by = async (key: string, days = 30, filter = '') =>
  (await get<Stats>(`/v1/approvals/stats?by=${key}&days=${days}${filter}`)).data;
const OUTCOMES = ['approved', 'approved_with_edits', 'rejected', 'expired', 'cancelled'] as const;
const row = (approved: number, edits: number, rejected: number, expired: number, cancelled: number) => ({
  approved,
  approved_with_edits: edits,
  rejected,
  expired,
  cancelled,
});

test('by tool', async () => {
  const rows = await by('tool');
  expect(rows.map(({ key }) => key).toSorted()).toEqual(['mail', 'pay']);
  expect(rows.find(({ key }) => key === 'pay')).toMatchObject({
    ...row(2, 1, 0, 0, 1),
    median_seconds: 2,
    p95_seconds: 9.2,
    unchanged_share: 2 / 3,
    quick_share: 2 / 3,
  });
  expect(rows.find(({ key }) => key === 'mail')).toMatchObject({
    ...row(1, 0, 1, 1, 0),
    median_seconds: 60,
    p95_seconds: 96,
    unchanged_share: 0.5,
    quick_share: 0,
  });
});
test('by agent, also where there is none', async () => {
  const rows = await by('agent');
  expect(rows.map(({ name }) => name).toSorted()).toEqual(['Clerk', 'Porter', 'without an agent']);
  expect(rows.find(({ name }) => name === 'Clerk')).toMatchObject({ ...row(2, 1, 1, 0, 0), median_seconds: 6 });
  expect(rows.find(({ name }) => name === 'without an agent')).toMatchObject({
    ...row(0, 0, 0, 0, 1),
    median_seconds: null,
    unchanged_share: null,
  });
});
test('by approver, with their name', async () => {
  const rows = await by('approver', 365);
  expect(rows.find(({ key }) => key === 'ann')).toMatchObject({ name: 'ANN', ...row(4, 0, 0, 0, 0) });
  expect(rows.find(({ key }) => key === 'bob')).toMatchObject({
    name: 'BOB',
    ...row(0, 1, 1, 0, 0),
    median_seconds: 15,
  });
});
test('percentiles over many decisions are within a twentieth of the exact ones', async () => {
  const seconds = Array.from({ length: 1000 }, (_, index) => 0.2 * 1.01 ** index);
  await app.sql(
    `insert into approval (workspace_id, id, kind, status, title, checkpoint, priority, action, digest, call_digest, tool, requested_by, requesters,
       gate_reason, created_at, decided_at, decision)
     select $1, 'many' || n, 'action', 'approved', 't', 'c', 'low', '{}', 'd', 'd', 'many', '{}', '{}', 'r', now() - make_interval(secs => s), now(),
       '{"assurance": "session", "by": {"id": "ann"}}'
     from unnest($2::float8[]) with ordinality as given (s, n)`,
    [app.one.id, seconds],
  );
  const told = (await by('tool')).find(({ key }) => key === 'many');
  await app.sql(`delete from approval where tool = 'many'`);
  const exact = (share: number): number => 0.2 * 1.01 ** (999 * share);
  expect(told?.approved).toBe(1000);
  for (const [value, share] of [
    [told?.median_seconds, 0.5],
    [told?.p95_seconds, 0.95],
  ] as const)
    expect(Math.abs((value ?? 0) / exact(share) - 1)).toBeLessThan(0.05);
});
test('by day, oldest first, of as many days as asked', async () => {
  const rows = await by('day');
  expect(rows.map(({ key }) => key)).toEqual(rows.map(({ key }) => key).toSorted());
  expect(rows.map(({ approved, expired, cancelled }) => [approved, expired, cancelled])).toEqual([
    [0, 0, 1],
    [1, 1, 0],
    [2, 0, 0],
  ]);
  expect(rows.every(({ key, name }) => /^\d{4}-\d\d-\d\d$/.test(key) && key === name)).toBe(true);
  expect((await by('day', 365)).length).toBe(4);
  expect((await by('day', 1)).length).toBe(1);
});
test('by group: what somebody in it decided', async () => {
  const group = (await app.call<{ id: string }>(app.one.people.owner, 'POST', '/v1/groups', { name: 'payers' })).body
    .id;
  await app.sql(
    `with joined as (insert into member (workspace_id, person_id, roles) values ($1, 'ann', '{approver}') returning person_id)
     insert into group_member (workspace_id, group_id, person_id) select $1, $2, person_id from joined`,
    [app.one.id, group],
  );
  expect(await by('group', 365)).toMatchObject([{ key: group, name: 'payers', ...row(4, 0, 0, 0, 0) }]);
  expect((await by('tool', 365, `&group=${group}`)).map(({ key, approved }) => [key, approved]).toSorted()).toEqual([
    ['mail', 1],
    ['pay', 3],
  ]);
});
test.each([
  ['agent=Clerk', [2, 1, 1, 0, 0]],
  ['agent=', [0, 0, 0, 0, 1]],
  ['tool=mail', [1, 0, 1, 1, 0]],
  ['approver=bob', [0, 1, 1, 0, 0]],
  ['agent=Porter&tool=mail&approver=ann', [1, 0, 0, 0, 0]],
  ['agent=nobody', []],
])('only what the filter %s lets through', async (filter, counts) => {
  const [period] = await by('period', 30, `&${filter}`);
  expect(period === undefined ? [] : OUTCOMES.map((outcome) => period[outcome])).toEqual(counts);
});
test('this period beside the days before it, as far as it has come', async () => {
  await app.sql(
    `update approval set created_at = created_at - decided_at + moment, decided_at = moment
     from (select now() - interval '20 days' as moment) m where tool = 'mail' and status = 'expired'`,
  );
  const rows = await by('period', 15);
  expect(rows.map(({ key, approved, expired, cancelled }) => [key, approved, expired, cancelled])).toEqual([
    ['current', 3, 0, 0],
    ['before', 0, 1, 1],
  ]);
  await app.sql(
    `update approval set created_at = created_at - decided_at + moment, decided_at = moment
     from (select now() - interval '3 days 60 seconds' as moment) m where tool = 'mail' and status = 'expired'`,
  );
});
const setZone = async (zone: string) => {
  const settings = (await app.call<object>(app.one.people.owner, 'GET', '/v1/settings')).body;
  return app.call(app.one.people.owner, 'PUT', '/v1/settings', { ...settings, time_zone: zone });
};
describe('in the workspace’s time zone', () => {
  afterAll(() => setZone('UTC'));

  test('days begin where they do there', async () => {
    // Kiritimati is 14 hours before UTC, Niue 11 behind: at every moment it is another day in one of them.
    const keys: string[] = [];
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Niue']) {
      expect((await setZone(zone)).status).toBe(200);
      const answer = await get<{ time_zone: string; since: string } & Stats>('/v1/approvals/stats?by=day&days=1');
      expect(answer.time_zone).toBe(zone);
      const local = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', timeStyle: 'short' });
      expect(local.format(Date.parse(answer.since))).toBe('00:00');
      keys.push(answer.data[0]?.key ?? '');
    }
    expect(new Set(keys).size).toBe(2);
  });
  test('hours of the week are of when it was asked', async () => {
    const at = new Date(Date.now() - 60_000);
    for (const zone of ['Asia/Kathmandu', 'America/St_Johns']) {
      await setZone(zone);
      const words = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        weekday: 'long',
        hour: '2-digit',
        hourCycle: 'h23',
      });
      const parts = Object.fromEntries(words.formatToParts(at).map(({ type, value }) => [type, value.toLowerCase()]));
      const rows = await by('hour', 2);
      expect(rows.reduce((sum, { approved }) => sum + approved, 0)).toBe(2);
      // The first two took a second or two, a minute ago.
      expect(rows.map(({ key }) => key)).toContain(`${parts['weekday']}-${parts['hour']}`);
    }
  });
  test('one that nobody knows is refused', async () => {
    expect((await setZone('Mars/Olympus')).status).toBe(422);
  });
});
test('the queue in figures', async () => {
  expect(await get('/v1/approvals/summary')).toMatchObject({
    pending: 4,
    pending_by_priority: { low: 3, medium: 0, high: 0, critical: 1 },
    due_within_15_minutes: 4,
    decided_last_24_hours: {
      approved: 2,
      approved_with_edits: 1,
      rejected: 1,
      expired: 0,
      cancelled: 0,
      median_seconds_to_decision: 6,
    },
  });
});
test('how the queue is doing', async () => {
  const health = await get<{ oldest_pending_at: string }>('/v1/approvals/health');
  expect(health).toMatchObject({
    pending: 4,
    overdue: 1,
    due_within_15_minutes: 4,
    escalated_last_24_hours: 0,
    signals: [],
    last_24_hours: { ...row(2, 1, 1, 0, 0), median_seconds: 6, unchanged_share: 0.5, quick_share: 0.5 },
    last_7_days: row(3, 1, 1, 1, 0),
    pending_by_age: [
      { up_to_seconds: 3600, count: 1 },
      { up_to_seconds: 86_400, count: 1 },
      { up_to_seconds: 604_800, count: 1 },
      { up_to_seconds: null, count: 1 },
    ],
  });
  expect(Date.now() - Date.parse(health.oldest_pending_at)).toBeGreaterThan(199 * 3_600_000);
  expect(await get('/v1/approvals/health?tool=mail')).toMatchObject({ pending: 0, last_7_days: row(1, 0, 1, 1, 0) });
});
test('a checkpoint that looks automatic is named, one with few decisions is not', async () => {
  await app.sql(
    `insert into approval (workspace_id, id, kind, status, title, checkpoint, priority, action, digest, call_digest, requested_by, requesters, gate_reason, created_at, decided_at, decision)
     select workspace_id, id || n, kind, status, title, 'reflex', priority, action, digest, call_digest, requested_by, requesters, gate_reason, created_at, decided_at, decision
     from approval, generate_series(1, 20) n where tool = 'pay' and status = 'approved' and decision -> 'by' ->> 'id' = 'ann' and seconds = 2`,
  );
  const { signals } = await get<{ signals: { checkpoint: string; decided: number; text: string }[] }>(
    '/v1/approvals/health',
  );
  expect(signals).toMatchObject([
    { checkpoint: 'reflex', decided: 20, approved_share: 1, text: expect.stringContaining('automatic') },
  ]);
});

test('hours of the week follow the clocks through the year', async () => {
  for (let n = 0; n < 40; n += 1)
    await app.call(app.one.keys.asking, 'POST', '/v1/approvals', { tool: 'clock', arguments: { n } });
  // Every nine days and five hours, and in the hours beside a change of the clocks.
  await app.sql(
    `update approval a set status = 'approved', decided_at = m.at + interval '1 second', created_at = m.at,
       decision = jsonb_build_object('by', jsonb_build_object('id', 'ann'), 'assurance', 'session')
     from (select id, now() - interval '364 days' + (row_number() over () - 1) * interval '9 days 5 hours' as at
           from approval where tool = 'clock') m where a.id = m.id`,
  );
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney', 'UTC']) {
    await setZone(zone);
    const truth = await app.sql<{ key: string; n: number }>(
      `select trim(to_char(created_at at time zone $1, 'day')) || '-' || to_char(created_at at time zone $1, 'HH24') as key, count(*)::int as n
       from approval where tool = 'clock' group by 1`,
      [zone],
    );
    const rows = await by('hour', 365, '&tool=clock');
    expect(Object.fromEntries(rows.map(({ key, approved }) => [key, approved]))).toEqual(
      Object.fromEntries(truth.map(({ key, n }) => [key, n])),
    );
  }
});

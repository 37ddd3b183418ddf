/** A hundred thousand deadlines on two servers. Takes a while: only with LONG=1. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../testing/index.ts';

const PENDING = 100_000;
/** Of these, so many end within the next seconds. */
const DUE = 1_000;
const WITHIN_SECONDS = 5;

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
  await app.replica();
});
afterAll(() => app.stop());

test.skipIf(process.env['LONG'] !== '1')(
  'those that are due fire within a second, each exactly once',
  async () => {
    await app.sql(
      `insert into approval (workspace_id, id, kind, title, checkpoint, priority, action, digest, call_digest, requested_by, requesters, gate_reason, expires_at)
     select $1, 'apr_' || n, 'action', 'Timer', 'timer', 'low', '{}', 'sha256:' || n, 'sha256:' || n, '{"kind":"key","id":"key_1","name":"Asker"}', '{key_1}', 'timer',
       now() + case when n <= $3 then interval '8 seconds' + n * interval '1 second' * $4::float8 / $3 else interval '1 day' + n * interval '1 second' end
     from generate_series(1, $2::int) n`,
      [app.one.id, PENDING, DUE, WITHIN_SECONDS],
    );
    await app.sql(
      `insert into job (kind, subject, workspace_id, run_at) select 'expire_approval', id, workspace_id, expires_at from approval`,
    );
    const [ready] = await app.sql<{ early: boolean }>(
      `select clock_timestamp() < min(expires_at) as early from approval`,
    );
    expect(ready?.early).toBe(true);
    await until(
      async () =>
        (await app.sql<{ n: number }>(`select count(*)::int as n from approval where status = 'expired'`))[0]?.n ?? 0,
      (count) => count >= DUE,
      60_000,
    );
    const [late] = await app.sql<{ n: number; median: number; p99: number; most: number; least: number }>(
      `select count(*)::int as n, max(s) as most, min(s) as least, percentile_cont(0.5) within group (order by s) as median, percentile_cont(0.99) within group (order by s) as p99
     from (select extract(epoch from decided_at - expires_at)::float8 as s from approval where status = 'expired') d`,
    );
    const [events] = await app.sql<{ events: number; subjects: number }>(
      `select count(*)::int as events, count(distinct subject)::int as subjects from event where type = 'approval.expired'`,
    );
    console.info(
      `seconds after the deadline: median ${late?.median.toFixed(3)}, 99th percentile ${late?.p99.toFixed(3)}, most ${late?.most.toFixed(3)}`,
    );
    expect(events).toEqual({ events: DUE, subjects: DUE });
    expect(late?.n).toBe(DUE);
    expect(late?.least).toBeGreaterThan(0);
    expect(late?.most).toBeLessThan(1);
  },
  180_000,
);

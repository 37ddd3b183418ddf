/** Servers that run one schedule together are killed at any moment: every moment of it is run, and none twice. */
import type { WireSchedule } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer, until } from '../../../server/src/testing/index.ts';
import { type Process, killAll, startProcess } from '../testing/processes.ts';

let app: TestApp;
beforeAll(async () => {
  // Its own server stays away from the schedule: those that are killed run it.
  app = await startTestServer({ role: 'worker' });
});
afterAll(() => app.stop());
afterEach(killAll);

const KILLS = 6;

test('every moment of a schedule has one execution, while the servers that run it are killed', async () => {
  const servers: Process[] = [await startProcess(app.database.url, 'all'), await startProcess(app.database.url, 'all')];
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const response = await fetch((servers[0]?.url ?? '') + path, {
      method,
      headers: {
        authorization: `Bearer ${app.one.keys.asking.secret}`,
        'content-type': 'application/json',
        ...(method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (text === '' ? undefined : JSON.parse(text)) as Body;
  };
  const workflow = await call<{ id: string }>('POST', '/v1/workflows', {
    name: 'Scheduled',
    definition: {
      nodes: [
        { id: 'begin', type: 'start', on_success: 'done' },
        { id: 'done', type: 'end' },
      ],
    },
  });
  const schedule = await call<WireSchedule>('POST', '/v1/schedules', {
    name: 'Every second',
    workflow_id: workflow.id,
    timing: { type: 'interval', every_seconds: 1 },
    overlap: 'allow',
    missed: 'run_all',
  });
  const runCount = async (): Promise<number> =>
    (
      await app.sql<{ n: number }>('select count(*)::int as n from schedule_run where schedule_id = $1', [schedule.id])
    )[0]?.n ?? 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = await runCount();
    await until(runCount, (count) => count > before, 20_000);
    await servers.pop()?.kill();
    servers.unshift(await startProcess(app.database.url, 'all'));
  }
  const before = await runCount();
  await until(runCount, (count) => count > before + 2, 20_000);
  await call('POST', `/v1/schedules/${schedule.id}/pause`);
  const runs = await app.sql<{ planned_at: Date; execution_id: string; status: string }>(
    'select planned_at, execution_id, status from schedule_run where schedule_id = $1 order by planned_at',
    [schedule.id],
  );
  expect(runs.length).toBeGreaterThan(KILLS);
  const starts = schedule.timing.type === 'interval' ? Date.parse(schedule.timing.starts_at) : 0;
  expect(runs.map(({ planned_at: at }) => (at.getTime() - starts) / 1000)).toEqual(runs.map((_, index) => index));
  const executions = await app.sql<{ id: string }>('select id from execution where trigger_id = $1', [schedule.id]);
  expect(executions.map(({ id }) => id).toSorted()).toEqual(
    runs.map(({ execution_id: execution }) => execution).toSorted(),
  );
}, 120_000);

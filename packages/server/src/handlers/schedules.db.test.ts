import type { WireExecution, WireSchedule, WireScheduleRun } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, defineAgent, startModel, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
let workflowId: string;
/** Waits until somebody sends it `go`. */
let waitingId: string;

const makeWorkflow = async (name: string, nodes: readonly object[]): Promise<string> => {
  const definition = {
    input_schema: { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] },
    nodes: [{ id: 'begin', type: 'start', on_success: (nodes[0] as { id: string }).id }, ...nodes],
  };
  const made = await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/workflows', { name, definition });
  expect(made.status, made.text).toBe(201);
  return made.body.id;
};

beforeAll(async () => {
  app = await startTestServer();
  workflowId = await makeWorkflow('At once', [{ id: 'done', type: 'end', output: '{{ input.day }}' }]);
  waitingId = await makeWorkflow('Waits', [
    { id: 'hold', type: 'wait_event', event: 'go', on_success: 'done' },
    { id: 'done', type: 'end' },
  ]);
});
afterAll(() => app.stop());

let count = 0;
const SECONDLY = { type: 'interval', every_seconds: 1 };
const bodyOf = (more: object = {}) => {
  count += 1;
  return {
    name: `Schedule ${count}`,
    workflow_id: workflowId,
    input: { day: '{{ schedule.planned_at }}' },
    timing: { type: 'once', at: '2090-01-01T00:00:00Z' },
    ...more,
  };
};
const make = async (more: object = {}, who: Who = app.one.keys.asking): Promise<WireSchedule> => {
  const made = await app.call<WireSchedule>(who, 'POST', '/v1/schedules', bodyOf(more));
  expect(made.status, made.text).toBe(201);
  return made.body;
};
const get = async (id: string) =>
  (await app.call<WireSchedule>(app.one.keys.asking, 'GET', `/v1/schedules/${id}`)).body;
const runsOf = async (id: string) =>
  (await app.call<{ data: WireScheduleRun[] }>(app.one.keys.asking, 'GET', `/v1/schedules/${id}/runs`)).body.data;
const act = (id: string, what: 'pause' | 'resume') =>
  app.call<WireSchedule>(app.one.keys.asking, 'POST', `/v1/schedules/${id}/${what}`);
const remove = (id: string) => app.call(app.one.keys.asking, 'DELETE', `/v1/schedules/${id}`);
const executionsOf = async (id: string, status = '') =>
  (
    await app.call<{ data: WireExecution[] }>(
      app.one.keys.asking,
      'GET',
      `/v1/executions?trigger_id=${id}${status === '' ? '' : `&status=${status}`}`,
    )
  ).body.data;
const sendGo = (id: string) => app.call(app.one.keys.asking, 'POST', `/v1/executions/${id}/events`, { name: 'go' });
/** Puts all of its moments, and its job with them, back into the past. */
const standStill = async (id: string, hours: number): Promise<void> => {
  await app.sql(
    `update schedule set next_at = next_at - $2 * interval '1 hour', timing = jsonb_set(timing, '{starts_at}',
       to_jsonb(to_char((next_at - $2 * interval '1 hour') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
     where id = $1`,
    [id, hours],
  );
  await app.sql(`update job set run_at = now() where subject = $1`, [id]);
};

test('at one moment it starts its workflow once, with the moment in its input, and has ended', async () => {
  const at = new Date(Date.now() + 700).toISOString();
  const schedule = await make({ timing: { type: 'once', at } });
  expect(schedule).toMatchObject({
    status: 'active',
    next_runs: [at],
    last_run: null,
    target: { kind: 'workflow', name: 'At once' },
  });
  await until(
    () => get(schedule.id),
    ({ status }) => status === 'ended',
    10_000,
  );
  const [execution] = await until(
    () => executionsOf(schedule.id),
    (found) => found[0]?.status === 'completed',
    10_000,
  );
  expect(execution).toMatchObject({ output: at, trigger: { kind: 'schedule', id: schedule.id } });
  expect(await runsOf(schedule.id)).toMatchObject([
    { status: 'started', planned_at: at, count: 1, execution: { id: execution?.id, status: 'completed' } },
  ]);
});

test('at an interval it starts again and again, at moments that do not drift', async () => {
  const schedule = await make({ timing: SECONDLY });
  const runs = await until(
    () => runsOf(schedule.id),
    (found) => found.length >= 3,
    15_000,
  );
  await remove(schedule.id);
  const starts = schedule.timing.type === 'interval' ? Date.parse(schedule.timing.starts_at) : 0;
  for (const { planned_at: at } of runs) expect((Date.parse(at) - starts) % 1000).toBe(0);
  expect(new Set(runs.map(({ planned_at: at }) => at)).size).toBe(runs.length);
});

test('a cron expression is read in its time zone, and its next moments are shown', async () => {
  const timing = { type: 'cron', cron: '30 9 * * *', time_zone: 'Asia/Kolkata' };
  const schedule = await make({ timing });
  expect(schedule.next_runs).toHaveLength(5);
  for (const at of schedule.next_runs) expect(at).toMatch(/T04:00:00\.000Z$/);
  const preview = await app.call<{ next_runs: string[] }>(app.one.keys.reading, 'POST', '/v1/schedules/preview', {
    timing,
  });
  expect(preview.body.next_runs).toEqual(schedule.next_runs);
});

test('an agent is started too, and what it asks for is not decided by whoever made the schedule', async () => {
  const model = await startModel([{ text: 'Tidy.' }]);
  const agent = await defineAgent(app, app.one.keys.asking, model, {});
  const schedule = await make({
    workflow_id: undefined,
    agent_id: agent.id,
    input: 'Tidy up',
    timing: { type: 'once', at: new Date(Date.now() + 300).toISOString() },
  });
  const [execution] = await until(
    () => executionsOf(schedule.id),
    (found) => found.length === 1,
    10_000,
  );
  expect(execution).toMatchObject({ agent: { id: agent.id }, input: 'Tidy up' });
  const [row] = await app.sql<{ requesters: string[]; started_by: object }>(
    'select requesters, started_by from execution where id = $1',
    [execution?.id],
  );
  const { asking } = app.one.keys;
  expect(row?.requesters).toEqual(expect.arrayContaining([asking.id, asking.owner.id]));
  expect(row?.started_by).toMatchObject({ kind: 'system', id: schedule.id });
  await model.close();
});

describe('while a run has not ended, the next one', () => {
  const waiting = { input: { day: 'x' }, timing: SECONDLY };

  test('is skipped, and that is said', async () => {
    const schedule = await make({ ...waiting, workflow_id: waitingId, overlap: 'skip' });
    const runs = await until(
      () => runsOf(schedule.id),
      (found) => found.length >= 2,
      15_000,
    );
    await remove(schedule.id);
    expect(runs.map(({ status }) => status)).toEqual([...runs.slice(1).map(() => 'skipped'), 'started']);
    expect(runs[0]?.reason).toBe('the run before it has not ended');
    expect(await executionsOf(schedule.id)).toHaveLength(1);
  });

  test('waits for its end, and then begins at once', async () => {
    const schedule = await make({ ...waiting, workflow_id: waitingId, overlap: 'queue' });
    await until(
      () => runsOf(schedule.id),
      (found) => found.filter(({ status }) => status === 'queued').length >= 1,
      15_000,
    );
    const [first] = await executionsOf(schedule.id);
    expect(await executionsOf(schedule.id)).toHaveLength(1);
    await until(
      () => sendGo(first?.id ?? ''),
      ({ status }) => status === 201,
      10_000,
    );
    const [second] = await until(
      () => executionsOf(schedule.id),
      (found) => found.length === 2,
      10_000,
    );
    await act(schedule.id, 'pause');
    // While it is paused nothing begins, queued or not; then it goes on.
    await until(
      () => sendGo(second?.id ?? ''),
      ({ status }) => status === 201,
      10_000,
    );
    await until(
      () => executionsOf(schedule.id, 'completed'),
      (found) => found.length === 2,
      10_000,
    );
    const queued = (await runsOf(schedule.id)).filter(({ status }) => status === 'queued').length;
    expect(await executionsOf(schedule.id)).toHaveLength(2);
    await act(schedule.id, 'resume');
    if (queued > 0)
      await until(
        () => executionsOf(schedule.id),
        (found) => found.length === 3,
        10_000,
      );
    await remove(schedule.id);
  });

  test('begins beside it', async () => {
    const schedule = await make({ ...waiting, workflow_id: waitingId, overlap: 'allow' });
    await until(
      () => executionsOf(schedule.id, 'active'),
      (found) => found.length >= 2,
      15_000,
    );
    await remove(schedule.id);
  });
});

describe('moments at which no server ran', () => {
  const hourly = { timing: { type: 'interval', every_seconds: 3600 } };
  const settled = (id: string) =>
    until(
      () => runsOf(id),
      (found) => found.length > 0,
      10_000,
    );

  test('are one run, which says for how many it stands', async () => {
    const schedule = await make({ ...hourly, missed: 'run_once' });
    await standStill(schedule.id, 4.5);
    expect(await settled(schedule.id)).toMatchObject([{ status: 'started', count: 4 }]);
    expect((await get(schedule.id)).next_runs).toHaveLength(5);
  });

  test('are a run each', async () => {
    const schedule = await make({ ...hourly, missed: 'run_all', overlap: 'allow' });
    await standStill(schedule.id, 4.5);
    const runs = await until(
      () => runsOf(schedule.id),
      (found) => found.length === 4,
      10_000,
    );
    expect(runs.every(({ status, count: moments }) => status === 'started' && moments === 1)).toBe(true);
  });

  test('are skipped, and said to be missed', async () => {
    const schedule = await make({ ...hourly, missed: 'skip' });
    await standStill(schedule.id, 4.5);
    expect(await settled(schedule.id)).toMatchObject([{ status: 'missed', count: 4, execution: null }]);
  });
});

test('paused it starts nothing, and moments of the pause are not made up for', async () => {
  const schedule = await make({ timing: SECONDLY, missed: 'run_all' });
  expect((await act(schedule.id, 'pause')).body).toMatchObject({ status: 'paused', next_runs: [] });
  const before = (await runsOf(schedule.id)).length;
  // Over two of its moments.
  await app.sql('select pg_sleep(2.2)');
  expect(await runsOf(schedule.id)).toHaveLength(before);
  const resumed = await act(schedule.id, 'resume');
  expect(resumed.body.status).toBe('active');
  const runs = await until(
    () => runsOf(schedule.id),
    (found) => found.length > before,
    10_000,
  );
  await remove(schedule.id);
  expect(Date.parse(runs[0]?.planned_at ?? '')).toBeGreaterThan(Date.parse(resumed.headers.get('date') ?? '') - 1000);
});

test('what can not be started is said in the run, and the schedule goes on', async () => {
  const schedule = await make({ timing: SECONDLY, input: { day: 7 } });
  const [run] = await until(
    () => runsOf(schedule.id),
    (found) => found.length >= 2,
    15_000,
  );
  await remove(schedule.id);
  expect(run).toMatchObject({ status: 'failed', execution: null });
  expect(run?.reason).toMatch(/\/input\/day/);
});

test('a change of its time puts it on the next moment of the new one', async () => {
  const schedule = await make();
  const changed = await app.call<WireSchedule>(app.one.keys.asking2, 'PATCH', `/v1/schedules/${schedule.id}`, {
    timing: { type: 'once', at: new Date(Date.now() + 300).toISOString() },
    input: { day: 'changed' },
  });
  expect(changed.status, changed.text).toBe(200);
  const [execution] = await until(
    () => executionsOf(schedule.id),
    (found) => found[0]?.status === 'completed',
    10_000,
  );
  expect(execution?.output).toBe('changed');
  // Both who made it and who changed it are behind what it starts.
  const [row] = await app.sql<{ requesters: string[] }>('select requesters from execution where id = $1', [
    execution?.id,
  ]);
  const { asking, asking2 } = app.one.keys;
  expect(row?.requesters).toEqual(expect.arrayContaining([asking.owner.id, asking2.owner.id]));
});

test('deleted it is gone, starts nothing, and its name is free', async () => {
  const schedule = await make({ timing: SECONDLY });
  expect((await remove(schedule.id)).status).toBe(204);
  const ask = await app.call(app.one.keys.asking, 'GET', `/v1/schedules/${schedule.id}`);
  expect(ask.status).toBe(404);
  const before = (await executionsOf(schedule.id)).length;
  await make({ name: schedule.name });
  await app.sql('select pg_sleep(1.5)');
  expect(await executionsOf(schedule.id)).toHaveLength(before);
});

test.each([
  [{ workflow_id: undefined }, '/workflow_id'],
  [{ agent_id: `agt_${'0'.repeat(27)}` }, '/workflow_id'],
  [{ workflow_id: `wfl_${'0'.repeat(27)}` }, '/workflow_id'],
  [{ version: 99 }, '/workflow_id'],
  [{ timing: { type: 'cron', cron: '61 * * * *' } }, '/timing/cron'],
  [{ timing: { type: 'cron', cron: '0 9 * * *', time_zone: 'Mars' } }, '/timing/time_zone'],
  [{ timing: { type: 'once', at: '2020-01-01T00:00:00Z' } }, '/timing/at'],
  [{ input: { day: '{{ schedule.planned_at' } }, '/input/day'],
  [{ on_behalf_of: `usr_${'0'.repeat(27)}` }, '/on_behalf_of'],
])('%j is refused at %s', async (more, pointer) => {
  const answer = await app.call<{ errors: { pointer: string }[] }>(
    app.one.keys.asking,
    'POST',
    '/v1/schedules',
    bodyOf(more),
  );
  expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
});

test('two of one name are refused', async () => {
  const { name } = await make();
  const again = await app.call<{ code: string }>(app.one.keys.asking, 'POST', '/v1/schedules', bodyOf({ name }));
  expect([again.status, again.body.code]).toEqual([409, 'name_taken']);
});

import { expect, test } from 'vitest';
import { gateway, setScene, until, useApp } from '../testing/scene.ts';

const app = useApp();

test('a job leased to a living, busy process that does not run it (its commit’s answer got lost) is taken up all the same', async () => {
  // The process is busy: its heartbeat goes on.
  const gate = gateway<{ text: string }>();
  const busy = await (await setScene(app(), () => gate.passed)).start();
  const scene = await setScene(app(), [{ calls: [{ tool: 'pay', arguments: {} }] }, { text: 'Done.' }], { pay: {} });
  const run = await scene.start();
  await run.reaches('awaiting_approval');
  await app().sql(
    `insert into job (kind, subject, workspace_id, locked_by, locked_until, token) values ('advance_execution', $1, $2, $3, now() + interval '15 seconds', 1)`,
    [run.id, app().one.id, app().running.engine.runner.instance()],
  );
  await until(
    () => app().sql('select from job where subject = $1', [run.id]),
    (rows) => rows.length === 0,
    10_000,
  );
  expect(await run.get()).toMatchObject({ status: 'awaiting_approval' });
  gate.open({ text: 'At last.' });
  await busy.reaches('completed');
});

test('the connection that stands for the process breaks: it comes back under the same number and goes on', async () => {
  const before = app().running.engine.runner.instance();
  await app().sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'countersign instance' and datname = current_database()`,
  );
  await until(
    async () => app().running.engine.runner.instance(),
    (number) => number !== before || number === undefined,
  );
  await until(
    async () => app().running.engine.runner.instance(),
    (number) => number !== undefined,
  );
  expect(app().running.engine.runner.instance()).toBe(before);
  const run = await (await setScene(app(), [{ text: 'Hello.' }])).start();
  await run.reaches('completed');
});

test('every connection of the process breaks in the middle of work: nothing is lost', async () => {
  const scene = await setScene(app(), [{ text: 'Hello.' }]);
  const runs = await Promise.all(Array.from({ length: 10 }, () => scene.start()));
  await app().sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'countersign%' and datname = current_database()`,
  );
  const get = (run: (typeof runs)[number]) =>
    until(
      () => run.get(),
      ({ status }) => status === 'completed',
      25_000,
    );
  await Promise.all(runs.map(get));
});

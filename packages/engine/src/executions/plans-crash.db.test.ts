/** A process that dies while it works off a plan takes no use of a line a second time, and none is lost. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ModelScript, type TestApp, startTestServer } from '../../../server/src/testing/index.ts';
import { killAll, startProcess } from '../testing/processes.ts';
import { APPROVE, setScene, until } from '../testing/scene.ts';

let app: TestApp;
beforeAll(async () => {
  // Agents run in processes of their own, which the test kills.
  app = await startTestServer({ role: 'api' });
});
afterAll(() => app.stop());
afterEach(killAll);

test('killed while the first call under a plan runs: it is called again under its key, and the second use is the second', async () => {
  const name = `pay_${Date.now()}`;
  const plan = { lines: [{ tool: name, bounds: [{ argument: 'amount', anything: true }], uses_max: 2 }] };
  const script: ModelScript = (_, turn) => {
    if (turn === 0) return { calls: [{ tool: 'propose_plan', arguments: plan }] };
    return turn < 3 ? { calls: [{ tool: name, arguments: { amount: turn } }] } : { text: 'Done.' };
  };
  const never = new Promise<string>(() => undefined);
  let calls = 0;
  const scene = await setScene(
    app,
    script,
    { [name]: { annotations: { idempotent: true } } },
    { hitl_config: { allow_plans: true } },
    () => ((calls += 1) === 1 ? never : 'paid'),
  );
  const [first, run] = [await startProcess(app.database.url), await scene.start()];
  const [asked] = await until(run.held, (approvals) => approvals.length === 1, 60_000);
  if (!asked?.plan) throw new Error('no plan');
  await run.decide(asked, APPROVE);
  await until(
    async () => scene.tool.ledger.length,
    (count) => count === 1,
    60_000,
  );
  await Promise.all([first.kill(), startProcess(app.database.url)]);
  await until(run.get, ({ status }) => status === 'completed', 60_000);
  expect((await run.calls()).slice(1).map(({ gate }) => gate?.plan?.use)).toEqual([1, 2]);
  expect(scene.tool.ledger).toHaveLength(3);
  expect(new Set(scene.tool.ledger.map(({ key }) => key)).size).toBe(2);
}, 180_000);

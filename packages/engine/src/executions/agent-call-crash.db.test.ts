/** A process that dies while an agent that another one called is at work: both go on elsewhere, and nothing is started twice. */
import type { WireExecution } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type ModelAnswer,
  type TestApp,
  defineAgent,
  startModel,
  startTestServer,
  until,
} from '../../../server/src/testing/index.ts';
import { killAll, startProcess } from '../testing/processes.ts';
import { runOf } from '../testing/scene.ts';

let app: TestApp;
beforeAll(async () => {
  // Agents run in processes of their own, which the test kills.
  app = await startTestServer({ role: 'api' });
});
afterAll(() => app.stop());
afterEach(killAll);

test(
  'killed while the called agent thinks: one execution below, one answer, one call',
  { timeout: 180_000 },
  async () => {
    const never = new Promise<ModelAnswer>(() => undefined);
    let asked = 0;
    const inner = await startModel(() => ((asked += 1) === 1 ? never : { text: 'It is blue.' }));
    const helper = await defineAgent(app, app.one.keys.asking, inner, {}, { hitl_mode: 'disabled' });
    const tool = `ask_helper_${Date.now()}`;
    const made = await app.call(app.one.keys.asking, 'POST', '/v1/tools', {
      name: tool,
      agent: { agent_id: helper.id },
      annotations: { read_only: true, destructive: false },
    });
    expect(made.status, made.text).toBe(201);
    const outer = await startModel(({ messages }) => {
      const told = messages.findLast(({ role }) => role === 'tool');
      return told
        ? { text: `Told: ${String(told.content)}` }
        : { calls: [{ tool, arguments: { input: 'What colour is it?' } }] };
    });
    const caller = await defineAgent(app, app.one.keys.asking, outer, {}, { hitl_mode: 'disabled', tools: [tool] });
    const first = await startProcess(app.database.url);
    const started = await app.call<WireExecution>(app.one.keys.asking, 'POST', `/v1/agents/${caller.id}/execute`, {
      input: 'Go',
    });
    expect(started.status, started.text).toBe(201);
    const run = runOf(app, started.body.id);
    await until(
      async () => inner.requests.length,
      (requests) => requests === 1,
      60_000,
    );
    await Promise.all([first.kill(), startProcess(app.database.url)]);
    expect(await until(run.get, ({ status }) => status === 'completed', 60_000)).toMatchObject({
      output: 'Told: It is blue.',
    });
    const below = await app.call<{ data: WireExecution[] }>(
      app.one.keys.asking,
      'GET',
      `/v1/executions?parent_execution_id=${run.id}`,
    );
    expect(below.body.data).toMatchObject([{ status: 'completed', parent: { execution_id: run.id } }]);
    expect(await run.calls()).toMatchObject([{ tool, status: 'completed', result: 'It is blue.' }]);
    expect(outer.requests).toHaveLength(2);
    expect(inner.requests).toHaveLength(2);
    await Promise.all([inner.close(), outer.close()]);
  },
);

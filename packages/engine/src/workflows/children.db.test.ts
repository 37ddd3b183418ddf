import type { WireApproval } from '@countersign/contract';
import { afterEach, describe, expect, test } from 'vitest';
import { type TestModel, defineAgent, startModel, startTool, until } from '../../../server/src/testing/index.ts';
import { APPROVE, REJECT, runOf, useApp } from '../testing/scene.ts';
import { between, pathOf, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();
const models: TestModel[] = [];
afterEach(async () => {
  await Promise.all(models.splice(0).map((model) => model.close()));
});

let count = 0;

/** An agent whose model makes one call of its one tool, then says how it went. */
const setAgent = async (config: Readonly<Record<string, unknown>> = {}, annotations: object = {}) => {
  count += 1;
  const name = `act${count}`;
  const tool = await startTool(() => 'acted');
  const model = await startModel((request) =>
    request.messages.some(({ role }) => role === 'tool')
      ? { text: 'All done.' }
      : { calls: [{ tool: name, arguments: { amount: 3 } }] },
  );
  models.push(model);
  const agent = await defineAgent(
    app(),
    app().one.keys.asking,
    model,
    { [name]: { http: { url: `${tool.url}/${name}` }, annotations } },
    config,
  );
  return { agentId: agent.id, tool, model, name };
};

const askAgent = (agentId: string, more: object = {}) =>
  between([
    { id: 'help', type: 'agent', agent_id: agentId, input: 'Do it for {{ input.who }}', on_success: 'done', ...more },
    { id: 'done', type: 'end', output: '{{ steps.help.output }}' },
  ]);

const FREE = { hitl_mode: 'disabled' };

describe('a step', () => {
  test('starts an agent and goes on with its answer', async () => {
    const { agentId, model } = await setAgent(FREE);
    const flow = await setFlow(app(), askAgent(agentId));
    const run = await flow.start({ who: 'Marta' });
    expect(await run.reaches('completed')).toMatchObject({ output: 'All done.' });
    expect(model.requests[0]?.messages.at(-1)?.content).toBe('Do it for Marta');
    const [, help] = await run.steps();
    const child = runOf(app(), help?.node?.child_execution_id ?? '');
    expect(await child.get()).toMatchObject({
      parent: { execution_id: run.id, step_id: help?.id },
      root_execution_id: run.id,
    });
  });

  test('of an agent that waits for a person shows on the outermost execution, through another workflow', async () => {
    const { agentId, name } = await setAgent({}, { destructive: true });
    const inner = await setFlow(app(), askAgent(agentId));
    const outer = await setFlow(
      app(),
      between([
        { id: 'sub', type: 'workflow', workflow_id: inner.workflowId, input: { who: 'Jo' }, on_success: 'done' },
        { id: 'done', type: 'end', output: '{{ steps.sub.output }}' },
      ]),
    );
    const run = await outer.start();
    expect(
      await until(
        run.get,
        ({ status, pending_approvals: pending }) => status === 'awaiting_approval' && pending === 1,
        20_000,
      ),
    ).toBeDefined();
    const [held] = await run.held();
    expect(held).toMatchObject({ tool: name, risk: 'irreversible' });
    expect(held?.execution_id).not.toBe(run.id);
    if (!held) throw new Error('nothing is held');
    await run.decide(held, APPROVE);
    expect(await run.reaches('completed')).toMatchObject({ output: 'All done.', pending_approvals: 0 });
  });

  test('is held where only the node asks for it, and the agent alone would not', async () => {
    const { agentId, tool, name } = await setAgent(FREE);
    const flow = await setFlow(app(), askAgent(agentId, { hitl_mode: 'confirm_tools' }));
    const run = await flow.start({ who: 'x' });
    const held = await until(run.held, (approvals: readonly WireApproval[]) => approvals.length === 1, 20_000);
    expect(tool.ledger).toEqual([]);
    expect(held[0]).toMatchObject({ tool: name });
    if (held[0]) await run.decide(held[0], REJECT);
    await run.reaches('completed');
    expect(tool.ledger).toEqual([]);
  });

  test('whose agent fails is tried again as its node says, then takes the failure path', async () => {
    const model = await startModel([{ status: 400, error: 'no' }]);
    models.push(model);
    const agent = await defineAgent(app(), app().one.keys.asking, model, {}, FREE);
    const flow = await setFlow(
      app(),
      between([
        {
          id: 'help',
          type: 'agent',
          agent_id: agent.id,
          input: 'x',
          retry: { count: 1, backoff: 'linear', delay_seconds: 0.05 },
          on_success: 'done',
          on_fail: 'done',
        },
        { id: 'done', type: 'end', output: '{{ steps.help.status }}' },
      ]),
    );
    const run = await flow.start();
    expect(await run.reaches('completed')).toMatchObject({ output: 'failed' });
    expect((await run.steps())[1]).toMatchObject({ attempt: 2, status: 'failed' });
  });

  test('whose time is over is withdrawn with what it started', async () => {
    const { agentId } = await setAgent({});
    const flow = await setFlow(app(), askAgent(agentId, { timeout_seconds: 0.5, on_fail: 'done' }));
    const run = await flow.start({ who: 'x' });
    await run.reaches('completed');
    const [, help] = await run.steps();
    expect(help).toMatchObject({ status: 'failed', error: { code: 'timed_out' } });
    expect(await run.held()).toEqual([]);
  });
});

test('an execution that is cancelled withdraws everything below it', async () => {
  const { agentId } = await setAgent({});
  const inner = await setFlow(app(), askAgent(agentId));
  const outer = await setFlow(
    app(),
    between([
      { id: 'sub', type: 'workflow', workflow_id: inner.workflowId, input: { who: 'Jo' }, on_success: 'done' },
      { id: 'done', type: 'end' },
    ]),
  );
  const run = await outer.start();
  const [held] = await until(run.held, (approvals: readonly WireApproval[]) => approvals.length === 1, 20_000);
  expect(await run.cancel()).toBe(200);
  const child = runOf(app(), held?.execution_id ?? '');
  expect(await child.get()).toMatchObject({ status: 'cancelled' });
  expect(await pathOf(run)).toEqual(['begin completed', 'sub cancelled']);
  expect(await run.held()).toEqual([]);
});

/** Agents that call agents: a real server, a scripted model for each agent. */
import type { WireApproval, WireExecution } from '@countersign/contract';
import type { JsonObject } from '@countersign/core';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ModelScript,
  type TestModel,
  defineAgent,
  startModel,
  startTool,
  until,
} from '../../../server/src/testing/index.ts';
import { APPROVE, REJECT, type Run, runOf, useApp } from '../testing/scene.ts';

const app = useApp();
const models: TestModel[] = [];
afterEach(async () => {
  await Promise.all(models.splice(0).map((model) => model.close()));
});

let count = 0;
const FREE = { hitl_mode: 'disabled' };

/** An agent with a scripted model, and a tool that calls it. */
const setAgent = async (script: ModelScript, config: object = FREE, tools: readonly string[] = []) => {
  count += 1;
  const model = await startModel(script);
  models.push(model);
  const { id } = await defineAgent(app(), app().one.keys.asking, model, {}, { ...config, tools });
  const tool = `ask_${count}`;
  const made = await app().call(app().one.keys.asking, 'POST', '/v1/tools', {
    name: tool,
    description: `Asks agent ${count}.`,
    agent: { agent_id: id },
    annotations: { read_only: true, destructive: false },
  });
  expect(made.status, made.text).toBe(201);
  return { id, model, tool };
};

/** Calls this tool once, then says what it was told. */
const callAndTell =
  (tool: string, args: JsonObject = { input: 'Look' }): ModelScript =>
  ({ messages }) => {
    const told = messages.findLast(({ role }) => role === 'tool');
    return told ? { text: `I was told: ${String(told.content)}` } : { calls: [{ tool, arguments: args }] };
  };

const start = async (agentId: string): Promise<Run> => {
  const started = await app().call<WireExecution>(app().one.keys.asking, 'POST', `/v1/agents/${agentId}/execute`, {
    input: 'Go',
  });
  expect(started.status, started.text).toBe(201);
  return runOf(app(), started.body.id);
};

const childrenOf = async (id: string): Promise<WireExecution[]> =>
  (
    await app().call<{ data: WireExecution[] }>(
      app().one.keys.asking,
      'GET',
      `/v1/executions?parent_execution_id=${id}`,
    )
  ).body.data;

test('an agent is asked as a tool: an execution of its own, whose answer is the result of the call', async () => {
  const helper = await setAgent([{ text: 'It is blue.' }]);
  const asker = await setAgent(callAndTell(helper.tool), FREE, [helper.tool]);
  const run = await start(asker.id);
  expect(await run.reaches('completed')).toMatchObject({ output: 'I was told: It is blue.' });
  expect(helper.model.requests[0]?.messages.at(-1)?.content).toBe('Look');
  const [child] = await childrenOf(run.id);
  expect(child).toMatchObject({ agent: { id: helper.id }, status: 'completed', root_execution_id: run.id });
  expect(await run.calls()).toMatchObject([{ tool: helper.tool, status: 'completed', result: 'It is blue.' }]);
});

describe('what a called agent asks people for', () => {
  const setChain = async () => {
    const world = await startTool(() => 'paid');
    count += 1;
    const pay = `pay_${count}`;
    const made = await app().call(app().one.keys.asking, 'POST', '/v1/tools', {
      name: pay,
      http: { url: `${world.url}/pay` },
      annotations: { destructive: true },
    });
    expect(made.status, made.text).toBe(201);
    const payer = await setAgent(callAndTell(pay, {}), {}, [pay]);
    const middle = await setAgent(callAndTell(payer.tool), FREE, [payer.tool]);
    const outer = await setAgent(callAndTell(middle.tool), FREE, [middle.tool]);
    const run = await start(outer.id);
    const [held] = await until(run.held, (approvals: readonly WireApproval[]) => approvals.length === 1, 20_000);
    if (!held) throw new Error('nothing is held');
    return { world, run, held, pay };
  };

  test('shows on the outermost execution with the chain’s risk, and the answer goes back up', async () => {
    const { world, run, held, pay } = await setChain();
    expect(held).toMatchObject({ tool: pay, risk: 'irreversible' });
    expect(held.execution_id).not.toBe(run.id);
    expect(await run.reaches('awaiting_approval')).toMatchObject({ pending_approvals: 1 });
    expect(world.ledger).toEqual([]);
    await run.decide(held, APPROVE);
    expect(await run.reaches('completed')).toMatchObject({
      output: 'I was told: I was told: I was told: paid',
      pending_approvals: 0,
    });
    expect(world.ledger).toHaveLength(1);
  });

  test('is rejected there, and the agents go on with that', async () => {
    const { world, run, held } = await setChain();
    await run.decide(held, { ...REJECT, reason: 'too early' });
    expect((await run.reaches('completed')).output).toMatch(/too early/);
    expect(world.ledger).toEqual([]);
  });

  test('is withdrawn with the outermost execution', async () => {
    const { run, held } = await setChain();
    expect(await run.cancel()).toBe(200);
    const child = await app().call<WireExecution>(app().one.keys.asking, 'GET', `/v1/executions/${held.execution_id}`);
    expect(child.body.status).toBe('cancelled');
    expect(await run.held()).toEqual([]);
  });
});

test('an agent that fails is an error that the caller hears of', async () => {
  const helper = await setAgent([{ status: 400, error: 'no' }]);
  const asker = await setAgent(callAndTell(helper.tool), FREE, [helper.tool]);
  const run = await start(asker.id);
  expect((await run.reaches('completed')).output).toMatch(/gave no answer: its work was not finished/);
  expect(await run.calls()).toMatchObject([{ is_error: true }]);
});

describe('an agent that would call itself', () => {
  test('is refused when it is saved', async () => {
    const helper = await setAgent([{ text: 'x' }]);
    const asker = await setAgent([{ text: 'x' }], FREE, [helper.tool]);
    const answer = await app().call<{ errors: { pointer: string; detail: string }[] }>(
      app().one.keys.asking,
      'POST',
      `/v1/agents/${helper.id}/versions`,
      { config: { provider: 'openai', model: 'm', tools: [asker.tool] } },
    );
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, '/config/tools/0']);
  });

  test('is refused when it runs, whatever its versions said when they were saved', async () => {
    const helper = await setAgent(({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? { text: `Told: ${String(messages.at(-1)?.content)}` }
        : { calls: [{ tool: helper.tool, arguments: { input: 'you do it' } }] },
    );
    // Past the check: as if the tool had been put in the place of another one.
    await app().sql(`update agent_version set config = jsonb_set(config, '{tools}', $2) where agent_id = $1`, [
      helper.id,
      JSON.stringify([helper.tool]),
    ]);
    const run = await start(helper.id);
    expect((await run.reaches('completed')).output).toMatch(/is at work above you/);
    expect(await childrenOf(run.id)).toEqual([]);
  });
});

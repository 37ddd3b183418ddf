/** A round that reads nothing goes by what was read before: only as long as that is so. */
import { expect, test } from 'vitest';
import { APPROVE, gateway, until, useApp } from '../testing/scene.ts';
import { type Flow, between, pathOf, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();
const END = { id: 'done', type: 'end' } as const;
const TOOL = { annotations: { idempotent: true, destructive: false } };

let count = 0;

/** Three calls, of which the first answers when it is let. */
const setChain = async (): Promise<{ flow: Flow; tools: string[]; answer: () => void }> => {
  count += 1;
  const first = gateway();
  const tools = ['first', 'second', 'third'].map((name) => `${name}_${count}`);
  const flow = await setFlow(
    app(),
    between([
      ...tools.map((tool, index) => ({
        id: `s${index}`,
        type: 'tool' as const,
        tool,
        arguments: {},
        on_success: index === 2 ? 'done' : `s${index + 1}`,
      })),
      END,
    ]),
    Object.fromEntries(tools.map((tool) => [tool, TOOL])),
    async ({ path }) => {
      if (path === `/${tools[0]}`) await first.passed;
      return 'done';
    },
  );
  return { flow, tools, answer: () => first.open() };
};

const called = (flow: Flow, times: number) =>
  until(
    async () => flow.tool.ledger.length,
    (length) => length >= times,
  );

test('a policy that is made while a call is on its way holds for the next one', async () => {
  const { flow, tools, answer } = await setChain();
  const run = await flow.start();
  await called(flow, 1);
  const made = await app().call(app().one.people.owner, 'POST', '/v1/policies', {
    name: `Stop ${tools[1]}`,
    source: JSON.stringify({ rules: [{ name: 'stop', tools: [tools[1]], outcome: 'deny', reason: 'Stopped' }] }),
  });
  expect(made.status, made.text).toBe(201);
  answer();
  expect(await run.reaches('rejected')).toMatchObject({ error: { code: 'blocked' } });
  expect(await pathOf(run)).toEqual(['begin completed', 's0 completed', 's1 rejected']);
  expect(flow.tool.ledger).toHaveLength(1);
});

test('a tool that is changed or removed while a call is on its way is called as it is then', async () => {
  const { flow, tools, answer } = await setChain();
  const run = await flow.start();
  await called(flow, 1);
  const { asking } = app().one.keys;
  const listed = await app().call<{ data: { id: string; name: string }[] }>(asking, 'GET', '/v1/tools?limit=200');
  const idOf = (name: string | undefined) => listed.body.data.find((tool) => tool.name === name)?.id;
  const changed = await app().call(asking, 'PATCH', `/v1/tools/${idOf(tools[1])}`, {
    http: { url: `${flow.tool.url}/elsewhere` },
  });
  expect(changed.status, changed.text).toBe(200);
  const removed = await app().call(asking, 'DELETE', `/v1/tools/${idOf(tools[2])}`);
  expect(removed.status, removed.text).toBe(204);
  answer();
  expect(await run.reaches('failed')).toMatchObject({ error: { code: 'tool_removed' } });
  expect(flow.tool.ledger.map(({ path }) => path)).toEqual([`/${tools[0]}`, '/elsewhere']);
});

test('an execution that is cancelled while a call is on its way makes no other', async () => {
  const { flow, answer } = await setChain();
  const run = await flow.start();
  await called(flow, 1);
  expect(await run.cancel()).toBe(200);
  answer();
  await until(
    () => app().sql('select from job where subject = $1', [run.id]),
    (rows) => rows.length === 0,
  );
  expect(await run.reaches('cancelled')).toBeDefined();
  expect(flow.tool.ledger).toHaveLength(1);
});

test('a decision that comes while a call of another branch is on its way is taken in', async () => {
  count += 1;
  const first = gateway();
  const tool = `slow_${count}`;
  const flow = await setFlow(
    app(),
    between([
      { id: 'both', type: 'parallel', branches: ['slow', 'ask'] },
      { id: 'slow', type: 'tool', tool, arguments: {}, on_success: 'join' },
      { id: 'ask', type: 'approval', title: 'May I?', on_success: 'quick' },
      { id: 'quick', type: 'tool', tool: `${tool}_2`, arguments: {}, on_success: 'join' },
      { id: 'join', type: 'join', on_success: 'done' },
      END,
    ]),
    { [tool]: TOOL, [`${tool}_2`]: TOOL },
    async ({ path }) => {
      if (path === `/${tool}`) await first.passed;
      return 'done';
    },
  );
  const run = await flow.start();
  await called(flow, 1);
  const [held] = await until(
    () => run.held(),
    (list) => list.length === 1,
  );
  if (held) await run.decide(held, APPROVE);
  await called(flow, 2);
  first.open();
  await run.reaches('completed');
  expect(flow.tool.ledger).toHaveLength(2);
});

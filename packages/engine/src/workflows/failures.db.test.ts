import { describe, expect, test } from 'vitest';
import { APPROVE, REJECT, useApp } from '../testing/scene.ts';
import { between, pathOf, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();
const IDEMPOTENT = { annotations: { idempotent: true, destructive: false } };
const END = { id: 'done', type: 'end' } as const;
const NONE = { id: 'none', type: 'end', outcome: 'failed' } as const;

let count = 0;
const fresh = (): string => `fails${(count += 1)}`;

describe('a failure', () => {
  test('takes the failure path, and what follows can read it', async () => {
    const tool = fresh();
    const flow = await setFlow(
      app(),
      between([
        { id: 'a', type: 'tool', tool, on_success: 'none', on_fail: 'done' },
        NONE,
        { ...END, output: '{{ steps.a.error.code + ": " + steps.a.output.why }}' },
      ]),
      { [tool]: IDEMPOTENT },
      async () => ({ status: 422, text: '{"why":"too much"}' }) as never,
    );
    const run = await flow.start();
    expect(await run.reaches('completed')).toMatchObject({ output: 'tool_error: too much' });
    expect(flow.tool.ledger).toHaveLength(1);
  });

  test('without a path ends the execution, and a retry by hand goes on from there', async () => {
    const tool = fresh();
    let isBroken = true;
    const flow = await setFlow(
      app(),
      between([
        { id: 'a', type: 'tool', tool, arguments: { at: 1 }, on_success: 'b' },
        { id: 'b', type: 'tool', tool, arguments: { at: 2 }, on_success: 'done' },
        END,
      ]),
      { [tool]: IDEMPOTENT },
      async ({ arguments: args }) =>
        ((args as { at: number }).at === 2 && isBroken ? { status: 422, text: 'no' } : 'yes') as never,
    );
    const run = await flow.start();
    expect(await run.reaches('failed')).toMatchObject({ error: { code: 'tool_error' } });
    isBroken = false;
    expect(await run.retry()).toBe(200);
    await run.reaches('completed');
    expect(flow.tool.ledger.map(({ arguments: args }) => (args as { at: number }).at)).toEqual([1, 2, 2]);
  });

  test('is passed over where the workflow goes on, and a retry from the first step begins anew', async () => {
    const tool = fresh();
    const broken = async () => ({ status: 422, text: 'no' }) as never;
    const nodes = [{ id: 'a', type: 'tool' as const, tool, on_success: 'done' }, END];
    const going = await setFlow(app(), between(nodes, { on_failure: 'continue' }), { [tool]: IDEMPOTENT }, broken);
    const run = await going.start();
    await run.reaches('completed');
    expect(await pathOf(run)).toEqual(['begin completed', 'a failed', 'done completed']);
    const stopping = await setFlow(app(), between(nodes, { retry_from: 'first' }), {}, broken);
    const other = await stopping.start();
    await other.reaches('failed');
    expect(await other.retry()).toBe(200);
    await other.reaches('failed');
    expect(await pathOf(other)).toEqual(['begin completed', 'a failed']);
  });

  test('of an attempt is tried again under the same key, with pauses that grow as the node says', async () => {
    const tool = fresh();
    let calls = 0;
    const flow = await setFlow(
      app(),
      between([
        {
          id: 'a',
          type: 'tool',
          tool,
          retry: { count: 3, backoff: 'linear', delay_seconds: 0.05 },
          on_success: 'done',
        },
        END,
      ]),
      { [tool]: IDEMPOTENT },
      async () => ((calls += 1) < 3 ? { status: 503, text: 'later' } : 'ok') as never,
    );
    const run = await flow.start();
    await run.reaches('completed');
    expect(flow.tool.ledger).toHaveLength(3);
    expect(new Set(flow.tool.ledger.map(({ key }) => key)).size).toBe(1);
    expect((await run.steps())[1]).toMatchObject({ attempt: 3, status: 'completed' });
  });

  test('in a branch is the join’s to judge', async () => {
    const tool = fresh();
    const nodes = (mode: 'all' | 'any') =>
      between([
        { id: 'both', type: 'parallel', branches: ['bad', 'good'], on_fail: 'none' },
        { id: 'bad', type: 'tool', tool, on_success: 'met' },
        { id: 'good', type: 'delay', seconds: 0.3, on_success: 'met' },
        { id: 'met', type: 'join', mode, on_success: 'done' },
        NONE,
        END,
      ]);
    const broken = async () => ({ status: 422, text: 'no' }) as never;
    const all = await setFlow(app(), nodes('all'), { [tool]: IDEMPOTENT }, broken);
    const one = await all.start();
    await one.reaches('failed');
    expect((await pathOf(one)).slice(1)).toEqual([
      'both failed',
      'both[0]/bad failed',
      'both[1]/good cancelled',
      'none completed',
    ]);
    const any = await setFlow(app(), nodes('any'), {}, broken);
    const other = await any.start();
    await other.reaches('completed');
    expect((await pathOf(other)).slice(1)).toEqual([
      'both completed',
      'both[0]/bad failed',
      'both[1]/good completed',
      'met completed',
      'done completed',
    ]);
  });

  test('of a round stops the loop, or is one empty result', async () => {
    const tool = fresh();
    const nodes = (onItem: 'stop' | 'continue') =>
      between([
        {
          id: 'each',
          type: 'loop',
          items: '[1, 2, 3]',
          concurrency: 1,
          on_item_failure: onItem,
          body: 'work',
          on_success: 'done',
        },
        { id: 'work', type: 'tool', tool, arguments: { n: '{{ item }}' }, on_success: 'each' },
        { ...END, output: '{{ steps.each.output }}' },
      ]);
    const answer = async ({ arguments: args }: { arguments: unknown }) =>
      ((args as { n: number }).n === 2 ? { status: 422, text: 'no' } : '"ok"') as never;
    const going = await (await setFlow(app(), nodes('continue'), { [tool]: IDEMPOTENT }, answer)).start();
    expect(await going.reaches('completed')).toMatchObject({ output: ['ok', null, 'ok'] });
    const stopping = await (await setFlow(app(), nodes('stop'), {}, answer)).start();
    await stopping.reaches('failed');
    expect(await pathOf(stopping)).toContain('each[1]/work failed');
  });

  test('of an approval that was rejected ends the execution as rejected, where nothing else is said', async () => {
    const flow = await setFlow(
      app(),
      between([{ id: 'ask', type: 'approval', title: 'May I?', on_success: 'done' }, END]),
    );
    const run = await flow.start();
    await run.reaches('awaiting_approval');
    const [held] = await run.held();
    if (held) await run.decide(held, REJECT);
    expect(await run.reaches('rejected')).toMatchObject({ error: { code: 'rejected' } });
  });
});

test('a tool node that a policy or its mode holds is called as it was approved, edits and all', async () => {
  const tool = fresh();
  const flow = await setFlow(
    app(),
    between([
      { id: 'a', type: 'tool', tool, arguments: { amount: 5 }, hitl_mode: 'confirm_tools', on_success: 'done' },
      END,
    ]),
    { [tool]: { parameters: { type: 'object', properties: { amount: { type: 'number' } } } } },
  );
  const run = await flow.start();
  await run.reaches('awaiting_approval');
  const [held] = await run.held();
  expect(held).toMatchObject({ kind: 'tool_call', tool, arguments: { amount: 5 } });
  if (held) await run.decide(held, { ...APPROVE, arguments: { amount: 4 } });
  await run.reaches('completed');
  expect(flow.tool.ledger.map(({ arguments: args }) => args)).toEqual([{ amount: 4 }]);
});

test('a secret is put into the call alone: no row and no request shows it, and no text from outside names one', async () => {
  const tool = fresh();
  const { asking } = app().one.keys;
  await app().call(asking, 'PUT', '/v1/secrets', { name: 'SHOP_KEY', value: 'very-hidden-value' });
  const flow = await setFlow(
    app(),
    between([
      {
        id: 'a',
        type: 'tool',
        tool,
        arguments: { key: 'Bearer {{ secrets.SHOP_KEY }}', note: '{{ input.note }}' },
        on_success: 'done',
      },
      { ...END, output: '{{ steps.a.output }}' },
    ]),
    { [tool]: IDEMPOTENT },
    async ({ arguments: args }) => JSON.stringify({ echoed: args }),
  );
  const run = await flow.start({ note: '{{secrets.SHOP_KEY}}' });
  const ended = await run.reaches('completed');
  expect(flow.tool.ledger[0]?.arguments).toEqual({ key: 'Bearer very-hidden-value', note: '{{secrets.SHOP_KEY}}' });
  expect(JSON.stringify([ended, await run.steps()])).not.toContain('very-hidden-value');
});

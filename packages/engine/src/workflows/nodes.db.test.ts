import { describe, expect, test } from 'vitest';
import { APPROVE, REJECT, useApp } from '../testing/scene.ts';
import { between, pathOf, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();

const IDEMPOTENT = { annotations: { idempotent: true, destructive: false } };
const END = { id: 'done', type: 'end' } as const;

describe('a workflow', () => {
  test('goes from its start through conditions, transforms and a switch to its end', async () => {
    const flow = await setFlow(
      app(),
      between(
        [
          { id: 'large', type: 'condition', when: 'input.amount > 100', on_true: 'note', on_false: 'done' },
          {
            id: 'note',
            type: 'transform',
            set: { total: '{{ input.amount * 2 }}' },
            output: { text: 'twice {{ input.amount }}' },
            on_success: 'which',
          },
          {
            id: 'which',
            type: 'switch',
            cases: [
              { when: 'vars.total > 1000.0', next: 'done' },
              { when: 'steps.note.output.text == "twice 150"', next: 'tell' },
            ],
            otherwise: 'done',
          },
          { id: 'tell', type: 'notify', channels: ['finance'], text: 'It was {{ vars.total }}', on_success: 'done' },
          { ...END, output: { total: '{{ vars.total }}', told: '{{ steps.tell.output }}' } },
        ],
        {
          variables: { total: 0 },
          input_schema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
        },
      ),
    );
    const run = await flow.start({ amount: 150 });
    expect(await run.reaches('completed')).toMatchObject({
      output: { total: 300, told: { channels: ['finance'], title: null, text: 'It was 300' } },
      agent: null,
      workflow: { version: 1 },
    });
    expect(await pathOf(run)).toEqual(
      ['begin', 'large', 'note', 'which', 'tell', 'done'].map((id) => `${id} completed`),
    );
  });

  test('calls tools with what came before, each once, and hands their answers on', async () => {
    const flow = await setFlow(
      app(),
      between([
        {
          id: 'first',
          type: 'tool',
          tool: 'first_tool',
          arguments: { order: '{{ input.order }}' },
          on_success: 'second',
        },
        {
          id: 'second',
          type: 'tool',
          tool: 'second_tool',
          arguments: { from: '{{ steps.first.output.from }}' },
          on_success: 'done',
        },
        { ...END, output: '{{ steps.second.output }}' },
      ]),
      { first_tool: IDEMPOTENT, second_tool: IDEMPOTENT },
    );
    const run = await flow.start({ order: 'A-1' });
    expect(await run.reaches('completed')).toMatchObject({ output: { from: 'second_tool' } });
    expect(flow.tool.ledger.map(({ path, arguments: args }) => [path, args])).toEqual([
      ['/first_tool', { order: 'A-1' }],
      ['/second_tool', { from: 'first_tool' }],
    ]);
    const [, first] = await run.steps();
    expect(flow.tool.ledger[0]?.key).toBe(first?.id);
  });

  test.each([
    ['approved', APPROVE, ['ask completed', 'pay completed', 'done completed'], 1],
    ['rejected', REJECT, ['ask rejected', 'tell completed', 'done completed'], 0],
  ])('asks people at an approval and goes on when it is %s', async (_, decision, path, calls) => {
    const name = `pay_${decision.decision}`;
    const flow = await setFlow(
      app(),
      between([
        {
          id: 'ask',
          type: 'approval',
          title: 'Pay {{ input.amount }}',
          details: { amount: '{{ input.amount }}' },
          context: { request: 'Because', impact_if_approved: 'It is paid', impact_if_denied: 'It is not' },
          hold: { stages: [{ approvers: 'anyone' }] },
          on_success: 'pay',
          on_fail: 'tell',
        },
        {
          id: 'pay',
          type: 'tool',
          tool: name,
          arguments: { amount: '{{ steps.ask.output.details.amount }}' },
          on_success: 'done',
        },
        { id: 'tell', type: 'notify', text: 'No: {{ steps.ask.error.code }}', on_success: 'done' },
        END,
      ]),
      { [name]: {} },
    );
    const run = await flow.start({ amount: 7 });
    await run.reaches('awaiting_approval');
    const [held] = await run.held();
    expect(held).toMatchObject({
      kind: 'action',
      title: 'Pay 7',
      arguments: { amount: 7 },
      impact: { if_approved: 'It is paid', if_rejected: 'It is not' },
      execution_id: run.id,
    });
    if (!held) throw new Error('nothing is held');
    await run.decide(held, decision);
    await run.reaches('completed');
    // Its effect was that the work went on: nothing is taken back from it at the end.
    expect(await app().sql(`select from event where subject = $1 and type = 'approval.revoked'`, [held.id])).toEqual(
      [],
    );
    expect((await pathOf(run)).slice(1)).toEqual(path);
    expect(flow.tool.ledger).toHaveLength(calls);
  });

  test('joins parallel branches, loops with bounded concurrency, and waits for a moment', async () => {
    let running = 0;
    let most = 0;
    const flow = await setFlow(
      app(),
      between([
        { id: 'both', type: 'parallel', branches: ['slow', 'each'] },
        { id: 'slow', type: 'delay', seconds: 0.3, on_success: 'met' },
        { id: 'each', type: 'loop', items: 'input.list', as: 'one', concurrency: 2, body: 'work', on_success: 'met' },
        {
          id: 'work',
          type: 'tool',
          tool: 'work',
          arguments: { n: '{{ one }}', at: '{{ one_index }}' },
          on_success: 'each',
        },
        { id: 'met', type: 'join', on_success: 'done' },
        { ...END, output: '{{ steps.met.output }}' },
      ]),
      { work: IDEMPOTENT },
      async ({ arguments: args }) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return JSON.stringify({ got: (args as { n: number }).n });
      },
    );
    const run = await flow.start({ list: [1, 2, 3, 4, 5] });
    expect(await run.reaches('completed')).toMatchObject({
      output: [null, [1, 2, 3, 4, 5].map((got) => ({ got }))],
    });
    expect(most).toBe(2);
  });

  test('an event that comes before the step that waits for it is not lost, and one that does not match is not taken', async () => {
    const flow = await setFlow(
      app(),
      between([
        {
          id: 'wait',
          type: 'wait_event',
          event: 'paid',
          match: 'event.order == input.order',
          timeout_seconds: 60,
          on_success: 'pause',
        },
        { id: 'pause', type: 'delay', seconds: 0.2, on_success: 'again' },
        { id: 'again', type: 'wait_event', event: 'paid', timeout_seconds: 0.3, on_success: 'third', on_fail: 'done' },
        { id: 'third', type: 'wait_event', event: 'never', timeout_seconds: 0.2, on_success: 'done', on_fail: 'done' },
        {
          ...END,
          output: {
            first: '{{ steps.wait.output }}',
            second: '{{ steps.again.output }}',
            third: '{{ steps.third.error.code }}',
          },
        },
      ]),
    );
    const run = await flow.start({ order: 'B' });
    await run.reaches('waiting');
    expect(await flow.send(run, 'paid', { order: 'A' })).toBe(201);
    expect(await flow.send(run, 'paid', { order: 'B' })).toBe(201);
    expect(await run.reaches('completed')).toMatchObject({
      output: { first: { order: 'B' }, second: { order: 'A' }, third: 'timed_out' },
    });
  });
});

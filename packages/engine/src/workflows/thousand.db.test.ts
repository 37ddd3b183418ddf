/** A thousand branches at once on the real server: every one of them runs, once, and the join sees all. */
import { expect, test } from 'vitest';
import { until, useApp } from '../testing/scene.ts';
import { between, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();

const MANY = 1000;
/** Nothing is said about its speed: only that it comes to its end. */
const PATIENCE_MS = 240_000;

test(
  'a thousand parallel branches with a call each come together at their join',
  { timeout: PATIENCE_MS + 60_000 },
  async () => {
    const tool = `mark_${Date.now()}`;
    const names = Array.from({ length: MANY }, (_, index) => `b${index}`);
    const flow = await setFlow(
      app(),
      between([
        { id: 'fork', type: 'parallel', branches: names },
        ...names.map((id, index) => ({ id, type: 'tool' as const, tool, arguments: { index }, on_success: 'join' })),
        { id: 'join', type: 'join', mode: 'all', on_success: 'done' },
        { id: 'done', type: 'end', output: '{{ steps.join.output }}' },
      ]),
      // Held by no mode, and safe to repeat: the test is about branches.
      { [tool]: { annotations: { read_only: true, idempotent: true, destructive: false } } },
    );
    const run = await flow.start();
    const ended = await until(run.get, ({ status }) => status === 'completed' || status === 'failed', PATIENCE_MS);
    expect(ended).toMatchObject({ status: 'completed', error: null });
    expect(ended.output).toHaveLength(MANY);
    const indexes = flow.tool.ledger.map(({ arguments: args }) => (args as { index: number }).index);
    expect(indexes.toSorted((a, b) => a - b)).toEqual(names.map((_, index) => index));
    const steps = await run.steps();
    expect(steps.filter(({ node, status }) => node?.type === 'tool' && status === 'completed')).toHaveLength(MANY);
  },
);

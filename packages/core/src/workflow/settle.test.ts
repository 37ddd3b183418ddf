import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { begin, next } from './next.ts';
import { type Graph, graphOf } from './regions.ts';
import { WorkflowSchema } from './schema.ts';
import { cancelAll, settle } from './settle.ts';
import { type State, newState } from './state.ts';

const start = (nodes: readonly object[], input: Json = {}, more: object = {}): { graph: Graph; state: State } => {
  const graph = graphOf(
    WorkflowSchema.parse({
      ...more,
      nodes: [{ id: 'begin', type: 'start', on_success: (nodes[0] as { id: string }).id }, ...nodes],
    }),
  );
  const state = newState('exe_1', input, graph.workflow.variables);
  begin(graph, state);
  return { graph, state };
};

/** Goes as far as it goes by itself. @returns the runs that ask for something outside */
const go = ({ graph, state }: { graph: Graph; state: State }): string[] => {
  const asking: string[] = [];
  for (const key of state.ready) if (next(graph, state, key).action) asking.push(key);
  return asking;
};

const statuses = (state: State): string[] => [...state.runs.values()].map(({ key, status }) => `${key} ${status}`);
const done = { type: 'completed', output: 'ok' } as const;
const failed = { type: 'failed', status: 'failed', error: { code: 'x', message: 'x' } } as const;

const twoBranches = (mode: object) => [
  { id: 'both', type: 'parallel', branches: ['one', 'two'] },
  { id: 'one', type: 'tool', tool: 't', on_success: 'met' },
  { id: 'two', type: 'tool', tool: 't', on_success: 'met' },
  { id: 'met', type: 'join', ...mode, on_success: 'done' },
  { id: 'done', type: 'end', output: '{{ steps.met.output }}' },
];

describe('a join', () => {
  it('waits for all branches, whatever their order', () => {
    const flow = start(twoBranches({}));
    expect(go(flow)).toEqual(['both[0]/one', 'both[1]/two']);
    settle(flow.graph, flow.state, 'both[1]/two', done);
    expect(go(flow)).toEqual([]);
    expect(flow.state.ending).toBeNull();
    settle(flow.graph, flow.state, 'both[0]/one', { type: 'completed', output: 1 });
    go(flow);
    expect(flow.state.ending).toEqual({ status: 'completed', output: [1, 'ok'], error: null });
  });
  it('of any goes on with the first branch and withdraws the others', () => {
    const flow = start(twoBranches({ mode: 'any' }));
    go(flow);
    settle(flow.graph, flow.state, 'both[1]/two', done);
    go(flow);
    expect(flow.state.ending).toEqual({ status: 'completed', output: [null, 'ok'], error: null });
    expect(statuses(flow.state)).toContain('both[0]/one cancelled');
  });
  it('fails as soon as too few branches are left', () => {
    const flow = start(twoBranches({ mode: 'any' }));
    go(flow);
    settle(flow.graph, flow.state, 'both[0]/one', failed);
    expect(flow.state.ending).toBeNull();
    settle(flow.graph, flow.state, 'both[1]/two', failed);
    expect(flow.state.ending).toMatchObject({ status: 'failed', error: { code: 'x' } });
  });
});

it('drops what comes for a run that was withdrawn, or after the end', () => {
  const flow = start(twoBranches({ mode: 'any' }));
  go(flow);
  settle(flow.graph, flow.state, 'both[1]/two', done);
  expect(settle(flow.graph, flow.state, 'both[0]/one', done)).toEqual([]);
  go(flow);
  expect(settle(flow.graph, flow.state, 'done', failed)).toEqual([]);
});

it('keeps variables to the scope that set them', () => {
  const flow = start(
    [
      { id: 'each', type: 'loop', items: 'input', concurrency: 2, body: 'set', on_success: 'done' },
      { id: 'set', type: 'transform', set: { n: '{{ vars.n + item }}' }, on_success: 'see' },
      { id: 'see', type: 'transform', output: '{{ vars.n }}', on_success: 'each' },
      { id: 'done', type: 'end', output: { rounds: '{{ steps.each.output }}', n: '{{ vars.n }}' } },
    ],
    [1, 2, 3],
    { variables: { n: 10 } },
  );
  go(flow);
  expect(flow.state.ending?.output).toEqual({ rounds: [11, 12, 13], n: 10 });
});

it('withdraws everything that is open, in every region', () => {
  const flow = start([
    { id: 'outer', type: 'parallel', branches: ['each', 'tool'] },
    { id: 'each', type: 'loop', items: '[1, 2, 3]', concurrency: 2, body: 'work', on_success: 'met' },
    { id: 'work', type: 'tool', tool: 't', on_success: 'each' },
    { id: 'tool', type: 'tool', tool: 't', on_success: 'met' },
    { id: 'met', type: 'join', on_success: 'done' },
    { id: 'done', type: 'end' },
  ]);
  go(flow);
  cancelAll(flow.graph, flow.state);
  expect(statuses(flow.state).filter((line) => !line.endsWith('cancelled'))).toEqual(['begin completed']);
});

it('takes time in proportion to the number of branches', () => {
  const time = (branches: number): number => {
    const flow = start(
      [
        { id: 'each', type: 'loop', items: 'input', concurrency: 1000, body: 'work', on_success: 'done' },
        { id: 'work', type: 'tool', tool: 't', arguments: { n: '{{ item }}' }, on_success: 'each' },
        { id: 'done', type: 'end' },
      ],
      Array.from({ length: branches }, (_, index) => index),
    );
    const before = performance.now();
    const asking = go(flow);
    for (let index = 0; index < branches; index += 1) {
      settle(flow.graph, flow.state, `each[${index}]/work`, done);
      asking.push(...go(flow));
    }
    expect(flow.state.ending?.status).toBe('completed');
    expect(asking).toHaveLength(branches);
    return performance.now() - before;
  };
  time(500);
  const [small, large] = [time(500), time(4000)];
  // Eight times as many: with a square in it, it would be sixty-four times.
  expect(large / small).toBeLessThan(30);
});

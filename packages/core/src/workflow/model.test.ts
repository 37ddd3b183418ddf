import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { type Action, begin, next } from './next.ts';
import { graphOf } from './regions.ts';
import { WorkflowSchema } from './schema.ts';
import { leaveDelayed, settle } from './settle.ts';
import { type State, isOpen, newState, restore } from './state.ts';
import { interpret, randomWorld } from './testing/interpret.ts';
import { randomWorkflow } from './testing/random-workflow.ts';
import { validateWorkflow } from './validate/validate.ts';

const TOOLS = { good: 'good_tool', bad: 'bad_tool' };
const world = randomWorld(TOOLS);
const INPUT = { n: 6, list: ['a', 'b'] };
const RUNS = Number(process.env['WORKFLOW_MODEL_RUNS'] ?? 200);

const workflows = randomWorkflow({ tools: TOOLS, agentId: 'agent', workflowId: 'workflow', nodesMax: 60 });
const orders = fc.array(fc.nat(1000), { maxLength: 400 });

const renderedBy = (action: Action): Json => {
  if (action.type === 'call_tool') return action.arguments;
  if (action.type === 'ask') return action.request.details;
  return 'input' in action ? action.input : null;
};

it('comes to the same end as the plain interpreter, in whatever order results come, and restored from its rows at any moment', () => {
  fc.assert(
    fc.property(workflows, orders, fc.boolean(), (written, order, isRestored) => {
      const workflow = WorkflowSchema.parse(written);
      const graph = graphOf(workflow);
      const model = interpret(workflow, INPUT, world);
      let state: State = newState('exe', INPUT, workflow.variables);
      begin(graph, state);
      const asked = new Map<string, Action>();
      const delayed = new Set<string>();
      let turn = 0;
      const choose = <T>(from: readonly T[]): T | undefined =>
        from[(order[(turn += 1) % Math.max(order.length, 1)] ?? 0) % from.length];
      for (;;) {
        for (const key of state.ready) {
          const { action } = next(graph, state, key);
          if (action) asked.set(key, action);
        }
        if (state.ending) break;
        if (isRestored)
          state = restore(
            graph,
            'exe',
            INPUT,
            [...state.runs.values()].map((run) => structuredClone(run)),
          );
        for (const [key, run] of state.runs) if (run.leadsTo !== null && !run.isLeft) delayed.add(key);
        const open = [...asked.keys()].filter((key) => {
          const run = state.runs.get(key);
          const action = asked.get(key);
          return run && action && isOpen(run.status) && world(action.node, renderedBy(action)).status !== 'blocked';
        });
        const key = choose([...open, ...delayed]);
        if (key === undefined) throw new Error('nothing can go on');
        if (delayed.delete(key)) {
          leaveDelayed(graph, state, key);
          continue;
        }
        const action = asked.get(key);
        asked.delete(key);
        if (!action) continue;
        const { ok, status, output } = world(action.node, renderedBy(action));
        settle(
          graph,
          state,
          key,
          ok
            ? { type: 'completed', output }
            : { type: 'failed', status: status as 'failed', error: { code: status, message: status }, output },
        );
      }
      expect({ status: state.ending.status, output: state.ending.output }).toEqual({
        status: model.status,
        output: model.output,
      });
      const runs = [...state.runs.values()].map(({ key, status }) => [key, status] as const);
      if (model.status === 'completed') expect(Object.fromEntries(runs)).toEqual(Object.fromEntries(model.runs));
    }),
    { numRuns: RUNS },
  );
}, 120_000);

it('the random graphs are valid, and have nodes of every type', () => {
  const types = new Set<string>();
  for (const written of fc.sample(workflows, { numRuns: 60, seed: 7 })) {
    const { problems } = validateWorkflow(written as Json, {
      agents: new Map([['agent', [1]]]),
      workflows: new Map([['workflow', [1]]]),
      callers: new Set(),
      tools: new Map([
        [TOOLS.good, {}],
        [TOOLS.bad, {}],
      ]),
      secrets: new Set(),
      calendars: new Set(),
      approvers: [{ personId: 'usr_1', roles: ['approver'], groups: [] }],
      schemaProblem: () => null,
    });
    expect(problems).toEqual([]);
    for (const { type } of written.nodes) types.add(type);
  }
  expect([...types].toSorted()).toEqual([
    'agent',
    'approval',
    'condition',
    'delay',
    'end',
    'join',
    'loop',
    'notify',
    'parallel',
    'start',
    'switch',
    'tool',
    'transform',
    'wait_event',
    'workflow',
  ]);
}, 60_000);

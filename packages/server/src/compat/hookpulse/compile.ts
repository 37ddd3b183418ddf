/**
 * A template as a workflow of ours: each step is a tool node, held before its call where a person has to approve it. Steps
 * are added one at a time, so edges to steps that are not there yet end the run, and steps that nothing leads to are left out.
 */
import { type Result, type WorkflowInput, ok, refuse } from '@countersign/core';
import { conditionOf } from './condition.ts';
import { callOf } from './request.ts';
import type { Domain, Step, Template } from './template.ts';
import type { Names } from './variables.ts';

type Node = WorkflowInput['nodes'][number];

const START = 'start';
const DONE = 'done';
const ALL = 'all_steps';
const MET = 'all_met';

const named = (identifier: string | null | undefined): string | null =>
  identifier === null || identifier === undefined || identifier === '' ? null : identifier;

/** Identifiers of nodes, which are words, for those of steps, which are not. */
export const nodeIdsOf = (steps: readonly Pick<Step, 'step_identifier'>[]): ReadonlyMap<string, string> => {
  const taken = new Set([START, DONE, ALL, MET]);
  const ids = new Map<string, string>();
  for (const { step_identifier: identifier } of steps) {
    const word = identifier.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^([^A-Za-z])/, 's$1');
    let id = word;
    for (let more = 2; taken.has(id) || taken.has(`if_${id}`); more += 1) id = `${word.slice(0, 50)}_${more}`;
    taken.add(id);
    taken.add(`if_${id}`);
    ids.set(identifier, id);
  }
  return ids;
};

type Edges = { readonly next: string | null; readonly onFail: string | null };

/** What follows each step, by identifiers; null: nothing, or a step that is not there yet. */
const edgesOf = ({ runtype }: Template, steps: readonly Step[]): ReadonlyMap<string, Edges> => {
  const known = new Set(steps.map(({ step_identifier: identifier }) => identifier));
  const there = (identifier: string | null | undefined): string | null => {
    const name = named(identifier);
    return name !== null && known.has(name) ? name : null;
  };
  const after = new Set(steps.map((step) => named(step.on_success_next_step_identifier)));
  const first = steps[0]?.step_identifier;
  /** Steps that only a failure leads to: the line of steps passes them by. */
  const failureOnly = new Set(
    steps.map((step) => named(step.on_fail_next_step_identifier)).filter((name) => !after.has(name) && name !== first),
  );
  return new Map(
    steps.map((step, at) => {
      const identifier = step.step_identifier;
      const isInLine = runtype === 'fifo_sequential' && !failureOnly.has(identifier);
      const following = isInLine
        ? steps.slice(at + 1).find((later) => !failureOnly.has(later.step_identifier))
        : undefined;
      const next =
        named(step.on_success_next_step_identifier) === null
          ? (following?.step_identifier ?? null)
          : there(step.on_success_next_step_identifier);
      return [identifier, { next, onFail: there(step.on_fail_next_step_identifier) }];
    }),
  );
};

/** The steps that these lead to, and they themselves. */
const reachedFrom = (roots: readonly string[], edges: ReadonlyMap<string, Edges>): ReadonlySet<string> => {
  const reached = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const { next, onFail } = edges.get(name) ?? { next: null, onFail: null };
    for (const follower of [next, onFail]) if (follower !== null) queue.push(follower);
  }
  return reached;
};

/** A step and the one before it to which it leads back, if there is one. */
const circleIn = (roots: readonly string[], edges: ReadonlyMap<string, Edges>): readonly [string, string] | null => {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): readonly [string, string] | null => {
    state.set(name, 'open');
    const { next, onFail } = edges.get(name) ?? { next: null, onFail: null };
    for (const to of [next, onFail]) {
      if (to === null || state.get(to) === 'done') continue;
      const found = state.get(to) === 'open' ? ([name, to] as const) : visit(to);
      if (found) return found;
    }
    state.set(name, 'done');
    return null;
  };
  for (const root of roots) {
    const found = state.has(root) ? null : visit(root);
    if (found) return found;
  }
  return null;
};

const rootsOf = ({ runtype }: Template, steps: readonly Step[], edges: ReadonlyMap<string, Edges>): string[] => {
  const names = steps.map(({ step_identifier: name }) => name);
  if (runtype === 'fifo_sequential') return names.slice(0, 1);
  const led = new Set([...edges.values()].flatMap(({ next, onFail }) => [next, onFail]));
  return names.filter((name) => !led.has(name));
};

/** @param domains by their UUIDs; all that the steps name */
export const compileTemplate = (
  template: Template,
  domains: ReadonlyMap<string, Domain>,
): Result<WorkflowInput, string> => {
  const steps = template.steps.toSorted((a, b) => a.index - b.index);
  const ids = nodeIdsOf(template.steps);
  const edges = edgesOf(template, steps);
  const roots = rootsOf(template, steps, edges);
  if (roots.length === 0) return refuse('Every step follows another one: none of them is the first');
  const circle = circleIn(roots, edges);
  if (circle) return refuse(`${circle[0]} leads back to ${circle[1]}: steps go in no circles`);
  const reached = reachedFrom(roots, edges);
  const byName = new Map(steps.map((step) => [step.step_identifier, step]));
  const last = template.runtype === 'concurrently' ? MET : DONE;
  const entry = (name: string | null): string => {
    const step = name === null ? undefined : byName.get(name);
    const id = (step && ids.get(step.step_identifier)) ?? last;
    return step?.execution_condition ? `if_${id}` : id;
  };

  const nodes: Node[] = [];
  for (const step of steps) {
    const name = step.step_identifier;
    if (!reached.has(name)) continue;
    const { next, onFail } = edges.get(name) ?? { next: null, onFail: null };
    const made = nodesOf(step, domains, {
      id: ids.get(name) ?? '',
      next: entry(next),
      onFail: onFail === null ? undefined : entry(onFail),
      names: namesAt(name, steps, ids, edges),
    });
    if (!made.ok) return refuse(`${name}: ${made.refusal}`);
    nodes.push(...made.value);
  }
  const entries = roots.map(entry);
  return ok({
    nodes: [
      { id: START, type: 'start', on_success: template.runtype === 'concurrently' ? ALL : (entries[0] ?? DONE) },
      ...(template.runtype === 'concurrently'
        ? [
            { id: ALL, type: 'parallel' as const, branches: entries },
            { id: MET, type: 'join' as const, on_success: DONE },
          ]
        : []),
      ...nodes,
      { id: DONE, type: 'end' },
    ],
  });
};

/** What a step's variables name: the step before is the one whose success leads here, else the one whose failure does. */
const namesAt = (
  name: string,
  steps: readonly Step[],
  ids: ReadonlyMap<string, string>,
  edges: ReadonlyMap<string, Edges>,
): Names => {
  const before =
    steps.find((step) => edges.get(step.step_identifier)?.next === name) ??
    steps.find((step) => edges.get(step.step_identifier)?.onFail === name);
  return {
    previous: before && ids.get(before.step_identifier),
    nodeOf: (identifier) => ids.get(identifier),
  };
};

type Place = {
  readonly id: string;
  readonly next: string;
  readonly onFail: string | undefined;
  readonly names: Names;
};

const nodesOf = (
  step: Step,
  domains: ReadonlyMap<string, Domain>,
  { id, next, onFail, names }: Place,
): Result<Node[], string> => {
  const domain = domains.get(step.domain_uuid);
  if (!domain) return refuse('Domain not found');
  const call = callOf(step, domain, names);
  if (!call.ok) return call;
  const tool: Node = {
    id,
    type: 'tool',
    name: step.webhook_name,
    ...(step.webhook_description === '' ? {} : { description: step.webhook_description }),
    tool: step.tool,
    arguments: call.value.arguments,
    checkpoint: step.step_identifier,
    ...(step.human_approval_required ? { hitl_mode: 'blocking' as const } : {}),
    ...(step.max_retries === 0
      ? {}
      : {
          retry: { count: step.max_retries, backoff: step.retry_backoff_mode, delay_seconds: step.retry_delay },
        }),
    timeout_seconds: step.request_timeout_in_milliseconds / 1000,
    on_success: next,
    ...(onFail === undefined ? {} : { on_fail: onFail }),
    ...(step.delay_to_next_step === 0 ? {} : { delay_to_next_step: step.delay_to_next_step }),
  };
  if (!step.execution_condition) return ok([tool]);
  const when = conditionOf(step.execution_condition, names);
  if (!when.ok) return refuse(`execution_condition: ${when.refusal}`);
  // A step whose condition is not met is passed by.
  return ok([{ id: `if_${id}`, type: 'condition', when: when.value, on_true: id, on_false: next }, tool]);
};

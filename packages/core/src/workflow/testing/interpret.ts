/**
 * The plain model of a workflow: one recursion through the graph, branch after branch, with none of the states, keys and
 * rows that the real one needs. What it comes to is what the real one must come to, whatever happens to it in between.
 */
import type { Json, JsonObject } from '../../json.ts';
import { evaluateExpression } from '../expression.ts';
import type { Workflow, WorkflowNode } from '../schema.ts';
import { render } from '../template.ts';

export type World = (
  node: WorkflowNode,
  rendered: Json,
) => { readonly ok: boolean; readonly status: string; readonly output: Json };

type Scope = {
  readonly path: string;
  readonly outer: Scope | null;
  vars: JsonObject;
  readonly steps: Map<string, JsonObject>;
  readonly items: JsonObject;
};
type Came =
  | { readonly type: 'arrived'; readonly output: Json }
  | { readonly type: 'failed'; readonly status: string }
  | { readonly type: 'blocked'; readonly key: string }
  | { readonly type: 'ended'; readonly status: string; readonly output: Json };

export type Interpreted = {
  readonly status: string;
  readonly output: Json;
  /** The status of every run by its key. */
  readonly runs: ReadonlyMap<string, string>;
};

export const interpret = (workflow: Workflow, input: Json, world: World): Interpreted => {
  const nodes = new Map(workflow.nodes.map((node) => [node.id, node]));
  const runs = new Map<string, string>();
  const at = (id: string | undefined): WorkflowNode => {
    const node = nodes.get(id ?? '');
    if (!node) throw new Error(`no node ${id}`);
    return node;
  };

  const see = (scope: Scope): JsonObject => {
    const chain: Scope[] = [];
    for (let one: Scope | null = scope; one; one = one.outer) chain.unshift(one);
    const steps = Object.fromEntries(chain.flatMap((one) => [...one.steps]));
    return {
      input,
      execution: { id: 'x' },
      vars: Object.assign({}, ...chain.map(({ vars }) => vars)) as JsonObject,
      steps,
      ...(Object.assign({}, ...chain.map(({ items }) => items)) as JsonObject),
    };
  };
  const value = (source: string, scope: Scope): Json => {
    const result = evaluateExpression(source, see(scope));
    if (!result.ok) throw new Error(`${source}: ${result.refusal}`);
    return result.value;
  };
  const fill = (template: Json, scope: Scope): Json => {
    const result = render(template, see(scope));
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.value;
  };
  const inner = (path: string, outer: Scope, items: JsonObject = {}): Scope => ({
    path,
    outer,
    vars: {},
    steps: new Map(),
    items,
  });

  /** From a node to the exit of its region. */
  const walk = (first: string | undefined, exit: string | null, scope: Scope): Came => {
    let id = first;
    let last: Json = null;
    while (id !== exit) {
      const node = at(id);
      const came = visit(node, scope);
      if (came.type === 'ended' || came.type === 'blocked') return came;
      runs.set(scope.path + node.id, came.status);
      if (came.type === 'failed' && came.to === null) return { type: 'failed', status: came.status };
      scope.steps.set(node.id, { status: came.status, output: came.output, error: null });
      last = came.output;
      // The join of a parallel is a step of its own, with the same results.
      id = came.to ?? undefined;
    }
    return { type: 'arrived', output: last };
  };

  type Visited =
    | { readonly type: 'went'; readonly status: string; readonly output: Json; readonly to: string | null }
    | { readonly type: 'failed'; readonly status: string; readonly output: Json; readonly to: string | null }
    | Extract<Came, { type: 'blocked' | 'ended' }>;

  const went = (node: WorkflowNode, output: Json, to?: string): Visited => ({
    type: 'went',
    status: 'completed',
    output,
    to: to ?? ('on_success' in node ? (node.on_success ?? null) : null),
  });
  const failed = (node: WorkflowNode, status: string, output: Json = null): Visited => {
    const success = 'on_success' in node ? (node.on_success ?? null) : null;
    if (node.type === 'approval' && node.on_rejected === 'continue')
      return { type: 'failed', status, output, to: success };
    const to = ('on_fail' in node ? node.on_fail : undefined) ?? (workflow.on_failure === 'continue' ? success : null);
    return { type: 'failed', status, output, to };
  };

  const visit = (node: WorkflowNode, scope: Scope): Visited => {
    switch (node.type) {
      case 'start':
        return went(node, input);
      case 'notify':
        return went(node, { channels: [], title: null, text: fill(node.text, scope) });
      case 'transform': {
        const set = fill(node.set, scope) as JsonObject;
        // `output` is filled in beside `set`, from the same values.
        const output = fill(node.output ?? node.set, scope);
        scope.vars = { ...scope.vars, ...set };
        return went(node, output);
      }
      case 'condition':
        return value(node.when, scope) === true ? went(node, true, node.on_true) : went(node, false, node.on_false);
      case 'switch': {
        const index = node.cases.findIndex(({ when }) => value(when, scope) === true);
        return went(node, index, index === -1 ? node.otherwise : node.cases[index]?.next);
      }
      case 'delay':
        return went(node, null);
      case 'loop':
        return visitLoop(node, scope);
      case 'parallel':
        return visitParallel(node, scope);
      case 'join':
        return went(node, scope.steps.get(`results of ${node.id}`)?.['output'] ?? null);
      case 'end':
        runs.set(scope.path + node.id, 'completed');
        return { type: 'ended', status: node.outcome, output: fill(node.output ?? null, scope) };
      default:
        return visitOutside(node, scope);
    }
  };

  const visitOutside = (node: WorkflowNode, scope: Scope): Visited => {
    if (node.type === 'approval' && node.when !== undefined && value(node.when, scope) !== true)
      return went(node, null);
    const written =
      node.type === 'tool'
        ? node.arguments
        : node.type === 'approval'
          ? node.details
          : 'input' in node
            ? node.input
            : null;
    const { ok, status, output } = world(node, fill(written, scope));
    if (status === 'blocked') return { type: 'blocked', key: scope.path + node.id };
    return ok ? went(node, output) : failed(node, status, output);
  };

  const visitLoop = (node: Extract<WorkflowNode, { type: 'loop' }>, scope: Scope): Visited => {
    const items = value(node.items, scope) as readonly Json[];
    const results: Json[] = [];
    for (const [index, item] of items.entries()) {
      const round = inner(`${scope.path}${node.id}[${index}]/`, scope, {
        [node.as]: item,
        [`${node.as}_index`]: index,
      });
      const came = walk(node.body, node.id, round);
      if (came.type === 'failed' && node.on_item_failure === 'stop') return failed(node, came.status);
      results.push(came.type === 'arrived' ? came.output : null);
    }
    return went(node, results);
  };

  const visitParallel = (node: Extract<WorkflowNode, { type: 'parallel' }>, scope: Scope): Visited => {
    const join = joinOf(node.branches[0]);
    const came = node.branches.map((first, index) =>
      walk(first, join.id, inner(`${scope.path}${node.id}[${index}]/`, scope)),
    );
    for (const one of came) if (one.type === 'blocked') runs.set(one.key, 'cancelled');
    const results = came.map((one) => (one.type === 'arrived' ? one.output : null));
    scope.steps.set(`results of ${join.id}`, { output: results });
    return went(node, results, join.id);
  };

  /** The first join behind a branch that is not inside another parallel. */
  const joinOf = (id: string | undefined): Extract<WorkflowNode, { type: 'join' }> => {
    const node = at(id);
    if (node.type === 'join') return node;
    if (node.type === 'parallel') return joinOf(joinOf(node.branches[0]).on_success);
    if (node.type === 'condition') return joinOf(node.on_false);
    if (node.type === 'switch') return joinOf(node.otherwise);
    return joinOf('on_success' in node ? node.on_success : undefined);
  };

  const main: Scope = { path: '', outer: null, vars: workflow.variables, steps: new Map(), items: {} };
  const start = workflow.nodes.find(({ type }) => type === 'start');
  const came = walk(start?.id, null, main);
  if (came.type === 'ended') return { status: came.status, output: came.output, runs };
  const status = came.type === 'failed' && came.status !== 'failed' ? 'rejected' : 'failed';
  return { status, output: null, runs };
};

/** What the world answers to the nodes of a random workflow: it stands in the graph. */
export const randomWorld =
  (tools: { readonly good: string; readonly bad: string }): World =>
  (node, rendered) => {
    const said = (rendered ?? {}) as JsonObject;
    if (node.type === 'tool') {
      if (said['decide'] === 'rejected') return { ok: false, status: 'rejected', output: null };
      return node.tool === tools.good
        ? { ok: true, status: 'completed', output: { did: rendered } }
        : { ok: false, status: 'failed', output: null };
    }
    if (node.type === 'approval') {
      if (said['decide'] === 'never') return { ok: false, status: 'blocked', output: null };
      return said['decide'] === 'approved'
        ? { ok: true, status: 'completed', output: null }
        : { ok: false, status: 'rejected', output: null };
    }
    if (node.type === 'wait_event') {
      if (!node.event.startsWith('never')) return { ok: true, status: 'completed', output: null };
      return node.timeout_seconds === undefined
        ? { ok: false, status: 'blocked', output: null }
        : { ok: false, status: 'failed', output: null };
    }
    return { ok: true, status: 'completed', output: rendered };
  };

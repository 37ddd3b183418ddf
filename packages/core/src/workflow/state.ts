/**
 * The state of a workflow's execution: its runs, each one node at work in one scope. A scope is a region as it was
 * entered: '' is the main line, `each[3]/` the fourth round of the loop `each`, `both[0]/each[3]/` one inside a branch.
 * In each scope one run is the current one. docs/spec/workflow.md numbers the invariants (W1 …).
 *
 * `evolve` changes the state in place: a copy for each of a thousand branches would cost the square of their number.
 */
import type { Json, JsonObject } from '../json.ts';
import { type Graph, nodeAt } from './regions.ts';

export type RunStatus =
  | 'ready'
  /** A call is made, a child works, or a region that it opened is not left yet. */
  | 'running'
  | 'awaiting_approval'
  /** For a moment, an event, or its next attempt. */
  | 'waiting'
  | 'completed'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'cancelled';

export type RunError = { readonly code: string; readonly message: string };

export type Run = {
  readonly key: string;
  readonly scope: string;
  readonly node: string;
  readonly position: number;
  status: RunStatus;
  output: Json;
  error: RunError | null;
  /** The node that follows, once it has ended; null where the failure was nobody's. */
  leadsTo: string | null;
  /** Whether what follows has begun: `delay_to_next_step` lies between. */
  isLeft: boolean;
  /** Of a loop. */
  items: readonly Json[] | null;
  /** Variables that it set. */
  assigned: JsonObject | null;
};

/** What a parallel or a loop keeps about its branches or rounds. */
export type Container = {
  readonly size: number;
  begun: number;
  finished: number;
  failed: number;
  readonly results: Json[];
};

export type Ending = {
  readonly status: 'completed' | 'failed' | 'rejected';
  readonly output: Json;
  readonly error: RunError | null;
};

export type State = {
  readonly executionId: string;
  readonly input: Json;
  readonly runs: Map<string, Run>;
  readonly containers: Map<string, Container>;
  /** The current run of each scope. */
  readonly current: Map<string, string>;
  readonly variables: Map<string, JsonObject>;
  /** Runs that can go on, in the order in which they became so. */
  readonly ready: Set<string>;
  ending: Ending | null;
  /** Runs that changed since this was last emptied: what has to be written. */
  readonly touched: Set<string>;
};

export type WorkflowEvent =
  | { readonly type: 'entered'; readonly scope: string; readonly node: string }
  | { readonly type: 'opened'; readonly key: string; readonly size: number; readonly items: readonly Json[] | null }
  | { readonly type: 'round_begun'; readonly key: string }
  /** A branch or round came to its exit, or to a failure that nobody took. */
  | {
      readonly type: 'round_ended';
      readonly key: string;
      readonly index: number;
      readonly result: Json;
      readonly isFailed: boolean;
    }
  | {
      readonly type: 'moved';
      readonly key: string;
      readonly status: 'ready' | 'running' | 'awaiting_approval' | 'waiting';
    }
  | {
      readonly type: 'ended';
      readonly key: string;
      readonly status: 'completed' | 'failed' | 'rejected' | 'expired' | 'cancelled';
      readonly output: Json;
      readonly error: RunError | null;
      readonly leadsTo: string | null;
      readonly delaySeconds: number;
    }
  | { readonly type: 'left'; readonly key: string }
  | { readonly type: 'assigned'; readonly key: string; readonly values: JsonObject }
  | { readonly type: 'finished'; readonly ending: Ending };

export const keyOf = (scope: string, node: string): string => scope + node;
export const scopeOf = (opener: string, index: number): string => `${opener}[${index}]/`;

/** The key of the run that opened a scope, and which of its branches or rounds it is; null for the main line. */
export const openerOf = (scope: string): { readonly key: string; readonly index: number } | null => {
  const found = /^(.*)\[(\d+)\]\/$/.exec(scope);
  return found ? { key: found[1] ?? '', index: Number(found[2]) } : null;
};

export const runAt = (state: State, key: string): Run => {
  const run = state.runs.get(key);
  if (!run) throw new Error(`no run ${key}`);
  return run;
};

const containerAt = (state: State, key: string): Container => {
  const container = state.containers.get(key);
  if (!container) throw new Error(`the run ${key} opened nothing`);
  return container;
};

export const getContainer = containerAt;

export const isOpen = (status: RunStatus): boolean =>
  status === 'ready' || status === 'running' || status === 'awaiting_approval' || status === 'waiting';

export const newState = (executionId: string, input: Json, variables: JsonObject): State => ({
  executionId,
  input,
  runs: new Map(),
  containers: new Map(),
  current: new Map(),
  variables: new Map([['', variables]]),
  ready: new Set(),
  ending: null,
  touched: new Set(),
});

const move = (state: State, run: Run, status: RunStatus): void => {
  run.status = status;
  if (status === 'ready') state.ready.add(run.key);
  else state.ready.delete(run.key);
  state.touched.add(run.key);
};

export const evolve = (state: State, event: WorkflowEvent): void => {
  switch (event.type) {
    case 'entered': {
      const key = keyOf(event.scope, event.node);
      const run: Run = {
        key,
        scope: event.scope,
        node: event.node,
        position: state.runs.size,
        status: 'ready',
        output: null,
        error: null,
        leadsTo: null,
        isLeft: false,
        items: null,
        assigned: null,
      };
      state.runs.set(key, run);
      state.current.set(event.scope, key);
      return move(state, run, 'ready');
    }
    case 'opened': {
      const run = runAt(state, event.key);
      run.items = event.items;
      state.containers.set(event.key, newContainer(event.size));
      return move(state, run, 'running');
    }
    case 'round_begun':
      containerAt(state, event.key).begun += 1;
      return undefined;
    case 'round_ended': {
      const container = containerAt(state, event.key);
      container.results[event.index] = event.result;
      if (event.isFailed) container.failed += 1;
      else container.finished += 1;
      return undefined;
    }
    case 'moved':
      return move(state, runAt(state, event.key), event.status);
    case 'ended': {
      const run = runAt(state, event.key);
      run.output = event.output;
      run.error = event.error;
      run.leadsTo = event.leadsTo;
      return move(state, run, event.status);
    }
    case 'left':
      runAt(state, event.key).isLeft = true;
      state.touched.add(event.key);
      return undefined;
    case 'assigned': {
      const run = runAt(state, event.key);
      run.assigned = event.values;
      state.variables.set(run.scope, { ...state.variables.get(run.scope), ...event.values });
      state.touched.add(event.key);
      return undefined;
    }
    case 'finished':
      state.ending = event.ending;
      return undefined;
  }
};

const newContainer = (size: number): Container => ({
  size,
  begun: 0,
  finished: 0,
  failed: 0,
  results: Array.from({ length: size }, () => null),
});

export type StoredRun = Omit<Run, 'key'>;

/** The state from its rows, in the order of their positions. */
export const restore = (graph: Graph, executionId: string, input: Json, stored: readonly StoredRun[]): State => {
  const state = newState(executionId, input, graph.workflow.variables);
  for (const row of stored) {
    const run: Run = { ...row, key: keyOf(row.scope, row.node) };
    state.runs.set(run.key, run);
    state.current.set(run.scope, run.key);
    if (run.status === 'ready') state.ready.add(run.key);
    if (run.assigned) state.variables.set(run.scope, { ...state.variables.get(run.scope), ...run.assigned });
    if (run.status !== 'ready') restoreContainer(graph, state, run);
    restoreRound(graph, state, run);
  }
  return state;
};

const restoreContainer = (graph: Graph, state: State, run: Run): void => {
  const node = nodeAt(graph, run.node);
  if (node.type === 'loop') state.containers.set(run.key, newContainer(run.items?.length ?? 0));
  if (node.type !== 'parallel') return;
  const container = newContainer(node.branches.length);
  container.begun = container.size;
  // A branch that leads straight to the join has no run that could say so.
  container.finished = node.branches.filter((id) => id === graph.joins.get(node.id)).length;
  state.containers.set(run.key, container);
};

/** What a run says about the branch or round it stands in. */
const restoreRound = (graph: Graph, state: State, run: Run): void => {
  const opener = openerOf(run.scope);
  const container = opener && state.containers.get(opener.key);
  if (!container) return;
  container.begun = Math.max(container.begun, opener.index + 1);
  const exit = graph.regions.get(run.node)?.exit;
  if (run.isLeft && run.leadsTo === exit) {
    container.finished += 1;
    container.results[opener.index] = run.output;
  } else if (isUnhandled(run)) container.failed += 1;
};

const isUnhandled = (run: Run): boolean =>
  run.leadsTo === null && (run.status === 'failed' || run.status === 'rejected' || run.status === 'expired');

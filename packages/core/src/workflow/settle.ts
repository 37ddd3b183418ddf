/**
 * What follows when a node has come to an end: the next node, the exit of a branch or round, or the end of the whole.
 * Everything here is decided from the state alone; what is decided is an event, which `evolve` puts into it at once.
 */
import type { Json } from '../json.ts';
import { type Graph, nodeAt } from './regions.ts';
import type { NodeOf, WorkflowNode } from './schema.ts';
import {
  type Run,
  type RunError,
  type State,
  type WorkflowEvent,
  evolve,
  getContainer,
  isOpen,
  openerOf,
  runAt,
  scopeOf,
} from './state.ts';

/** What an ended run says of itself. */
export type RunOutcome =
  | { readonly type: 'completed'; readonly output: Json }
  | {
      readonly type: 'failed';
      /** Rejected and expired are failures of an approval. */
      readonly status: 'failed' | 'rejected' | 'expired';
      readonly error: RunError;
      readonly output?: Json;
    };

export type Emit = (event: WorkflowEvent) => void;

/** An emitter that keeps what it emitted. */
export const emitterOf =
  (state: State, events: WorkflowEvent[]): Emit =>
  (event) => {
    events.push(event);
    evolve(state, event);
  };

/** Ends a run and goes on behind it. A run that has ended, or an execution that has, stays as it is (W5). */
export const settle = (graph: Graph, state: State, key: string, outcome: RunOutcome): WorkflowEvent[] => {
  const events: WorkflowEvent[] = [];
  const run = state.runs.get(key);
  if (!run || !isOpen(run.status) || state.ending) return events;
  const emit = emitterOf(state, events);
  if (outcome.type === 'completed') complete(graph, state, emit, run, outcome.output);
  else fail(graph, state, emit, run, outcome);
  return events;
};

/** Goes on behind a run whose `delay_to_next_step` is over. */
export const leaveDelayed = (graph: Graph, state: State, key: string): WorkflowEvent[] => {
  const events: WorkflowEvent[] = [];
  const run = state.runs.get(key);
  if (run && run.leadsTo !== null && !run.isLeft && !state.ending) leave(graph, state, emitterOf(state, events), run);
  return events;
};

const successOf = (node: WorkflowNode): string | null => ('on_success' in node ? (node.on_success ?? null) : null);
const delayOf = (node: WorkflowNode): number => ('delay_to_next_step' in node ? (node.delay_to_next_step ?? 0) : 0);

export const complete = (graph: Graph, state: State, emit: Emit, run: Run, output: Json, to?: string): void => {
  const node = nodeAt(graph, run.node);
  end(graph, state, emit, run, { status: 'completed', output, error: null }, to ?? successOf(node), delayOf(node));
};

export const fail = (
  graph: Graph,
  state: State,
  emit: Emit,
  run: Run,
  { status, error, output = null }: Extract<RunOutcome, { type: 'failed' }>,
): void => {
  const node = nodeAt(graph, run.node);
  const facts = { status, output, error };
  if (status !== 'failed' && node.type === 'approval' && node.on_rejected !== 'fail') {
    if (node.on_rejected === 'continue') return end(graph, state, emit, run, facts, successOf(node), delayOf(node));
    end(graph, state, emit, run, facts, null, 0);
    return emit({ type: 'finished', ending: endingOf(facts) });
  }
  const onFail = 'on_fail' in node ? node.on_fail : undefined;
  if (onFail !== undefined) return end(graph, state, emit, run, facts, onFail, delayOf(node));
  if (graph.workflow.on_failure === 'continue') {
    const next = continuing(graph, node);
    if (next !== null) return end(graph, state, emit, run, facts, next, delayOf(node));
  }
  end(graph, state, emit, run, facts, null, 0);
  failScope(graph, state, emit, run.scope, facts);
};

/** Where it goes on after a failure that the workflow passes over. */
const continuing = (graph: Graph, node: WorkflowNode): string | null => {
  if (node.type === 'condition') return node.on_false ?? null;
  if (node.type === 'switch') return node.otherwise ?? null;
  return node.type === 'parallel' ? (graph.joins.get(node.id) ?? null) : successOf(node);
};

type Facts = {
  readonly status: 'completed' | 'failed' | 'rejected' | 'expired';
  readonly output: Json;
  readonly error: RunError | null;
};

const endingOf = ({ status, error }: Facts) => ({
  status: status === 'rejected' || status === 'expired' ? ('rejected' as const) : ('failed' as const),
  output: null,
  error,
});

const end = (
  graph: Graph,
  state: State,
  emit: Emit,
  run: Run,
  facts: Facts,
  leadsTo: string | null,
  delaySeconds: number,
): void => {
  emit({ type: 'ended', key: run.key, ...facts, leadsTo, delaySeconds });
  if (leadsTo !== null && delaySeconds === 0) leave(graph, state, emit, run);
};

/** Goes over the edge that the run has chosen. */
const leave = (graph: Graph, state: State, emit: Emit, run: Run): void => {
  emit({ type: 'left', key: run.key });
  const to = run.leadsTo ?? '';
  const exit = graph.regions.get(run.node)?.exit;
  if (to === exit) return arrive(graph, state, emit, run.scope, run.output);
  emit({ type: 'entered', scope: run.scope, node: to });
};

/** A branch or a round has come to its exit. */
const arrive = (graph: Graph, state: State, emit: Emit, scope: string, result: Json): void => {
  const opener = openerOf(scope);
  if (!opener) throw new Error('the main line has no exit');
  emit({ type: 'round_ended', key: opener.key, index: opener.index, result, isFailed: false });
  const run = runAt(state, opener.key);
  const node = nodeAt(graph, run.node);
  if (node.type === 'parallel') checkJoin(graph, state, emit, run, node);
  else if (node.type === 'loop') goOnLooping(graph, state, emit, run, node);
};

const neededBy = (graph: Graph, node: NodeOf<'parallel'>): number => {
  const join = nodeAt(graph, graph.joins.get(node.id) ?? '');
  if (join.type !== 'join') throw new Error(`${join.id} is no join`);
  if (join.mode === 'all') return node.branches.length;
  return join.mode === 'any' ? 1 : (join.count ?? 1);
};

const checkJoin = (graph: Graph, state: State, emit: Emit, run: Run, node: NodeOf<'parallel'>): void => {
  const { finished, results } = getContainer(state, run.key);
  if (finished < neededBy(graph, node)) return;
  cancelInside(graph, state, emit, run);
  const joinId = graph.joins.get(node.id) ?? '';
  complete(graph, state, emit, run, [...results], joinId);
};

/** Begins the rounds that the loop's concurrency has room for; ends it after the last one. */
export const goOnLooping = (graph: Graph, state: State, emit: Emit, run: Run, node: NodeOf<'loop'>): void => {
  const container = getContainer(state, run.key);
  while (
    container.begun < container.size &&
    container.begun - container.finished - container.failed < node.concurrency
  ) {
    const scope = scopeOf(run.key, container.begun);
    emit({ type: 'round_begun', key: run.key });
    emit({ type: 'entered', scope, node: node.body ?? '' });
  }
  if (container.finished + container.failed === container.size)
    complete(graph, state, emit, run, [...container.results]);
};

/** A failure that no node of a scope took: it is the branch’s or round’s own now, or the end of all. */
const failScope = (graph: Graph, state: State, emit: Emit, scope: string, facts: Facts): void => {
  const opener = openerOf(scope);
  if (!opener) return emit({ type: 'finished', ending: endingOf(facts) });
  emit({ type: 'round_ended', key: opener.key, index: opener.index, result: null, isFailed: true });
  const run = runAt(state, opener.key);
  const node = nodeAt(graph, run.node);
  if (node.type === 'loop' && node.on_item_failure === 'continue') return goOnLooping(graph, state, emit, run, node);
  if (node.type === 'parallel') {
    const { size, failed } = getContainer(state, run.key);
    if (size - failed >= neededBy(graph, node)) return undefined;
  }
  cancelInside(graph, state, emit, run);
  const status = facts.status === 'completed' ? 'failed' : facts.status;
  const error = facts.error ?? { code: 'failed', message: 'A step inside failed.' };
  return fail(graph, state, emit, run, { type: 'failed', status, error });
};

/** Withdraws everything that still goes on in the branches or rounds of a run. */
const cancelInside = (graph: Graph, state: State, emit: Emit, opener: Run): void => {
  const { begun } = getContainer(state, opener.key);
  for (let index = 0; index < begun; index += 1) {
    const run = state.runs.get(state.current.get(scopeOf(opener.key, index)) ?? '');
    if (run) cancelRun(graph, state, emit, run);
  }
};

const cancelRun = (graph: Graph, state: State, emit: Emit, run: Run): void => {
  if (isOpen(run.status)) {
    if (state.containers.has(run.key)) cancelInside(graph, state, emit, run);
    emit({
      type: 'ended',
      key: run.key,
      status: 'cancelled',
      output: null,
      error: null,
      leadsTo: null,
      delaySeconds: 0,
    });
  } else if (run.leadsTo !== null && !run.isLeft) {
    // It had ended and waited to go on: it goes nowhere now.
    emit({ type: 'left', key: run.key });
  }
};

/** Withdraws everything: the execution has ended, or is cancelled. */
export const cancelAll = (graph: Graph, state: State): WorkflowEvent[] => {
  const events: WorkflowEvent[] = [];
  const run = state.runs.get(state.current.get('') ?? '');
  if (run) cancelRun(graph, state, emitterOf(state, events), run);
  return events;
};

/** Enters a region's scope: its first node, or its exit where the branch is empty. */
export const enterBranch = (graph: Graph, state: State, emit: Emit, run: Run, index: number, first: string): void => {
  const scope = scopeOf(run.key, index);
  emit({ type: 'round_begun', key: run.key });
  if (first === graph.joins.get(run.node)) arrive(graph, state, emit, scope, null);
  else emit({ type: 'entered', scope, node: first });
};

/**
 * A workflow's execution as the process that carries it on holds it: the state that core steps, and beside each run what
 * only its row knows. Made from the rows, written back with every round; while the lease holds, nobody else changes them.
 */
import {
  type Graph,
  type Json,
  type State,
  type Workflow,
  begin,
  graphOf,
  isOpen,
  newState,
  nodeAt,
  restore,
} from '@countersign/core';
import {
  type ExecutionRow,
  type LivePolicy,
  type NodeRunFacts,
  type NodeRunRow,
  type Scope,
  type ToolRow,
  getWorkflow,
  getWorkflowVersion,
  newId,
} from '@countersign/store';

/** What core does not need to know of a run. */
export type Facts = {
  id: string;
  attempt: number;
  /** What is called, asked or started with, as JSON; an edit by a reviewer is in it. */
  input: string | null;
  approvalId: string | null;
  childId: string | null;
  toolId: string | null;
  gate: NodeRunRow['gate'];
  wakeAt: Date | null;
  timeoutAt: Date | null;
};

export type WorkflowFacts = {
  readonly id: string;
  readonly name: string;
  readonly versionId: string;
  readonly version: number;
  readonly graph: Graph;
  /** Every tool that it names. */
  readonly tools: readonly string[];
};

export type Live = {
  readonly workflow: WorkflowFacts;
  readonly graph: Graph;
  state: State;
  readonly facts: Map<string, Facts>;
  readonly keys: Map<string, string>;
  /** Runs with a moment at which something is due. */
  readonly timed: Set<string>;
  /** Runs whose call this process is making. */
  readonly inFlight: Set<string>;
  /** What was read with the last locks; a round that reads nothing is only written while it is so. */
  read: LastRead;
};

export type LastRead = {
  readonly execution: ExecutionRow;
  /** Every tool that the graph names, and the policies that held. */
  readonly tools: readonly ToolRow[];
  readonly policies: readonly LivePolicy[];
  /** The database's time, and this process's clock then, in milliseconds. */
  readonly at: Date;
  readonly clockMs: number;
};

/** The database's time now: as it said last, and what has passed since. */
export const timeOf = ({ at, clockMs }: LastRead): Date => new Date(at.getTime() + performance.now() - clockMs);

/** Versions never change. */
const known = new Map<string, WorkflowFacts>();
const KNOWN_MAX = 200;

/** Every tool that the workflow names, where this process knows it already. */
export const toolsKnownOf = (versionId: string): readonly string[] | undefined => known.get(versionId)?.tools;

export const loadWorkflow = async (scope: Scope, versionId: string): Promise<WorkflowFacts> => {
  const before = known.get(versionId);
  if (before) return before;
  const version = await getWorkflowVersion(scope, versionId);
  const workflow = version && (await getWorkflow(scope, version.workflow_id));
  if (!version || !workflow) throw new Error(`no workflow version ${versionId}`);
  const graph = graphOf(JSON.parse(version.definition) as Workflow);
  const facts = {
    id: workflow.id,
    name: workflow.name,
    versionId,
    version: version.version,
    graph,
    tools: [...new Set(graph.workflow.nodes.flatMap((node) => (node.type === 'tool' ? [node.tool] : [])))],
  };
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(versionId, facts);
  return facts;
};

const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

export const makeLive = (workflow: WorkflowFacts, read: LastRead, rows: readonly NodeRunRow[]): Live => {
  const { execution } = read;
  const { graph } = workflow;
  const input = parse(execution.input);
  const state =
    rows.length === 0
      ? newState(execution.id, input, graph.workflow.variables)
      : restore(
          graph,
          execution.id,
          input,
          rows.map((row) => ({
            scope: row.scope,
            node: row.node,
            position: row.position,
            status: row.status,
            output: parse(row.output),
            error: row.error,
            leadsTo: row.leads_to,
            isLeft: row.is_left,
            items: parse(row.items) as readonly Json[] | null,
            assigned: parse(row.assigned) as State['variables'] extends Map<string, infer V> ? V | null : never,
          })),
        );
  const live: Live = {
    workflow,
    graph,
    state,
    facts: new Map(),
    keys: new Map(),
    timed: new Set(),
    inFlight: new Set(),
    read,
  };
  for (const row of rows) {
    const key = row.scope + row.node;
    live.facts.set(key, {
      id: row.id,
      attempt: row.attempt,
      input: row.input,
      approvalId: row.approval_id,
      childId: row.child_execution_id,
      toolId: row.tool_id,
      gate: row.gate,
      wakeAt: row.wake_at,
      timeoutAt: row.timeout_at,
    });
    live.keys.set(row.id, key);
    if (row.wake_at || row.timeout_at) live.timed.add(key);
  }
  if (rows.length === 0) begin(graph, state);
  return live;
};

export const factsOf = (live: Live, key: string): Facts => {
  const before = live.facts.get(key);
  if (before) return before;
  const facts: Facts = {
    id: newId('step'),
    attempt: 0,
    input: null,
    approvalId: null,
    childId: null,
    toolId: null,
    gate: null,
    wakeAt: null,
    timeoutAt: null,
  };
  live.facts.set(key, facts);
  live.keys.set(facts.id, key);
  return facts;
};

/** Sets when a run goes on by itself, and when its time is over; null takes the moment away. */
export const setTimes = (live: Live, key: string, times: { wakeAt?: Date | null; timeoutAt?: Date | null }): void => {
  const facts = factsOf(live, key);
  if (times.wakeAt !== undefined) facts.wakeAt = times.wakeAt;
  if (times.timeoutAt !== undefined) facts.timeoutAt = times.timeoutAt;
  if (facts.wakeAt || facts.timeoutAt) live.timed.add(key);
  else live.timed.delete(key);
  live.state.touched.add(key);
};

/** The earliest moment at which something is due. */
export const nextMoment = (live: Live): Date | null => {
  let earliest: Date | null = null;
  for (const key of live.timed)
    for (const at of [live.facts.get(key)?.wakeAt, live.facts.get(key)?.timeoutAt])
      if (at && (!earliest || at < earliest)) earliest = at;
  return earliest;
};

/** Empties the list of what changed into rows. */
export const changedRows = (live: Live): NodeRunFacts[] => {
  const rows: NodeRunFacts[] = [];
  for (const key of live.state.touched) {
    const run = live.state.runs.get(key);
    if (!run) continue;
    const facts = factsOf(live, key);
    if (!isOpen(run.status) && (run.leadsTo === null || run.isLeft))
      setTimes(live, key, { wakeAt: null, timeoutAt: null });
    rows.push({
      position: run.position,
      id: facts.id,
      node: run.node,
      scope: run.scope,
      type: nodeAt(live.graph, run.node).type,
      status: run.status,
      attempt: facts.attempt,
      input: facts.input,
      output: run.status === 'completed' || run.output !== null ? JSON.stringify(run.output) : null,
      error: run.error,
      leads_to: run.leadsTo,
      is_left: run.isLeft,
      items: run.items && JSON.stringify(run.items),
      assigned: run.assigned && JSON.stringify(run.assigned),
      approval_id: facts.approvalId,
      child_execution_id: facts.childId,
      tool_id: facts.toolId,
      gate: facts.gate,
      wake_at: facts.wakeAt,
      timeout_at: facts.timeoutAt,
    });
  }
  live.state.touched.clear();
  return rows;
};

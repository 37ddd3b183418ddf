/**
 * The shape of a graph: which node follows which, and in which region each stands. A region is the main line, a branch
 * of a parallel node (up to its join) or the body of a loop (up to the loop itself). Inside a region there is one line of
 * work at a time and no way back, so that a node runs at most once for each time its region is entered (W3).
 */
import type { NodeOf, Workflow, WorkflowNode } from './schema.ts';

export type EdgeKind = 'success' | 'fail' | 'true' | 'false' | 'case' | 'otherwise' | 'branch' | 'body';
export type Edge = {
  readonly kind: EdgeKind;
  /** Undefined where the graph does not say. */
  readonly to: string | undefined;
  /** Where in the node it is written (JSON Pointer). */
  readonly pointer: string;
  readonly isNeeded: boolean;
};

/** Everything that a node leads to, in the order of its settings. */
export const edgesOf = (node: WorkflowNode): Edge[] => {
  const edges: Edge[] = [];
  const add = (kind: EdgeKind, to: string | undefined, pointer: string, isNeeded = true): void => {
    edges.push({ kind, to, pointer, isNeeded });
  };
  if (node.type === 'condition') {
    add('true', node.on_true, '/on_true');
    add('false', node.on_false, '/on_false');
  } else if (node.type === 'switch') {
    for (const [index, { next }] of node.cases.entries()) add('case', next, `/cases/${index}/next`);
    add('otherwise', node.otherwise, '/otherwise');
  } else if (node.type === 'parallel') {
    for (const [index, first] of node.branches.entries()) add('branch', first, `/branches/${index}`);
  } else if (node.type !== 'end') {
    if (node.type === 'loop') add('body', node.body, '/body');
    add('success', node.on_success, '/on_success');
  }
  if ('on_fail' in node && node.on_fail !== undefined) add('fail', node.on_fail, '/on_fail', false);
  return edges;
};

/** A region by the node that opens it; the main line has none. `branch` is the index of a parallel's branch. */
export type Region = {
  readonly key: string;
  readonly opener: string | null;
  readonly branch: number;
  readonly parent: Region | null;
  /** The node at which it ends: the join or the loop. */
  readonly exit: string | null;
};

export const MAIN: Region = { key: '', opener: null, branch: 0, parent: null, exit: null };

export type Graph = {
  readonly workflow: Workflow;
  readonly start: string;
  readonly nodes: ReadonlyMap<string, WorkflowNode>;
  /** Of each reachable node. */
  readonly regions: ReadonlyMap<string, Region>;
  /** The join of each parallel. */
  readonly joins: ReadonlyMap<string, string>;
};

/** A node as what it must be in a graph that was validated. */
export const nodeAt = (graph: Graph, id: string): WorkflowNode => {
  const node = graph.nodes.get(id);
  if (!node) throw new Error(`the workflow has no node ${id}`);
  return node;
};

/**
 * The join at which the branches of a parallel meet: the first one that a branch comes to outside of any parallel
 * inside it. Null where a branch comes to none, or branches come to different ones.
 */
export const joinsOf = (nodes: ReadonlyMap<string, WorkflowNode>): Map<string, string | null> => {
  const joins = new Map<string, string | null>();
  const open = new Set<string>();
  const find = (parallel: NodeOf<'parallel'>): string | null => {
    const before = joins.get(parallel.id);
    if (before !== undefined) return before;
    if (open.has(parallel.id)) return null;
    open.add(parallel.id);
    const found = new Set<string>();
    const seen = new Set<string>();
    const queue = [...parallel.branches];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const node = nodes.get(id);
      if (!node) continue;
      if (node.type === 'join') {
        found.add(id);
        continue;
      }
      queue.push(...passing(node));
    }
    open.delete(parallel.id);
    const [only] = found;
    const join = found.size === 1 && only !== undefined ? only : null;
    joins.set(parallel.id, join);
    return join;
  };
  /** What comes after a node in its own region: after the join of a parallel, and not into a loop's body. */
  const passing = (node: WorkflowNode): string[] => {
    if (node.type === 'parallel') {
      const join = nodes.get(find(node) ?? '');
      const after = join?.type === 'join' ? join.on_success : undefined;
      return [...(after === undefined ? [] : [after]), ...(node.on_fail === undefined ? [] : [node.on_fail])];
    }
    return edgesOf(node).flatMap(({ kind, to }) => (to === undefined || kind === 'body' ? [] : [to]));
  };
  for (const node of nodes.values()) if (node.type === 'parallel') find(node);
  return joins;
};

/** How a walk through the graph left its regions where it must not. */
export type RegionProblem =
  | { readonly type: 'enters'; readonly node: string; readonly pointer: string; readonly to: string }
  | { readonly type: 'leaves'; readonly node: string; readonly pointer: string; readonly to: string };

/**
 * Puts every reachable node into its region. A node that is reached from two regions, and an edge to a join or a loop
 * that is not the region's own exit, are problems.
 */
export const findRegions = (
  nodes: ReadonlyMap<string, WorkflowNode>,
  start: string,
  joins: ReadonlyMap<string, string | null>,
): { readonly regions: Map<string, Region>; readonly problems: RegionProblem[] } => {
  const regions = new Map<string, Region>();
  const problems: RegionProblem[] = [];
  const queue: { id: string; region: Region; from: string; pointer: string }[] = [
    { id: start, region: MAIN, from: start, pointer: '' },
  ];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { id, region, from, pointer } = next;
    const node = nodes.get(id);
    if (!node) continue;
    if (region.exit === id) continue;
    const before = regions.get(id);
    if (before) {
      if (before !== region)
        problems.push({ type: isAround(before, region) ? 'leaves' : 'enters', node: from, pointer, to: id });
      continue;
    }
    const opener = node.type === 'join' ? [...joins].find(([, join]) => join === id)?.[0] : undefined;
    if (node.type === 'join' && opener !== from) {
      problems.push({ type: 'leaves', node: from, pointer, to: id });
      continue;
    }
    regions.set(id, region);
    for (const [index, edge] of edgesOf(node).entries()) {
      if (edge.to === undefined) continue;
      const inner = openedBy(node, edge, index, region, joins);
      queue.push({ id: edge.to, region: inner ?? region, from: id, pointer: edge.pointer });
    }
    // A join is entered from its parallel, in the parallel's own region.
    const join = node.type === 'parallel' ? joins.get(id) : null;
    if (join) queue.push({ id: join, region, from: id, pointer: '/branches' });
  }
  return { regions, problems };
};

/** Whether a region stands around another one. */
const isAround = (outer: Region, inner: Region): boolean =>
  inner.parent !== null && (inner.parent === outer || isAround(outer, inner.parent));

const openedBy = (
  node: WorkflowNode,
  edge: Edge,
  index: number,
  parent: Region,
  joins: ReadonlyMap<string, string | null>,
): Region | null => {
  if (edge.kind === 'branch')
    return {
      key: `${parent.key}${node.id}[${index}]/`,
      opener: node.id,
      branch: index,
      parent,
      exit: joins.get(node.id) ?? null,
    };
  if (edge.kind === 'body')
    return { key: `${parent.key}${node.id}/`, opener: node.id, branch: 0, parent, exit: node.id };
  return null;
};

/** The graph of a workflow that was validated. Throws on one that was not, which would be a bug. */
export const graphOf = (workflow: Workflow): Graph => {
  const nodes = new Map(workflow.nodes.map((node) => [node.id, node]));
  const start = workflow.nodes.find(({ type }) => type === 'start');
  if (!start) throw new Error('the workflow has no start');
  const joins = joinsOf(nodes);
  const { regions } = findRegions(nodes, start.id, joins);
  return {
    workflow,
    start: start.id,
    nodes,
    regions,
    joins: new Map([...joins].flatMap(([id, join]) => (join === null ? [] : [[id, join] as const]))),
  };
};

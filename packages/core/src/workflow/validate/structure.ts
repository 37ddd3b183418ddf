/** Whether the graph holds together: every edge leads somewhere, every node is reached, regions are left through their exits. */
import { type Graph, MAIN, edgesOf, findRegions, joinsOf } from '../regions.ts';
import type { Workflow, WorkflowNode } from '../schema.ts';
import type { Report } from './problems.ts';

/** @returns the graph, or null where there is not even a start */
export const checkStructure = (workflow: Workflow, report: Report): Graph | null => {
  const at = new Map<string, number>();
  for (const [index, node] of workflow.nodes.entries()) {
    if (at.has(node.id)) report('duplicate_id', node.id, `/nodes/${index}/id`, `another node is named ${node.id} too`);
    else at.set(node.id, index);
  }
  const place = (id: string): string => `/nodes/${at.get(id) ?? 0}`;
  const nodes = new Map(workflow.nodes.map((node) => [node.id, node]));
  const [start, ...more] = workflow.nodes.filter(({ type }) => type === 'start');
  for (const extra of more) report('many_starts', extra.id, place(extra.id), 'a workflow has one start');
  checkEdges(nodes, place, report);
  if (!start) {
    report('no_start', null, '/nodes', 'a workflow begins at a node of the type start');
    return null;
  }
  const joins = joinsOf(nodes);
  const { regions, problems } = findRegions(nodes, start.id, joins);
  for (const problem of problems)
    report(
      problem.type === 'enters' ? 'enters_region' : 'leaves_region',
      problem.node,
      `${place(problem.node)}${problem.pointer}`,
      problem.type === 'enters'
        ? `leads to ${problem.to}, which stands in another branch or loop`
        : `leads to ${problem.to}, which is not where its own branch or loop ends`,
    );
  const graph: Graph = {
    workflow,
    start: start.id,
    nodes,
    regions,
    joins: new Map([...joins].flatMap(([id, join]) => (join === null ? [] : [[id, join] as const]))),
  };
  for (const node of nodes.values()) {
    if (regions.has(node.id)) checkNode(graph, node, place(node.id), report);
    else if (node.type === 'join')
      report('join_without_parallel', node.id, place(node.id), 'no parallel’s branches meet here');
    else report('unreachable', node.id, place(node.id), 'nothing leads to this node from the start');
  }
  checkCycles(graph, place, report);
  return graph;
};

const checkEdges = (nodes: ReadonlyMap<string, WorkflowNode>, place: (id: string) => string, report: Report): void => {
  for (const node of nodes.values())
    for (const { to, pointer, isNeeded } of edgesOf(node)) {
      const here = `${place(node.id)}${pointer}`;
      if (to === undefined) {
        if (isNeeded) report('missing_edge', node.id, here, 'says nothing of what follows');
      } else if (!nodes.has(to)) report('unknown_node', node.id, here, `there is no node ${to}`);
      else if (nodes.get(to)?.type === 'start')
        report('leads_to_start', node.id, here, 'the start has nothing before it');
    }
};

const checkNode = (graph: Graph, node: WorkflowNode, here: string, report: Report): void => {
  const region = graph.regions.get(node.id);
  if (node.type === 'end' && region !== MAIN)
    report(
      'end_inside',
      node.id,
      here,
      `a branch leads to its join and a loop’s body back to the loop: only the main line ends`,
    );
  if (node.type === 'parallel') {
    const join = graph.joins.get(node.id);
    if (join === undefined)
      report('no_join', node.id, `${here}/branches`, 'all branches must come to the same join, and to no other');
    const target = join === undefined ? undefined : graph.nodes.get(join);
    if (target?.type === 'join') checkCount(graph, target, node.branches.length, report);
    if (new Set(node.branches.filter((id) => id !== join)).size < node.branches.filter((id) => id !== join).length)
      report('enters_region', node.id, `${here}/branches`, 'two branches begin at the same node');
  }
  if (node.type === 'loop' && node.body !== undefined && graph.nodes.has(node.body)) {
    const returns = [...graph.nodes.values()].some(
      (inside) => graph.regions.get(inside.id)?.opener === node.id && edgesOf(inside).some(({ to }) => to === node.id),
    );
    if (!returns && node.body !== node.id)
      report('loop_without_return', node.id, `${here}/body`, `the last node of the body must lead back to ${node.id}`);
  }
};

const checkCount = (
  graph: Graph,
  join: Extract<WorkflowNode, { type: 'join' }>,
  branches: number,
  report: Report,
): void => {
  const here = `/nodes/${graph.workflow.nodes.indexOf(join)}/count`;
  if (join.mode === 'count' && join.count === undefined)
    report('join_count', join.id, here, 'is needed for the mode count');
  if (join.mode !== 'count' && join.count !== undefined)
    report('join_count', join.id, here, `means nothing in the mode ${join.mode}`);
  if (join.count !== undefined && join.count > branches)
    report('join_count', join.id, here, `is more than the ${branches} branches that meet here`);
};

/** In each region there is no way back; the one from a body to its loop leads out of the body. */
const checkCycles = (graph: Graph, place: (id: string) => string, report: Report): void => {
  const state = new Map<string, 'open' | 'done'>();
  for (const root of graph.regions.keys()) {
    if (state.has(root)) continue;
    const stack: { id: string; edges: { to: string; pointer: string }[] }[] = [];
    const enter = (id: string): void => {
      state.set(id, 'open');
      const node = graph.nodes.get(id);
      const region = graph.regions.get(id);
      const edges = node
        ? edgesOf(node).flatMap(({ to, pointer }) =>
            to === undefined || to === region?.exit || !graph.regions.has(to) ? [] : [{ to, pointer }],
          )
        : [];
      // What follows a join follows its parallel, whose branches end before it.
      const join = graph.joins.get(id);
      stack.push({ id, edges: join === undefined ? edges : [...edges, { to: join, pointer: '/branches' }] });
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = top.edges.pop();
      if (!edge) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open')
        report(
          'cycle',
          top.id,
          `${place(top.id)}${edge.pointer}`,
          `leads back to ${edge.to}; a loop node repeats things`,
        );
      else if (!state.has(edge.to)) enter(edge.to);
    }
  }
};

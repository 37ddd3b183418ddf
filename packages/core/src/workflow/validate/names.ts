/** What expressions at a node may name, and the types of it. */
import type { Json } from '../../json.ts';
import { type Graph, type Region, edgesOf } from '../regions.ts';
import type { WorkflowNode } from '../schema.ts';
import type { Names } from './check-expression.ts';
import { BOOL, DYN, NUMBER, STRING, type ValueType, listType, objectType, typeOfSchema, typeOfValue } from './types.ts';

const DECISION = objectType({
  approved: BOOL,
  asked: BOOL,
  response: DYN,
  details: DYN,
  reason: DYN,
  decided_by: DYN,
});

/** What is known of a node's output. */
const outputOf = (node: WorkflowNode): ValueType => {
  switch (node.type) {
    case 'approval':
      return DECISION;
    case 'condition':
      return BOOL;
    case 'switch':
      return NUMBER;
    case 'join':
    case 'loop':
      return listType(DYN);
    case 'transform':
      return node.output === undefined ? DYN : literalType(node.output);
    default:
      return DYN;
  }
};

/** The type of a template, as far as it holds no expressions. */
const literalType = (template: Json): ValueType => {
  if (typeof template === 'string') return template.includes('{{') ? DYN : STRING;
  if (Array.isArray(template)) return listType(DYN);
  if (template === null || typeof template !== 'object') return typeOfValue(template);
  return objectType(Object.fromEntries(Object.entries(template).map(([key, value]) => [key, literalType(value)])));
};

const stepType = (node: WorkflowNode): ValueType => objectType({ output: outputOf(node), status: STRING, error: DYN });

/**
 * The nodes that can have run when this one does: those before it in its own region, and before the openers of the
 * regions around it. What ran inside a parallel or a loop is reached through its join's or its own output.
 */
const nodesBefore = (graph: Graph, predecessors: ReadonlyMap<string, readonly string[]>, id: string): Set<string> => {
  const before = new Set<string>();
  const region = graph.regions.get(id);
  const isAround = (other: Region | undefined): boolean => {
    for (let at: Region | null | undefined = region; at; at = at.parent) if (at === other) return true;
    return false;
  };
  const queue = [...(predecessors.get(id) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (before.has(next) || !isAround(graph.regions.get(next))) continue;
    before.add(next);
    queue.push(...(predecessors.get(next) ?? []));
  }
  return before;
};

export type NamesAt = (node: WorkflowNode) => Names;

/** @returns the names at a node; asked for once a node, since a large graph has many expressions */
export const namesIn = (graph: Graph): NamesAt => {
  const { workflow } = graph;
  const predecessors = new Map<string, string[]>();
  const lead = (from: string, to: string | undefined): void => {
    if (to !== undefined && graph.regions.get(to)?.exit !== to)
      predecessors.set(to, [...(predecessors.get(to) ?? []), from]);
  };
  for (const node of graph.nodes.values()) {
    if (!graph.regions.has(node.id)) continue;
    // The way back into a loop is no way before it, and a join follows its parallel.
    for (const { to } of edgesOf(node)) if (to !== graph.regions.get(node.id)?.exit) lead(node.id, to);
    const join = graph.joins.get(node.id);
    if (join !== undefined) lead(node.id, join);
  }
  const set = new Set(
    [...graph.nodes.values()].flatMap((node) => (node.type === 'transform' ? Object.keys(node.set) : [])),
  );
  const vars = objectType(
    Object.fromEntries(
      Object.entries(workflow.variables).map(([name, value]) => [name, set.has(name) ? DYN : typeOfValue(value)]),
    ),
  );
  const common: [string, ValueType][] = [
    ['input', workflow.input_schema ? typeOfSchema(workflow.input_schema) : DYN],
    ['vars', vars],
    ['execution', objectType({ id: STRING })],
  ];
  return (node) => {
    const names = new Map(common);
    const steps = Object.fromEntries(
      [...nodesBefore(graph, predecessors, node.id)].flatMap((id) => {
        const before = graph.nodes.get(id);
        return before ? [[id, stepType(before)] as const] : [];
      }),
    );
    names.set('steps', objectType(steps));
    for (let region = graph.regions.get(node.id); region; region = region.parent ?? undefined) {
      const opener = region.opener === null ? undefined : graph.nodes.get(region.opener);
      if (opener?.type !== 'loop') continue;
      if (!names.has(opener.as)) names.set(opener.as, DYN);
      names.set(`${opener.as}_index`, NUMBER);
    }
    return names;
  };
};

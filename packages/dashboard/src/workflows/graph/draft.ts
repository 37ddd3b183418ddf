/** A definition while somebody works on it: of the right outline, and perhaps with settings that are missing or wrong. */
import {
  type Json,
  type JsonObject,
  NODE_TYPES,
  type NodeType,
  type Workflow,
  isArray,
  isObject,
} from '@countersign/core';

export type DraftNode = JsonObject & { readonly id: string; readonly type: NodeType };
export type Draft = JsonObject & { readonly nodes: readonly DraftNode[] };
export type Position = { readonly x: number; readonly y: number };

/** Lists that say what follows; without them there would be nothing to draw. */
const LISTS: { readonly [T in NodeType]?: string } = { switch: 'cases', parallel: 'branches' };

const problemOf = (node: Json, index: number): string | null => {
  if (!isObject(node)) return `/nodes/${index} is not an object`;
  const { id, type } = node;
  if (typeof id !== 'string' || id === '') return `/nodes/${index} has no id`;
  if (!NODE_TYPES.some((known) => known === type)) return `${id} has no type of node`;
  const list = LISTS[type as NodeType];
  const value = list === undefined ? undefined : node[list];
  if (list !== undefined && (value === undefined || !isArray(value))) return `${id} has no list of ${list}`;
  if (type === 'switch' && !(value as readonly Json[]).every(isObject)) return `${id} has a case that is not an object`;
  if (type === 'parallel' && !(value as readonly Json[]).every((first) => typeof first === 'string'))
    return `${id} has a branch that is not the id of a node`;
  return null;
};

/** The draft that a JSON is, or why it can't be drawn. What is wrong beyond that is for the check to say. */
export const readDraft = (json: Json): Draft | string => {
  if (!isObject(json)) return 'a definition is an object';
  const nodes = json['nodes'];
  if (nodes === undefined || !isArray(nodes)) return 'there is no list of nodes';
  for (const [index, node] of nodes.entries()) {
    const problem = problemOf(node, index);
    if (problem !== null) return problem;
  }
  const ids = nodes.map((node) => (node as DraftNode).id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? (json as Draft) : `two nodes are named ${twice}`;
};

export const BLANK: Draft = {
  input_schema: { type: 'object', properties: {}, required: [] },
  nodes: [
    { id: 'start', type: 'start', on_success: 'done' },
    { id: 'done', type: 'end' },
  ],
};

export const nodeOf = (draft: Draft, id: string): DraftNode | undefined => draft.nodes.find((node) => node.id === id);

export const positionOf = (node: DraftNode): Position | null => {
  const position = node['position'];
  if (!isObject(position)) return null;
  const { x, y } = position;
  return typeof x === 'number' && typeof y === 'number' ? { x, y } : null;
};

export const nameOf = (node: DraftNode): string =>
  typeof node['name'] === 'string' && node['name'] !== '' ? node['name'] : node.id;

/** For the parts of core that look at the shape alone: with the defaults which they count on. */
export const asWorkflow = (draft: Draft): Workflow =>
  ({
    variables: {},
    ...draft,
    nodes: draft.nodes.map((node) =>
      node.type === 'transform' ? { set: {}, ...node } : node.type === 'loop' ? { as: 'item', ...node } : node,
    ),
  }) as unknown as Workflow;

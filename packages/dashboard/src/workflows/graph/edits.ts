/** Every change that the editor makes to a draft. Each gives a new draft and leaves the old one as it was. */
import { type Json, type JsonObject, type NodeType, isArray, isObject } from '@countersign/core';
import { type Draft, type DraftNode, type Position, nodeOf } from './draft.ts';
import { portsOf } from './ports.ts';

/** What a new node begins with. */
const FIRST: { readonly [T in NodeType]?: JsonObject } = {
  agent: { agent_id: '', input: '' },
  tool: { tool: '', arguments: {} },
  approval: { title: '', risk: 'external', hold: { stages: [{ approvers: 'anyone' }] } },
  condition: { when: '' },
  switch: { cases: [{ when: '' }] },
  transform: { output: '' },
  parallel: { branches: [] },
  loop: { items: '' },
  delay: { seconds: 60 },
  wait_event: { event: '' },
  workflow: { workflow_id: '', input: {} },
  notify: { text: '' },
};

/** @param taken the identifiers of what is there */
export const freeId = (taken: ReadonlySet<string>, base: string): string => {
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
};

const idsOf = (draft: Draft): ReadonlySet<string> => new Set(draft.nodes.map(({ id }) => id));

export const withNodes = (draft: Draft, nodes: readonly DraftNode[]): Draft => ({ ...draft, nodes });

const mapNode = (draft: Draft, id: string, change: (node: DraftNode) => DraftNode): Draft =>
  withNodes(
    draft,
    draft.nodes.map((node) => (node.id === id ? change(node) : node)),
  );

export const addNode = (
  draft: Draft,
  type: NodeType,
  position: Position,
): { readonly draft: Draft; readonly id: string } => {
  const id = freeId(idsOf(draft), type === 'end' ? 'done' : type);
  const node: DraftNode = { id, type, ...FIRST[type], position: rounded(position) };
  return { draft: withNodes(draft, [...draft.nodes, node]), id };
};

export const rounded = ({ x, y }: Position): Position => ({ x: Math.round(x), y: Math.round(y) });

/** A copy beside the original that leads nowhere yet. */
export const duplicateNode = (
  draft: Draft,
  id: string,
  position: Position,
): { readonly draft: Draft; readonly id: string } => {
  const node = nodeOf(draft, id);
  if (node === undefined) return { draft, id };
  const next = freeId(idsOf(draft), id.replace(/_\d+$/, ''));
  const copy = portsOf(node).reduceRight((made, port) => withPort(made, port.id, null), {
    ...node,
    id: next,
    position: rounded(position),
  } as DraftNode);
  return { draft: withNodes(draft, [...draft.nodes, copy]), id: next };
};

/** The node with one of its ways on leading to another node, or nowhere. */
export const withPort = (node: DraftNode, port: string, to: string | null): DraftNode => {
  const [, name = '', place] = port.split('/');
  if (name === 'branches') {
    const branches = [...((node['branches'] as readonly string[] | undefined) ?? [])];
    if (place === '-') return to === null ? node : { ...node, branches: [...branches, to] };
    if (to === null) branches.splice(Number(place), 1);
    else branches[Number(place)] = to;
    return { ...node, branches };
  }
  if (name === 'cases')
    return {
      ...node,
      cases: ((node['cases'] as readonly JsonObject[] | undefined) ?? []).map((one, index) =>
        index === Number(place) ? withMember(one, 'next', to) : one,
      ),
    };
  return withMember(node, name, to) as DraftNode;
};

const withMember = (object: JsonObject, name: string, value: string | null): JsonObject =>
  value === null
    ? Object.fromEntries(Object.entries(object).filter(([other]) => other !== name))
    : { ...object, [name]: value };

export const connect = (draft: Draft, from: string, port: string, to: string): Draft =>
  mapNode(draft, from, (node) => withPort(node, port, to));

export const disconnect = (draft: Draft, from: string, port: string): Draft =>
  mapNode(draft, from, (node) => withPort(node, port, null));

/** Takes nodes out, with everything that leads to them. */
export const removeNodes = (draft: Draft, ids: ReadonlySet<string>): Draft =>
  withNodes(
    draft,
    draft.nodes
      .filter(({ id }) => !ids.has(id))
      .map((node) =>
        // From the last to the first: a branch that is taken out moves those after it.
        portsOf(node)
          .filter(({ to }) => to !== null && ids.has(to))
          .reduceRight((changed, port) => withPort(changed, port.id, null), node),
      ),
  );

export const replaceNode = (draft: Draft, node: DraftNode): Draft => mapNode(draft, node.id, () => node);

/** Every text in a value, replaced. */
export const mapTexts = (value: Json, change: (text: string) => string): Json => {
  if (typeof value === 'string') return change(value);
  if (isArray(value)) return value.map((item) => mapTexts(item, change));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, change)]));
  return value;
};

/** Another identifier, wherever the old one stands: what leads to it, and the expressions that read it. */
export const renameNode = (draft: Draft, id: string, next: string): Draft => {
  const reads = new RegExp(String.raw`\bsteps\.${id}\b`, 'g');
  return withNodes(
    draft,
    draft.nodes.map((node) => {
      const led = portsOf(node)
        .filter(({ to }) => to === id)
        .reduce((changed, port) => withPort(changed, port.id, next), node);
      const read = mapTexts(led, (text) => text.replaceAll(reads, `steps.${next}`)) as DraftNode;
      return node.id === id ? { ...read, id: next } : read;
    }),
  );
};

export const moveNodes = (draft: Draft, positions: ReadonlyMap<string, Position>): Draft =>
  withNodes(
    draft,
    draft.nodes.map((node) => {
      const position = positions.get(node.id);
      return position === undefined ? node : { ...node, position: rounded(position) };
    }),
  );

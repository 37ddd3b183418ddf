/** Nodes on their way from one graph to another, or to another place of the same one. */
import { isArray, parseStrict } from '@countersign/core';
import { type Draft, type DraftNode, type Position, positionOf, readDraft } from './draft.ts';
import { freeId, mapTexts, rounded, withNodes, withPort } from './edits.ts';
import { placesOf } from './layout.ts';
import { portsOf } from './ports.ts';

const SHIFT = 40;

/** The nodes with their places and the lines among them; what led out of them leads nowhere. */
export const copyNodes = (draft: Draft, ids: ReadonlySet<string>): readonly DraftNode[] => {
  const places = placesOf(draft);
  return draft.nodes
    .filter(({ id }) => ids.has(id))
    .map((node) => {
      const place = places.get(node.id);
      const alone = portsOf(node)
        .filter(({ to }) => to !== null && !ids.has(to))
        // From the last to the first: a branch that is taken out moves those after it.
        .reduceRight((made, port) => withPort(made, port.id, null), node);
      return place === undefined ? alone : { ...alone, position: rounded(place) };
    });
};

/** As a definition is written, so that it can be pasted into a JSON as well. */
export const textOfNodes = (nodes: readonly DraftNode[]): string => JSON.stringify({ nodes }, null, 2);

/** The nodes that a text holds, alone or in a whole definition, or null. */
export const nodesInText = (text: string): readonly DraftNode[] | null => {
  const parsed = parseStrict(text);
  if (!parsed.ok) return null;
  const json = parsed.value;
  const draft = readDraft(isArray(json) ? { nodes: json } : json);
  return typeof draft === 'string' || draft.nodes.length === 0 ? null : draft.nodes;
};

/** The first place, from the copied one on, on which no node stands. */
const shiftFor = (draft: Draft, nodes: readonly DraftNode[]): number => {
  const taken = new Set([...placesOf(draft).values()].map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`));
  const places = nodes.flatMap((node) => positionOf(node) ?? []);
  const isTaken = (by: number): boolean => places.some(({ x, y }) => taken.has(`${x + by} ${y + by}`));
  let by = 0;
  while (isTaken(by)) by += SHIFT;
  return by;
};

const moved = (node: DraftNode, by: number): DraftNode => {
  const place: Position | null = positionOf(node);
  return place === null ? node : { ...node, position: { x: place.x + by, y: place.y + by } };
};

/**
 * Puts nodes into a draft under identifiers that are free, with the lines among them, and what they read of one another.
 * A second start is left out.
 */
export const pasteNodes = (
  draft: Draft,
  nodes: readonly DraftNode[],
): { readonly draft: Draft; readonly ids: readonly string[] } => {
  const hasStart = draft.nodes.some(({ type }) => type === 'start');
  const coming = nodes.filter(({ type }) => !hasStart || type !== 'start');
  const taken = new Set(draft.nodes.map(({ id }) => id));
  const names = new Map<string, string>();
  for (const { id } of coming) {
    const name = taken.has(id) ? freeId(taken, id.replace(/_\d+$/, '')) : id;
    names.set(id, name);
    taken.add(name);
  }
  const by = shiftFor(draft, coming);
  const added = coming.map((node) => {
    const led = portsOf(node)
      .filter(({ to }) => to !== null)
      .reduceRight((made, port) => withPort(made, port.id, names.get(port.to ?? '') ?? null), node);
    const read = mapTexts(led, (text) =>
      text.replaceAll(/\bsteps\.([A-Za-z]\w*)/g, (whole, id: string) => {
        const name = names.get(id);
        return name === undefined ? whole : `steps.${name}`;
      }),
    ) as DraftNode;
    return moved({ ...read, id: names.get(node.id) ?? node.id }, by);
  });
  return { draft: withNodes(draft, [...draft.nodes, ...added]), ids: added.map(({ id }) => id) };
};

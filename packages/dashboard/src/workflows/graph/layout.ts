/** Where nodes stand, top down, by the ways between them. */
import { Graph, layout } from '@dagrejs/dagre';
import { type Draft, type DraftNode, type Position, positionOf } from './draft.ts';
import { linesOf, outletsOf } from './ports.ts';

export const CARD_WIDTH = 216;
const CARD_HEIGHT = 112;
const OUTLET_WIDTH = 66;

/** A card is as wide as its outlets need. */
export const widthOf = (node: DraftNode): number => Math.max(CARD_WIDTH, outletsOf(node).length * OUTLET_WIDTH);

/** A place for every node. */
export const tidy = (draft: Draft): ReadonlyMap<string, Position> => {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 54 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of draft.nodes) graph.setNode(node.id, { width: widthOf(node), height: CARD_HEIGHT });
  const loops = new Set(draft.nodes.filter(({ type }) => type === 'loop').map(({ id }) => id));
  for (const line of linesOf(draft)) {
    // What a failure leads to stands aside, and the way back of a loop pulls nothing upwards.
    const weight = line.port.kind === 'fail' ? 1 : loops.has(line.to) ? 0 : 4;
    graph.setEdge(line.from, line.to, { weight }, line.port.id);
  }
  layout(graph);
  return new Map(
    draft.nodes.map((node) => {
      const { x, y } = graph.node(node.id) as Position;
      return [node.id, { x: Math.round(x - widthOf(node) / 2), y: Math.round(y - CARD_HEIGHT / 2) }];
    }),
  );
};

/** The places of a draft: those written in it, and for nodes without one those that a tidy graph would give them. */
export const placesOf = (draft: Draft): ReadonlyMap<string, Position> => {
  const written = new Map(draft.nodes.map((node) => [node.id, positionOf(node)]));
  if (![...written.values()].includes(null)) return written as ReadonlyMap<string, Position>;
  const made = tidy(draft);
  if (![...written.values()].some((position) => position !== null)) return made;
  return new Map(draft.nodes.map(({ id }) => [id, written.get(id) ?? made.get(id) ?? { x: 0, y: 0 }]));
};

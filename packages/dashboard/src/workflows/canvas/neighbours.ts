/** Where an arrow key leads: along the lines up and down, to what stands beside left and right. */
import type { Draft, Position } from '../graph/draft.ts';
import { linesOf } from '../graph/ports.ts';

export type Direction = 'up' | 'down' | 'left' | 'right';

export const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** Nodes of one row stand within this of each other. */
const ROW = 60;

export const neighbour = (
  draft: Draft,
  places: ReadonlyMap<string, Position>,
  id: string,
  direction: Direction,
): string | null => {
  const here = places.get(id);
  if (here === undefined) return null;
  if (direction === 'down') return linesOf(draft).find(({ from }) => from === id)?.to ?? null;
  if (direction === 'up') return linesOf(draft).find(({ to, from }) => to === id && from !== id)?.from ?? null;
  const sign = direction === 'left' ? -1 : 1;
  const beside = [...places].flatMap(([other, place]) => {
    const away = (place.x - here.x) * sign;
    return away > 0 && Math.abs(place.y - here.y) < ROW ? [{ other, away }] : [];
  });
  return beside.toSorted((a, b) => a.away - b.away)[0]?.other ?? null;
};

/** The nodes in the order in which they are reached from the start, then the rest as written. */
export const readingOrder = (draft: Draft): readonly string[] => {
  const next = Map.groupBy(linesOf(draft), ({ from }) => from);
  const seen = new Set<string>();
  const visit = (first: string): void => {
    const stack = [first];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const { to } of (next.get(id) ?? []).toReversed()) stack.push(to);
    }
  };
  for (const { id, type } of draft.nodes) if (type === 'start') visit(id);
  for (const { id } of draft.nodes) visit(id);
  return [...seen];
};

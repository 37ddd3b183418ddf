/** A new node below another one, and already part of its way: what a press of Enter in the palette does. */
import type { NodeType } from '@countersign/core';
import { placeBelow } from '../canvas/canvas.tsx';
import { type Draft, nodeOf } from '../graph/draft.ts';
import { addNode, connect, moveNodes } from '../graph/edits.ts';
import { placesOf } from '../graph/layout.ts';
import { whyNotConnect } from '../graph/legal.ts';
import { portsOf } from '../graph/ports.ts';

/** @returns the draft with the node, in place of the line that led on, or on the first outlet that leads nowhere */
export const addAfter = (
  draft: Draft,
  type: NodeType,
  after: string | null,
): { readonly draft: Draft; readonly id: string } => {
  const made = addNode(draft, type, placeBelow(draft, after));
  const before = after === null ? undefined : nodeOf(draft, after);
  if (before === undefined || after === null || type === 'start') return made;
  const ports = portsOf(before);
  const free = ports.find(({ to, kind }) => to === null && kind !== 'fail');
  const onward = ports.find(({ kind }) => kind === 'success');
  const port = free ?? onward;
  if (port === undefined) return made;
  const next = nodeOf(made.draft, made.id);
  const way =
    next === undefined ? undefined : portsOf(next).find(({ kind, id }) => kind === 'success' || id === '/on_true');
  const follows = port.to;
  if (follows !== null && way === undefined) return made;
  const whyNot = whyNotConnect(made.draft, after, port.id, made.id);
  if (whyNot !== null) return made;
  const led = connect(made.draft, after, port.id, made.id);
  if (follows === null || way === undefined) return { draft: led, id: made.id };
  return { draft: pushDown(connect(led, made.id, way.id, follows), after, made.id), id: made.id };
};

const STEP = 166;

/** Room between two nodes for a third: what stands below the first moves down. */
const pushDown = (draft: Draft, upper: string, between: string): Draft => {
  const places = placesOf(draft);
  const top = places.get(upper) ?? { x: 0, y: 0 };
  return moveNodes(
    draft,
    new Map(
      [...places].map(([id, place]) => {
        if (id === between) return [id, { x: top.x, y: top.y + STEP }];
        return [id, place.y > top.y + STEP / 2 ? { x: place.x, y: place.y + STEP } : place];
      }),
    ),
  );
};

/** React Flow's nodes and edges of a draft. What did not change stays the same object, so that it is not drawn again. */
import { type Edge, MarkerType } from '@xyflow/react';
import { type Draft, type Position, nameOf } from '../graph/draft.ts';
import { linesOf, outletFor } from '../graph/ports.ts';
import { LOOKS } from './looks.ts';
import type { CardData, CardNode, ChangeMark, RunMark } from './node-card.tsx';

export type Marks = {
  readonly faults?: ReadonlyMap<string, number>;
  readonly runs?: ReadonlyMap<string, RunMark> | null;
  readonly changes?: ReadonlyMap<string, ChangeMark> | null;
  /** Lines that a run took, as `from>to`. */
  readonly taken?: ReadonlySet<string> | null;
};

const RUN_WORDS: { readonly [S in RunMark['status']]?: string } = {
  not_run: 'did not run',
  awaiting_approval: 'awaits approval',
};

const ariaLabel = ({ node, faults, run, change }: CardData): string =>
  [
    `${LOOKS[node.type].label}: ${nameOf(node)}`,
    ...(faults > 0 ? [`${faults} ${faults === 1 ? 'problem' : 'problems'}`] : []),
    ...(run === null ? [] : [RUN_WORDS[run.status] ?? run.status]),
    ...(change === null ? [] : [change]),
  ].join(', ');

const isSameData = (a: CardData, b: CardData): boolean =>
  a.node === b.node &&
  a.faults === b.faults &&
  a.editable === b.editable &&
  a.change === b.change &&
  a.run?.status === b.run?.status &&
  a.run?.note === b.run?.note;

export const flowNodes = (
  before: readonly CardNode[],
  draft: Draft,
  places: ReadonlyMap<string, Position>,
  marks: Marks,
  selection: ReadonlySet<string>,
  editable: boolean,
): CardNode[] => {
  const old = new Map(before.map((node) => [node.id, node]));
  return draft.nodes.map((node): CardNode => {
    const was = old.get(node.id);
    const data: CardData = {
      node,
      faults: marks.faults?.get(node.id) ?? 0,
      run: marks.runs?.get(node.id) ?? null,
      change: marks.changes?.get(node.id) ?? null,
      editable,
    };
    const place = places.get(node.id) ?? { x: 0, y: 0 };
    const selected = selection.has(node.id);
    if (
      was !== undefined &&
      was.selected === selected &&
      was.position.x === place.x &&
      was.position.y === place.y &&
      isSameData(was.data, data)
    )
      return was;
    return {
      ...was,
      id: node.id,
      type: 'card',
      position: place,
      data,
      selected,
      ariaLabel: ariaLabel(data),
      // The whole card opens settings; only its outlets draw lines.
      draggable: editable,
      connectable: editable,
    };
  });
};

export const flowEdges = (draft: Draft, marks: Marks, selected: string | null): Edge[] =>
  linesOf(draft).map(({ from, port, to }): Edge => {
    const id = `${from}${port.id}`;
    const taken = marks.taken?.has(`${from}>${to}`);
    return {
      id,
      source: from,
      target: to,
      sourceHandle: outletFor(port),
      targetHandle: 'in',
      type: 'smoothstep',
      selected: id === selected,
      focusable: false,
      className: [
        port.kind === 'fail' ? 'flow-fail' : '',
        taken === true ? 'flow-taken' : taken === false ? 'flow-idle' : '',
      ].join(' '),
      markerEnd: {
        type: MarkerType.ArrowClosed,
        width: 16,
        height: 16,
        color: taken === true ? 'var(--ok-solid)' : port.kind === 'fail' ? 'var(--no-solid)' : 'var(--line-2)',
      },
      data: { port: port.id },
    };
  });

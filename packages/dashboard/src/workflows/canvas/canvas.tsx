/** The graph to look at and to work on. All that it can do, keys and the outline can do as well. */
import '@xyflow/react/dist/base.css';
import './canvas.css';
import {
  Background,
  type Connection,
  type Edge,
  type NodeChange,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
  applyNodeChanges,
  useReactFlow,
} from '@xyflow/react';
import type { NodeType } from '@countersign/core';
import { clsx } from 'clsx';
import { Maximize, Minus, Plus } from 'lucide-react';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { IconButton } from '../../ui/button.tsx';
import { type Draft, type Position, positionOf } from '../graph/draft.ts';
import { CARD_WIDTH, placesOf, widthOf } from '../graph/layout.ts';
import { portFor } from '../graph/ports.ts';
import { type Marks, flowEdges, flowNodes } from './flow-items.ts';
import { DIRECTIONS, neighbour, readingOrder } from './neighbours.ts';
import { type CardNode, NodeCard } from './node-card.tsx';

const NODE_TYPES = { card: NodeCard };
/** Above this only what is in view is drawn. */
const DRAW_ALL_MAX = 300;
const READABLE_ZOOM = 0.85;
export const NODE_MIME = 'application/x-countersign-node';

export type Selection = { readonly nodes: ReadonlySet<string>; readonly line: string | null };
export const NOTHING_SELECTED: Selection = { nodes: new Set(), line: null };

export type Editing = {
  readonly onMove: (places: ReadonlyMap<string, Position>) => void;
  readonly onConnect: (from: string, port: string, to: string) => void;
  readonly whyNot: (from: string, port: string, to: string) => string | null;
  readonly onRefused: (why: string) => void;
  readonly onDelete: () => void;
  readonly onAddAt: (type: NodeType, place: Position) => void;
};

export type CanvasHandle = {
  readonly focus: (id: string) => void;
  /** The same, with the node in the middle. */
  readonly centre: (id: string) => void;
  readonly fit: () => void;
};

type CanvasProps = {
  readonly label: string;
  readonly draft: Draft;
  readonly marks: Marks;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  /** Enter on a node: to its settings, or to what its run did. */
  readonly onOpen: (id: string) => void;
  readonly editing?: Editing | undefined;
  readonly ref?: Ref<CanvasHandle>;
};

const ARIA = {
  'node.a11yDescription.default': 'Enter opens it, arrow keys go to its neighbours.',
  'node.a11yDescription.keyboardDisabled': 'Enter opens it, arrow keys go to its neighbours.',
  'edge.a11yDescription.default': 'A line between two nodes.',
};

const Flow = ({ label, draft, marks, selection, onSelect, onOpen, editing, ref }: CanvasProps): ReactNode => {
  const flow = useReactFlow<CardNode>();
  const box = useRef<HTMLDivElement>(null);
  const order = useMemo(() => readingOrder(draft), [draft]);
  const ordered = useMemo((): Draft => {
    const byId = new Map(draft.nodes.map((node) => [node.id, node]));
    return { ...draft, nodes: order.flatMap((id) => byId.get(id) ?? []) };
  }, [draft, order]);
  const places = useMemo(() => placesOf(ordered), [ordered]);
  const editable = editing !== undefined;
  const [nodes, setNodes] = useState<CardNode[]>([]);
  useLayoutEffect(() => {
    setNodes((before) => flowNodes(before, ordered, places, marks, selection.nodes, editable));
  }, [ordered, places, marks, selection.nodes, editable]);
  const edges = useMemo(() => flowEdges(draft, marks, selection.line), [draft, marks, selection.line]);

  const latest = useRef({ selection, onSelect });
  latest.current = { selection, onSelect };
  const onNodesChange = useCallback((changes: NodeChange<CardNode>[]) => {
    setNodes((before) => applyNodeChanges(changes, before));
    const chosen = changes.filter((change) => change.type === 'select');
    if (chosen.length === 0) return;
    const next = new Set(latest.current.selection.nodes);
    for (const { id, selected } of chosen)
      if (selected) next.add(id);
      else next.delete(id);
    latest.current.onSelect({ nodes: next, line: null });
  }, []);

  const focusNode = useCallback(
    (id: string, isCentred = false) => {
      const place = places.get(id);
      const frame = box.current?.getBoundingClientRect();
      if (place !== undefined && frame !== undefined) {
        const { x, y } = flow.flowToScreenPosition(place);
        const margin = 60;
        const isOutside =
          x < frame.left + margin || y < frame.top + margin || x > frame.right - 160 || y > frame.bottom - 100;
        if (isCentred || isOutside)
          void flow.setCenter(place.x + 108, place.y + 42, { zoom: Math.max(0.8, flow.getZoom()) });
      }
      // A node that was just added is drawn, measured and shown first, and only what is shown takes the focus.
      const take = (frames: number): void => {
        const element = box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
        element?.focus({ preventScroll: true });
        if (frames > 0 && (!element || document.activeElement !== element))
          requestAnimationFrame(() => take(frames - 1));
      };
      take(60);
    },
    [flow, places],
  );
  const fit = useCallback(() => void flow.fitView({ padding: 0.12, maxZoom: 1 }), [flow]);
  useImperativeHandle(ref, () => ({ focus: (id) => focusNode(id), centre: (id) => focusNode(id, true), fit }), [
    focusNode,
    fit,
  ]);
  // A large graph begins where it can be read: at what is chosen, else at its start.
  const first = useRef({
    place: places.get([...selection.nodes][0] ?? order[0] ?? ''),
    isChosen: selection.nodes.size > 0,
  });
  const onInit = useCallback((instance: ReactFlowInstance<CardNode>) => {
    const { place, isChosen } = first.current;
    const height = box.current?.clientHeight ?? 0;
    if (instance.getZoom() >= READABLE_ZOOM || place === undefined) return;
    const below = isChosen ? 42 : height / READABLE_ZOOM / 2 - 24;
    void instance.setCenter(place.x + CARD_WIDTH / 2, place.y + below, { zoom: READABLE_ZOOM });
  }, []);

  const select = (id: string): void => onSelect({ nodes: new Set([id]), line: null });
  const onKeyDownCapture = (event: KeyboardEvent): void => {
    const id = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset['id'];
    if (editing !== undefined && (event.key === 'Delete' || event.key === 'Backspace')) {
      event.preventDefault();
      event.stopPropagation();
      if (id !== undefined && !selection.nodes.has(id)) select(id);
      else editing.onDelete();
      return;
    }
    if (id === undefined || event.metaKey || event.ctrlKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.stopPropagation();
      select(id);
      onOpen(id);
    }
    const direction = DIRECTIONS[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey && editing !== undefined) {
      const place = places.get(id) ?? { x: 0, y: 0 };
      const by = { up: [0, -20], down: [0, 20], left: [-20, 0], right: [20, 0] }[direction];
      editing.onMove(new Map([...places, [id, { x: place.x + (by[0] ?? 0), y: place.y + (by[1] ?? 0) }]]));
      return;
    }
    const next = neighbour(draft, places, id, direction);
    if (next !== null) {
      select(next);
      focusNode(next);
    }
  };

  const onConnect = ({ source, sourceHandle, target }: Connection): void =>
    editing?.onConnect(source, portFor(sourceHandle ?? ''), target);
  const isValid = (line: Connection | Edge): boolean =>
    editing?.whyNot(line.source, portFor(line.sourceHandle ?? ''), line.target) === null;

  return (
    <div
      ref={box}
      role="group"
      aria-label={label}
      className={clsx('relative h-full w-full', !editable && 'flow-readonly')}
      onKeyDownCapture={onKeyDownCapture}
      onDragOver={(event) => {
        if (editable && event.dataTransfer.types.includes(NODE_MIME)) event.preventDefault();
      }}
      onDrop={(event) => {
        const type = event.dataTransfer.getData(NODE_MIME);
        if (editing === undefined || type === '') return;
        event.preventDefault();
        const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
        editing.onAddAt(type as NodeType, { x: x - 108, y: y - 30 });
      }}
    >
      <ReactFlow<CardNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        ariaLabelConfig={ARIA}
        onInit={onInit}
        onNodesChange={onNodesChange}
        onEdgeClick={(_, edge) => editable && onSelect({ nodes: new Set(), line: edge.id })}
        onNodeDoubleClick={(_, node) => onOpen(node.id)}
        onPaneClick={() => onSelect(NOTHING_SELECTED)}
        onNodeDragStop={(_, __, dragged) =>
          editing?.onMove(new Map([...places, ...dragged.map((node) => [node.id, node.position] as const)]))
        }
        {...(editing === undefined
          ? {}
          : {
              onConnect,
              isValidConnection: isValid,
              onConnectEnd: (_: unknown, state) => {
                // Dropped on a node that it may not lead to: say why.
                if (state.isValid === true || state.fromNode === null || state.toNode === null) return;
                const why = editing.whyNot(state.fromNode.id, portFor(state.fromHandle?.id ?? ''), state.toNode.id);
                if (why !== null) editing.onRefused(why);
              },
            })}
        connectionRadius={36}
        nodesConnectable={editable}
        nodesDraggable={editable}
        elementsSelectable
        edgesFocusable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={draft.nodes.length > DRAW_ALL_MAX}
        minZoom={0.1}
        maxZoom={1.6}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        proOptions={{ hideAttribution: false }}
      >
        <Background gap={20} size={1.5} />
        <Panel position="bottom-left" className="flex flex-col rounded-md border bg-surface">
          <IconButton label="Zoom in" icon={<Plus size={15} aria-hidden="true" />} onClick={() => void flow.zoomIn()} />
          <IconButton
            label="Zoom out"
            icon={<Minus size={15} aria-hidden="true" />}
            onClick={() => void flow.zoomOut()}
          />
          <IconButton label="Show the whole graph" icon={<Maximize size={14} aria-hidden="true" />} onClick={fit} />
        </Panel>
      </ReactFlow>
    </div>
  );
};

export const Canvas = (props: CanvasProps): ReactNode => (
  <ReactFlowProvider>
    <Flow {...props} />
  </ReactFlowProvider>
);

/** A free place below a node. */
export const placeBelow = (draft: Draft, id: string | null): Position => {
  const places = placesOf(draft);
  const node = draft.nodes.find((one) => one.id === id) ?? draft.nodes.at(-1);
  const from = node === undefined ? undefined : (positionOf(node) ?? places.get(node.id));
  if (from === undefined || node === undefined) return { x: 0, y: 0 };
  let place = { x: from.x, y: from.y + 166 };
  const isTaken = (at: Position): boolean =>
    [...places.values()].some((other) => Math.abs(other.x - at.x) < 200 && Math.abs(other.y - at.y) < 130);
  while (isTaken(place)) place = { x: place.x + widthOf(node) + 40, y: place.y };
  return place;
};

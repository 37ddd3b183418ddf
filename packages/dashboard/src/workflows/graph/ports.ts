/** The outlets of a node: each way on that it has, whether it leads anywhere yet or not. */
import { type EdgeKind, type JsonObject, type NodeType, isArray } from '@countersign/core';
import type { Draft, DraftNode } from './draft.ts';

export type Port = {
  /** JSON Pointer into the node; a parallel's `/branches/-` takes one more branch. */
  readonly id: string;
  readonly label: string;
  readonly kind: EdgeKind;
  readonly to: string | null;
};

/** What a success and a failure are called, where those words say too little. */
const WORDS: { readonly [T in NodeType]?: { readonly success?: string; readonly fail?: string } } = {
  approval: { success: 'Approved', fail: 'Rejected' },
  wait_event: { success: 'Came', fail: 'Timed out' },
  loop: { success: 'Done' },
};

/** Those with a path of their own for a failure. */
const FAILING: ReadonlySet<NodeType> = new Set<NodeType>([
  'agent',
  'tool',
  'approval',
  'condition',
  'switch',
  'transform',
  'parallel',
  'loop',
  'delay',
  'wait_event',
  'workflow',
  'notify',
]);

const target = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const caseLabel = (one: JsonObject, index: number): string =>
  typeof one['label'] === 'string' && one['label'] !== '' ? one['label'] : `Case ${index + 1}`;

export const portsOf = (node: DraftNode): readonly Port[] => {
  const port = (name: string, label: string, kind: EdgeKind): Port => ({
    id: `/${name}`,
    label,
    kind,
    to: target(node[name]),
  });
  const words = WORDS[node.type] ?? {};
  const fail = FAILING.has(node.type) ? [port('on_fail', words.fail ?? 'On failure', 'fail')] : [];
  const success = port('on_success', words.success ?? 'Then', 'success');
  const { cases, branches } = node;
  switch (node.type) {
    case 'end':
      return [];
    case 'condition':
      return [port('on_true', 'Yes', 'true'), port('on_false', 'No', 'false'), ...fail];
    case 'switch':
      return [
        ...(cases !== undefined && isArray(cases) ? (cases as readonly JsonObject[]) : []).map((one, index): Port => ({
          id: `/cases/${index}/next`,
          label: caseLabel(one, index),
          kind: 'case',
          to: target(one['next']),
        })),
        port('otherwise', 'Otherwise', 'otherwise'),
        ...fail,
      ];
    case 'parallel':
      return [
        ...(branches !== undefined && isArray(branches) ? branches : []).map((first, index): Port => ({
          id: `/branches/${index}`,
          label: `Branch ${index + 1}`,
          kind: 'branch',
          to: target(first),
        })),
        { id: '/branches/-', label: 'New branch', kind: 'branch', to: null },
        ...fail,
      ];
    case 'loop':
      return [port('body', 'Each', 'body'), success, ...fail];
    case 'start':
    case 'join':
    case 'agent':
    case 'tool':
    case 'approval':
    case 'transform':
    case 'delay':
    case 'wait_event':
    case 'workflow':
    case 'notify':
      return [success, ...fail];
  }
};

/** The outlets as a card shows them: the branches of a parallel leave through one. */
export const outletsOf = (node: DraftNode): readonly Port[] => {
  const ports = portsOf(node);
  if (node.type !== 'parallel') return ports;
  const count = ports.filter(({ kind }) => kind === 'branch').length - 1;
  return [
    { id: '/branches', label: count === 1 ? '1 branch' : `${count} branches`, kind: 'branch', to: null },
    ...ports.filter(({ kind }) => kind !== 'branch'),
  ];
};

/** The outlet of a card through which a port's line leaves. */
export const outletFor = (port: Pick<Port, 'id' | 'kind'>): string => (port.kind === 'branch' ? '/branches' : port.id);

/** The port that a line drawn from an outlet fills. */
export const portFor = (outlet: string): string => (outlet === '/branches' ? '/branches/-' : outlet);

export type Line = { readonly from: string; readonly port: Port; readonly to: string };

/** Every line of the graph whose end is there. */
export const linesOf = (draft: Draft): readonly Line[] => {
  const ids = new Set(draft.nodes.map(({ id }) => id));
  return draft.nodes.flatMap((node) =>
    portsOf(node).flatMap((port) =>
      port.to !== null && ids.has(port.to) ? [{ from: node.id, port, to: port.to }] : [],
    ),
  );
};

import { describe, expect, test } from 'vitest';
import { BLANK, type Draft, readDraft } from './draft.ts';
import { addNode, connect, disconnect, duplicateNode, removeNodes, renameNode } from './edits.ts';
import { beginHistory, record, redo, undo } from './history.ts';
import { whyNotConnect } from './legal.ts';
import { linesOf, portsOf } from './ports.ts';

const linesIn = (draft: Draft): string[] => linesOf(draft).map(({ from, port, to }) => `${from}${port.id}>${to}`);

const draftOf = (nodes: Draft['nodes']): Draft => ({ nodes });

const FORK = draftOf([
  { id: 'start', type: 'start', on_success: 'both' },
  { id: 'both', type: 'parallel', branches: ['a', 'b'] },
  { id: 'a', type: 'delay', seconds: 1, on_success: 'met' },
  { id: 'b', type: 'delay', seconds: 1, on_success: 'met' },
  { id: 'met', type: 'join', on_success: 'done' },
  { id: 'done', type: 'end' },
]);

test('a node is added under a name that is free, and is connected', () => {
  const first = addNode(BLANK, 'approval', { x: 1.4, y: 2 });
  const second = addNode(first.draft, 'approval', { x: 0, y: 0 });
  expect([first.id, second.id]).toEqual(['approval', 'approval_2']);
  const joined = connect(connect(second.draft, 'start', '/on_success', 'approval'), 'approval', '/on_fail', 'done');
  expect(linesIn(joined)).toEqual(['start/on_success>approval', 'approval/on_fail>done']);
  expect(linesIn(disconnect(joined, 'approval', '/on_fail'))).toEqual(['start/on_success>approval']);
});

test('a node that is taken out leaves no line behind, nor a hole among branches', () => {
  const without = removeNodes(FORK, new Set(['a']));
  expect(linesIn(without)).toEqual([
    'start/on_success>both',
    'both/branches/0>b',
    'b/on_success>met',
    'met/on_success>done',
  ]);
});

test('a new name goes wherever the old one stood, and nowhere else', () => {
  const draft = draftOf([
    { id: 'start', type: 'start', on_success: 'look' },
    { id: 'look', type: 'tool', tool: 'look', arguments: {}, on_success: 'tell', on_fail: 'tell' },
    { id: 'tell', type: 'notify', text: 'look: {{ steps.look.output.x }} {{ steps.looks.output }}' },
  ]);
  const renamed = renameNode(draft, 'look', 'order');
  expect(linesIn(renamed)).toEqual(['start/on_success>order', 'order/on_success>tell', 'order/on_fail>tell']);
  expect(renamed.nodes[2]?.['text']).toBe('look: {{ steps.order.output.x }} {{ steps.looks.output }}');
  expect(renamed.nodes[1]?.['tool']).toBe('look');
});

test('a copy keeps its settings and leads nowhere', () => {
  const { draft, id } = duplicateNode(FORK, 'both', { x: 0, y: 0 });
  const copy = draft.nodes.find((node) => node.id === id);
  expect(copy?.['branches']).toEqual([]);
  expect(linesIn(draft)).toEqual(linesIn(FORK));
});

describe('a line may not be drawn', () => {
  test.each([
    ['to the start', 'a', '/on_success', 'start', /nothing leads to the start/],
    ['to itself', 'a', '/on_success', 'a', /itself/],
    ['out of a branch', 'a', '/on_success', 'done', /branch/],
    ['into another branch', 'a', '/on_success', 'b', /branch/],
    ['back', 'met', '/on_success', 'both', /leads back/],
  ])('%s', (_, from, port, to, why) => {
    expect(whyNotConnect(FORK, from, port, to)).toMatch(why);
  });
});

test('lines of a graph that is not finished may be drawn in any order', () => {
  let draft = draftOf(
    FORK.nodes.map(({ id, type }) => (type === 'parallel' ? { id, type, branches: [] } : { id, type })),
  );
  const lines = [
    ['met', '/on_success', 'done'],
    ['a', '/on_success', 'met'],
    ['both', '/branches/-', 'a'],
    ['start', '/on_success', 'both'],
    ['both', '/branches/-', 'b'],
    ['b', '/on_success', 'met'],
  ] as const;
  for (const [from, port, to] of lines) {
    expect(whyNotConnect(draft, from, port, to), `${from} to ${to}`).toBeNull();
    draft = connect(draft, from, port, to);
  }
  expect(new Set(linesIn(draft))).toEqual(new Set(linesIn(FORK)));
});

test('undo and redo go through the changes; letters of one field are one change', () => {
  let history = beginHistory(BLANK);
  const a = addNode(BLANK, 'tool', { x: 0, y: 0 }).draft;
  const b = addNode(a, 'tool', { x: 0, y: 0 }).draft;
  const c = addNode(b, 'tool', { x: 0, y: 0 }).draft;
  history = record(history, a, null, 0);
  history = record(history, b, 'field', 100);
  history = record(history, c, 'field', 300);
  expect(undo(history).present).toBe(a);
  expect(undo(undo(history)).present).toBe(BLANK);
  expect(redo(undo(history)).present).toBe(c);
  expect(record(undo(history), b, null, 400).future).toEqual([]);
  expect(record(history, BLANK, 'field', 5000).past).toHaveLength(3);
});

test('a JSON is drawn only where it has the outline of a graph', () => {
  expect(readDraft({ nodes: [{ id: 'a', type: 'switch' }] })).toMatch(/no list of cases/);
  expect(readDraft({ nodes: [{ id: 'a', type: 'other' }] })).toMatch(/type/);
  expect(
    readDraft({
      nodes: [
        { id: 'a', type: 'end' },
        { id: 'a', type: 'end' },
      ],
    }),
  ).toMatch(/two nodes/);
  expect(readDraft([])).toMatch(/object/);
  expect(readDraft(BLANK)).toBe(BLANK);
});

test('every type of node has its outlets', () => {
  expect(
    portsOf({ id: 'x', type: 'switch', cases: [{ when: 'true', label: 'Big' }, { when: 'false' }] }).map(
      ({ label }) => label,
    ),
  ).toEqual(['Big', 'Case 2', 'Otherwise', 'On failure']);
  expect(portsOf({ id: 'x', type: 'end' })).toEqual([]);
  expect(portsOf({ id: 'x', type: 'loop' }).map(({ kind }) => kind)).toEqual(['body', 'success', 'fail']);
});

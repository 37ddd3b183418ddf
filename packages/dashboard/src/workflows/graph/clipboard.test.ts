import { expect, test } from 'vitest';
import { copyNodes, nodesInText, pasteNodes, textOfNodes } from './clipboard.ts';
import { BLANK, type Draft, nodeOf } from './draft.ts';
import { linesOf } from './ports.ts';

const linesIn = (draft: Draft): string[] => linesOf(draft).map(({ from, port, to }) => `${from}${port.id}>${to}`);

const at = (x: number, y: number) => ({ position: { x, y } });
const REFUND: Draft = {
  nodes: [
    { id: 'start', type: 'start', on_success: 'both', ...at(0, 0) },
    { id: 'both', type: 'parallel', branches: ['look', 'wait', 'tell'], ...at(0, 160) },
    { id: 'look', type: 'tool', tool: 'look', arguments: {}, on_success: 'met', ...at(0, 320) },
    { id: 'wait', type: 'delay', seconds: 1, on_success: 'met', ...at(240, 320) },
    { id: 'tell', type: 'notify', text: '{{ steps.look.output.x }} {{ steps.start.output }}', ...at(480, 320) },
    { id: 'met', type: 'join', on_success: 'done', ...at(0, 480) },
    { id: 'done', type: 'end', ...at(0, 640) },
  ],
};

const copied = (...ids: string[]) => copyNodes(REFUND, new Set(ids));

test('a copy keeps the lines among its nodes, under new names, and none to what was left', () => {
  const { draft, ids } = pasteNodes(REFUND, copied('both', 'look', 'tell', 'met'));
  expect(ids).toEqual(['both_2', 'look_2', 'tell_2', 'met_2']);
  expect(linesIn(draft).slice(linesIn(REFUND).length)).toEqual([
    'both_2/branches/0>look_2',
    'both_2/branches/1>tell_2',
    'look_2/on_success>met_2',
  ]);
  expect(linesIn(draft).slice(0, linesIn(REFUND).length)).toEqual(linesIn(REFUND));
});

test('what it reads of a node beside it, it reads of the copy; of others, of the same', () => {
  const { draft } = pasteNodes(REFUND, copied('look', 'tell'));
  expect(nodeOf(draft, 'tell_2')?.['text']).toBe('{{ steps.look_2.output.x }} {{ steps.start.output }}');
});

test('names that follow one another are not taken for each other', () => {
  const draft: Draft = {
    nodes: [
      { id: 'a', type: 'notify', text: '{{ steps.a_2.output }}' },
      { id: 'a_2', type: 'notify', text: '{{ steps.a.output }}' },
    ],
  };
  const pasted = pasteNodes(draft, copyNodes(draft, new Set(['a', 'a_2'])));
  expect(pasted.ids).toEqual(['a_3', 'a_4']);
  expect(pasted.draft.nodes.slice(2).map(({ text }) => text)).toEqual([
    '{{ steps.a_4.output }}',
    '{{ steps.a_3.output }}',
  ]);
});

test('into another graph it goes under its own names, without a second start', () => {
  const { draft, ids } = pasteNodes(BLANK, copied('start', 'both', 'look'));
  expect(ids).toEqual(['both', 'look']);
  expect(linesIn(draft)).toEqual(['start/on_success>done', 'both/branches/0>look']);
});

test('each copy stands where nothing stood', () => {
  let draft = REFUND;
  for (let count = 0; count < 3; count += 1) draft = pasteNodes(draft, copied('look')).draft;
  expect(draft.nodes.slice(-3).map(({ position }) => position)).toEqual([
    { x: 40, y: 360 },
    { x: 80, y: 400 },
    { x: 120, y: 440 },
  ]);
});

test('it travels as JSON, alone or in a whole definition; another text is none', () => {
  const nodes = copied('look', 'met');
  expect(nodesInText(textOfNodes(nodes))).toEqual(nodes);
  expect(nodesInText(JSON.stringify(REFUND))).toHaveLength(7);
  expect([nodesInText('a word'), nodesInText('{"nodes":[]}'), nodesInText('{"nodes":[{"id":"x"}]}')]).toEqual([
    null,
    null,
    null,
  ]);
});

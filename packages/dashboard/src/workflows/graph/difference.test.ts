import { expect, test } from 'vitest';
import { BLANK } from './draft.ts';
import { addNode, moveNodes, removeNodes, replaceNode } from './edits.ts';
import { differenceOf, differenceWords, isSame } from './difference.ts';

test('what came, went and changed is told by node and field; a move alone is no change', () => {
  const more = addNode(BLANK, 'approval', { x: 0, y: 0 }).draft;
  const changed = replaceNode(more, { id: 'done', type: 'end', output: 'x' });
  const difference = differenceOf(BLANK, changed);
  expect(difference.added.map(({ id }) => id)).toEqual(['approval']);
  expect(difference.changed).toEqual([
    { node: { id: 'done', type: 'end', output: 'x' }, fields: [{ pointer: '/output', after: 'x' }] },
  ]);
  expect(differenceWords(difference)).toBe('1 added, 1 changed');
  expect(differenceOf(more, removeNodes(more, new Set(['approval']))).removed.map(({ id }) => id)).toEqual([
    'approval',
  ]);
  const moved = differenceOf(BLANK, moveNodes(BLANK, new Map([['done', { x: 9, y: 9 }]])));
  expect(isSame(moved)).toBe(true);
  expect(moved.moved).toBe(1);
  expect(differenceWords(differenceOf(BLANK, { ...BLANK, on_failure: 'continue' }))).toBe('settings changed');
});

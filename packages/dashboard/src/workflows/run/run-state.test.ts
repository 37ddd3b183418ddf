import type { WireStep } from '@countersign/contract';
import { expect, test } from 'vitest';
import { formatDuration } from '../../live/time.ts';
import type { Draft } from '../graph/draft.ts';
import { runState } from './run-state.ts';

const DRAFT: Draft = {
  nodes: [
    { id: 'start', type: 'start', on_success: 'check' },
    { id: 'check', type: 'condition', when: 'true', on_true: 'each', on_false: 'no' },
    { id: 'each', type: 'loop', items: '[1, 2]', body: 'pack', on_success: 'done' },
    { id: 'pack', type: 'tool', tool: 'pack', arguments: {}, on_success: 'each' },
    { id: 'done', type: 'end' },
    { id: 'no', type: 'end' },
  ],
};

const step = (
  id: string,
  scope: string,
  status: WireStep['status'],
  leadsTo: string | null,
  attempt = 1,
): WireStep => ({
  id: `${scope}${id}`,
  position: 0,
  turn: 0,
  kind: 'node',
  node: {
    id,
    type: 'tool',
    scope,
    output: null,
    leads_to: leadsTo,
    child_execution_id: null,
    wake_at: null,
    timeout_at: null,
  },
  status,
  attempt,
  tool: null,
  call_id: null,
  arguments: null,
  original_arguments: null,
  result: null,
  is_error: false,
  gate: null,
  approval_id: null,
  tokens: null,
  error: null,
  created_at: '2026-11-28T10:00:00Z',
  started_at: '2026-11-28T10:00:00Z',
  finished_at: status === 'completed' || status === 'failed' ? '2026-11-28T10:00:04Z' : null,
});

const STEPS = [
  step('start', '', 'completed', 'check'),
  step('check', '', 'completed', 'each'),
  step('each', '', 'running', null),
  step('pack', 'each[0]/', 'completed', 'each'),
  step('pack', 'each[1]/', 'awaiting_approval', null, 3),
];
const NOW = Date.parse('2026-11-28T10:00:10Z');

test('what waits in a loop is shown first, and any round can be chosen', () => {
  const run = runState(DRAFT, { finished_at: null }, STEPS, new Map(), NOW);
  expect(run.loops).toEqual([
    {
      loop: 'each',
      rounds: [
        { index: 0, status: 'completed' },
        { index: 1, status: 'awaiting_approval' },
      ],
      chosen: 1,
    },
  ]);
  expect(run.marks.get('pack')).toEqual({
    status: 'awaiting_approval',
    note: `attempt 3 · for ${formatDuration(10_000)}`,
  });
  expect(run.marks.get('each')?.note).toBe(`1 of 2 rounds · for ${formatDuration(10_000)}`);
  const first = runState(DRAFT, { finished_at: null }, STEPS, new Map([['each', 0]]), NOW);
  expect(first.marks.get('pack')).toEqual({ status: 'completed', note: formatDuration(4000) });
  expect(first.steps.get('pack')?.node.scope).toBe('each[0]/');
});

test('the way that was taken is told from the one that was not, and from what is still to come', () => {
  const run = runState(DRAFT, { finished_at: null }, STEPS, new Map([['each', 0]]), NOW);
  expect([...run.taken]).toEqual(['start>check', 'check>each', 'each>pack', 'pack>each']);
  expect(run.marks.get('no')?.status).toBe('not_run');
  expect(run.marks.has('done')).toBe(false);
  const over = runState(DRAFT, { finished_at: '2026-11-28T10:00:09Z' }, STEPS, new Map(), NOW);
  expect(over.marks.get('done')?.status).toBe('not_run');
});

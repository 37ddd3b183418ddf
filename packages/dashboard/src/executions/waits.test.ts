import type { WireStep } from '@countersign/contract';
import { expect, test } from 'vitest';
import { waitsBetween } from './waits.ts';

const at = (seconds: number): string => new Date(Date.parse('2026-11-21T10:00:00Z') + seconds * 1000).toISOString();
const step = (id: string, turn: number, over: Partial<WireStep> = {}): WireStep => ({
  id,
  position: 0,
  node: null,
  turn,
  kind: 'tool_call',
  status: 'completed',
  attempt: 1,
  tool: 't',
  call_id: null,
  arguments: null,
  original_arguments: null,
  result: null,
  is_error: false,
  gate: null,
  approval_id: null,
  tokens: null,
  error: null,
  created_at: at(0),
  started_at: at(0),
  finished_at: at(1),
  ...over,
});
const held = { gate: { outcome: 'hold' as const, reason: '' }, approval_id: 'apr_1' };

test('the time until a held call was decided is one wait', () => {
  const waits = waitsBetween([
    step('a', 1, { ...held, finished_at: at(8040) }),
    step('b', 2, { created_at: at(8041) }),
  ]);
  expect([...waits]).toEqual([['a', { ms: 8_040_000, forPerson: true }]]);
});

test('calls of one turn that are held together wait once', () => {
  const waits = waitsBetween([
    step('a', 1, { ...held, finished_at: at(60) }),
    step('b', 1, { ...held, finished_at: at(90) }),
  ]);
  expect([...waits.keys()]).toEqual(['b']);
});

test('a pause between steps, such as a retry later, is told; a short one is not', () => {
  const waits = waitsBetween([
    step('a', 1),
    step('b', 2, { created_at: at(31), finished_at: at(32) }),
    step('c', 3, { created_at: at(33) }),
  ]);
  expect([...waits]).toEqual([['a', { ms: 30_000, forPerson: false }]]);
});

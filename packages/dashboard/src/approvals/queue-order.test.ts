import type { WireApprovalSummary } from '@countersign/contract';
import { describe, expect, test } from 'vitest';
import { TOMBSTONE_MS, inOrder, neighbour, reveal, settle } from './queue-order.ts';

const summary = (id: string, over: Partial<WireApprovalSummary> = {}): WireApprovalSummary => ({
  id,
  status: 'pending',
  kind: 'tool_call',
  title: id,
  checkpoint: 'gate',
  priority: 'medium',
  tool: 'refund',
  agent: null,
  execution_id: null,
  conversation_id: null,
  requested_by: { kind: 'key', id: 'key_1', name: 'k' },
  created_at: '2026-11-21T10:00:00.000Z',
  expires_at: '2026-11-21T12:00:00.000Z',
  is_overdue: false,
  risk: null,
  claim: null,
  held: null,
  assigned_to: [],
  decision: null,
  ...over,
});
const ids = (items: readonly WireApprovalSummary[]): string[] => items.map((item) => item.id);

describe('the order of the queue', () => {
  test('is by deadline, with a head start for what is critical', () => {
    const soon = summary('soon', { expires_at: '2026-11-21T11:00:00.000Z' });
    const critical = summary('critical', { priority: 'critical', expires_at: '2026-11-21T14:00:00.000Z' });
    const low = summary('low', { priority: 'low', expires_at: '2026-11-21T11:00:00.000Z' });
    const endless = summary('endless', { expires_at: null });
    expect(ids(inOrder([endless, low, soon, critical]))).toEqual(['critical', 'soon', 'low', 'endless']);
  });
  test('puts the oldest first among equals', () => {
    expect(ids(inOrder([summary('b', { created_at: '2026-11-21T10:01:00.000Z' }), summary('a')]))).toEqual(['a', 'b']);
  });
});

describe('a queue on screen', () => {
  const view = reveal([summary('a'), summary('b')]);

  test('does not move when something arrives, which waits to be shown', () => {
    const urgent = summary('new', { priority: 'critical' });
    const next = settle(view, [summary('a'), summary('b'), urgent], 0);
    expect(next.rows.map((row) => row.approval.id)).toEqual(['a', 'b']);
    expect(ids(next.fresh)).toEqual(['new']);
  });
  test('keeps what somebody else decided for a moment, then closes up', () => {
    const decided = settle(view, [summary('b')], 1000);
    expect(decided.rows.map((row) => [row.approval.id, row.goneAt])).toEqual([
      ['a', 1000],
      ['b', null],
    ]);
    expect(settle(decided, [summary('b')], 1000 + TOMBSTONE_MS).rows.map((row) => row.approval.id)).toEqual(['b']);
  });
  test('shows arrivals at once when nothing is on screen', () => {
    expect(settle({ rows: [], fresh: [] }, [summary('a')], 0).rows).toHaveLength(1);
  });
  test('moves past decided rows', () => {
    const decided = settle(reveal([summary('a'), summary('b'), summary('c')]), [summary('a'), summary('c')], 0);
    expect(neighbour(decided.rows, 'a', 1)).toBe('c');
    expect(neighbour(decided.rows, 'c', 1)).toBeUndefined();
    expect(neighbour(decided.rows, undefined, 1)).toBe('a');
  });
});

import type { WireApprovalSummary } from '@countersign/contract';
import { describe, expect, test } from 'vitest';
import { type Latest, TOMBSTONE_MS, neighbour, reveal, settle } from './queue-order.ts';

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
  progress: { approvals: 0, needed: 1, stage: 0, stages: 1 },
  alike: 0,
  top_flag: null,
  snoozed_until: null,
  assigned_to: [],
  decision: null,
  ...over,
});
const ids = (items: readonly WireApprovalSummary[]): string[] => items.map((item) => item.id);

const answer = (items: readonly WireApprovalSummary[], over: Partial<Latest> = {}): Latest => ({
  items,
  hasMore: false,
  isLonger: false,
  ...over,
});

describe('a queue on screen', () => {
  const view = reveal([summary('a'), summary('b')]);

  test('does not move when something arrives, which waits to be shown', () => {
    const urgent = summary('new', { priority: 'critical' });
    const next = settle(view, answer([urgent, summary('a'), summary('b')]), 0);
    expect(next.rows.map((row) => row.approval.id)).toEqual(['a', 'b']);
    expect(ids(next.fresh)).toEqual(['new']);
  });
  test('keeps what somebody else decided for a moment, then closes up', () => {
    const decided = settle(view, answer([summary('b')]), 1000);
    expect(decided.rows.map((row) => [row.approval.id, row.goneAt])).toEqual([
      ['a', 1000],
      ['b', null],
    ]);
    expect(settle(decided, answer([summary('b')]), 1000 + TOMBSTONE_MS).rows.map((row) => row.approval.id)).toEqual([
      'b',
    ]);
  });
  test('shows arrivals at once when nothing is on screen', () => {
    expect(settle({ rows: [], fresh: [] }, answer([summary('a')]), 0).rows).toHaveLength(1);
  });
  test('goes on with the next page, while what sorts before its end is an arrival', () => {
    const first = reveal([summary('a'), summary('b')]);
    const next = settle(
      first,
      answer([summary('a'), summary('new'), summary('b'), summary('c')], { isLonger: true }),
      0,
    );
    expect(next.rows.map((row) => row.approval.id)).toEqual(['a', 'b', 'c']);
    expect(ids(next.fresh)).toEqual(['new']);
  });
  test('says nothing about rows that lie further down than the answer', () => {
    const pushed = settle(view, answer([summary('new'), summary('a')], { hasMore: true }), 1000);
    expect(pushed.rows.map((row) => [row.approval.id, row.goneAt])).toEqual([
      ['a', null],
      ['b', null],
    ]);
  });
  test('moves past decided rows', () => {
    const decided = settle(reveal([summary('a'), summary('b'), summary('c')]), answer([summary('a'), summary('c')]), 0);
    expect(neighbour(decided.rows, 'a', 1)).toBe('c');
    expect(neighbour(decided.rows, 'c', 1)).toBeUndefined();
    expect(neighbour(decided.rows, undefined, 1)).toBe('a');
  });
});

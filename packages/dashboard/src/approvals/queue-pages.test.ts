import type { WireApprovalSummary } from '@countersign/contract';
import { describe, expect, test } from 'vitest';
import { type QueuePage, compareRows, patchPages } from './queue-pages.ts';

const row = (id: string, over: Partial<WireApprovalSummary> = {}): WireApprovalSummary => ({
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
  expires_at: null,
  is_overdue: false,
  risk: null,
  claim: null,
  held: null,
  progress: null,
  alike: 0,
  top_flag: null,
  snoozed_until: null,
  assigned_to: [],
  decision: null,
  ...over,
});
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString();
const due = (id: string, minute: number): WireApprovalSummary => row(id, { expires_at: at(minute) });
const page = (rows: readonly WireApprovalSummary[], next: string | null): QueuePage => ({
  data: rows,
  next_cursor: next,
});
const ids = (pages: readonly QueuePage[]): string[][] => pages.map(({ data }) => data.map(({ id }) => id));

describe('after a change', () => {
  const pages = [page([due('a', 10), due('b', 20)], 'c1'), page([due('c', 30), due('d', 40)], 'c2')];
  const patch = (changed: string[], found: WireApprovalSummary[]) =>
    ids(patchPages(pages, new Set(changed), found, 'time_left'));

  test('a row that is not there any more goes, and the pages keep their cursors', () => {
    const patched = patchPages(pages, new Set(['b']), [], 'time_left');
    expect(ids(patched)).toEqual([['a'], ['c', 'd']]);
    expect(patched.map(({ next_cursor: next }) => next)).toEqual(['c1', 'c2']);
  });
  test('a row that changed is the new one, in its new place', () => {
    const patched = patchPages(pages, new Set(['a']), [{ ...due('a', 10), title: 'new' }], 'time_left');
    expect(patched[0]?.data[0]?.title).toBe('new');
    expect(patch(['a'], [due('a', 35)])).toEqual([['b'], ['c', 'a', 'd']]);
  });
  test('an arrival comes where it belongs, or with its page, further down', () => {
    expect(patch(['x'], [due('x', 15)])).toEqual([
      ['a', 'x', 'b'],
      ['c', 'd'],
    ]);
    expect(patch(['x'], [due('x', 50)])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    const whole = [page([due('a', 10)], null)];
    expect(ids(patchPages(whole, new Set(['x']), [due('x', 50)], 'time_left'))).toEqual([['a', 'x']]);
    expect(ids(patchPages([page([], null)], new Set(['x']), [due('x', 50)], 'time_left'))).toEqual([['x']]);
  });
  test('one that was on screen stays, though its place is now beyond what is loaded', () => {
    expect(patch(['a'], [due('a', 50)])).toEqual([['b'], ['c', 'd', 'a']]);
  });
});

test('the orders are those of the server: by deadline with a head start by priority, then by id', () => {
  const rows = [
    row('b', { created_at: at(0) }),
    row('a', { created_at: at(0) }),
    row('c', { created_at: at(1), priority: 'critical', expires_at: at(240) }),
    row('d', { created_at: at(2), priority: 'low', expires_at: at(30) }),
    row('e', { created_at: at(3), expires_at: at(45) }),
  ];
  const order = (sort: Parameters<typeof compareRows>[0]): string =>
    rows
      .toSorted(compareRows(sort))
      .map(({ id }) => id)
      .join('');
  expect(order('urgency')).toBe('cedab');
  expect(order('priority')).toBe('ceabd');
  expect(order('time_left')).toBe('decab');
  expect(order('newest')).toBe('edcba');
  expect(order('oldest')).toBe('abcde');
});

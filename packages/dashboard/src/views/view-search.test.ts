import { expect, test } from 'vitest';
import { filterOf, isChanged, readTokens, searchOfView } from './view-search.ts';

test('a saved view goes into the address and comes back the same', () => {
  const filter = { assigned_to: 'me', q: 'late', tool: 'refund', due_within: 900, sort: 'priority' } as const;
  const view = { id: 'viw_1', name: 'Late refunds', filter, created_at: '2026-11-21T10:00:00.000Z' };
  const search = searchOfView(view);
  expect(search).toEqual({ lane: 'yours', q: 'late', tool: 'refund', due: 900, sort: 'priority', view: 'viw_1' });
  expect(filterOf(search)).toEqual(filter);
  expect(isChanged(view, search)).toBe(false);
  expect(isChanged(view, { ...search, sort: 'newest' })).toBe(true);
});

test('the critical lane is saved as the filter that it is', () => {
  expect(filterOf({ lane: 'critical' })).toEqual({ priority: 'critical' });
});

test.each(['others', 'snoozed'] as const)('the lane %s is saved as one, too', (lane) => {
  const filter = filterOf({ lane });
  expect(searchOfView({ id: 'viw_1', name: lane, filter, created_at: '2026-11-21T10:00:00.000Z' }).lane).toBe(lane);
});

test('what is typed is words and filters, and anything unknown is a word', () => {
  expect(readTokens('tool:refunds.create  due:<15m  late   fee')).toEqual({
    tool: 'refunds.create',
    due: 900,
    q: 'late fee',
  });
  expect(readTokens('risk:high checkpoint:pay due:2h')).toEqual({ priority: 'high', checkpoint: 'pay', due: 7200 });
  expect(readTokens('risk:odd due:soon re:mind')).toEqual({ q: 'risk:odd due:soon re:mind' });
  expect(readTokens('  ')).toEqual({});
});

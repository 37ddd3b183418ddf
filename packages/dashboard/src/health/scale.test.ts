import { describe, expect, test } from 'vitest';
import { daysUntil } from './days.ts';
import { linePath, ticksTo, timeTicksTo } from './scale.ts';

describe('the ticks of an axis', () => {
  test('are round and reach the highest value', () => {
    expect(ticksTo(137)).toEqual([0, 50, 100, 150]);
    expect(ticksTo(3)).toEqual([0, 1, 2, 3]);
    expect(ticksTo(1)).toEqual([0, 1]);
  });
  test('of nothing still make an axis', () => {
    expect(ticksTo(0)).toEqual([0, 1]);
    expect(timeTicksTo(0)).toEqual([0, 60]);
  });
  test('of times are steps people know', () => {
    expect(timeTicksTo(1260)).toEqual([0, 600, 1200, 1800]);
  });
});

test('a line breaks where there is no value', () => {
  expect(linePath([{ x: 0, y: 1 }, null, { x: 2, y: 1 }, { x: 3, y: 0 }])).toBe('M0.0,1.0M2.0,1.0L3.0,0.0');
});

test('days without a decision are there, so that a gap is seen as one', () => {
  const now = Date.parse('2026-03-01T05:00:00Z');
  expect(daysUntil(now, 3, 'UTC')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  expect(daysUntil(now, 2, 'America/New_York')).toEqual(['2026-02-28', '2026-03-01']);
  expect(daysUntil(now, 2, 'America/Los_Angeles')).toEqual(['2026-02-27', '2026-02-28']);
});

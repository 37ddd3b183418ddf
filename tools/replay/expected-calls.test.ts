import { describe, expect, it } from 'vitest';
import { expectedCalls } from './expected-calls.ts';

const line = { expected_actions: [{ name: 'refund', kwargs: { amount: 5, to: ['a', 'b'] } }] };

describe('expected calls', () => {
  it('are the same by name and by the meaning of their arguments, and are used up', () => {
    const expected = expectedCalls(line);
    expect(expected.take({ tool: 'refund', arguments: { to: ['b', 'a'], amount: 5 } })).toBe(false);
    expect(expected.take({ tool: 'charge', arguments: { to: ['a', 'b'], amount: 5 } })).toBe(false);
    expect(expected.take({ tool: 'refund', arguments: { to: ['a', 'b'], amount: 5.0 } })).toBe(true);
    expect(expected.take({ tool: 'refund', arguments: { to: ['a', 'b'], amount: 5 } })).toBe(false);
  });

  it('are none where the line names none', () => {
    expect(expectedCalls({ expected_actions: [] }).take({ tool: 'refund', arguments: {} })).toBe(false);
    expect(expectedCalls({}).take({ tool: 'refund', arguments: {} })).toBe(false);
  });
});

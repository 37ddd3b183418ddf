import { describe, expect, test } from 'vitest';
import { beyondLimit } from './key-limits.ts';

const NONE = { agents: null, tools: null };

describe('T32: a key', () => {
  test('without limits may be used for anything', () => {
    expect(beyondLimit(NONE, { agents: [null], tools: ['wire_money'] })).toBeNull();
  });
  test.each([
    [['agt_1'], null],
    [['agt_2', 'refunds'], null],
    [['agt_2', 'other'], 'agents'],
    [[null, undefined], 'agents'],
    [[], 'agents'],
  ] as const)('for agents is good for those by id or name: %j', (agents, wanted) => {
    expect(beyondLimit({ ...NONE, agents: ['agt_1', 'refunds'] }, { agents })).toBe(wanted);
  });
  test.each([
    [['refund'], null],
    [['refund', 'lookup'], null],
    [['refund', 'wire_money'], 'tools'],
    [[null], 'tools'],
  ] as const)('for tools is good only where all are among them: %j', (tools, wanted) => {
    expect(beyondLimit({ ...NONE, tools: ['refund', 'lookup'] }, { tools })).toBe(wanted);
  });
  test('is not limited in what a request is not about', () => {
    expect(beyondLimit({ agents: ['a'], tools: ['t'] }, {})).toBeNull();
  });
});

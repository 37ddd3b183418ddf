import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMet } from './count-votes.ts';
import { parseRule, writeRule } from './expression.ts';
import { COUNT_MAX, type PeopleSet, type Rule, type Standing } from './requirement.ts';

const mustParse = (text: string): Rule => {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.refusal.detail}`);
  return parsed.value;
};
const group = (...groups: string[]): PeopleSet => ({ groups, roles: [], members: [] });

const anySet: fc.Arbitrary<PeopleSet> = fc
  .record({
    groups: fc.uniqueArray(fc.constantFrom('finance', 'legal', 'on-call', '24x7'), { maxLength: 2 }),
    roles: fc.uniqueArray(fc.constantFrom('approver' as const, 'owner' as const), { maxLength: 2 }),
    members: fc.uniqueArray(fc.constantFrom('usr_1', 'usr_2'), { maxLength: 1 }),
  })
  .filter(({ groups, roles, members }) => groups.length + roles.length + members.length > 0);
const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule; count: Rule; many: Rule }>((tie) => ({
  rule: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('count'), tie('many')),
  count: fc.record({ type: fc.constant('count' as const), count: fc.integer({ min: 1, max: 4 }), of: anySet }),
  many: fc.record({
    type: fc.constantFrom('and' as const, 'or' as const),
    rules: fc.array(tie('rule'), { minLength: 2, maxLength: 3 }),
  }),
})).rule;
const anyPeople: fc.Arbitrary<Standing[]> = fc.uniqueArray(
  fc.record({
    personId: fc.constantFrom('usr_1', 'usr_2', 'usr_3', 'usr_4', 'usr_5'),
    groups: fc.subarray(['finance', 'legal', 'on-call', '24x7']),
    roles: fc.subarray(['approver' as const, 'owner' as const]),
  }),
  { selector: ({ personId }) => personId, maxLength: 5 },
);

describe('the written form of a rule', () => {
  it('reads counts, sets, and "and" before "or"', () => {
    expect(mustParse('2 of engineering and 1 of (finance | role:owner) or member:usr_1')).toEqual({
      type: 'or',
      rules: [
        {
          type: 'and',
          rules: [
            { type: 'count', count: 2, of: group('engineering') },
            { type: 'count', count: 1, of: { groups: ['finance'], roles: ['owner'], members: [] } },
          ],
        },
        { type: 'count', count: 1, of: { groups: [], roles: [], members: ['usr_1'] } },
      ],
    });
  });
  it('takes one of a bare name, anyone for any approver, and words in any case', () => {
    expect(mustParse('finance')).toEqual({ type: 'count', count: 1, of: group('finance') });
    expect(mustParse('2 OF Anyone')).toEqual({
      type: 'count',
      count: 2,
      of: { groups: [], roles: ['approver'], members: [] },
    });
    expect(mustParse('a AND (b OR c)')).toEqual(mustParse('1 of a and (1 of b or 1 of c)'));
    expect(mustParse('3 of 24')).toEqual({ type: 'count', count: 3, of: group('24') });
  });
  it.each([
    ['', 0],
    ['and', 0],
    ['a and', 5],
    ['2 of', 4],
    ['a b', 2],
    ['(a', 2],
    ['a)', 1],
    ['0 of a', 0],
    [`${COUNT_MAX + 1} of a`, 0],
    ['a & b', 1],
    ['role:king', 0],
    ['a or team:x', 5],
    ['(a | )', 5],
    ['2 of (a and b)', 8],
  ])('says where %j goes wrong', (text, at) => {
    expect(parseRule(text)).toMatchObject({ ok: false, refusal: { at } });
  });
  it('refuses at once what would take for ever to judge', () => {
    const bomb = Array.from({ length: 70 }, () => '(a or b)').join(' and ');
    expect(parseRule(bomb)).toMatchObject({ ok: false, refusal: { detail: expect.stringContaining('ways') } });
  });
  it('comes back from writing and reading as a rule that the same people meet', () => {
    fc.assert(
      fc.property(anyRule, anyPeople, (rule, people) => {
        const text = writeRule(rule);
        const again = parseRule(text);
        // What has too many ways is refused when read; everything else must come back.
        fc.pre(again.ok);
        if (!again.ok) return;
        expect(writeRule(again.value)).toBe(text);
        expect(isMet(again.value, people)).toBe(isMet(rule, people));
      }),
      { numRuns: 2000 },
    );
  });
  it('never throws at any text', () => {
    const words = fc.constantFrom('a', '2', 'of', 'and', 'or', '(', ')', '|', 'role:owner', 'anyone', '§', ' ');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((list) => list.join(' ')),
        ),
        (text) => void parseRule(text),
      ),
      { numRuns: 3000 },
    );
  });
});

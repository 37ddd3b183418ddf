import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StageVote, eligibility, impossibleStages, isMet, missing, tally, unblockers } from './count-votes.ts';
import { parseRule, writeMissing } from './expression.ts';
import { type Requirement, type Rule, type Standing, atLeast, isIn, peopleNeeded, waysOf } from './requirement.ts';

const rule = (text: string): Rule => {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
};
const person = (personId: string, ...groups: string[]): Standing => ({ personId, groups, roles: ['approver'] });
const requirement = (stages: readonly (string | [string, number])[], over: Partial<Requirement> = {}): Requirement => ({
  stages: stages.map((stage, index) => {
    const [text, rejections] = typeof stage === 'string' ? [stage, 1] : stage;
    return { name: `stage ${index}`, rule: rule(text), rejections };
  }),
  isDistinctAcrossStages: false,
  isReasonRequired: false,
  ...over,
});
const vote = (voter: Standing, stage = 0, answer: 'approved' | 'rejected' = 'approved'): StageVote => ({
  stage,
  voter,
  vote: answer,
});

const ann = person('ann', 'eng');
const bob = person('bob', 'eng', 'fin');
const cid = person('cid', 'fin');
const dan = person('dan');

/** Tries every way of giving each person at most one place. */
const bruteForce = (demands: readonly Rule[], people: readonly Standing[]): boolean => {
  const [first, ...rest] = demands;
  if (!first) return true;
  if (first.type !== 'count')
    return first.type === 'or'
      ? first.rules.some((part) => bruteForce([part, ...rest], people))
      : bruteForce([...first.rules, ...rest], people);
  if (first.count === 0) return bruteForce(rest, people);
  return people.some(
    (one, index) =>
      isIn(first.of, one) && bruteForce([{ ...first, count: first.count - 1 }, ...rest], people.toSpliced(index, 1)),
  );
};

const anyPeople = fc
  .array(fc.subarray(['a', 'b', 'c']), { maxLength: 5 })
  .map((list) => list.map((groups, index) => person(`usr_${index}`, ...groups)));
const count = fc.record({
  type: fc.constant('count' as const),
  count: fc.integer({ min: 1, max: 3 }),
  of: fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((groups) => ({ groups, roles: [], members: [] })),
});
const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule; many: Rule }>((tie) => ({
  rule: fc.oneof({ maxDepth: 2 }, count, tie('many')),
  many: fc.record({
    type: fc.constantFrom('and' as const, 'or' as const),
    rules: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
  }),
})).rule;

describe('a rule', () => {
  it('counts people, and needs every part of an "and" but only one of an "or"', () => {
    expect(isMet(rule('2 of eng'), [ann])).toBe(false);
    expect(isMet(rule('2 of eng'), [ann, bob])).toBe(true);
    expect(isMet(rule('eng and fin'), [ann, cid])).toBe(true);
    expect(isMet(rule('eng and fin'), [ann, dan])).toBe(false);
    expect(isMet(rule('2 of eng or fin'), [cid])).toBe(true);
    expect(isMet(rule('member:dan'), [dan])).toBe(true);
    expect(isMet(rule('3 of anyone'), [ann, bob, dan])).toBe(true);
  });
  it('gives one person one place, also who is in both groups', () => {
    expect(isMet(rule('eng and fin'), [bob])).toBe(false);
    expect(isMet(rule('eng and fin'), [bob, dan])).toBe(false);
    expect(isMet(rule('eng and fin'), [bob, ann])).toBe(true);
    expect(isMet(rule('eng and fin'), [ann, bob])).toBe(true);
    expect(isMet(rule('2 of (eng | fin) and 1 of fin'), [bob, cid, ann])).toBe(true);
  });
  it('is met exactly where trying every placement finds one', () => {
    let met = 0;
    fc.assert(
      fc.property(anyRule, anyPeople, (any, people) => {
        fc.pre(waysOf(any) <= 100);
        const expected = bruteForce([any], people);
        if (expected) met += 1;
        expect(isMet(any, people)).toBe(expected);
        expect(missing(any, people).length === 0).toBe(expected);
      }),
      { numRuns: 3000 },
    );
    expect(met).toBeGreaterThan(300);
  });
  it('says what is missing on the shortest way, and is met once exactly that came', () => {
    expect(missing(rule('2 of eng and 1 of fin'), [ann])).toEqual([
      { count: 1, of: { groups: ['eng'], roles: [], members: [] } },
      { count: 1, of: { groups: ['fin'], roles: [], members: [] } },
    ]);
    expect(missing(rule('5 of eng or 2 of fin'), [cid])).toEqual([
      { count: 1, of: { groups: ['fin'], roles: [], members: [] } },
    ]);
  });
  it('asked for at least so many people never takes fewer, nor than before', () => {
    fc.assert(
      fc.property(anyRule, fc.integer({ min: 1, max: 8 }), anyPeople, (any, people, standings) => {
        fc.pre(waysOf(any) <= 100);
        const more = atLeast(any, people);
        expect(peopleNeeded(more)).toBeGreaterThanOrEqual(Math.max(people, peopleNeeded(any)));
        if (isMet(more, standings)) expect(isMet(any, standings) && standings.length >= people).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the tally of votes', () => {
  it('goes through the stages in order', () => {
    const two = requirement(['eng', 'fin']);
    expect(tally(two, [])).toMatchObject({ outcome: 'open', stage: 0 });
    expect(tally(two, [vote(cid, 1)])).toMatchObject({ outcome: 'open', stage: 0 });
    expect(tally(two, [vote(ann)])).toMatchObject({ outcome: 'open', stage: 1, missing: [{ count: 1 }] });
    expect(tally(two, [vote(ann), vote(cid, 1)])).toEqual({ outcome: 'approved' });
  });
  it('is rejected by as many rejections as the stage says, not by fewer', () => {
    const lenient = requirement([['2 of anyone', 2]]);
    expect(tally(lenient, [vote(ann, 0, 'rejected')])).toMatchObject({ outcome: 'open', rejections: 1 });
    expect(tally(lenient, [vote(ann, 0, 'rejected'), vote(bob), vote(cid)])).toEqual({ outcome: 'approved' });
    expect(tally(lenient, [vote(ann, 0, 'rejected'), vote(bob), vote(cid, 0, 'rejected')])).toEqual({
      outcome: 'rejected',
      stage: 0,
    });
    expect(tally(requirement(['2 of anyone']), [vote(bob), vote(ann, 0, 'rejected')])).toEqual({
      outcome: 'rejected',
      stage: 0,
    });
  });
});

describe('who may vote', () => {
  it('is who is asked in this stage, did not ask, and has not voted', () => {
    const two = requirement(['eng', 'fin']);
    expect(eligibility(two, [], 0, ann, [])).toBeNull();
    expect(eligibility(two, [], 0, cid, [])).toBe('not_asked');
    expect(eligibility(two, [], 0, ann, ['ann'])).toBe('requester');
    expect(eligibility(two, [vote(bob)], 0, bob, [])).toBe('already_voted');
  });
  it('is somebody else in the next stage only where that is demanded', () => {
    const votes = [vote(bob)];
    expect(eligibility(requirement(['eng', 'fin']), votes, 1, bob, [])).toBeNull();
    expect(eligibility(requirement(['eng', 'fin'], { isDistinctAcrossStages: true }), votes, 1, bob, [])).toBe(
      'voted_earlier',
    );
  });
  it('and would bring it forward: who can still unblock', () => {
    const everybody = [ann, bob, cid, dan];
    const names = (requirement_: Requirement, votes: StageVote[], requesters: string[] = []) =>
      unblockers(requirement_, votes, everybody, requesters).map(({ personId }) => personId);
    expect(names(requirement(['eng and fin']), [])).toEqual(['ann', 'bob', 'cid']);
    expect(names(requirement(['eng and fin']), [vote(ann)])).toEqual(['bob', 'cid']);
    expect(names(requirement(['eng and fin']), [vote(ann)], ['cid'])).toEqual(['bob']);
    expect(names(requirement(['eng', 'fin']), [vote(ann)])).toEqual(['bob', 'cid']);
    expect(names(requirement(['eng']), [vote(ann)])).toEqual([]);
    // On any way, not only on the shortest; and by taking over a place whose holder can fill the other.
    expect(names(requirement(['eng or fin']), [])).toEqual(['ann', 'bob', 'cid']);
    expect(names(requirement(['2 of eng or fin']), [vote(ann)])).toEqual(['bob', 'cid']);
    const both = person('bea', 'eng', 'fin');
    expect(names(requirement(['eng and fin']), [vote(both)])).toEqual(['ann', 'bob', 'cid']);
  });
  it('and what is missing is told for every way', () => {
    const told = (text: string, people: Standing[]): string[] => {
      const state = tally(
        requirement([text]),
        people.map((one) => vote(one)),
      );
      return state.outcome === 'open' ? writeMissing(state.ways) : [];
    };
    expect(told('2 of eng and 1 of fin', [])).toEqual(['2 of eng', '1 of fin']);
    expect(told('2 of eng and 1 of fin or role:owner', [ann])).toEqual(['1 of role:owner or 1 of eng and 1 of fin']);
    expect(told('fin or eng', [])).toEqual(['1 of fin or 1 of eng']);
    expect(told('a or b or c or d or e', [])).toEqual(['1 of a']);
  });
});

describe('a requirement', () => {
  it('is impossible in the stages that all people together could not meet', () => {
    const names = (stages: string[], people: Standing[], over: Partial<Requirement> = {}, requesters: string[] = []) =>
      impossibleStages(requirement(stages, over), people, requesters).map(({ name }) => name);
    expect(names(['2 of eng', '3 of fin'], [ann, bob, cid])).toEqual(['stage 1']);
    expect(names(['2 of eng'], [ann, bob], {}, ['ann'])).toEqual(['stage 0']);
    expect(names(['nobody'], [ann, bob, cid, dan])).toEqual(['stage 0']);
    expect(names(['2 of eng', 'fin'], [ann, bob])).toEqual([]);
    expect(names(['2 of eng', 'fin'], [ann, bob], { isDistinctAcrossStages: true })).toEqual(['stage 1']);
    expect(names(['2 of eng', 'fin'], [ann, bob, cid], { isDistinctAcrossStages: true })).toEqual([]);
  });
  it('of many stages with many ways each is judged quickly', () => {
    const wide = Array.from({ length: 10 }, () => Array.from({ length: 50 }, (_, index) => `g${index}`).join(' or '));
    const startMs = performance.now();
    impossibleStages(
      requirement(wide, { isDistinctAcrossStages: true }),
      Array.from({ length: 50 }, (_, index) => person(`p${index}`, `g${index}`)),
    );
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});

import { describe, expect, it } from 'vitest';
import { parseRule } from '../quorum/expression.ts';
import { ONE_APPROVER, type Requirement } from '../quorum/requirement.ts';
import { type PlanVote, type WouldBeAsked, whyNotEnough } from './stands-for.ts';

const vote = (personId: string, over: Partial<PlanVote> = {}, groups: string[] = []): PlanVote => ({
  voter: { personId, groups, roles: ['approver'] },
  vote: 'approved',
  assurance: 'session',
  isByKey: false,
  ...over,
});
const requirement = (...rules: string[]): Requirement => ({
  stages: rules.map((text, index) => {
    const rule = parseRule(text);
    if (!rule.ok) throw new Error(rule.refusal.detail);
    return { name: `stage ${index}`, rule: rule.value, rejections: 1 };
  }),
  isDistinctAcrossStages: false,
  isReasonRequired: false,
});
const asked = (one: Requirement, over: Partial<WouldBeAsked> = {}): WouldBeAsked => ({
  requirement: one,
  priority: null,
  rule: null,
  ...over,
});

describe('a plan is enough for a call', () => {
  it('where those who approved it are who would be asked', () => {
    expect(whyNotEnough(asked(ONE_APPROVER), [vote('ada')])).toBeNull();
    const two = asked(requirement('2 of finance'));
    expect(whyNotEnough(two, [vote('ada', {}, ['finance']), vote('bob', {}, ['finance'])])).toBeNull();
    expect(whyNotEnough(two, [vote('ada', {}, ['finance'])])).toMatch(/2 of finance/);
    expect(whyNotEnough(two, [vote('ada', {}, ['finance']), vote('ada', {}, ['finance'])])).not.toBeNull();
  });
  it('never where nobody approved it', () => expect(whyNotEnough(asked(ONE_APPROVER), [])).not.toBeNull());
  it('never where a rejection would have ended it', () =>
    expect(whyNotEnough(asked(ONE_APPROVER), [vote('ada'), vote('bob', { vote: 'rejected' })])).not.toBeNull());
  it('never for what is critical', () =>
    expect(whyNotEnough(asked(ONE_APPROVER, { priority: 'critical', rule: 'wires' }), [vote('ada')])).toMatch(
      /“wires”.*critical/,
    ));
  it('where stages want distinct people, only with as many', () => {
    const stages = requirement('1 of engineering', '1 of finance');
    const both = vote('ada', {}, ['engineering', 'finance']);
    expect(whyNotEnough(asked(stages), [both])).toBeNull();
    expect(whyNotEnough(asked({ ...stages, isDistinctAcrossStages: true }), [both])).not.toBeNull();
    expect(
      whyNotEnough(asked({ ...stages, isDistinctAcrossStages: true }), [both, vote('bob', {}, ['finance'])]),
    ).toBeNull();
  });
  it('where as much certainty is demanded as it was approved with', () => {
    const signed = asked({ ...ONE_APPROVER, assurance: 'signed' });
    expect(whyNotEnough(signed, [vote('ada')])).toMatch(/signed/);
    expect(whyNotEnough(signed, [vote('ada', { assurance: 'signed' })])).toBeNull();
  });
  it('not for what is grave where a key approved it, unless the rule lets keys', () => {
    const byKey = [vote('ada', { assurance: 'key', isByKey: true })];
    expect(whyNotEnough(asked(ONE_APPROVER, { priority: 'high' }), byKey)).toMatch(/signed in/);
    expect(whyNotEnough(asked({ ...ONE_APPROVER, isKeyEnough: true }, { priority: 'high' }), byKey)).toBeNull();
    expect(whyNotEnough(asked(ONE_APPROVER), byKey)).toBeNull();
  });
});

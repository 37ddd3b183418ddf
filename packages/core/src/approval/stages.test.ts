/** Several people, stages, time: what one approver alone (decide.test.ts) does not show. */
import { describe, expect, it } from 'vitest';
import { digestJson } from '../digest.ts';
import { tally } from '../quorum/count-votes.ts';
import { parseRule } from '../quorum/expression.ts';
import type { Requirement, Rule } from '../quorum/requirement.ts';
import {
  type ApprovalCommand,
  type ApprovalEvent,
  type ApprovalState,
  CLAIM_SECONDS,
  NO_TIMEOUT,
  type TimeoutPlan,
  type Voter,
} from './approval.ts';
import { decideApproval } from './decide.ts';
import { evolveApproval } from './evolve.ts';

const DIGEST = digestJson({ a: 1 });
const EDIT = { action: { a: 2 }, digest: digestJson({ a: 2 }), differences: [{ pointer: '/a', before: 1, after: 2 }] };
const rule = (text: string): Rule => {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
};
const voter = (personId: string, groups: string[] = [], over: Partial<Voter> = {}): Voter => ({
  personId,
  keyId: null,
  actor: { kind: 'person', id: personId, name: personId },
  assurance: 'session',
  standing: { personId, groups, roles: ['approver'] },
  standsInFor: [],
  ...over,
});
const ann = voter('ann', ['eng']);
const bob = voter('bob', ['eng', 'fin']);
const cid = voter('cid', ['fin']);
const ben = voter('ben', ['eng']);
/** Everybody who can fill a place. */
const EVERYBODY = [ann, bob, cid, ben, voter('dan'), voter('eve')].map(({ standing }) => standing);

const pending = (
  stages: string[],
  over: Partial<ApprovalState> = {},
  more: Partial<Requirement> = {},
): ApprovalState => ({
  status: 'pending',
  digest: DIGEST,
  requesters: ['ben'],
  createdAtMs: 0,
  expiresAtMs: 1000,
  decision: null,
  consumedAtMs: null,
  requirement: {
    stages: stages.map((text, index) => ({ name: `s${index}`, rule: rule(text), rejections: 1 })),
    isDistinctAcrossStages: false,
    isReasonRequired: false,
    ...more,
  },
  votes: [],
  edits: [],
  timeout: NO_TIMEOUT,
  isOverdue: false,
  claim: null,
  recallSeconds: null,
  held: null,
  ...over,
});
type Decide = Extract<ApprovalCommand, { type: 'decide' }>;
const vote = (who: Voter, over: Partial<Decide> = {}): ApprovalCommand => ({
  type: 'decide',
  atMs: 500,
  voter: who,
  decision: 'approved',
  digest: DIGEST,
  reason: null,
  edit: null,
  singleOperator: null,
  ...over,
});
const events = (state: ApprovalState, command: ApprovalCommand): ApprovalEvent[] => {
  const result = decideApproval(state, command);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
  return [...result.value];
};
const play = (state: ApprovalState, ...commands: ApprovalCommand[]): ApprovalState =>
  commands.reduce((now, command) => events(now, command).reduce(evolveApproval, now), state);
const refusal = (state: ApprovalState, command: ApprovalCommand) => {
  const result = decideApproval(state, command);
  return result.ok ? undefined : result.refusal;
};
const types = (state: ApprovalState, command: ApprovalCommand): string[] =>
  events(state, command).map(({ type }) => type);

describe('two approvers', () => {
  it('both have to approve, and one person is not two', () => {
    const one = play(pending(['2 of eng']), vote(ann));
    expect(one.status).toBe('pending');
    expect(refusal(one, vote(ann))).toEqual({ type: 'not_eligible', why: 'already_voted' });
    expect(refusal(one, vote(cid))).toEqual({ type: 'not_eligible', why: 'not_asked' });
    expect(refusal(one, vote(ben))).toMatchObject({ type: 'self_approval' });
    expect(play(one, vote(bob))).toMatchObject({ status: 'approved', decision: { by: { id: 'bob' } } });
  });
  it('are rejected by the first rejection', () => {
    expect(play(pending(['2 of eng']), vote(ann), vote(bob, { decision: 'rejected' })).status).toBe('rejected');
  });
  it('can not vote through another person’s key either', () => {
    const key = voter('ann', ['eng'], { keyId: 'key_1', assurance: 'key' });
    expect(refusal(play(pending(['2 of eng']), vote(ann)), vote(key))).toEqual({
      type: 'not_eligible',
      why: 'already_voted',
    });
  });
  it('begin again when one of them edits: the vote before was on other content', () => {
    const edited = play(pending(['2 of eng']), vote(ann), vote(bob, { edit: EDIT }));
    expect(edited).toMatchObject({ status: 'pending', digest: EDIT.digest, votes: [{ representsId: 'bob' }] });
    expect(refusal(edited, vote(ann))).toMatchObject({ type: 'digest_stale', current: EDIT.digest });
    expect(play(edited, vote(ann, { digest: EDIT.digest }))).toMatchObject({
      status: 'approved',
      decision: { edits: EDIT.differences },
    });
  });
  it('give a reason for a rejection where one is required', () => {
    const strict = pending(['eng'], {}, { isReasonRequired: true });
    expect(refusal(strict, vote(ann, { decision: 'rejected', reason: '  ' }))).toEqual({ type: 'reason_required' });
    expect(play(strict, vote(ann, { decision: 'rejected', reason: 'no' })).status).toBe('rejected');
    expect(play(strict, vote(ann)).status).toBe('approved');
  });
});

describe('stages', () => {
  it('come one after the other', () => {
    const start = pending(['eng', 'fin']);
    expect(refusal(start, vote(cid))).toEqual({ type: 'not_eligible', why: 'not_asked' });
    expect(types(start, vote(ann))).toEqual(['vote_cast', 'stage_passed']);
    expect(play(start, vote(ann), vote(cid)).status).toBe('approved');
    expect(play(start, vote(ann), vote(cid, { decision: 'rejected' })).status).toBe('rejected');
  });
  it('may be passed by the same person, unless distinct people are demanded', () => {
    expect(play(pending(['eng', 'fin']), vote(bob), vote(bob)).status).toBe('approved');
    const distinct = play(pending(['eng', 'fin'], {}, { isDistinctAcrossStages: true }), vote(bob));
    expect(refusal(distinct, vote(bob))).toEqual({ type: 'not_eligible', why: 'voted_earlier' });
    expect(play(distinct, vote(cid)).status).toBe('approved');
  });
  it('begin again from the first when the content is edited in a later one', () => {
    const edited = play(pending(['eng', 'fin']), vote(ann), vote(bob, { edit: EDIT }));
    expect(tally(edited.requirement, edited.votes)).toMatchObject({ outcome: 'open', stage: 1 });
    expect(edited.votes).toMatchObject([{ stage: 0, voter: { personId: 'bob' } }]);
  });
});

describe('somebody who stands in', () => {
  const dan = voter('dan', [], { standsInFor: [ann.standing] });
  it('fills the place of who is away, in their own name', () => {
    const [cast] = events(pending(['2 of eng']), vote(dan));
    expect(cast).toMatchObject({ type: 'vote_cast', voter: { personId: 'dan' }, represents: { personId: 'ann' } });
    const state = play(pending(['2 of eng']), vote(dan));
    expect(refusal(state, vote(ann))).toEqual({ type: 'not_eligible', why: 'already_voted' });
    expect(play(state, vote(bob)).status).toBe('approved');
  });
  it('also does so where the absent person is named', () => {
    expect(play(pending(['member:ann']), vote(dan)).status).toBe('approved');
  });
  it('has one vote, not one for each', () => {
    const bobToo = voter('bob', ['eng'], { standsInFor: [ann.standing] });
    expect(refusal(play(pending(['2 of eng']), vote(bobToo)), vote(bobToo))).toEqual({
      type: 'not_eligible',
      why: 'already_voted',
    });
  });
  it('can not lend who asked a vote, nor vote on what they asked themselves', () => {
    expect(refusal(pending(['eng']), vote(voter('dan', [], { standsInFor: [ben.standing] })))).toEqual({
      type: 'not_eligible',
      why: 'not_asked',
    });
    expect(refusal(pending(['eng']), vote({ ...ben, standsInFor: [ann.standing] }))).toMatchObject({
      type: 'self_approval',
    });
  });
});

describe('the claim of one person', () => {
  const claim = (who: string, over: object = {}): ApprovalCommand => ({
    type: 'claim',
    atMs: 500,
    by: { kind: 'person', id: who, name: who },
    voter: voter(who, ['eng']),
    isForced: false,
    ...over,
  });
  const late = 500 + CLAIM_SECONDS * 1000;
  const endless = pending(['2 of eng'], { expiresAtMs: null });
  it('keeps others from deciding until it ends, is given back, or is taken over', () => {
    const claimed = play(endless, claim('ann'));
    expect(refusal(claimed, vote(bob))).toEqual({ type: 'claimed', by: 'ann', untilMs: late });
    expect(refusal(claimed, claim('bob'))).toMatchObject({ type: 'claimed' });
    expect(play(claimed, vote(bob, { atMs: late })).votes).toHaveLength(1);
    expect(play(claimed, claim('bob', { isForced: true }), vote(bob)).votes).toHaveLength(1);
    const released = play(claimed, { type: 'release', atMs: 501, by: ann.actor, personId: 'ann' });
    expect(play(released, vote(bob)).votes).toHaveLength(1);
  });
  it('is for those who can decide', () => {
    const idler = voter('dan', []);
    expect(refusal(endless, claim('dan', { voter: idler }))).toEqual({ type: 'not_eligible', why: 'not_asked' });
    expect(refusal(play(endless, vote(ann)), claim('ann'))).toEqual({ type: 'not_eligible', why: 'already_voted' });
  });
  it('is only given back by who holds it, and ends with their vote', () => {
    const claimed = play(endless, claim('ann'));
    expect(types(claimed, { type: 'release', atMs: 501, by: bob.actor, personId: 'bob' })).toEqual([]);
    expect(play(claimed, vote(ann)).claim).toBeNull();
  });
});

describe('given to other people', () => {
  const reassign = (...members: string[]): ApprovalCommand => ({
    type: 'reassign',
    atMs: 500,
    by: ann.actor,
    mover: { voter: ann, approvers: EVERYBODY },
    to: { members, groups: [], roles: [] },
    reason: null,
  });
  const escalate = (to: string | null, by = ann, approvers = EVERYBODY): ApprovalCommand => ({
    type: 'escalate',
    atMs: 500,
    by: by.actor,
    mover: { voter: by, approvers },
    to: to === null ? null : rule(to),
    reason: null,
  });
  it('is for those who are asked; for others only when nobody else is left', () => {
    expect(refusal(pending(['eng']), escalate('anyone', cid))).toEqual({ type: 'not_eligible', why: 'not_asked' });
    // Ann and Bob are no approvers any more, and Ben asked.
    const left = EVERYBODY.filter(({ groups }) => !groups.includes('eng'));
    expect(play(pending(['eng']), escalate('fin', cid, left), vote(cid)).status).toBe('approved');
    // Whoever has voted may still ask others.
    expect(play(pending(['2 of eng']), vote(ann), escalate('2 of eng')).status).toBe('pending');
  });
  it('only those are asked', () => {
    const given = play(pending(['eng']), reassign('cid'));
    expect(refusal(given, vote(ann))).toEqual({ type: 'not_eligible', why: 'not_asked' });
    expect(play(given, vote(cid)).status).toBe('approved');
  });
  it('asks for as many people as before', () => {
    const given = play(pending(['eng and fin']), reassign('cid', 'dan'));
    expect(play(given, vote(cid)).status).toBe('pending');
    expect(play(given, vote(cid), vote(voter('dan'))).status).toBe('approved');
  });
  it('or asked as well by hand, it takes no fewer than before', () => {
    const asked = play(pending(['2 of eng']), escalate('fin'));
    expect(play(asked, vote(cid)).status).toBe('pending');
    expect(play(asked, vote(cid), vote(bob)).status).toBe('approved');
    expect(play(asked, vote(ann), vote(bob)).status).toBe('approved');
  });
  it('is refused where that would be met by old votes, so that nobody would decide it', () => {
    const voted = play(pending(['2 of (eng | fin) and member:dan']), vote(ann), vote(bob), vote(cid));
    expect(voted.status).toBe('pending');
    expect(refusal(voted, reassign('ann', 'bob', 'cid'))).toEqual({ type: 'not_eligible', why: 'already_voted' });
    expect(refusal(voted, escalate('3 of (eng | fin)'))).toEqual({ type: 'not_eligible', why: 'already_voted' });
    expect(play(voted, reassign('ann', 'bob', 'eve'), vote(voter('eve'))).status).toBe('approved');
  });
  it('is refused where too few are asked, or only who asked: it could never end', () => {
    const both = pending(['2 of eng', 'fin'], {}, { isDistinctAcrossStages: true });
    expect(refusal(both, reassign('cid'))).toEqual({ type: 'nobody_can_meet', approvers: '2 of member:cid' });
    expect(refusal(both, reassign('cid', 'ben'))).toMatchObject({ type: 'nobody_can_meet' });
    expect(refusal(both, escalate('4 of fin'))).toMatchObject({ type: 'nobody_can_meet' });
    expect(refusal(both, escalate('nobody'))).toMatchObject({ type: 'nobody_can_meet' });
    // Who signed the first stage does not count for the second.
    const second = play(both, vote(ann), vote(bob));
    expect(
      refusal(second, { ...reassign('bob'), mover: { voter: cid, approvers: EVERYBODY } } as ApprovalCommand),
    ).toEqual({ type: 'nobody_can_meet', approvers: '1 of member:bob' });
  });
  it('without a level in the policy needs to be told whom to ask', () => {
    expect(refusal(pending(['eng']), escalate(null))).toEqual({ type: 'no_further_level' });
    const levelled = pending(['eng'], {
      timeout: { ...NO_TIMEOUT, action: 'escalate', levels: [{ rule: rule('fin'), seconds: 60 }] },
    });
    expect(events(levelled, escalate(null))).toMatchObject([{ type: 'escalated', seconds: 60 }]);
    expect(play(levelled, escalate(null)).timeout.levels).toEqual([]);
  });
});

describe('an approval that nobody decided in time', () => {
  it('goes to the next level and takes a fresh vote there, also where an old one would be enough', () => {
    const timeout = { ...NO_TIMEOUT, action: 'escalate', levels: [{ rule: rule('anyone'), seconds: 60 }] } as const;
    const escalated = play(pending(['2 of eng'], { timeout, expiresAtMs: 1000 }), vote(ann), {
      type: 'expire',
      atMs: 1001,
    });
    expect(escalated.status).toBe('pending');
    const open = { ...escalated, expiresAtMs: 2000 };
    expect(refusal(open, vote(ann, { atMs: 1500 }))).toEqual({ type: 'not_eligible', why: 'already_voted' });
    expect(play(open, vote(cid, { atMs: 1500 })).status).toBe('approved');
  });
  const plan = (over: Partial<TimeoutPlan>): Partial<ApprovalState> => ({
    timeout: { action: 'reject', seconds: 1, levels: [], retriesLeft: 0, ...over },
  });
  const expire: ApprovalCommand = { type: 'expire', atMs: 1001 };
  it('expires', () => {
    expect(play(pending(['eng'], plan({})), expire)).toMatchObject({
      status: 'expired',
      decision: { assurance: 'automated' },
    });
  });
  it('is approved where the policy says so, as automated and at the deadline', () => {
    expect(play(pending(['2 of eng'], plan({ action: 'approve' })), vote(ann), expire)).toMatchObject({
      status: 'approved',
      decision: { assurance: 'automated', by: { kind: 'system' }, at: '1970-01-01T00:00:01.000Z' },
    });
  });
  it('waits on, overdue and without a deadline, where it is parked', () => {
    const parked = play(pending(['eng'], plan({ action: 'park' })), expire);
    expect(parked).toMatchObject({ status: 'pending', isOverdue: true, expiresAtMs: null });
    expect(play(parked, vote(ann, { atMs: 1e12 })).status).toBe('approved');
  });
  it('the next level is asked as well, level by level, and then it expires', () => {
    const levels = [
      { rule: rule('fin'), seconds: 5 },
      { rule: rule('member:dan'), seconds: 7 },
    ];
    const start = pending(['2 of eng'], plan({ action: 'escalate', levels }));
    const first = play(start, expire);
    expect(first.timeout.levels).toEqual(levels.slice(1));
    // The engine sets the deadline; core only says how long.
    const open = { ...first, expiresAtMs: 6000 };
    expect(play(open, vote(cid)).status).toBe('approved');
    expect(play(open, vote(ann), vote(bob)).status).toBe('approved');
    const second = { ...play(open, { type: 'expire', atMs: 6001 }), expiresAtMs: 13_000 };
    expect(play(second, vote(voter('dan'))).status).toBe('approved');
    expect(play(second, { type: 'expire', atMs: 13_001 }).status).toBe('expired');
  });
  it('is asked again as often as said, and then expires', () => {
    let state = pending(['eng'], plan({ action: 'retry', retriesLeft: 2 }));
    for (let round = 0; round < 2; round += 1) {
      expect(types(state, expire)).toEqual(['asked_again']);
      state = play(state, expire);
    }
    expect(types(state, expire)).toEqual(['decided']);
  });
  it('before the deadline has passed nothing happens, and a vote after it is refused', () => {
    for (const action of ['reject', 'approve', 'park', 'retry', 'escalate'] as const) {
      const state = pending(['eng'], plan({ action, retriesLeft: 1 }));
      expect(types(state, { type: 'expire', atMs: 1000 })).toEqual([]);
      expect(refusal(state, vote(ann, { atMs: 1001 }))).toEqual({ type: 'approval_expired', expiredAtMs: 1000 });
    }
  });
});

describe('the mode for a team of one', () => {
  const alone = { singleOperator: { coolingOffSeconds: 60 } };
  const waiting = pending(['anyone'], { expiresAtMs: null });
  it('decides its own request after the cooling-off time, and the record says so', () => {
    expect(refusal(waiting, vote(ben, { ...alone, atMs: 59_999 }))).toEqual({
      type: 'self_approval',
      possibleAtMs: 60_000,
    });
    expect(play(waiting, vote(ben, { ...alone, atMs: 60_000 }))).toMatchObject({
      status: 'approved',
      decision: { isSingleOperator: true },
    });
    expect(refusal(waiting, vote(ben, { atMs: 1e9 }))).toEqual({ type: 'self_approval', possibleAtMs: null });
  });
  it('never through a key', () => {
    const key = voter('ben', [], { keyId: 'key_1', assurance: 'key' });
    expect(refusal(waiting, vote(key, { ...alone, atMs: 1e9 }))).toMatchObject({ type: 'self_approval' });
  });
  it('others decide as always, and the record does not say so', () => {
    expect(play(waiting, vote(ann, alone)).decision).not.toHaveProperty('isSingleOperator');
  });
});

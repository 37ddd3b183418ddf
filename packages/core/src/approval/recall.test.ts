import { describe, expect, test } from 'vitest';
import { digestJson } from '../digest.ts';
import { ONE_APPROVER, type Rule } from '../quorum/requirement.ts';
import { type ApprovalCommand, type ApprovalState, NO_TIMEOUT, type Voter } from './approval.ts';
import { decideApproval } from './decide.ts';
import { evolveApproval } from './evolve.ts';

const DIGEST = digestJson({ v: 1 });
const person = (id: string): Voter => ({
  personId: id,
  keyId: null,
  actor: { kind: 'person', id, name: id },
  assurance: 'session',
  standing: { personId: id, groups: [], roles: ['approver'] },
  standsInFor: [],
});
const [rosa, ben] = [person('rosa'), person('ben')];
const pending: ApprovalState = {
  status: 'pending',
  digest: DIGEST,
  requesters: ['asker'],
  createdAtMs: 0,
  expiresAtMs: 600_000,
  decision: null,
  consumedAtMs: null,
  requirement: ONE_APPROVER,
  votes: [],
  edits: [],
  timeout: NO_TIMEOUT,
  isOverdue: false,
  claim: null,
  recallSeconds: null,
  held: null,
};
const decide = (over: Partial<Extract<ApprovalCommand, { type: 'decide' }>> = {}): ApprovalCommand => ({
  type: 'decide',
  atMs: 100_000,
  voter: rosa,
  decision: 'approved',
  digest: DIGEST,
  reason: null,
  edit: null,
  singleOperator: null,
  recallSeconds: 5,
  ...over,
});
const play = (state: ApprovalState, ...commands: ApprovalCommand[]): ApprovalState =>
  commands.reduce((now, command) => {
    const result = decideApproval(now, command);
    if (!result.ok) throw new Error(`refused: ${result.refusal.type}`);
    return result.value.reduce(evolveApproval, now);
  }, state);
const refusal = (state: ApprovalState, command: ApprovalCommand): string | null => {
  const result = decideApproval(state, command);
  return result.ok ? null : result.refusal.type;
};
const recall = (over: { atMs?: number; personId?: string } = {}): ApprovalCommand => ({
  type: 'recall',
  atMs: 102_000,
  by: rosa.actor,
  personId: rosa.personId,
  ...over,
});

describe('A decision that is held back (I39)', () => {
  test('holds back everything that the decision does', () => {
    const held = play(pending, decide());
    expect(held).toMatchObject({ status: 'pending', decision: null, votes: [], held: { untilMs: 105_000 } });
    expect(play(held, { type: 'take_effect', atMs: 104_999 })).toEqual(held);
    expect(refusal(held, { type: 'consume', atMs: 104_000, digest: DIGEST, validUntilMs: null })).toBe('not_approved');
    const after = play(held, { type: 'take_effect', atMs: 105_000 });
    expect(after).toMatchObject({ status: 'approved', held: null, decision: { at: new Date(100_000).toISOString() } });
    expect(after.votes).toHaveLength(1);
    expect(after).toEqual({ ...play(pending, decide({ recallSeconds: 0 })) });
  });
  test('is as if it never was, once its author has taken it back', () => {
    expect(play(pending, decide(), recall())).toEqual(pending);
    const edit = {
      action: { v: 2 },
      digest: digestJson({ v: 2 }),
      differences: [{ pointer: '/v', before: 1, after: 2 }],
    };
    expect(play(pending, decide({ edit }), recall())).toEqual(pending);
    expect(play(pending, decide(), recall(), decide({ voter: ben, decision: 'rejected' })).held?.decision.outcome).toBe(
      'rejected',
    );
  });
  test('is taken back by nobody else, not later, and not where none is held', () => {
    const held = play(pending, decide());
    expect(refusal(held, recall({ personId: ben.personId }))).toBe('decision_held');
    expect(refusal(held, recall({ atMs: 105_000 }))).toBe('nothing_to_recall');
    expect(refusal(pending, recall())).toBe('nothing_to_recall');
    expect(refusal(play(held, { type: 'take_effect', atMs: 105_000 }), recall())).toBe('already_decided');
  });
  test('keeps everybody else out, but not the asker who withdraws', () => {
    const held = play(pending, decide());
    expect(refusal(held, decide({ voter: ben }))).toBe('decision_held');
    expect(refusal(held, { type: 'claim', atMs: 101_000, by: ben.actor, voter: ben, isForced: true })).toBe(
      'decision_held',
    );
    const mover = { voter: ben, approvers: [ben.standing] };
    expect(refusal(held, { type: 'extend', atMs: 101_000, by: ben.actor, mover, seconds: 60 })).toBe('decision_held');
    const gone = play(held, { type: 'cancel', atMs: 101_000, by: ben.actor, reason: null });
    expect(gone).toMatchObject({ status: 'cancelled', held: null });
    expect(refusal(gone, { type: 'consume', atMs: 106_000, digest: DIGEST, validUntilMs: null })).toBe('not_approved');
  });
  test('counts as made in time where the deadline passes meanwhile', () => {
    const strict = { ...pending, recallSeconds: 30 };
    const held = play(strict, decide({ atMs: 599_000 }));
    expect(play(held, { type: 'expire', atMs: 600_001 })).toEqual(held);
    expect(play(held, { type: 'take_effect', atMs: 629_000 }).status).toBe('approved');
    expect(play(held, recall({ atMs: 610_000 }), { type: 'expire', atMs: 610_000 }).status).toBe('expired');
  });
  test.each([
    ['as its author asks', null, 5, 100_000, 5000],
    ['not at all if nobody asks', null, undefined, 100_000, null],
    ['for at most a tenth of the time left', null, 60, 500_000, 10_000],
    ['not in the last minute', null, 5, 540_001, null],
    ['as the policy says, whatever is asked', 30, 5, 100_000, 30_000],
    ['not where the policy says so', 0, 5, 100_000, null],
  ])('is held back %s', (_, recallSeconds, asked, atMs, expected) => {
    const { recallSeconds: __, ...command } = decide({ atMs }) as Extract<ApprovalCommand, { type: 'decide' }>;
    const state = play(
      { ...pending, recallSeconds },
      asked === undefined ? command : { ...command, recallSeconds: asked },
    );
    expect(state.held === null ? null : state.held.untilMs - atMs).toBe(expected);
  });
  test('is held back only where it decides', () => {
    const rule: Rule = { type: 'count', count: 2, of: { members: [], groups: [], roles: ['approver'] } };
    const two = { ...ONE_APPROVER, stages: [{ name: 'two', rule, rejections: 1 }] };
    const first = play({ ...pending, requirement: two }, decide());
    expect(first).toMatchObject({ status: 'pending', held: null });
    expect(first.votes).toHaveLength(1);
    expect(play(first, decide({ voter: ben })).held).toMatchObject({ personId: 'ben' });
  });
});

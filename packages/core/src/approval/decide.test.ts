import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestJson } from '../digest.ts';
import type { JsonObject } from '../json.ts';
import { ONE_APPROVER } from '../quorum/requirement.ts';
import {
  type ApprovalCommand,
  type ApprovalEvent,
  type ApprovalRefusal,
  type ApprovalState,
  type ApprovalStatus,
  NO_TIMEOUT,
  type Voter,
} from './approval.ts';
import { decideApproval } from './decide.ts';
import { evolveApproval } from './evolve.ts';

const ACTION: JsonObject = { v: 1, tool: { name: 'refund' }, arguments: { amount: 50 } };
const EDITED: JsonObject = { ...ACTION, arguments: { amount: 45 } };
const DIGEST = digestJson(ACTION);
const EDITED_DIGEST = digestJson(EDITED);
const DEADLINE_MS = 1_000_000;

const rosa: Voter = {
  personId: 'usr_rosa',
  keyId: null,
  actor: { kind: 'person', id: 'usr_rosa', name: 'Rosa' },
  assurance: 'session',
  standing: { personId: 'usr_rosa', groups: [], roles: ['approver'] },
  standsInFor: [],
};
const asker: Voter = {
  ...rosa,
  personId: 'usr_ben',
  standing: { ...rosa.standing, personId: 'usr_ben' },
  actor: { kind: 'person', id: 'usr_ben', name: 'Ben' },
};
const askersKey: Voter = {
  ...rosa,
  personId: 'usr_other',
  standing: { ...rosa.standing, personId: 'usr_other' },
  keyId: 'key_asker',
};

const pending: ApprovalState = {
  status: 'pending',
  digest: DIGEST,
  requesters: ['key_asker', 'usr_ben'],
  createdAtMs: 0,
  expiresAtMs: DEADLINE_MS,
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
  atMs: 500_000,
  voter: rosa,
  decision: 'approved',
  digest: DIGEST,
  reason: null,
  edit: null,
  singleOperator: null,
  ...over,
});
const edit = { action: EDITED, digest: EDITED_DIGEST, differences: [{ pointer: '/amount', before: 50, after: 45 }] };
const take = (over: Partial<Extract<ApprovalCommand, { type: 'consume' }>> = {}): ApprovalCommand => ({
  type: 'consume',
  atMs: 600_000,
  digest: DIGEST,
  validUntilMs: null,
  ...over,
});

const play = (state: ApprovalState, command: ApprovalCommand): ApprovalState | ApprovalRefusal => {
  const result = decideApproval(state, command);
  return result.ok ? result.value.reduce(evolveApproval, state) : result.refusal;
};
const mustPlay = (state: ApprovalState, ...commands: ApprovalCommand[]): ApprovalState =>
  commands.reduce((now, command) => {
    const next = play(now, command);
    if ('type' in next) throw new Error(`refused: ${next.type}`);
    return next;
  }, state);

const COMMANDS = {
  approve: decide(),
  'approve at the deadline': decide({ atMs: DEADLINE_MS }),
  'approve after the deadline': decide({ atMs: DEADLINE_MS + 1 }),
  'approve with an edit': decide({ edit }),
  'approve without a digest': decide({ digest: undefined }),
  'approve something older': decide({ digest: digestJson({ v: 0 }) }),
  'approve as the asker': decide({ voter: asker }),
  'approve with the asker’s key': decide({ voter: askersKey }),
  reject: decide({ decision: 'rejected', reason: 'too much' }),
  'reject with an edit': decide({ decision: 'rejected', edit }),
  'reject after the deadline': decide({ decision: 'rejected', atMs: DEADLINE_MS + 1 }),
  'expire before the deadline': { type: 'expire', atMs: 500_000 },
  'expire at the deadline': { type: 'expire', atMs: DEADLINE_MS },
  'expire after the deadline': { type: 'expire', atMs: DEADLINE_MS + 1 },
  cancel: { type: 'cancel', atMs: 500_000, by: asker.actor, reason: null },
  'cancel after the deadline': { type: 'cancel', atMs: DEADLINE_MS + 1, by: asker.actor, reason: null },
  take: take(),
  'take something else': take({ digest: EDITED_DIGEST }),
  'take too late': take({ validUntilMs: 599_999 }),
} as const satisfies Record<string, ApprovalCommand>;

type Command = keyof typeof COMMANDS;
type Expected = ApprovalStatus | ApprovalRefusal['type'];

const decided: Record<Command, Expected> = {
  approve: 'already_decided',
  'approve at the deadline': 'already_decided',
  'approve after the deadline': 'already_decided',
  'approve with an edit': 'already_decided',
  'approve without a digest': 'already_decided',
  'approve something older': 'already_decided',
  'approve as the asker': 'already_decided',
  'approve with the asker’s key': 'already_decided',
  reject: 'already_decided',
  'reject with an edit': 'already_decided',
  'reject after the deadline': 'already_decided',
  'expire before the deadline': 'already_decided',
  'expire at the deadline': 'already_decided',
  'expire after the deadline': 'already_decided',
  cancel: 'already_decided',
  'cancel after the deadline': 'already_decided',
  take: 'not_approved',
  'take something else': 'not_approved',
  'take too late': 'not_approved',
};

/** Every state against every command: the state after it, or the refusal. A missing cell does not compile. */
const TABLE: Record<ApprovalStatus, Record<Command, Expected>> = {
  pending: {
    approve: 'approved',
    'approve at the deadline': 'approved',
    'approve after the deadline': 'approval_expired',
    'approve with an edit': 'approved',
    'approve without a digest': 'digest_required',
    'approve something older': 'digest_stale',
    'approve as the asker': 'self_approval',
    'approve with the asker’s key': 'self_approval',
    reject: 'rejected',
    'reject with an edit': 'rejected',
    'reject after the deadline': 'approval_expired',
    'expire before the deadline': 'pending',
    'expire at the deadline': 'pending',
    'expire after the deadline': 'expired',
    cancel: 'cancelled',
    'cancel after the deadline': 'cancelled',
    take: 'not_approved',
    'take something else': 'not_approved',
    'take too late': 'not_approved',
  },
  approved: {
    ...decided,
    take: 'approved',
    'take something else': 'digest_stale',
    'take too late': 'approval_expired',
  },
  rejected: decided,
  expired: decided,
  cancelled: decided,
};

const STATES: Record<ApprovalStatus, ApprovalState> = {
  pending,
  approved: mustPlay(pending, COMMANDS.approve),
  rejected: mustPlay(pending, COMMANDS.reject),
  expired: mustPlay(pending, COMMANDS['expire after the deadline']),
  cancelled: mustPlay(pending, COMMANDS.cancel),
};

const cells = Object.entries(TABLE).flatMap(([status, row]) =>
  Object.entries(row).map(([command, expected]) => [status, command, expected] as const),
) as [ApprovalStatus, Command, Expected][];

describe('the life of an approval', () => {
  it.each(cells)('%s, %s: %s', (status, command, expected) => {
    const after = play(STATES[status], COMMANDS[command]);
    expect('type' in after ? after.type : after.status).toBe(expected);
  });

  it('tells whoever comes second who decided, when and what', () => {
    expect(play(STATES.approved, COMMANDS.reject)).toEqual({
      type: 'already_decided',
      decision: {
        outcome: 'approved',
        by: rosa.actor,
        at: '1970-01-01T00:08:20.000Z',
        reason: null,
        assurance: 'session',
        digest: DIGEST,
        edits: [],
      },
    });
  });
  it('records the edit as a difference, a vote on what it made, and the digest that the decider saw', () => {
    const result = decideApproval(pending, COMMANDS['approve with an edit']);
    expect(result).toMatchObject({
      ok: true,
      value: [
        { type: 'edited', edit: { action: EDITED, digest: EDITED_DIGEST } },
        { type: 'vote_cast', vote: 'approved', digest: EDITED_DIGEST, voter: rosa },
        { type: 'decided', decision: { digest: DIGEST, edits: edit.differences } },
      ],
    });
  });
  it('lets only the edited action run after an edit', () => {
    const edited = mustPlay(pending, COMMANDS['approve with an edit']);
    expect(play(edited, take())).toMatchObject({ type: 'digest_stale', current: EDITED_DIGEST });
    expect(play(edited, take({ digest: EDITED_DIGEST }))).toMatchObject({ consumedAtMs: 600_000 });
  });
  it('drops the edit of a rejection', () => {
    expect(STATES.pending).toBe(pending);
    expect(mustPlay(pending, COMMANDS['reject with an edit'])).toMatchObject({
      digest: DIGEST,
      decision: { edits: [] },
    });
  });
  it('is taken once', () => {
    const taken = mustPlay(STATES.approved, take());
    expect(play(taken, take({ atMs: 700_000 }))).toEqual({ type: 'already_consumed', consumedAtMs: 600_000 });
  });
  it('may be taken up to the last moment of its validity', () => {
    expect(play(STATES.approved, take({ validUntilMs: 600_000 }))).toMatchObject({ consumedAtMs: 600_000 });
  });
  it('never expires without a deadline', () => {
    const endless = { ...pending, expiresAtMs: null };
    expect(play(endless, { type: 'expire', atMs: Number.MAX_SAFE_INTEGER })).toEqual(endless);
    expect(play(endless, decide({ atMs: 8.64e15 }))).toMatchObject({ status: 'approved' });
  });
  it('knows expiry and withdrawal as automated, a vote by its voter’s assurance', () => {
    expect(STATES.expired.decision).toMatchObject({ assurance: 'automated', by: { kind: 'system' } });
    expect(STATES.cancelled.decision).toMatchObject({ assurance: 'automated', by: asker.actor });
    expect(STATES.approved.decision?.assurance).toBe('session');
  });
});

/** What the rules say, written down again as plainly as possible: facts instead of states and events. */
type Model = { outcome: ApprovalStatus; digest: string; taken: boolean };

type Modelled = Extract<ApprovalCommand, { type: 'decide' | 'expire' | 'cancel' | 'consume' }>;

const naive = (model: Model, command: Modelled): Model | 'refused' => {
  if (command.type === 'consume')
    return model.outcome === 'approved' &&
      !model.taken &&
      command.digest === model.digest &&
      !(command.validUntilMs !== null && command.atMs > command.validUntilMs)
      ? { ...model, taken: true }
      : 'refused';
  if (model.outcome !== 'pending') return 'refused';
  if (command.type === 'cancel') return { ...model, outcome: 'cancelled' };
  const isOver = command.atMs > DEADLINE_MS;
  if (command.type === 'expire') return isOver ? { ...model, outcome: 'expired' } : model;
  const isForbidden = command.voter.personId === 'usr_ben' || command.voter.keyId === 'key_asker';
  if (isOver || isForbidden || command.digest !== model.digest) return 'refused';
  const edited = command.decision === 'approved' && command.edit !== null;
  return { ...model, outcome: command.decision, digest: edited ? EDITED_DIGEST : model.digest };
};

const atMs = fc.oneof(fc.constantFrom(DEADLINE_MS - 1, DEADLINE_MS, DEADLINE_MS + 1), fc.nat(2 * DEADLINE_MS));
const digest = fc.constantFrom(DIGEST, DIGEST, EDITED_DIGEST, digestJson({ v: 0 }));
const anyCommand: fc.Arbitrary<Modelled> = fc.oneof(
  fc.record({
    type: fc.constant('decide' as const),
    atMs,
    voter: fc.constantFrom(rosa, rosa, rosa, asker, askersKey),
    decision: fc.constantFrom('approved' as const, 'rejected' as const),
    digest: fc.oneof({ weight: 5, arbitrary: digest }, { weight: 1, arbitrary: fc.constant(undefined) }),
    reason: fc.constantFrom(null, 'because'),
    edit: fc.constantFrom(null, edit),
    singleOperator: fc.constant(null),
  }),
  fc.record({ type: fc.constant('expire' as const), atMs }),
  fc.record({ type: fc.constant('cancel' as const), atMs, by: fc.constant(asker.actor), reason: fc.constant(null) }),
  fc.record({ type: fc.constant('consume' as const), atMs, digest, validUntilMs: fc.oneof(fc.constant(null), atMs) }),
);

describe('any sequence of commands', () => {
  it('does what the plain model does, is decided at most once and taken at most once', () => {
    let endings = 0;
    fc.assert(
      fc.property(fc.array(anyCommand, { minLength: 1, maxLength: 12 }), (commands) => {
        let state = pending;
        let model: Model = { outcome: 'pending', digest: DIGEST, taken: false };
        const events: ApprovalEvent[] = [];
        for (const command of commands) {
          const result = decideApproval(state, command);
          const expected = naive(model, command);
          expect(result.ok).toBe(expected !== 'refused');
          if (expected !== 'refused') model = expected;
          if (result.ok) {
            events.push(...result.value);
            state = result.value.reduce(evolveApproval, state);
          }
          expect({ outcome: state.status, digest: state.digest, taken: state.consumedAtMs !== null }).toEqual(model);
          expect(state.decision === null).toBe(state.status === 'pending');
        }
        expect(events.filter(({ type }) => type === 'decided').length).toBeLessThanOrEqual(1);
        expect(events.filter(({ type }) => type === 'consumed').length).toBeLessThanOrEqual(1);
        expect(events.reduce(evolveApproval, pending)).toEqual(state);
        if (state.status !== 'pending') endings += 1;
      }),
      { numRuns: 20_000 },
    );
    // The sequences are no use if they never get anywhere.
    expect(endings).toBeGreaterThan(10_000);
  }, 60_000);
});

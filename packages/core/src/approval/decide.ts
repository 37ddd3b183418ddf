import { type Result, ok, refuse } from '../result.ts';
import { eligibilityOf, isMet, tally, unblockers } from '../quorum/count-votes.ts';
import { writeRule } from '../quorum/expression.ts';
import { type Rule, type Standing, accountsOf, atLeast, peopleNeeded } from '../quorum/requirement.ts';
import {
  type ApprovalCommand,
  type ApprovalEvent,
  type ApprovalRefusal,
  type ApprovalState,
  CLAIM_SECONDS,
  type Decision,
  type HeldDecision,
  type Mover,
  type Voter,
} from './approval.ts';
import { isSureEnough, stricterAssurance } from './assurance.ts';
import { evolveApproval } from './evolve.ts';

type Outcome = Result<readonly ApprovalEvent[], ApprovalRefusal>;
type Command<T extends ApprovalCommand['type']> = ApprovalCommand & { readonly type: T };

const instant = (ms: number): string => new Date(ms).toISOString();

const SYSTEM = { kind: 'system', id: 'system', name: 'Countersign' } as const;

/**
 * What a command does to an approval: the events that happen, or why not. Pure and total: time comes with the command,
 * read from the database's clock after the row's lock (I3). A refusal changes nothing (I2).
 */
export const decideApproval = (state: ApprovalState, command: ApprovalCommand): Outcome => {
  if (command.type === 'consume') return consume(state, command);
  if (command.type === 'revoke') return revoke(state, command);
  if (state.decision) return refuse({ type: 'already_decided', decision: state.decision }); // I1
  if (state.held) return whileHeld(state, state.held, command); // I39
  switch (command.type) {
    case 'decide':
      return decide(state, command);
    case 'recall':
      return refuse({ type: 'nothing_to_recall' });
    case 'take_effect':
      return ok([]);
    case 'expire':
      return isLate(state, command.atMs) ? timeOut(state, command.atMs) : ok([]);
    case 'cancel':
      return ok([ended(state, 'cancelled', command.atMs, command.by, command.reason)]);
    case 'claim':
      return claim(state, command);
    case 'release':
      return state.claim?.personId === command.personId ? ok([{ type: 'released', by: command.by }]) : ok([]);
    case 'reassign': {
      const why = whyNotMove(state, command.mover);
      if (why) return why;
      // As many as before: one approver could otherwise turn two signatures into that of a friend.
      const rule: Rule = { type: 'count', count: neededNow(state), of: command.to };
      return (
        whyNotMeet(state, rule, command.mover) ??
        stillOpen(state, { type: 'reassigned', by: command.by, rule, reason: command.reason })
      );
    }
    case 'escalate':
      return escalateByHand(state, command);
    case 'extend':
      return whyNotMove(state, command.mover) ?? ok([{ type: 'extended', by: command.by, seconds: command.seconds }]);
  }
};

/**
 * Whether the deadline has passed; the deadline's own moment still counts (I3). What is parked has no deadline, and a
 * decision that is held back was made in time.
 */
export const isLate = (state: Pick<ApprovalState, 'expiresAtMs' | 'held'>, atMs: number): boolean =>
  state.held === null && state.expiresAtMs !== null && atMs > state.expiresAtMs;

/** While a decision is held back, its author may take it back and the asker may withdraw; all else waits for its effect. */
const whileHeld = (state: ApprovalState, held: HeldDecision, command: ApprovalCommand): Outcome => {
  switch (command.type) {
    case 'take_effect':
      return ok(command.atMs >= held.untilMs ? held.events : []);
    case 'recall':
      if (command.atMs >= held.untilMs) return refuse({ type: 'nothing_to_recall' });
      if (command.personId !== held.personId) break;
      return ok([{ type: 'recalled', by: command.by, outcome: held.decision.outcome }]);
    case 'cancel':
      return ok([ended(state, 'cancelled', command.atMs, command.by, command.reason)]);
    case 'expire':
    case 'release':
      return ok([]);
    default:
      break;
  }
  return refuse({ type: 'decision_held', decision: held.decision, untilMs: held.untilMs });
};

/** One that its author asks for takes no more than a tenth of the time left, and nothing of the last minute. */
const holdBackMs = (state: ApprovalState, command: Command<'decide'>): number => {
  if (state.recallSeconds !== null) return state.recallSeconds * 1000;
  const asked = (command.recallSeconds ?? 0) * 1000;
  if (state.expiresAtMs === null) return asked;
  const left = state.expiresAtMs - command.atMs;
  return left < 60_000 ? 0 : Math.min(asked, Math.floor(left / 10));
};

const decide = (state: ApprovalState, command: Command<'decide'>): Outcome => {
  // What lateness leads to (an end, another level …) happens first, by `expire`; then the vote meets the state after it.
  if (isLate(state, command.atMs)) return refuse({ type: 'approval_expired', expiredAtMs: state.expiresAtMs ?? 0 });
  const { voter } = command;
  const own = isRequester(state, voter);
  if (own && !isAloneAndCooledOff(state, command)) {
    const wait = command.singleOperator;
    const possibleAtMs = wait ? state.createdAtMs + wait.coolingOffSeconds * 1000 : null;
    return refuse({ type: 'self_approval', possibleAtMs }); // I4
  }
  // I5: nothing is decided unseen, or on what it no longer is.
  if (command.digest === undefined) return refuse({ type: 'digest_required' });
  if (command.digest !== state.digest)
    return refuse({ type: 'digest_stale', given: command.digest, current: state.digest });
  const otherView = whyOtherView(state, command);
  if (otherView) return otherView;
  if (state.claim && state.claim.untilMs > command.atMs && state.claim.personId !== voter.personId)
    return refuse({ type: 'claimed', by: state.claim.name, untilMs: state.claim.untilMs });
  if (command.decision === 'rejected' && state.requirement.isReasonRequired && !command.reason?.trim())
    return refuse({ type: 'reason_required' });
  // A rejection is always the safe way: it takes no more than being who is asked.
  const demanded = stricterAssurance(state.requirement.assurance, command.assurance);
  if (command.decision === 'approved' && demanded && !isSureEnough(voter.assurance, demanded))
    return refuse({ type: 'assurance_too_low', given: voter.assurance, demanded });

  const place = placeOf(state, voter, own);
  if (!place.ok) return place;
  if (voter.keyId !== null && command.decision === 'approved' && !isKeyEnough(state))
    return refuse({ type: 'key_not_enough' });
  const edit = command.decision === 'approved' ? command.edit : null;
  const events: ApprovalEvent[] = [];
  let next = state;
  const happen = (event: ApprovalEvent): void => {
    events.push(event);
    next = evolveApproval(next, event);
  };
  const { stage } = openStage(state);
  if (edit) happen({ type: 'edited', by: voter.actor, edit }); // I6: voids the votes on what it was before
  happen({
    type: 'vote_cast',
    voter,
    vote: command.decision,
    stage: openStage(next).stage,
    represents: place.value,
    digest: next.digest,
    reason: command.reason,
  });
  const count = own ? ({ outcome: command.decision } as const) : tally(next.requirement, next.votes);
  if (count.outcome === 'open') {
    if (count.stage > stage) happen({ type: 'stage_passed', stage });
    // Whoever has voted is done looking: the others need not wait for the claim to end.
    if (state.claim?.personId === voter.personId) happen({ type: 'released', by: voter.actor });
    return ok(events);
  }
  const decision: Decision = {
    outcome: count.outcome,
    by: voter.actor,
    at: instant(command.atMs),
    reason: command.reason,
    assurance: voter.assurance,
    digest: state.digest,
    edits: next.edits,
    ...(command.response === undefined ? {} : { response: command.response }),
    ...(own ? { isSingleOperator: true } : {}),
  };
  happen({ type: 'decided', decision });
  const holdMs = holdBackMs(state, command);
  if (holdMs === 0) return ok(events);
  const held = { decision, personId: voter.personId, untilMs: command.atMs + holdMs, events };
  return ok([{ type: 'held_back', held }]);
};

/** What a stolen key could approve has a limit: a person who is signed in looks at what is grave (trust.md, section 4). */
export const isKeyEnough = (state: Pick<ApprovalState, 'isGrave' | 'requirement'>): boolean =>
  !state.isGrave || state.requirement.isKeyEnough === true;

/** T10: who votes on one content was served one view of it, and it is the one that they name. */
const whyOtherView = (state: ApprovalState, { view }: Command<'decide'>): Outcome | null => {
  if (!view) return null;
  const { current, given } = view;
  if (given !== undefined && given !== current) return refuse({ type: 'view_stale', given, current });
  const earlier = state.votes.find(({ viewDigest }) => viewDigest && viewDigest !== current)?.viewDigest;
  return earlier ? refuse({ type: 'view_stale', given: earlier, current }) : null;
};

const isRequester = (state: ApprovalState, voter: Voter): boolean =>
  // I4: by stable identity, whatever the path; a key votes as the person who owns it.
  [...accountsOf(voter.standing), ...(voter.keyId ? [voter.keyId] : [])].some((identity) =>
    state.requesters.includes(identity),
  );

/** The marked mode for a team of one: never by a key, and after the cooling-off time or with a second factor. */
const isAloneAndCooledOff = (state: ApprovalState, { singleOperator, voter, atMs }: Command<'decide'>): boolean =>
  singleOperator !== null &&
  voter.keyId === null &&
  (atMs >= state.createdAtMs + singleOperator.coolingOffSeconds * 1000 || isSureEnough(voter.assurance, 'step_up'));

const openStage = (state: ApprovalState): { stage: number } => {
  const count = tally(state.requirement, state.votes);
  return { stage: count.outcome === 'open' ? count.stage : state.requirement.stages.length - 1 };
};

/** Whose place the vote fills: the voter's own, or that of somebody away for whom they stand in. */
const placeOf = (state: ApprovalState, voter: Voter, own: boolean): Result<Standing, ApprovalRefusal> => {
  const { stage } = openStage(state);
  if (own) return ok(voter.standing);
  // One person, one vote, for themselves or for another.
  const accounts = accountsOf(voter.standing);
  if (state.votes.some((vote) => vote.stage === stage && accounts.includes(vote.voter.personId)))
    return refuse({ type: 'not_eligible', why: 'already_voted' });
  const why = check(state, stage, voter);
  if (why === null) return ok(voter.standing);
  const absent = voter.standsInFor.find((person) => check(state, stage, { standing: person }) === null);
  return absent ? ok(absent) : refuse({ type: 'not_eligible', why });
};

const check = (state: ApprovalState, stage: number, person: Pick<Voter, 'standing' | 'unwaited'>) => {
  const accounts = accountsOf(person.standing);
  if (state.votes.some((vote) => vote.stage === stage && accounts.includes(vote.representsId)))
    return 'already_voted' as const;
  return eligibilityOf(state.requirement, state.votes, stage, person, state.requesters);
};

const timeOut = (state: ApprovalState, atMs: number): Outcome => {
  const { timeout } = state;
  const expired = (): Outcome => ok([ended(state, 'expired', atMs, SYSTEM, 'Nobody decided in time')]);
  switch (timeout.action) {
    case 'reject':
      return expired();
    case 'park':
      return ok([{ type: 'parked' }]);
    case 'approve': {
      const decision: Decision = {
        outcome: 'approved',
        by: SYSTEM,
        at: instant(state.expiresAtMs ?? atMs),
        reason: 'Nobody decided in time; the policy approves what can be undone',
        assurance: 'automated',
        digest: state.digest,
        edits: state.edits,
      };
      return ok([{ type: 'decided', decision }]);
    }
    case 'retry':
      return timeout.retriesLeft > 0 && timeout.seconds !== null
        ? ok([{ type: 'asked_again', seconds: timeout.seconds }])
        : expired();
    case 'escalate': {
      const level = timeout.levels[0];
      if (!level) return expired();
      const reason = 'Nobody decided in time';
      return ok([{ type: 'escalated', by: SYSTEM, rule: freshly(state, level.rule), seconds: level.seconds, reason }]);
    }
  }
};

/** Who is not asked to decide a request does not move it about either; whoever has voted on it still may. */
const whyNotMove = (state: ApprovalState, { voter, approvers }: Mover): Outcome | null => {
  const place = placeOf(state, voter, false);
  if (place.ok || place.refusal.type !== 'not_eligible') return null;
  if (place.refusal.why === 'already_voted' || place.refusal.why === 'voted_earlier') return null;
  const isNobodyLeft = unblockers(state.requirement, state.votes, approvers, state.requesters).length === 0;
  return place.refusal.why === 'not_asked' && isNobodyLeft ? null : place;
};

/** Who is asked by hand must be enough people: a request that nobody can bring to its end would wait for ever. */
const whyNotMeet = (state: ApprovalState, rule: Rule, { approvers }: Mover): Outcome | null => {
  const { stage } = openStage(state);
  const able = approvers.filter((person) => {
    const accounts = accountsOf(person);
    const hasVotedElsewhere =
      state.requirement.isDistinctAcrossStages &&
      state.votes.some((vote) => vote.stage !== stage && accounts.includes(vote.voter.personId));
    return !hasVotedElsewhere && !accounts.some((id) => state.requesters.includes(id));
  });
  return isMet(rule, able) ? null : refuse({ type: 'nobody_can_meet', approvers: writeRule(rule) });
};

/**
 * The next level's rule so that it takes at least one more vote: what was cast may be enough for it, but time alone
 * approves nothing (trust.md, T16).
 */
const freshly = (state: ApprovalState, rule: Rule): Rule => {
  const isOpen = (asked: Rule): boolean => {
    const event = { type: 'escalated', by: SYSTEM, rule: asked, seconds: null, reason: null } as const;
    const next = evolveApproval(state, event);
    return tally(next.requirement, next.votes).outcome === 'open';
  };
  const needed = peopleNeeded(rule);
  for (let more = 0; more <= state.votes.length; more += 1) {
    const asked = atLeast(rule, needed + more);
    if (isOpen(asked)) return asked;
  }
  return atLeast(rule, needed + state.votes.length + 1);
};

const escalateByHand = (state: ApprovalState, command: Command<'escalate'>): Outcome => {
  const why = whyNotMove(state, command.mover);
  if (why) return why;
  const level = state.timeout.levels[0];
  const rule = command.to ?? level?.rule;
  if (!rule) return refuse({ type: 'no_further_level' });
  const seconds = command.to ? null : (level?.seconds ?? null);
  // Other people, never fewer, unless the policy itself says so.
  const asked = command.to ? atLeast(rule, neededNow(state)) : rule;
  const impossible = command.to ? whyNotMeet(state, asked, command.mover) : null;
  if (impossible) return impossible;
  return stillOpen(state, { type: 'escalated', by: command.by, rule: asked, seconds, reason: command.reason });
};

/** How many people the open stage asks for at least. */
const neededNow = (state: ApprovalState): number => {
  const stage = state.requirement.stages[openStage(state).stage];
  return stage ? peopleNeeded(stage.rule) : 1;
};

/** Refuses to ask only people who have voted: the request would be met by old votes, and nobody would decide it. */
const stillOpen = (state: ApprovalState, event: ApprovalEvent): Outcome => {
  const next = evolveApproval(state, event);
  const count = tally(next.requirement, next.votes);
  const isOpen = count.outcome === 'open' && count.stage === openStage(state).stage;
  return isOpen ? ok([event]) : refuse({ type: 'not_eligible', why: 'already_voted' });
};

const claim = (state: ApprovalState, command: Command<'claim'>): Outcome => {
  const { personId } = command.voter;
  // A claim keeps others from deciding: it is for those who can.
  const place = placeOf(state, command.voter, false);
  if (!place.ok) return place;
  const held = state.claim && state.claim.untilMs > command.atMs && state.claim.personId !== personId;
  if (held && !command.isForced) return refuse({ type: 'claimed', by: state.claim.name, untilMs: state.claim.untilMs });
  return ok([{ type: 'claimed', by: command.by, personId, untilMs: command.atMs + CLAIM_SECONDS * 1000 }]);
};

const ended = (
  state: ApprovalState,
  outcome: 'expired' | 'cancelled',
  atMs: number,
  by: Decision['by'],
  reason: string | null,
): ApprovalEvent => ({
  type: 'decided',
  decision: {
    outcome,
    by,
    at: instant(atMs),
    reason,
    assurance: 'automated',
    digest: state.digest,
    edits: state.edits,
  },
});

const consume = (state: ApprovalState, command: Command<'consume'>): Outcome => {
  const why = whyNotUse(state);
  if (why) return why;
  if (command.digest !== state.digest)
    return refuse({ type: 'digest_stale', given: command.digest, current: state.digest }); // I6
  if (command.validUntilMs !== null && command.atMs > command.validUntilMs)
    return refuse({ type: 'approval_expired', expiredAtMs: command.validUntilMs });
  return ok([{ type: 'consumed', atMs: command.atMs }]);
};

/** T22: what was approved and not taken can be called back; after that it is taken by nobody. */
const revoke = (state: ApprovalState, { atMs, by, reason }: Command<'revoke'>): Outcome =>
  whyNotUse(state) ?? ok([{ type: 'revoked', atMs, by, reason }]);

const whyNotUse = (state: ApprovalState): Outcome | null => {
  if (state.status !== 'approved') return refuse({ type: 'not_approved', status: state.status });
  if (state.consumedAtMs !== null) return refuse({ type: 'already_consumed', consumedAtMs: state.consumedAtMs }); // I7
  return state.revokedAtMs ? refuse({ type: 'receipt_revoked', revokedAtMs: state.revokedAtMs }) : null;
};

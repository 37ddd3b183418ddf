import type { Requirement, Rule } from '../quorum/requirement.ts';
import { tally } from '../quorum/count-votes.ts';
import { unreachable } from '../result.ts';
import type { ApprovalEvent, ApprovalState } from './approval.ts';

/** The state after an event. Deadlines in seconds become moments by the engine, which knows the calendar. */
export const evolveApproval = (state: ApprovalState, event: ApprovalEvent): ApprovalState => {
  switch (event.type) {
    case 'vote_cast':
      return {
        ...state,
        votes: [
          ...state.votes,
          {
            stage: event.stage,
            voter: { ...event.represents, personId: event.voter.personId },
            representsId: event.represents.personId,
            vote: event.vote,
            digest: event.digest,
          },
        ],
      };
    case 'edited':
      // Votes were on what it was before (I6); what is executed must have the edited content's digest.
      return { ...state, digest: event.edit.digest, votes: [], edits: [...state.edits, ...event.edit.differences] };
    case 'stage_passed':
      return state;
    case 'decided':
      return { ...state, status: event.decision.outcome, decision: event.decision, claim: null, held: null };
    case 'held_back':
      return { ...state, held: event.held, claim: null };
    case 'recalled':
      return { ...state, held: null };
    case 'escalated':
      return {
        ...state,
        requirement: withRule(state, (rule) => ({ type: 'or', rules: [rule, event.rule] })),
        timeout: { ...state.timeout, levels: state.timeout.levels.slice(event.seconds === null ? 0 : 1) },
        claim: null,
      };
    case 'asked_again':
      return { ...state, timeout: { ...state.timeout, retriesLeft: state.timeout.retriesLeft - 1 }, claim: null };
    case 'parked':
      return { ...state, expiresAtMs: null, isOverdue: true };
    case 'claimed':
      return { ...state, claim: { personId: event.personId, name: event.by.name, untilMs: event.untilMs } };
    case 'released':
      return { ...state, claim: null };
    case 'reassigned':
      return { ...state, requirement: withRule(state, () => event.rule), claim: null };
    case 'extended':
      return { ...state, isOverdue: false };
    case 'consumed':
      return { ...state, consumedAtMs: event.atMs };
    case 'revoked':
      return { ...state, revokedAtMs: event.atMs };
    default:
      return unreachable(event);
  }
};

/** The requirement with the open stage's rule changed. */
const withRule = (state: ApprovalState, change: (rule: Rule) => Rule): Requirement => {
  const count = tally(state.requirement, state.votes);
  const open = count.outcome === 'open' ? count.stage : 0;
  return {
    ...state.requirement,
    stages: state.requirement.stages.map((stage, index) =>
      index === open ? { ...stage, rule: change(stage.rule) } : stage,
    ),
  };
};

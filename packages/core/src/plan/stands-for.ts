/**
 * A plan stands for the approval that a call would need, so those who approved the plan must be who that approval asks
 * for: as many of them, as sure of themselves. What is critical is asked about each time.
 */
import type { Assurance } from '../approval/assurance.ts';
import { isSureEnough } from '../approval/assurance.ts';
import { isMet, tally } from '../quorum/count-votes.ts';
import { writeRule } from '../quorum/expression.ts';
import { type Requirement, type Standing, accountsOf } from '../quorum/requirement.ts';

export type PlanVote = {
  readonly voter: Standing;
  readonly representsId?: string;
  readonly vote: 'approved' | 'rejected';
  readonly assurance: Assurance;
  readonly isByKey: boolean;
};

export type WouldBeAsked = {
  readonly requirement: Requirement;
  readonly priority: 'low' | 'medium' | 'high' | 'critical' | null;
  /** Name of the rule that holds the call. */
  readonly rule: string | null;
};

/** @returns why the plan is not enough for this call, or null if it is */
export const whyNotEnough = (
  { requirement, priority, rule }: WouldBeAsked,
  votes: readonly PlanVote[],
): string | null => {
  const by = rule === null ? 'it' : `the rule “${rule}”`;
  if (priority === 'critical') return `${by} asks about this each time: it is critical`;
  if (!isMetByAll(requirement, votes)) {
    const stages = requirement.stages.map((stage) => writeRule(stage.rule)).join(', then ');
    return `${by} asks for ${stages}, and those who approved the plan are not that`;
  }
  const approving = votes.filter(({ vote }) => vote === 'approved');
  const { assurance } = requirement;
  if (approving.some((vote) => !isSureEnough(vote.assurance, assurance)))
    return `${by} asks for more certainty (${assurance}) than the plan was approved with`;
  if (priority === 'high' && !requirement.isKeyEnough && approving.some(({ isByKey }) => isByKey))
    return `${by} asks for a person who is signed in, and the plan was approved with a key`;
  return null;
};

/** One human has one voice, in however many stages of the plan's own approval they voted, for whomever. */
const oneEach = (votes: readonly PlanVote[]): PlanVote[] =>
  votes.filter(
    ({ voter, vote }, index) =>
      vote === 'rejected' ||
      !votes.slice(0, index).some((earlier) => accountsOf(earlier.voter).some((id) => accountsOf(voter).includes(id))),
  );

/** Each stage by all who approved, whichever stage of the plan's own approval they did it in. */
const isMetByAll = (requirement: Requirement, all: readonly PlanVote[]): boolean => {
  const votes = oneEach(all);
  const cast = requirement.stages.flatMap((_, stage) => votes.map((vote) => ({ ...vote, stage })));
  if (tally(requirement, cast).outcome !== 'approved') return false;
  if (!requirement.isDistinctAcrossStages) return true;
  const people = votes
    .filter(({ vote }) => vote === 'approved')
    .map(({ voter, representsId }) => ({ ...voter, personId: representsId ?? voter.personId }));
  return isMet({ type: 'and', rules: requirement.stages.map(({ rule }) => rule) }, people);
};

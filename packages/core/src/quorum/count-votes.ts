/**
 * Whether a stage is decided by the votes it has. One person fills one place, whatever groups they are in: a person in
 * engineering and finance is one of the two, never both.
 */
import {
  type PeopleSet,
  type Requirement,
  type Rule,
  type Stage,
  type Standing,
  accountsOf,
  isIn,
  waysOf,
} from './requirement.ts';

type Demand = { readonly count: number; readonly of: PeopleSet };

/** Beyond this a requirement over all stages is not tried as a whole. */
const WAYS_TRIED_MAX = 10_000;

/** The ways in which a rule can be met: any one list of demands, all of it. */
const alternatives = (rule: Rule): Demand[][] => {
  if (rule.type === 'count') return [[rule]];
  if (rule.type === 'or') return rule.rules.flatMap(alternatives);
  return rule.rules.reduce<Demand[][]>(
    (lists, part) => lists.flatMap((list) => alternatives(part).map((more) => [...list, ...more])),
    [[]],
  );
};

/** Places that stay empty when as many as possible are filled (maximum bipartite matching by augmenting paths). */
const emptyPlaces = (demands: readonly Demand[], people: readonly Standing[]): Demand[] => {
  const places = demands.flatMap((demand) => Array.from({ length: demand.count }, () => demand));
  const holder: (number | undefined)[] = [];
  const seat = (person: number, visited: Set<number>): boolean => {
    const standing = people[person];
    if (!standing) return false;
    for (const [place, demand] of places.entries()) {
      if (visited.has(place) || !isIn(demand.of, standing)) continue;
      visited.add(place);
      const sitting = holder[place];
      if (sitting === undefined || seat(sitting, visited)) {
        holder[place] = person;
        return true;
      }
    }
    return false;
  };
  for (const index of people.keys()) seat(index, new Set());
  return places.filter((_, place) => holder[place] === undefined);
};

/** Whether these people, each approving, meet the rule. */
export const isMet = (rule: Rule, people: readonly Standing[]): boolean =>
  alternatives(rule).some((demands) => emptyPlaces(demands, people).length === 0);

/** What is still missing on every way, the shortest first: each entry a set and how many of it. */
const missingWays = (rule: Rule, people: readonly Standing[]): Demand[][] =>
  alternatives(rule)
    .map((demands) => emptyPlaces(demands, people))
    .toSorted((a, b) => a.length - b.length)
    .map((empty) => [...Map.groupBy(empty, ({ of }) => of)].map(([of, places]) => ({ count: places.length, of })));

/** The same on the way that misses least. Empty if the rule is met. */
export const missing = (rule: Rule, people: readonly Standing[]): Demand[] => missingWays(rule, people)[0] ?? [];

/** How many places of the way that misses least are taken, and how many it has: "1 of 2". */
const places = (rule: Rule, people: readonly Standing[]): { readonly filled: number; readonly places: number } => {
  const options = alternatives(rule).map((demands) => {
    const all = demands.reduce((sum, { count }) => sum + count, 0);
    return { filled: all - emptyPlaces(demands, people).length, places: all };
  });
  const none = { filled: 0, places: 0 };
  return options.reduce(
    (best, option) => (option.places - option.filled < best.places - best.filled ? option : best),
    options[0] ?? none,
  );
};

export type StageVote = {
  readonly stage: number;
  readonly voter: Standing;
  readonly vote: 'approved' | 'rejected';
  /** Whose place it fills, if not the voter's own. */
  readonly representsId?: string;
};

export type Tally =
  | { readonly outcome: 'approved' }
  | { readonly outcome: 'rejected'; readonly stage: number }
  | {
      readonly outcome: 'open';
      readonly stage: number;
      readonly missing: readonly Demand[];
      /** What is missing on every way, the shortest first. */
      readonly ways: readonly (readonly Demand[])[];
      readonly rejections: number;
    };

/** What the votes on one content come to: stages in order, the first open one decides what is asked for next. */
export const tally = (requirement: Requirement, votes: readonly StageVote[]): Tally => {
  for (const [index, stage] of requirement.stages.entries()) {
    const cast = votes.filter((vote) => vote.stage === index);
    const rejections = cast.filter(({ vote }) => vote === 'rejected').length;
    if (rejections >= stage.rejections) return { outcome: 'rejected', stage: index };
    const approvers = approversAmong(cast);
    if (!isMet(stage.rule, approvers)) {
      const ways = missingWays(stage.rule, approvers);
      return { outcome: 'open', stage: index, missing: ways[0] ?? [], ways, rejections };
    }
  }
  return { outcome: 'approved' };
};

/** A set that names somebody by id is also met by who stands in for them. */
const approversAmong = (votes: readonly StageVote[]): Standing[] =>
  votes
    .filter(({ vote }) => vote === 'approved')
    .map(({ voter, representsId }) => ({ ...voter, personId: representsId ?? voter.personId }));

/** How far the open stage is, in people; null where none is open. */
export const progressOf = (
  requirement: Requirement,
  votes: readonly StageVote[],
): { readonly stage: number; readonly filled: number; readonly places: number } | null => {
  const count = tally(requirement, votes);
  const stage = count.outcome === 'open' ? requirement.stages[count.stage] : undefined;
  if (count.outcome !== 'open' || !stage) return null;
  const cast = votes.filter((vote) => vote.stage === count.stage);
  return { stage: count.stage, ...places(stage.rule, approversAmong(cast)) };
};

export type Ineligible = 'not_asked' | 'too_new' | 'requester' | 'already_voted' | 'voted_earlier';

/** Whether a person may vote in the open stage, and if not, why not. */
export const eligibility = (
  requirement: Requirement,
  votes: readonly StageVote[],
  stageIndex: number,
  person: Standing,
  requesters: readonly string[],
): Ineligible | null => {
  const stage = requirement.stages[stageIndex];
  const accounts = accountsOf(person);
  if (accounts.some((id) => requesters.includes(id))) return 'requester';
  const theirs = votes.filter((vote) => accounts.includes(vote.voter.personId));
  if (theirs.some((vote) => vote.stage === stageIndex)) return 'already_voted';
  const hasVotedEarlier = theirs.length > 0;
  if (hasVotedEarlier && requirement.isDistinctAcrossStages) return 'voted_earlier';
  if (!stage || !canHelp(stage, person)) return 'not_asked';
  return null;
};

/** The same, where the workspace waits with newcomers: whether only time is lacking since a role or a group was given. */
export const eligibilityOf = (
  requirement: Requirement,
  votes: readonly StageVote[],
  stageIndex: number,
  { standing, unwaited = standing }: { readonly standing: Standing; readonly unwaited?: Standing },
  requesters: readonly string[],
): Ineligible | null => {
  const why = eligibility(requirement, votes, stageIndex, unwaited, requesters);
  if (why !== null) return why;
  const isNewApprover = unwaited.roles.includes('approver') && !standing.roles.includes('approver');
  return isNewApprover || eligibility(requirement, votes, stageIndex, standing, requesters) !== null ? 'too_new' : null;
};

const canHelp = (stage: Stage, person: Standing): boolean =>
  alternatives(stage.rule).some((demands) => demands.some(({ of }) => isIn(of, person)));

/** Who of these can still bring the open stage forward, on any of its ways. */
export const unblockers = (
  requirement: Requirement,
  votes: readonly StageVote[],
  everybody: readonly Standing[],
  requesters: readonly string[],
): Standing[] => {
  const state = tally(requirement, votes);
  const stage = state.outcome === 'open' ? requirement.stages[state.stage] : undefined;
  if (state.outcome !== 'open' || !stage) return [];
  const approving = approversAmong(votes.filter((vote) => vote.stage === state.stage));
  const ways = alternatives(stage.rule).map((demands) => ({ demands, empty: emptyPlaces(demands, approving).length }));
  return everybody.filter(
    (person) =>
      eligibility(requirement, votes, state.stage, person, requesters) === null &&
      // Also by taking a place from somebody who can fill another.
      ways.some(({ demands, empty }) => emptyPlaces(demands, [...approving, person]).length < empty),
  );
};

/** The stages that these people could not meet even if all approved: a requirement with one is refused when saved. */
export const impossibleStages = (
  requirement: Requirement,
  everybody: readonly Standing[],
  requesters: readonly string[] = [],
): Stage[] => {
  const others = everybody.filter((person) => !accountsOf(person).some((id) => requesters.includes(id)));
  const impossible = requirement.stages.filter((stage) => !isMet(stage.rule, others));
  if (impossible.length > 0 || !requirement.isDistinctAcrossStages) return impossible;
  // Distinct people: all stages at once, as if they were one.
  const all: Rule = { type: 'and', rules: requirement.stages.map(({ rule }) => rule) };
  if (waysOf(all) > WAYS_TRIED_MAX) return [];
  return isMet(all, others) ? [] : requirement.stages.slice(-1);
};

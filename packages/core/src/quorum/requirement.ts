/** Who must approve: stages in order, each a boolean expression of counted sets of people. Frozen on the approval. */
import { z } from 'zod';
import { DEMANDABLE, type DemandedAssurance } from '../approval/assurance.ts';
import { ROLES, type Role } from '../authz.ts';

/** A set of people: the union of what it names. */
export type PeopleSet = {
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
  readonly members: readonly string[];
};

export type Rule =
  | { readonly type: 'count'; readonly count: number; readonly of: PeopleSet }
  | { readonly type: 'and' | 'or'; readonly rules: readonly Rule[] };

export type Stage = {
  readonly name: string;
  readonly rule: Rule;
  /** How many rejections end the approval as rejected. */
  readonly rejections: number;
};

export type Requirement = {
  readonly stages: readonly Stage[];
  /** Whether somebody who voted in an earlier stage may not vote in a later one. */
  readonly isDistinctAcrossStages: boolean;
  /** Whether a rejection needs a reason. */
  readonly isReasonRequired: boolean;
  /** How sure it must be who approves; not there where nothing is demanded. */
  readonly assurance?: DemandedAssurance | undefined;
  /** Whether an API key may approve what is of high or critical priority. */
  readonly isKeyEnough?: boolean | undefined;
};

export const COUNT_MAX = 50;
/** A written rule with more ways is refused: any approver can write one to escalate to, and judging it must not hang us. */
export const WAYS_MAX = 100;
const STAGES_MAX = 10;
const RULES_MAX = 20;

const PeopleSetSchema: z.ZodType<PeopleSet> = z.strictObject({
  groups: z.array(z.string()).default([]),
  roles: z.array(z.enum(ROLES)).default([]),
  members: z.array(z.string()).default([]),
});

const RuleSchema: z.ZodType<Rule> = z.lazy(() =>
  z.union([
    z.strictObject({ type: z.literal('count'), count: z.number().int().min(1).max(COUNT_MAX), of: PeopleSetSchema }),
    z.strictObject({ type: z.enum(['and', 'or']), rules: z.array(RuleSchema).min(1).max(RULES_MAX) }),
  ]),
);

export const RequirementSchema: z.ZodType<Requirement> = z.strictObject({
  stages: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        rule: RuleSchema,
        rejections: z.number().int().min(1).max(COUNT_MAX).default(1),
      }),
    )
    .min(1)
    .max(STAGES_MAX),
  isDistinctAcrossStages: z.boolean().default(false),
  isReasonRequired: z.boolean().default(false),
  assurance: z.enum(DEMANDABLE).optional(),
  isKeyEnough: z.boolean().optional(),
});

/** What holds where no policy says otherwise: one approver, whoever it is. */
export const ONE_APPROVER: Requirement = {
  stages: [
    {
      name: 'approval',
      rule: { type: 'count', count: 1, of: { groups: [], roles: ['approver'], members: [] } },
      rejections: 1,
    },
  ],
  isDistinctAcrossStages: false,
  isReasonRequired: false,
};

/** A person with what counts for sets: as it is at the moment of the question. */
export type Standing = {
  readonly personId: string;
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
  /** Ids of other accounts of the same human: with all of them together they have one voice. */
  readonly otherAccounts?: readonly string[];
};

/** Every id under which a person may have asked or voted. */
export const accountsOf = (person: Pick<Standing, 'personId' | 'otherAccounts'>): readonly string[] => [
  person.personId,
  ...(person.otherAccounts ?? []),
];

export const isIn = (set: PeopleSet, person: Standing): boolean =>
  set.members.includes(person.personId) ||
  person.roles.some((role) => set.roles.includes(role)) ||
  person.groups.some((group) => set.groups.includes(group));

/** In how many ways a rule can be met: what it takes to judge it grows with this. */
export const waysOf = (rule: Rule): number => {
  if (rule.type === 'count') return 1;
  const ways = rule.rules.map(waysOf);
  return rule.type === 'or' ? ways.reduce((sum, one) => sum + one, 0) : ways.reduce((product, one) => product * one, 1);
};

/** How many people it takes at least. */
export const peopleNeeded = (rule: Rule): number => {
  if (rule.type === 'count') return rule.count;
  const needs = rule.rules.map(peopleNeeded);
  return rule.type === 'or' ? Math.min(...needs) : needs.reduce((sum, one) => sum + one, 0);
};

/** The rule, asking for at least so many people. */
export const atLeast = (rule: Rule, people: number): Rule => {
  if (rule.type === 'count') return { ...rule, count: Math.max(rule.count, people) };
  if (rule.type === 'or') return { ...rule, rules: rule.rules.map((part) => atLeast(part, people)) };
  const short = people - peopleNeeded(rule);
  if (short <= 0) return rule;
  return {
    ...rule,
    rules: rule.rules.map((part, index) => (index === 0 ? atLeast(part, peopleNeeded(part) + short) : part)),
  };
};

/** Every set that a rule names. */
export const setsOf = (rule: Rule): PeopleSet[] => (rule.type === 'count' ? [rule.of] : rule.rules.flatMap(setsOf));

/** A policy: rules that decide what a gate does and who must approve. Written in YAML or JSON, kept in versions. */
import { z } from 'zod';
import { DEMANDABLE } from '../approval/assurance.ts';
import { parseRule } from '../quorum/expression.ts';
import { COUNT_MAX } from '../quorum/requirement.ts';
import { checkExpression } from './expression.ts';

export const RISK_CLASSES = ['read_only', 'reversible', 'irreversible', 'external'] as const;
export type RiskClass = (typeof RISK_CLASSES)[number];

export const OUTCOMES = ['allow', 'audit', 'hold', 'block', 'deny', 'mode'] as const;
/**
 * `deny` is a block that nothing overrides: no later rule, no grant, no mode. `mode` leaves whether to hold to the mode,
 * and says how.
 */
export type Outcome = (typeof OUTCOMES)[number];

const seconds = z.number().int().min(1).max(31_536_000);

const expression = z
  .string()
  .min(1)
  .superRefine((source, context) => {
    const problem = checkExpression(source);
    if (problem) context.addIssue({ code: 'custom', message: `is not a valid expression: ${problem}` });
  });

const writtenRule = z
  .string()
  .min(1)
  .max(1000)
  .superRefine((text, context) => {
    const parsed = parseRule(text);
    if (!parsed.ok)
      context.addIssue({ code: 'custom', message: `${parsed.refusal.detail} (character ${parsed.refusal.at + 1})` });
  });

export const ON_TIMEOUT = ['reject', 'approve', 'escalate', 'retry', 'park'] as const;

const StageSettings = z
  .strictObject({
    name: z.string().min(1).max(100).optional(),
    approvers: writtenRule.optional().describe('such as "2 of engineering and 1 of finance"'),
    approvers_expression: expression.optional().describe('CEL that gives such a text, from the request'),
    rejections: z.number().int().min(1).max(COUNT_MAX).default(1),
  })
  .refine((stage) => (stage.approvers === undefined) !== (stage.approvers_expression === undefined), {
    message: 'name approvers or approvers_expression, one of them',
  });

export const HoldSettings = z.strictObject({
  stages: z.array(StageSettings).min(1).max(10).optional(),
  distinct_people: z.boolean().default(false).describe('nobody may vote in two stages'),
  assurance: z
    .enum(DEMANDABLE)
    .optional()
    .describe('how sure it must be who approves: signed in, proved again within five minutes, or signed by the person'),
  reason_required: z.boolean().default(false).describe('a rejection needs a reason'),
  priority: z.enum(['low', 'medium', 'high', 'critical']).optional(),
  key_may_approve: z
    .boolean()
    .default(false)
    .describe('an API key may approve it also where its priority is high or critical'),
  timeout_seconds: seconds.optional(),
  on_timeout: z.enum(ON_TIMEOUT).default('reject'),
  escalate_to: z
    .array(z.strictObject({ approvers: writtenRule, timeout_seconds: seconds }))
    .max(5)
    .default([]),
  retries: z.number().int().min(1).max(10).default(1),
  remind_after: z.array(z.number().gt(0).lt(1)).max(10).default([]).describe('fractions of the time'),
  recall_seconds: z
    .number()
    .int()
    .min(0)
    .max(600)
    .optional()
    .describe('a decision takes effect so much later, and its author may take it back until then'),
  remind_after_seconds: z.array(seconds).max(10).default([]).describe('so long after the time began'),
  remind_before_seconds: z.array(seconds).max(10).default([]).describe('so long before the time ends'),
  grants_allowed: z.boolean().default(false).describe('grants may be given also for what can not be undone'),
  calendar: z.string().optional().describe('name of a working calendar: time counts only while people work'),
  channels: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default([])
    .describe('names of the channels on which it is told; none: every one whose own rules fit'),
});
export type HoldSettings = z.infer<typeof HoldSettings>;

const History = z
  .strictObject({
    within_seconds: seconds,
    more_than_calls: z.number().int().min(0).optional(),
    sum_of: z
      .string()
      .regex(/^[A-Za-z0-9_.]+$/)
      .optional()
      .describe('an argument, with dots for members'),
    more_than_sum: z.number().optional(),
  })
  .refine(
    ({ more_than_calls: calls, sum_of: sum, more_than_sum: limit }) =>
      calls !== undefined || (sum !== undefined && limit !== undefined),
    {
      message: 'needs more_than_calls, or sum_of and more_than_sum',
    },
  );
export type HistoryCondition = z.infer<typeof History>;

const glob = z.string().min(1).max(200);

const PolicyRule = z.strictObject({
  name: z.string().min(1).max(100),
  tools: z.array(glob).min(1).optional().describe('names, with * for any characters'),
  agents: z.array(glob).min(1).optional().describe('names or ids, with * for any characters'),
  callers: z.array(glob).min(1).optional().describe('ids of keys or people'),
  risk: z.array(z.enum(RISK_CLASSES)).min(1).optional(),
  when: expression.optional().describe('CEL over `request` and `now`'),
  history: History.optional(),
  outcome: z.enum(OUTCOMES),
  reason: z.string().max(1000).optional().describe('what the model is told, or the reviewer'),
  hold: HoldSettings.optional(),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

export const PolicySchema = z
  .strictObject({ rules: z.array(PolicyRule).max(500) })
  .superRefine(({ rules }, context) => {
    const names = new Set<string>();
    for (const [index, rule] of rules.entries()) {
      if (names.has(rule.name))
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: 'is the name of another rule too',
        });
      names.add(rule.name);
      if (rule.hold && rule.outcome !== 'hold' && rule.outcome !== 'mode')
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'hold'],
          message: 'belongs to the outcomes hold and mode',
        });
      if (rule.hold?.on_timeout === 'approve' && rule.hold.assurance)
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'hold', 'on_timeout'],
          message: 'can not approve by itself what somebody has to vouch for (assurance)',
        });
      if (rule.hold?.on_timeout === 'escalate' && rule.hold.escalate_to.length === 0)
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'hold', 'escalate_to'],
          message: 'is needed to escalate',
        });
      if (rule.hold && rule.hold.on_timeout !== 'reject' && rule.hold.timeout_seconds === undefined)
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'hold', 'timeout_seconds'],
          message: 'is needed for what follows it',
        });
    }
  });

export type Policy = z.infer<typeof PolicySchema>;

/**
 * The risk class of a tool from its annotations (MCP's hints): what can not be undone weighs more than what reaches
 * outside, so a tool that is both is irreversible.
 */
export const riskOf = (annotations: {
  readonly read_only: boolean;
  readonly destructive: boolean;
  readonly open_world: boolean;
}): RiskClass => {
  if (annotations.read_only) return 'read_only';
  if (annotations.destructive) return 'irreversible';
  return annotations.open_world ? 'external' : 'reversible';
};

/** From the least to the most that can not be taken back. */
const RISK_ORDER: readonly RiskClass[] = ['read_only', 'reversible', 'external', 'irreversible'];

/** The higher of two risks: what counts for a chain of calls is its highest (OWASP AISVS, C9.2.10). */
export const higherRisk = (a: RiskClass, b: RiskClass | null): RiskClass =>
  b !== null && RISK_ORDER.indexOf(b) > RISK_ORDER.indexOf(a) ? b : a;

/** What holds out of the box: it changes nobody's mode, and brings what looks like a runaway agent to the top of the queue. */
export const DEFAULT_POLICY: Policy = PolicySchema.parse({
  rules: [
    { name: 'reading goes ahead', risk: ['read_only'], outcome: 'allow' },
    {
      name: 'many like it in a short time come first',
      history: { within_seconds: 600, more_than_calls: 30 },
      outcome: 'mode',
      // It says how many they are, not how grave each is.
      hold: { priority: 'high', key_may_approve: true },
    },
  ],
});

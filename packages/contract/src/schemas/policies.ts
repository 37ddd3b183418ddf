import { OUTCOMES, RISK_CLASSES } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, jsonObject, jsonValue, toolName, seen } from './common.ts';

const source = z.string().min(1).max(200_000).describe('the rules, in YAML or JSON');

export const PolicyVersion = z.object({
  version: z.number().int(),
  source: z.string(),
  message: z.string(),
  created_at: instant,
  created_by: Actor,
});
export const PolicyVersionList = z.object({ data: z.array(PolicyVersion) });

export const Policy = z.object({
  id: id('policy'),
  name: z.string(),
  position: z.number().int().describe('policies are read in this order, their rules as one list'),
  is_enabled: z.boolean(),
  current_version: PolicyVersion.nullable(),
  created_at: instant,
  updated_at: instant,
});
export const PolicyList = z.object({ data: z.array(Policy) });

export const CreatePolicy = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen),
  source,
  message: z.string().max(1000).default('First version'),
});
export const UpdatePolicy = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen)
    .optional(),
  position: z.number().int().min(0).max(10_000).optional(),
  is_enabled: z.boolean().optional(),
});
export const CreatePolicyVersion = z.strictObject({ source, message: z.string().max(1000).default('') });
export const PromotePolicy = z.strictObject({ version: z.number().int().min(1) });

export const CheckPolicy = z.strictObject({ source });
export const PolicyProblem = z.object({
  pointer: z.string(),
  detail: z.string(),
  line: z.number().int().nullable().describe('in the source, from 1'),
  column: z.number().int().nullable(),
});
export const CheckedPolicy = z.object({ is_valid: z.boolean(), problems: z.array(PolicyProblem) });

const call = {
  tool: toolName,
  arguments: jsonObject.default({}),
  agent_id: z.string().optional(),
  agent_name: z.string().optional(),
  risk: z.enum(RISK_CLASSES).optional().describe('that of the tool of this name, unless given'),
  at: instant.optional().describe('as if it were then'),
};

export const EvaluatePolicy = z.strictObject({
  ...call,
  source: source.optional().describe('evaluate this instead of the policies that hold'),
});

export const Evaluated = z.object({
  outcome: z.enum(OUTCOMES).nullable().describe('null: no rule matched, the mode decides'),
  rule: z.string().nullable(),
  policy: z.object({ id: z.string(), name: z.string(), version: z.number().int() }).nullable(),
  reason: z.string(),
  requirement: z
    .array(z.object({ name: z.string(), approvers: z.string() }))
    .nullable()
    .describe('who would be asked'),
  trace: z.array(z.object({ rule: z.string(), matched: z.boolean(), why: z.string() })),
});

export const Backtest = z.strictObject({
  source: source.optional().describe('the policy to try; the ones that hold, if not given'),
  within_days: z.number().int().min(1).max(365).default(30),
  transcripts: z
    .array(
      z.strictObject({
        tool: toolName,
        arguments: jsonObject.default({}),
        agent_name: z.string().optional(),
        expected: z.boolean().optional(),
      }),
    )
    .max(10_000)
    .optional()
    .describe('recorded calls instead of the history'),
});

const BacktestCall = z.object({
  tool: z.string(),
  arguments: jsonValue,
  at: instant.nullable(),
  before: z.string().nullable().describe('what became of it then'),
  outcome: z.string(),
  rule: z.string().nullable(),
  approval_id: z.string().nullable(),
});

export const Backtested = z.object({
  calls: z.number().int(),
  held: z.number().int(),
  allowed: z.number().int(),
  blocked: z.number().int(),
  undecided: z.number().int().describe('no rule matched: the mode decides'),
  rejections_let_through: z
    .array(BacktestCall)
    .describe('what people rejected and this policy would have allowed: look at these first'),
  changed: z.array(BacktestCall).describe('what would end otherwise than it did, up to 200'),
  by_rule: z.array(z.object({ rule: z.string().nullable(), outcome: z.string(), calls: z.number().int() })),
});

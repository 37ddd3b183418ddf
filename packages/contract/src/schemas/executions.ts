import { NODE_TYPES } from '@countersign/core';
import { z } from 'zod';
import { PlanUse } from './plans.ts';
import { id, instant, jsonValue, listOf, listQuery } from './common.ts';

export const EXECUTION_STATUSES = [
  'queued',
  'running',
  'awaiting_approval',
  'waiting',
  'completed',
  'failed',
  'rejected',
  'cancelled',
  'expired',
] as const;

export const STEP_STATUSES = [
  'ready',
  'running',
  'awaiting_approval',
  'waiting',
  'completed',
  'failed',
  'refused',
  'rejected',
  'expired',
  'cancelled',
] as const;

export const Cost = z.object({ amount: z.number(), currency: z.string() });

const Runnable = z.object({ id: z.string(), name: z.string(), version: z.number().int(), version_id: z.string() });

export const Execution = z.object({
  id: id('execution'),
  status: z.enum(EXECUTION_STATUSES),
  agent: Runnable.nullable().describe('what runs, where it is an agent'),
  workflow: Runnable.nullable().describe('what runs, where it is a workflow'),
  parent: z
    .object({ execution_id: z.string(), step_id: z.string() })
    .nullable()
    .describe('the step of another execution that started it'),
  root_execution_id: z.string().describe('the outermost execution; its own id if nothing started it'),
  conversation_id: z.string().nullable(),
  trigger: z
    .object({ kind: z.enum(['schedule', 'webhook', 'voice_line']), id: z.string() })
    .nullable()
    .describe('what started it by itself'),
  input: jsonValue,
  output: jsonValue.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  pending_approvals: z.number().int().describe('its own, and those of the executions below it'),
  turns: z.number().int(),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }),
  cost: Cost.nullable().describe('of its tokens, by the price of its agent’s version; null where that has none'),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  next_attempt_at: instant.nullable().describe('when a failed step is tried again'),
});

export const ExecutionList = listOf(Execution);

export const ExecutionFilter = z.strictObject({
  ...listQuery,
  status: z
    .enum([...EXECUTION_STATUSES, 'active'])
    .optional()
    .describe('`active`: not ended'),
  agent_id: z.string().optional(),
  workflow_id: z.string().optional(),
  conversation_id: z.string().optional(),
  trigger_id: z.string().optional().describe('those that a schedule, webhook or voice line started'),
  parent_execution_id: z.string().optional().describe('those that its steps started'),
});

/** What a step of a workflow says beside what every step says. */
const NodeRun = z.object({
  id: z.string().describe('of the node in the definition'),
  type: z.enum(NODE_TYPES),
  scope: z.string().describe('branches and rounds that it stands in, such as `each[3]/`; empty on the main line'),
  output: jsonValue,
  leads_to: z.string().nullable().describe('the node that follows'),
  child_execution_id: z.string().nullable().describe('the execution that it started'),
  wake_at: instant.nullable().describe('when it goes on by itself'),
  timeout_at: instant.nullable(),
});

export const Step = z.object({
  id: id('step'),
  position: z.number().int(),
  turn: z.number().int(),
  kind: z.enum(['model_turn', 'tool_call', 'output', 'node']),
  node: NodeRun.nullable().describe('of a workflow’s step'),
  status: z.enum(STEP_STATUSES),
  attempt: z.number().int(),
  tool: z.string().nullable(),
  call_id: z.string().nullable(),
  arguments: jsonValue.nullable().describe('as run; the reviewer’s where edited'),
  original_arguments: jsonValue.nullable().describe('as the model asked, where a reviewer edited them'),
  result: z.string().nullable(),
  is_error: z.boolean(),
  gate: z
    .object({
      outcome: z.enum(['proceed', 'hold', 'block']),
      reason: z.string(),
      plan: PlanUse.optional().describe('the line of a plan that let it through'),
    })
    .nullable(),
  approval_id: z.string().nullable(),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
});

export const StepList = z.object({ data: z.array(Step) });

export const SendEvent = z.strictObject({
  name: z.string().min(1).max(200),
  data: jsonValue.default(null),
});

export const SentEvent = z.object({ name: z.string(), data: jsonValue, created_at: instant });

export const CancelExecution = z.strictObject({ reason: z.string().max(1000).optional() });

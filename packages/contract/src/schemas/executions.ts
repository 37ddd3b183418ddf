import { z } from 'zod';
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
  'completed',
  'failed',
  'refused',
  'rejected',
  'expired',
  'cancelled',
] as const;

export const Execution = z.object({
  id: id('execution'),
  status: z.enum(EXECUTION_STATUSES),
  agent: z.object({ id: z.string(), name: z.string(), version: z.number().int(), version_id: z.string() }),
  conversation_id: z.string().nullable(),
  input: jsonValue,
  output: jsonValue.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  pending_approvals: z.number().int(),
  turns: z.number().int(),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }),
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
  conversation_id: z.string().optional(),
});

export const Step = z.object({
  id: id('step'),
  position: z.number().int(),
  turn: z.number().int(),
  kind: z.enum(['model_turn', 'tool_call', 'output']),
  status: z.enum(STEP_STATUSES),
  attempt: z.number().int(),
  tool: z.string().nullable(),
  call_id: z.string().nullable(),
  arguments: jsonValue.nullable().describe('as run; the reviewer’s where edited'),
  original_arguments: jsonValue.nullable().describe('as the model asked, where a reviewer edited them'),
  result: z.string().nullable(),
  is_error: z.boolean(),
  gate: z.object({ outcome: z.enum(['proceed', 'hold', 'block']), reason: z.string() }).nullable(),
  approval_id: z.string().nullable(),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
});

export const StepList = z.object({ data: z.array(Step) });

export const CancelExecution = z.strictObject({ reason: z.string().max(1000).optional() });

export const CreateConversation = z.strictObject({
  agent_id: id('agent'),
  title: z.string().max(200).optional(),
  version: z.number().int().min(1).optional().describe('stay on this version; else each message uses the current one'),
  on_behalf_of: id('person').optional(),
});

export const Conversation = z.object({
  id: id('conversation'),
  agent: z.object({ id: z.string(), name: z.string() }),
  version: z.number().int().nullable(),
  title: z.string(),
  created_at: instant,
  active_execution_id: z.string().nullable(),
});

export const ConversationList = listOf(Conversation);
export const ConversationFilter = z.strictObject({ ...listQuery, agent_id: z.string().optional() });

export const Message = z.object({
  id: id('message'),
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  execution_id: z.string().nullable(),
  created_at: instant,
});

/** Oldest first. */
export const MessageList = listOf(Message);

export const PostMessage = z.strictObject({ content: z.string().min(1).max(100_000) });
export const PostedMessage = z.object({ message: Message, execution: Execution });

import { z } from 'zod';
import { ApprovalSummary } from './approvals.ts';
import { id, instant, listOf, listQuery } from './common.ts';
import { PhoneCall } from './voice-lines.ts';
import { Cost, EXECUTION_STATUSES, Execution, Step } from './executions.ts';

export const CreateConversation = z.strictObject({
  agent_id: id('agent'),
  title: z.string().max(200).optional().describe('the beginning of the first message, unless given'),
  version: z.number().int().min(1).optional().describe('stay on this version; else each message uses the current one'),
  on_behalf_of: id('person').optional(),
});

export const UpdateConversation = z.strictObject({ title: z.string().min(1).max(200) });

export const Conversation = z.object({
  id: id('conversation'),
  agent: z.object({ id: z.string(), name: z.string() }),
  version: z.number().int().nullable(),
  title: z.string(),
  created_at: instant,
  archived_at: instant.nullable(),
  active_execution_id: z.string().nullable(),
  phone_call: PhoneCall.nullable().describe('the last call of one that is on the phone'),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }),
  cost: Cost.nullable().describe('of its tokens; null where a version that used some has no price'),
});

export const ConversationList = listOf(Conversation);
export const ConversationFilter = z.strictObject({
  ...listQuery,
  agent_id: z.string().optional(),
  archived: z.enum(['true', 'false']).default('false'),
  q: z.string().min(1).max(200).optional().describe('words of the title or of what was said'),
});

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

export const CreateChatToken = z.strictObject({
  origin: z
    .string()
    .max(300)
    .regex(/^https?:\/\//, 'must begin with https:// (or http:// on one machine)')
    .refine(isOrigin, 'must be an origin such as https://shop.example, without a path')
    .describe('of the one page that may use it'),
  expires_in_seconds: z.number().int().min(60).max(3600).default(900),
});

export const ChatToken = z.object({
  token: z.string().describe('shown once'),
  conversation_id: id('conversation'),
  origin: z.string(),
  expires_at: instant,
});

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

export const StreamFilter = z.strictObject({
  after: id('message').optional().describe('begin after this message; else with the first'),
  until: z.enum(['idle']).optional().describe('end as soon as nothing is at work'),
});

/**
 * What a conversation's stream carries. Each event is a whole state, which stands in the place of what came before under
 * the same id; only `text` adds to what there is.
 */
export const ConversationEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), message: Message }),
  z.object({
    type: z.literal('turn'),
    execution_id: z.string(),
    status: z.enum(EXECUTION_STATUSES),
    approvals: z.array(z.string()).describe('ids of those that it waits for'),
  }),
  z.object({
    type: z.literal('text'),
    execution_id: z.string(),
    step_id: z.string(),
    attempt: z.number().int(),
    offset: z.number().int().describe('where it belongs in the step’s text: what stood from there on is void'),
    text: z.string(),
  }),
  z.object({ type: z.literal('execution'), execution: Execution }),
  z.object({ type: z.literal('step'), execution_id: z.string(), step: Step }),
  z.object({ type: z.literal('approval'), approval: ApprovalSummary }),
]);

export type ConversationEvent = z.infer<typeof ConversationEvent>;

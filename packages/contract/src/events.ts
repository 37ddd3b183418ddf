import { z } from 'zod';
import { Actor, id, instant, jsonObject } from './schemas/common.ts';

/** What happens, as sent on streams (and later to webhooks). */
export const EVENT_TYPES = [
  'execution.started',
  'execution.awaiting_approval',
  'execution.resumed',
  'execution.completed',
  'execution.failed',
  'execution.rejected',
  'execution.cancelled',
  'execution.expired',
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.cancelled',
  'approval.consumed',
  'step.finished',
  'agent.created',
  'agent.updated',
  'agent.archived',
  'agent.version_created',
  'agent.version_promoted',
  'tool.created',
  'tool.updated',
  'tool.deleted',
  'tool.test_called',
  'mcp_server.created',
  'mcp_server.synced',
  'mcp_server.deleted',
  'secret.put',
  'secret.deleted',
  'key.created',
  'key.revoked',
  'session.started',
  'session.ended',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** `data` carries ids and states; whoever needs the content asks for it by id, with their own rights. */
export const StreamEvent = z.object({
  id: id('event'),
  type: z.enum(EVENT_TYPES),
  timestamp: instant,
  workspace_id: id('workspace'),
  subject: z.string().describe('id of what it happened to'),
  actor: Actor,
  data: jsonObject,
});

export type StreamEvent = z.infer<typeof StreamEvent>;

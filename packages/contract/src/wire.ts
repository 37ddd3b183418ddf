/** The wire shapes as types, for clients that carry no zod. */
import type { z } from 'zod';
import type * as access from './schemas/access.ts';
import type * as agents from './schemas/agents.ts';
import type * as approvals from './schemas/approvals.ts';
import type * as executions from './schemas/executions.ts';
import type * as tools from './schemas/tools.ts';

export type WireApproval = z.infer<typeof approvals.Approval>;
export type WireApprovalSummary = z.infer<typeof approvals.ApprovalSummary>;
export type WireDecision = z.infer<typeof approvals.Decision>;
export type WireGateAnswer = z.infer<typeof approvals.GateAnswer>;
export type WireTimeline = z.infer<typeof approvals.Timeline>;
export type WireApprovalCounts = z.infer<typeof approvals.ApprovalCounts>;
export type WireAgent = z.infer<typeof agents.Agent>;
export type WireAgentVersion = z.infer<typeof agents.AgentVersion>;
export type WireAgentConfig = z.infer<typeof agents.AgentConfig>;
export type WireTool = z.infer<typeof tools.Tool>;
export type WireMcpServer = z.infer<typeof tools.McpServer>;
export type WireExecution = z.infer<typeof executions.Execution>;
export type WireStep = z.infer<typeof executions.Step>;
export type WireConversation = z.infer<typeof executions.Conversation>;
export type WireMessage = z.infer<typeof executions.Message>;
export type WireApiKey = z.infer<typeof access.ApiKey>;
export type WireSession = z.infer<typeof access.Session>;

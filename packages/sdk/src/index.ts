export type { AskOptions } from './ask-and-wait.ts';
export { type Answered, type AskClient, type Question, askHuman } from './ask-human.ts';
export { canonicalize, digestJson } from './canonical.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { ApiError, ConnectionError, CountersignError, type ProblemDetails, TimeoutError } from './errors.ts';
export {
  AlreadyConsumedError,
  BlockedError,
  CancelledError,
  DigestError,
  ExpiredError,
  GateError,
  RejectedError,
  UnprovenError,
} from './gate-errors.ts';
export { type Confirmed, type Confirming, confirm } from './confirm.ts';
export {
  type GateCall,
  type GateClient,
  type GateOptions,
  type GateState,
  type Passed,
  gate,
  lookAtGate,
} from './gate.ts';
export { type Asking, gated } from './gated.ts';
export type { FromSchema } from './json-schema.ts';
export { ReceiptError } from './receipt/error.ts';
export type { ReceiptKey, ReceiptKeys } from './receipt/keys.ts';
export { type VerifiedReceipt, type VerifyReceiptOptions, verifyReceipt } from './receipt/verify.ts';
export { type ConversationView, type TurnView, EMPTY_CONVERSATION, applyEvent } from './conversation-view.ts';
export type { ConversationStreamOptions } from './resources/conversations.ts';
export type { StreamOptions } from './stream.ts';
export { type TakeOptions, type Taken, takeApproved } from './take-approved.ts';
export type { CallOptions } from './transport.ts';
export type { WaitOptions } from './wait.ts';
export type { ParsedWebhook } from './webhook-events.ts';
export { type ParseWebhookOptions, WebhookError, parseWebhook } from './webhook.ts';
export type { ReceiptStatement } from '@countersign/core';
export type {
  EventType,
  FieldProblem,
  ProblemCode,
  StreamEvent,
  WireAgent as Agent,
  WireAgentConfig as AgentConfig,
  WireAgentVersion as AgentVersion,
  WireAlikeGroup as AlikeGroup,
  WireApiKey as ApiKey,
  WireApproval as Approval,
  WireApprovalCounts as ApprovalCounts,
  WireApprovalHealth as ApprovalHealth,
  WireApprovalStats as ApprovalStats,
  WireApprovalSummary as ApprovalSummary,
  WireBacktested as Backtested,
  WireBulkOutcome as BulkOutcome,
  WireCalendar as Calendar,
  WireChannel as Channel,
  WireComment as Comment,
  WireConversation as Conversation,
  WireConversationEvent as ConversationEvent,
  WireDecision as Decision,
  WireDelegation as Delegation,
  WireDelivery as Delivery,
  WireDeliveryDetail as DeliveryDetail,
  WireEvaluated as Evaluated,
  WireExecution as Execution,
  WireGateAnswer as GateAnswer,
  WireGrant as Grant,
  WireGroup as Group,
  WireMcpServer as McpServer,
  WireMember as Member,
  WireMessage as Message,
  WireNotifications as Notifications,
  WirePolicy as Policy,
  WirePolicyVersion as PolicyVersion,
  WireReceipt as Receipt,
  WireSession as Session,
  WireSettings as Settings,
  WireStep as Step,
  WireTimeline as Timeline,
  WireTool as Tool,
  WireWebhookEvent as WebhookEvent,
} from '@countersign/contract';

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
} from './gate-errors.ts';
export { type GateCall, type GateClient, type GateOptions, type Passed, gate } from './gate.ts';
export { type Asking, gated } from './gated.ts';
export type { StreamOptions } from './stream.ts';
export type { CallOptions } from './transport.ts';
export type { WaitOptions } from './wait.ts';
export type {
  EventType,
  FieldProblem,
  ProblemCode,
  StreamEvent,
  WireAgent as Agent,
  WireAgentConfig as AgentConfig,
  WireAgentVersion as AgentVersion,
  WireApiKey as ApiKey,
  WireApproval as Approval,
  WireApprovalCounts as ApprovalCounts,
  WireApprovalSummary as ApprovalSummary,
  WireConversation as Conversation,
  WireDecision as Decision,
  WireExecution as Execution,
  WireGateAnswer as GateAnswer,
  WireMcpServer as McpServer,
  WireMessage as Message,
  WireSession as Session,
  WireStep as Step,
  WireTimeline as Timeline,
  WireTool as Tool,
} from '@countersign/contract';

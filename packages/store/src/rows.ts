/** Rows as the statements return them: columns keep their SQL names; JSON kept as text is parsed where it is used. */
import type {
  Actor,
  Assertion,
  Assurance,
  Decision,
  DepartureWords,
  JsonDifference,
  NodeGate,
  NodeType,
  Permission,
  Requirement,
  RiskClass,
  RunError,
  RunStatus,
  Role,
  SignIn,
  Standing,
  TimeoutPlan,
} from '@countersign/core';

export type ApprovalRow = {
  workspace_id: string;
  id: string;
  kind: 'tool_call' | 'output' | 'action' | 'question';
  status: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
  title: string;
  checkpoint: string;
  priority: 'low' | 'medium' | 'high' | 'critical';
  action: string;
  digest: string;
  original_action: string | null;
  call_digest: string;
  tool: string | null;
  arguments_schema: string | null;
  agent: { id: string | null; version: number | null; name: string } | null;
  agent_id: string | null;
  execution_id: string | null;
  step_id: string | null;
  conversation_id: string | null;
  requested_by: Actor;
  requesters: string[];
  input: string | null;
  gate_reason: string;
  explanation: string | null;
  impact: Record<string, string> | null;
  evidence: { label: string; content: string; source?: string }[];
  metadata: Record<string, unknown>;
  created_at: Date;
  expires_at: Date | null;
  decided_at: Date | null;
  decision: Decision | null;
  consumed_at: Date | null;
  /** Null on what was asked before there were requirements: one approver. */
  requirement: Requirement | null;
  timeout: TimeoutPlan | null;
  edits: JsonDifference[];
  is_overdue: boolean;
  claim: { personId: string; name: string; untilMs: number } | null;
  assigned_to: string[];
  /** Names of the channels on which it is told; none: every one whose own rules fit. */
  channels: string[];
  calendar: string | null;
  risk: RiskClass | null;
  policy: { id: string; name: string; version: number; rule: string } | null;
  remind_at: Date[];
  response_schema: string | null;
  shape: string | null;
  reopened_from: string | null;
  recall_seconds: number | null;
  /** A decision that is held back, as JSON text. */
  held: string | null;
  /** The stage that asks now, from 0. */
  open_stage: number;
  /** The outermost execution above the one that asked. */
  root_execution_id: string | null;
  /** How a call departs from the plans of who asks; null where there are none. */
  departures: (DepartureWords & { plan: string })[] | null;
  /** The receipt of the decision, in compact form; read with the approval, never with a list. */
  receipt?: string | null;
  revoked?: { by: Actor; reason: string | null; at: string } | null;
};

export type VoteRow = {
  approval_id: string;
  digest: string;
  person_id: string;
  vote: 'approved' | 'rejected';
  key_id: string | null;
  assurance: Assurance;
  reason: string | null;
  cast_at: Date;
  stage: number;
  represents: string | null;
  standing: Standing | null;
  /** Null on votes from before it was kept. */
  view_digest: string | null;
  sign_in: SignIn | null;
  intent: string | null;
  webauthn: Assertion | null;
  person_name: string;
};

export type EventRow = {
  workspace_id: string;
  id: string;
  type: string;
  subject: string;
  actor: Actor;
  data: Record<string, unknown>;
  at: Date;
};

export type AgentRow = {
  id: string;
  name: string;
  description: string;
  current_version_id: string | null;
  created_at: Date;
  updated_at: Date;
  archived_at: Date | null;
};

export type AgentVersionRow = {
  id: string;
  agent_id: string;
  version: number;
  message: string;
  config: unknown;
  created_at: Date;
  created_by: Actor;
  is_current: boolean;
};

export type WorkflowRow = AgentRow;

export type WorkflowVersionRow = {
  id: string;
  workflow_id: string;
  version: number;
  message: string;
  definition: string;
  created_at: Date;
  created_by: Actor;
  is_current: boolean;
};

export type NodeRunRow = {
  execution_id: string;
  position: number;
  id: string;
  node: string;
  scope: string;
  type: NodeType;
  status: RunStatus;
  attempt: number;
  input: string | null;
  output: string | null;
  error: RunError | null;
  leads_to: string | null;
  is_left: boolean;
  items: string | null;
  assigned: string | null;
  approval_id: string | null;
  child_execution_id: string | null;
  tool_id: string | null;
  gate: StepRow['gate'];
  wake_at: Date | null;
  timeout_at: Date | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

export type ToolRow = {
  id: string;
  kind: 'http' | 'mcp' | 'agent';
  name: string;
  version: number;
  description: string;
  parameters: string;
  annotations: { read_only: boolean; destructive: boolean; idempotent: boolean; open_world: boolean };
  approval: 'default' | 'always';
  summary_template: string | null;
  http: HttpCallRow | null;
  mcp_server_id: string | null;
  remote_name: string | null;
  /** The agent that it calls; no version: the current one. */
  agent: { readonly agent_id: string; readonly version: number | null } | null;
  created_at: Date;
  updated_at: Date;
};

export type HttpCallRow = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  idempotency_header: string | null;
  timeout_seconds: number;
};

export type McpServerRow = {
  id: string;
  name: string;
  transport: 'http' | 'stdio';
  config: {
    url?: string;
    headers?: Record<string, string>;
    command?: string;
    args?: string[];
    env?: Record<string, string>;
  };
  created_at: Date;
  synced_at: Date | null;
};

export type ExecutionStatusColumn =
  | 'queued'
  | 'running'
  | 'awaiting_approval'
  | 'waiting'
  | 'completed'
  | 'failed'
  | 'rejected'
  | 'cancelled'
  | 'expired';

export type ExecutionRow = {
  workspace_id: string;
  id: string;
  /** Of an agent’s execution; of a workflow’s, the two below are there instead. */
  agent_id: string | null;
  agent_version_id: string | null;
  workflow_id: string | null;
  workflow_version_id: string | null;
  parent_execution_id: string | null;
  parent_step_id: string | null;
  /** Its own id where nothing started it; null on rows from before there were workflows. */
  root_execution_id: string | null;
  depth: number;
  gate: ExecutionGateRow | null;
  chain_risk: RiskClass | null;
  /** The schedule or webhook that started it. */
  trigger_id: string | null;
  conversation_id: string | null;
  status: ExecutionStatusColumn;
  input: string;
  output: string | null;
  error: { code: string; message: string } | null;
  requesters: string[];
  started_by: Actor;
  turns: number;
  input_tokens: number;
  output_tokens: number;
  pending_approvals: number;
  next_attempt_at: Date | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

/** The gate that a workflow's node asks of the agent that it starts: the stricter of both holds. */
export type ExecutionGateRow = NodeGate & { readonly timeoutSeconds: number | null };

export type StepRow = {
  id: string;
  execution_id: string;
  position: number;
  turn: number;
  kind: 'model_turn' | 'tool_call' | 'output';
  status:
    | 'ready'
    | 'running'
    | 'waiting'
    | 'awaiting_approval'
    | 'completed'
    | 'failed'
    | 'refused'
    | 'rejected'
    | 'expired'
    | 'cancelled';
  attempt: number;
  tool: string | null;
  tool_id: string | null;
  call_id: string | null;
  arguments: string | null;
  original_arguments: string | null;
  call_digest: string | null;
  result: string | null;
  is_error: boolean;
  gate: {
    outcome: 'proceed' | 'hold' | 'block';
    reason: string;
    isAudited?: boolean;
    /** The line of a plan that let it through, and which use of it this is. */
    plan?: { approval_id: string; line: number; use: number };
  } | null;
  approval_id: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  error: { code: string; message: string } | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

export type ConversationRow = {
  id: string;
  agent_id: string;
  version: number | null;
  title: string;
  on_behalf_of: string | null;
  active_execution_id: string | null;
  created_at: Date;
  archived_at: Date | null;
};

/** What a model has said so far in the turn that it is at. */
export type TurnDraftRow = { step_id: string; attempt: number; text: string };

export type MessageRow = {
  id: string;
  conversation_id: string;
  role: 'user' | 'assistant';
  content: string;
  execution_id: string | null;
  position: number;
  created_at: Date;
};

export type KeyRow = {
  workspace_id: string;
  id: string;
  name: string;
  kind: 'agent' | 'reviewer' | 'service';
  prefix: string;
  scopes: Permission[];
  owner_id: string;
  owner_name: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  last_used_address: string | null;
  revoked_at: Date | null;
  rotated_at: Date | null;
  /** Until when the secret before the last rotation is good. */
  previous_until: Date | null;
  /** Null: no limit. */
  agents: string[] | null;
  tools: string[] | null;
  networks: string[] | null;
};

export type SessionRow = {
  id: string;
  workspace_id: string;
  workspace_name: string;
  person_id: string;
  person_name: string;
  email: string;
  roles: Role[];
  expires_at: Date;
  /** How it began. */
  method: 'link' | 'password' | 'passkey' | 'oidc';
  is_two_factor: boolean;
  /** When its person last proved again who they are. */
  stepped_up_at: Date | null;
  /** … and that was within the last five minutes. */
  is_stepped_up: boolean;
  /** The workspace's switch; null: as the server's address says. */
  requires_second_factor: boolean | null;
  has_password: boolean;
  has_passkey: boolean;
  has_totp: boolean;
  has_identity: boolean;
};

export type { JsonDifference };

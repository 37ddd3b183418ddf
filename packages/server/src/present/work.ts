/** Executions, steps, conversations, agents, tools and keys as they go over the wire. */
import type {
  WireAgent,
  WireAgentConfig,
  WireAgentVersion,
  WireApiKey,
  WireConversation,
  WireExecution,
  WireMcpServer,
  WireMessage,
  WireStep,
  WireTool,
} from '@countersign/contract';
import { ID_PREFIXES, type Json, type JsonObject } from '@countersign/core';
import type {
  AgentRow,
  AgentVersionRow,
  ConversationRow,
  ConversationUsage,
  ExecutionRow,
  KeyRow,
  McpServerRow,
  MessageRow,
  StepRow,
  ToolRow,
  VoiceCallRow,
} from '@countersign/store';
import { type Price, costOf, priceOf, sumOf } from './cost.ts';

const iso = (date: Date): string => date.toISOString();
const isoOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

/** Which agent or workflow an execution runs, and in which version. */
export type ExecutionTarget = { readonly name: string; readonly version: number; readonly price: Price | null };

const runnable = (id: string | null, versionId: string | null, target: ExecutionTarget) =>
  id === null || versionId === null ? null : { id, name: target.name, version: target.version, version_id: versionId };

const presentTrigger = (id: string | null): WireExecution['trigger'] =>
  id === null
    ? null
    : {
        kind: id.startsWith(ID_PREFIXES.schedule)
          ? 'schedule'
          : id.startsWith(ID_PREFIXES.voiceLine)
            ? 'voice_line'
            : 'webhook',
        id,
      };

export const presentExecution = (row: ExecutionRow, target: ExecutionTarget): WireExecution => ({
  id: row.id,
  status: row.status,
  agent: runnable(row.agent_id, row.agent_version_id, target),
  workflow: runnable(row.workflow_id, row.workflow_version_id, target),
  parent:
    row.parent_execution_id === null || row.parent_step_id === null
      ? null
      : { execution_id: row.parent_execution_id, step_id: row.parent_step_id },
  root_execution_id: row.root_execution_id ?? row.id,
  conversation_id: row.conversation_id,
  trigger: presentTrigger(row.trigger_id),
  input: parse(row.input),
  output: parse(row.output),
  error: row.error,
  pending_approvals: row.pending_approvals,
  turns: row.turns,
  tokens: { input: row.input_tokens, output: row.output_tokens },
  cost: target.price && costOf(target.price, row.input_tokens, row.output_tokens),
  created_at: iso(row.created_at),
  started_at: isoOrNull(row.started_at),
  finished_at: isoOrNull(row.finished_at),
  next_attempt_at: isoOrNull(row.next_attempt_at),
});

/** A model turn's result is shown as its text; its calls are steps of their own. */
const resultOf = (row: StepRow): string | null => {
  if (row.kind !== 'model_turn' || row.result === null) return row.result;
  return (JSON.parse(row.result) as { text: string }).text;
};

export const presentStep = (row: StepRow): WireStep => ({
  id: row.id,
  position: row.position,
  turn: row.turn,
  kind: row.kind,
  node: null,
  status: row.status,
  attempt: row.attempt,
  tool: row.tool,
  call_id: row.call_id,
  arguments: parse(row.arguments),
  original_arguments: parse(row.original_arguments),
  result: resultOf(row),
  is_error: row.is_error,
  gate: row.gate,
  approval_id: row.approval_id,
  tokens:
    row.input_tokens === null && row.output_tokens === null
      ? null
      : { input: row.input_tokens ?? 0, output: row.output_tokens ?? 0 },
  error: row.error,
  created_at: iso(row.created_at),
  started_at: isoOrNull(row.started_at),
  finished_at: isoOrNull(row.finished_at),
});

export const presentConversation = (
  row: ConversationRow,
  agentName: string,
  used: readonly ConversationUsage[],
  call: VoiceCallRow | undefined,
): WireConversation => ({
  id: row.id,
  agent: { id: row.agent_id, name: agentName },
  version: row.version,
  title: row.title,
  created_at: iso(row.created_at),
  archived_at: isoOrNull(row.archived_at),
  active_execution_id: row.active_execution_id,
  phone_call: call
    ? {
        id: call.id,
        line_id: call.line_id,
        number: call.number,
        status: call.status,
        held_since: isoOrNull(call.held_since),
      }
    : null,
  tokens: {
    input: used.reduce((sum, { input_tokens: tokens }) => sum + tokens, 0),
    output: used.reduce((sum, { output_tokens: tokens }) => sum + tokens, 0),
  },
  cost: sumOf(
    used.map((each) => {
      const price = priceOf(each);
      return price && costOf(price, each.input_tokens, each.output_tokens);
    }),
  ),
});

export const presentMessage = (row: MessageRow): WireMessage => ({
  id: row.id,
  role: row.role,
  content: row.content,
  execution_id: row.execution_id,
  created_at: iso(row.created_at),
});

/** Checked by the contract's schema when it was stored, and never changed since: what came later was not allowed then. */
const presentConfig = (stored: WireAgentConfig): WireAgentConfig => ({
  ...stored,
  hitl_config: {
    ...stored.hitl_config,
    allow_plans: (stored.hitl_config as { allow_plans?: boolean }).allow_plans ?? false,
  },
});

export const presentVersion = (row: AgentVersionRow): WireAgentVersion => ({
  id: row.id,
  agent_id: row.agent_id,
  version: row.version,
  is_current: row.is_current,
  message: row.message,
  config: presentConfig(row.config as WireAgentConfig),
  created_at: iso(row.created_at),
  created_by: { kind: row.created_by.kind, id: row.created_by.id, name: row.created_by.name },
});

export const presentAgent = (row: AgentRow, current: AgentVersionRow | undefined): WireAgent => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
  archived_at: isoOrNull(row.archived_at),
  current_version: current ? presentVersion(current) : null,
});

export const presentTool = (row: ToolRow): WireTool => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  version: row.version,
  description: row.description,
  parameters: parse(row.parameters) as JsonObject,
  annotations: row.annotations,
  approval: row.approval,
  summary_template: row.summary_template,
  http: row.http,
  mcp_server_id: row.mcp_server_id,
  agent: row.agent,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
});

export const presentMcpServer = (row: McpServerRow, tools: readonly string[]): WireMcpServer => ({
  id: row.id,
  name: row.name,
  transport: row.transport,
  url: row.config.url ?? null,
  command: row.config.command ?? null,
  args: row.config.args ?? [],
  tools: [...tools],
  created_at: iso(row.created_at),
  synced_at: isoOrNull(row.synced_at),
});

export const presentKey = (row: KeyRow): WireApiKey => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  prefix: row.prefix,
  scopes: row.scopes,
  owner: { kind: 'person', id: row.owner_id, name: row.owner_name },
  created_at: iso(row.created_at),
  expires_at: isoOrNull(row.expires_at),
  last_used_at: isoOrNull(row.last_used_at),
  last_used_address: row.last_used_address,
  revoked_at: isoOrNull(row.revoked_at),
  rotated_at: isoOrNull(row.rotated_at),
  previous_until: isoOrNull(row.previous_until),
  agents: row.agents,
  tools: row.tools,
  networks: row.networks,
});

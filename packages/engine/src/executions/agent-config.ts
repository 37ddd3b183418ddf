/** The immutable configuration of an agent version, as the engine reads it from its row. */
import { type GateSettings, type HitlMode, type JsonObject, stricterGate } from '@countersign/core';
import { type ExecutionGateRow, type Scope, getVersion, getAgent } from '@countersign/store';
import type { ModelConfig } from '../models/model.ts';

/** As stored: the contract's `AgentConfig` with its defaults filled in. */
type StoredConfig = {
  readonly provider: ModelConfig['provider'];
  readonly model: string;
  readonly base_url?: string;
  readonly api_key_secret?: string;
  readonly instructions: string;
  readonly tools: readonly string[];
  readonly temperature?: number;
  readonly max_output_tokens?: number;
  readonly max_turns: number;
  readonly hitl_mode: HitlMode;
  readonly hitl_config: {
    readonly allowed_tools: readonly string[];
    readonly blocked_tools: readonly string[];
    readonly hold_read_only: boolean;
    readonly timeout_minutes: number | null;
    readonly allow_policy_relaxation?: boolean;
    readonly allow_plans?: boolean;
  };
  readonly approval_required: boolean;
  readonly checkpoint_name?: string;
};

export type AgentConfig = {
  readonly agentId: string;
  readonly agentName: string;
  readonly versionId: string;
  readonly version: number;
  readonly model: ModelConfig;
  /** Name of the secret that holds the provider's key. */
  readonly apiKeySecret: string | null;
  readonly instructions: string;
  readonly tools: readonly string[];
  readonly turnsMax: number;
  readonly gate: GateSettings;
  /** Whether a policy may let through what the mode would hold. */
  readonly isRelaxationAllowed: boolean;
  /** Whether it may put plans up for approval. */
  readonly mayPlan: boolean;
  readonly timeoutSeconds: number | null;
  readonly checkpoint: string | null;
};

const USUAL_SECRETS: Readonly<Record<ModelConfig['provider'], string | null>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GOOGLE_GENERATIVE_AI_API_KEY',
  openai_compatible: null,
};

export const readConfig = (stored: unknown): Omit<AgentConfig, 'agentId' | 'agentName' | 'versionId' | 'version'> => {
  const config = stored as StoredConfig;
  return {
    model: {
      provider: config.provider,
      model: config.model,
      ...(config.base_url === undefined ? {} : { baseUrl: config.base_url }),
      ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
      ...(config.max_output_tokens === undefined ? {} : { maxOutputTokens: config.max_output_tokens }),
    },
    apiKeySecret: config.api_key_secret ?? USUAL_SECRETS[config.provider],
    instructions: config.instructions,
    tools: config.tools,
    turnsMax: config.max_turns,
    gate: {
      mode: config.hitl_mode,
      allowedTools: config.hitl_config.allowed_tools,
      blockedTools: config.hitl_config.blocked_tools,
      holdReadOnly: config.hitl_config.hold_read_only,
      approvalRequired: config.approval_required,
    },
    isRelaxationAllowed: config.hitl_config.allow_policy_relaxation ?? false,
    mayPlan: config.hitl_config.allow_plans ?? false,
    timeoutSeconds:
      config.hitl_config.timeout_minutes === null ? null : Math.round(config.hitl_config.timeout_minutes * 60),
    checkpoint: config.checkpoint_name ?? null,
  };
};

/** The configuration of a version that an execution names, with the stricter gate that its node asks for. Throws if it is gone, which would be a bug. */
export const loadConfig = async (
  scope: Scope,
  versionId: string,
  gate: ExecutionGateRow | null,
): Promise<AgentConfig> => {
  const version = await getVersion(scope, versionId);
  const agent = version && (await getAgent(scope, version.agent_id));
  if (!version || !agent) throw new Error(`no agent version ${versionId}`);
  const config = readConfig(version.config);
  return {
    agentId: agent.id,
    agentName: agent.name,
    versionId: version.id,
    version: version.version,
    ...config,
    gate: gate ? stricterGate(config.gate, gate) : config.gate,
    timeoutSeconds: gate?.timeoutSeconds ?? config.timeoutSeconds,
  };
};

export const parseSchema = (text: string): JsonObject => JSON.parse(text) as JsonObject;

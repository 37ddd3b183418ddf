import { HITL_MODES } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, jsonValue, listOf, listQuery, toolName, seen } from './common.ts';

export const PROVIDERS = ['openai', 'anthropic', 'google', 'openai_compatible'] as const;

export const HitlConfig = z.strictObject({
  allowed_tools: z.array(toolName).default([]),
  blocked_tools: z.array(toolName).default([]),
  hold_read_only: z.boolean().default(false).describe('hold read-only tools too in `confirm_tools`'),
  allow_policy_relaxation: z.boolean().default(false).describe('a policy may let through what the mode would hold'),
  allow_plans: z
    .boolean()
    .default(false)
    .describe(
      'the agent may put plans of calls up for approval (the tool `propose_plan`); calls within an approved line go ahead',
    ),
  timeout_minutes: z.number().positive().max(525_600).nullable().default(null),
});

/** What the provider asks for, so that executions say what they cost. */
export const Price = z.strictObject({
  input_per_million: z.number().min(0).max(1_000_000).describe('for a million tokens that the model reads'),
  output_per_million: z.number().min(0).max(1_000_000).describe('for a million tokens that it writes'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three capital letters, as in ISO 4217')
    .default('USD'),
});

const checkpointName = z.string().min(1).max(100);

/** An immutable configuration. */
export const AgentConfig = z.strictObject({
  provider: z.enum(PROVIDERS),
  model: z
    .string()
    .min(1)
    .max(200)
    .refine(...seen),
  base_url: z
    .url({ protocol: /^https?$/ })
    .regex(/^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/, 'must hold only the characters that RFC 3986 allows')
    .optional()
    .describe('needed for `openai_compatible`'),
  api_key_secret: z
    .string()
    .max(100)
    .optional()
    .describe('name of the secret that holds the key; else the provider’s usual name, such as OPENAI_API_KEY'),
  instructions: z.string().max(100_000).default(''),
  tools: z.array(toolName).max(128).default([]).describe('names of tools of the workspace'),
  temperature: z.number().min(0).max(2).optional(),
  max_output_tokens: z.number().int().min(1).max(1_000_000).optional(),
  max_turns: z.number().int().min(1).max(200).default(30),
  hitl_mode: z.enum(HITL_MODES).default('confirm_tools'),
  hitl_config: HitlConfig.default({
    allowed_tools: [],
    blocked_tools: [],
    hold_read_only: false,
    allow_policy_relaxation: false,
    allow_plans: false,
    timeout_minutes: null,
  }),
  approval_required: z.boolean().default(false).describe('hold the output, whatever the mode'),
  checkpoint_name: checkpointName.optional(),
  price: Price.optional(),
});

type WrittenConfig = Omit<z.input<typeof AgentConfig>, 'hitl_config'> & {
  hitl_config?: z.input<typeof HitlConfig> & { approval_required?: boolean; checkpoint_name?: string };
};

/** As sent: `approval_required` and `checkpoint_name` may also stand inside `hitl_config`. */
export const AgentConfigInput = z.preprocess((value: WrittenConfig): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const config = { ...value } as Record<string, unknown>;
  const hitl = config['hitl_config'];
  if (typeof hitl !== 'object' || hitl === null) return config;
  const { approval_required: required, checkpoint_name: checkpoint, ...rest } = hitl as Record<string, unknown>;
  if (required !== undefined) config['approval_required'] ??= required;
  if (checkpoint !== undefined) config['checkpoint_name'] ??= checkpoint;
  return { ...config, hitl_config: rest };
}, AgentConfig);

export const AgentVersion = z.object({
  id: id('agentVersion'),
  agent_id: id('agent'),
  version: z.number().int(),
  is_current: z.boolean(),
  message: z.string(),
  config: AgentConfig,
  created_at: instant,
  created_by: Actor,
});

export const Agent = z.object({
  id: id('agent'),
  name: z.string(),
  description: z.string(),
  created_at: instant,
  updated_at: instant,
  archived_at: instant.nullable(),
  current_version: AgentVersion.nullable(),
});

export const AgentList = listOf(Agent);
export const AgentVersionList = listOf(AgentVersion);
export const AgentFilter = z.strictObject({ ...listQuery, archived: z.enum(['true', 'false']).default('false') });
export const ListQuery = z.strictObject({ ...listQuery });

export const CreateVersion = z.strictObject({
  config: AgentConfigInput,
  message: z.string().max(1000).default('').describe('what changed'),
  promote: z.boolean().default(true).describe('make it the current version'),
});

export const CreateAgent = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen),
  description: z.string().max(2000).default(''),
  config: AgentConfigInput.optional().describe('of a first version'),
  message: z.string().max(1000).default('First version'),
});

export const UpdateAgent = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen)
    .optional(),
  description: z.string().max(2000).optional(),
});

export const Promote = z.strictObject({ version: z.number().int().min(1) });

export const Execute = z.strictObject({
  input: jsonValue.describe('a text, or JSON that the agent gets as text'),
  version: z.number().int().min(1).optional().describe('another version than the current one'),
  on_behalf_of: id('person').optional(),
});

/** The modes and what a gate does with a tool, in words. The verdicts themselves are core's. */
import type { WireAgentConfig, WireTool } from '@countersign/contract';
import { type GateVerdict, type HitlMode, gateToolCall } from '@countersign/core';

export const MODE_CARDS: readonly { readonly value: HitlMode; readonly label: string; readonly hint: string }[] = [
  {
    value: 'blocking',
    label: 'Ask before everything',
    hint: 'Every tool call is held. So is the output of a run in which none was.',
  },
  {
    value: 'confirm_tools',
    label: 'Ask before some tools',
    hint: 'Tools that only read, and those you allow, run alone. Any other call is held until a person decides.',
  },
  {
    value: 'audit',
    label: 'Record, do not ask',
    hint: 'Nothing is held. Every call is recorded with its arguments and result.',
  },
  { value: 'disabled', label: 'Off', hint: 'Nothing is held, and only the run’s own steps are recorded.' },
];

export const modeLabel = (mode: HitlMode): string => MODE_CARDS.find((card) => card.value === mode)?.label ?? mode;

const gateSettings = (config: WireAgentConfig) => ({
  mode: config.hitl_mode,
  allowedTools: config.hitl_config.allowed_tools,
  blockedTools: config.hitl_config.blocked_tools,
  holdReadOnly: config.hitl_config.hold_read_only,
  approvalRequired: config.approval_required,
});

/** What the gate would do with a call of this tool under this configuration. */
export const verdictFor = (
  config: WireAgentConfig,
  tool: Pick<WireTool, 'name' | 'annotations' | 'approval'>,
): GateVerdict =>
  gateToolCall(gateSettings(config), {
    name: tool.name,
    readOnly: tool.annotations.read_only,
    approval: tool.approval,
  });

export const VERDICT_WORDS = { proceed: 'runs alone', hold: 'asks', block: 'blocked' } as const satisfies Record<
  GateVerdict['outcome'],
  string
>;

export type Access = 'none' | 'alone' | 'asks' | 'blocked';

export const accessOf = (config: WireAgentConfig, name: string): Access => {
  if (!config.tools.includes(name)) return 'none';
  if (config.hitl_config.blocked_tools.includes(name)) return 'blocked';
  return config.hitl_config.allowed_tools.includes(name) ? 'alone' : 'asks';
};

/** The configuration with one tool's access changed, and nothing else. */
export const withAccess = (config: WireAgentConfig, name: string, access: Access): WireAgentConfig => {
  const others = (names: readonly string[]): string[] => names.filter((other) => other !== name);
  const { tools, hitl_config: hitl } = config;
  return {
    ...config,
    tools: access === 'none' ? others(tools) : tools.includes(name) ? tools : [...tools, name],
    hitl_config: {
      ...hitl,
      allowed_tools: access === 'alone' ? [...others(hitl.allowed_tools), name] : others(hitl.allowed_tools),
      blocked_tools: access === 'blocked' ? [...others(hitl.blocked_tools), name] : others(hitl.blocked_tools),
    },
  };
};

/** Members of a configuration that change who is asked; a comparison shows them first. */
export const changesWhoIsAsked = (pointer: string): boolean =>
  /^\/(hitl_mode|hitl_config|approval_required|checkpoint_name|tools)(\/|$)/.test(pointer);

export const NEW_CONFIG: WireAgentConfig = {
  provider: 'openai',
  model: '',
  instructions: '',
  tools: [],
  max_turns: 30,
  hitl_mode: 'confirm_tools',
  hitl_config: {
    allowed_tools: [],
    blocked_tools: [],
    hold_read_only: false,
    allow_policy_relaxation: false,
    allow_plans: false,
    timeout_minutes: null,
  },
  approval_required: false,
};

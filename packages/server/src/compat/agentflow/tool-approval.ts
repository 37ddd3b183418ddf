/** Whether one tool of an agent asks: a setting of the tool there, of the agent's version here. */
import type { WireAgentConfig } from '@countersign/contract';
import { type GateVerdict, gateToolCall } from '@countersign/core';

export type KnownTool = { readonly name: string; readonly readOnly: boolean; readonly approval: 'default' | 'always' };

export const verdictOf = (config: WireAgentConfig, tool: KnownTool): GateVerdict['outcome'] =>
  gateToolCall(
    {
      mode: config.hitl_mode,
      allowedTools: config.hitl_config.allowed_tools,
      blockedTools: config.hitl_config.blocked_tools,
      holdReadOnly: config.hitl_config.hold_read_only,
      approvalRequired: config.approval_required,
    },
    tool,
  ).outcome;

export type ToolApproval = { readonly enabled: boolean; readonly timeoutSeconds: number | null };

/**
 * The configuration in which this tool asks, or does not, and every other one does what it did. Null where it is so already.
 * A text says why it can't be.
 */
export const withToolApproval = (
  config: WireAgentConfig,
  tools: readonly KnownTool[],
  name: string,
  { enabled, timeoutSeconds }: ToolApproval,
): WireAgentConfig | null | string => {
  const tool = tools.find((each) => each.name === name);
  if (!tool) return 'The agent does not have this tool.';
  const { hitl_config: before } = config;
  const minutes = enabled && timeoutSeconds !== null ? timeoutSeconds / 60 : before.timeout_minutes;
  const wanted = enabled ? 'hold' : 'proceed';
  if (verdictOf(config, tool) === wanted)
    return minutes === before.timeout_minutes
      ? null
      : { ...config, hitl_config: { ...before, timeout_minutes: minutes } };
  if (config.hitl_mode === 'blocking') return 'The agent’s mode is blocking: every tool asks.';
  if (!enabled && tool.approval === 'always') return 'The tool always asks, whatever an agent says.';
  const outcomes = tools.map((each) => [each.name, each.name === name ? wanted : verdictOf(config, each)] as const);
  const named = (outcome: GateVerdict['outcome']): string[] =>
    outcomes.flatMap(([each, own]) => (own === outcome ? [each] : []));
  return {
    ...config,
    hitl_mode: 'confirm_tools',
    hitl_config: {
      ...before,
      allowed_tools: named('proceed'),
      blocked_tools: named('block'),
      hold_read_only: true,
      timeout_minutes: minutes,
    },
  };
};

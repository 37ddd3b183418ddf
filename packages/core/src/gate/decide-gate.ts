/** What a gate does before a tool call and before an output: product.md, "Gates and modes", as one total table. */

export const HITL_MODES = ['disabled', 'audit', 'confirm_tools', 'blocking'] as const;
export type HitlMode = (typeof HITL_MODES)[number];

/** The gate settings of an agent version. */
export type GateSettings = {
  readonly mode: HitlMode;
  /** Tools that go ahead in `confirm_tools` without asking. */
  readonly allowedTools: readonly string[];
  /** Tools that are refused in `confirm_tools`, and the model is told so. Wins over `allowedTools`. */
  readonly blockedTools: readonly string[];
  /** Whether `confirm_tools` holds read-only tools as well. */
  readonly holdReadOnly: boolean;
  /** Holds the output whatever the mode. */
  readonly approvalRequired: boolean;
};

/** What the gate knows of the tool, from its definition and never from the caller's words. */
export type GateTool = {
  readonly name: string;
  readonly readOnly: boolean;
  /** The tool's own setting: `always` asks in `confirm_tools` even where the agent's lists allow it. */
  readonly approval: 'default' | 'always';
};

export type GateVerdict =
  | { readonly outcome: 'proceed'; readonly reason: string }
  | { readonly outcome: 'hold'; readonly reason: string }
  | { readonly outcome: 'block'; readonly reason: string };

export const gateToolCall = (settings: GateSettings, tool: GateTool): GateVerdict => {
  switch (settings.mode) {
    case 'disabled':
      return { outcome: 'proceed', reason: 'the mode is disabled: nothing is held' };
    case 'audit':
      return { outcome: 'proceed', reason: 'the mode is audit: calls go ahead and are recorded' };
    case 'blocking':
      return { outcome: 'hold', reason: 'the mode is blocking: every tool call is held' };
    case 'confirm_tools':
      return confirmTool(settings, tool);
  }
};

const confirmTool = (settings: GateSettings, tool: GateTool): GateVerdict => {
  if (settings.blockedTools.includes(tool.name))
    return { outcome: 'block', reason: `the tool ${tool.name} is blocked for this agent` };
  if (tool.approval === 'always') return { outcome: 'hold', reason: `the tool ${tool.name} always asks` };
  if (settings.allowedTools.includes(tool.name))
    return { outcome: 'proceed', reason: `the tool ${tool.name} is allowed for this agent` };
  if (tool.readOnly && !settings.holdReadOnly)
    return { outcome: 'proceed', reason: `the tool ${tool.name} only reads` };
  return { outcome: 'hold', reason: `the tool ${tool.name} is not among the allowed ones` };
};

/** `hadHeldCall`: whether any tool call of this execution was held, so that a person has already looked at the turn. */
export const gateOutput = (settings: GateSettings, hadHeldCall: boolean): GateVerdict => {
  if (settings.approvalRequired)
    return { outcome: 'hold', reason: 'the agent version requires approval of its output' };
  if (settings.mode === 'blocking' && !hadHeldCall)
    return { outcome: 'hold', reason: 'the mode is blocking and no call of this turn was held' };
  return { outcome: 'proceed', reason: `the mode ${settings.mode} lets the output out` };
};

/**
 * Whether what the model says may be shown while it says it: only where no gate would hold it. What is held is seen by
 * its reviewer first, and by nobody else before.
 */
export const mayStream = (settings: GateSettings, hadHeldCall: boolean): boolean =>
  gateOutput(settings, hadHeldCall).outcome === 'proceed';

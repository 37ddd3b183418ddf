import { type GateSettings, HITL_MODES, type HitlMode } from './decide-gate.ts';

/** What a workflow's node asks of the agent that it starts. Lists that it does not give are the agent's own. */
export type NodeGate = {
  readonly mode: HitlMode | null;
  readonly lists: {
    readonly allowed: readonly string[];
    readonly blocked: readonly string[];
    readonly holdReadOnly: boolean;
  } | null;
};

const isListed = (mode: HitlMode): boolean => mode === 'confirm_tools';

/** The stricter of an agent version's gate and of the one that the node asks for. */
export const stricterGate = (agent: GateSettings, node: NodeGate): GateSettings => {
  const mode = node.mode && HITL_MODES.indexOf(node.mode) > HITL_MODES.indexOf(agent.mode) ? node.mode : agent.mode;
  if (!node.lists) return { ...agent, mode };
  const { allowed, blocked, holdReadOnly } = node.lists;
  return {
    ...agent,
    mode,
    // In another mode the agent's own list means nothing, so it takes nothing away.
    allowedTools: isListed(agent.mode) ? agent.allowedTools.filter((tool) => allowed.includes(tool)) : allowed,
    blockedTools: [...new Set([...agent.blockedTools, ...blocked])],
    holdReadOnly: agent.holdReadOnly || holdReadOnly,
  };
};

/** What an API key may be used for: some agents, some tools. Null is no limit. */

export type KeyLimits = {
  /** Ids of agents, or the names of those that run elsewhere. */
  readonly agents: readonly string[] | null;
  readonly tools: readonly string[] | null;
};

/** What a request is about: the agent by id and name, as far as known, and the tools that it may call. */
export type KeyUse = {
  readonly agents?: readonly (string | null | undefined)[];
  readonly tools?: readonly (string | null | undefined)[];
};

/**
 * By which limit a key may not be used so; null if it may. A limited key is good only for what says that it is within: a
 * request that names no agent is not one for the agents of a key that has some.
 */
export const beyondLimit = (limits: KeyLimits, use: KeyUse): 'agents' | 'tools' | null => {
  const { agents, tools } = limits;
  if (agents && use.agents && !use.agents.some((agent) => typeof agent === 'string' && agents.includes(agent)))
    return 'agents';
  if (tools && use.tools && !use.tools.every((tool) => typeof tool === 'string' && tools.includes(tool)))
    return 'tools';
  return null;
};

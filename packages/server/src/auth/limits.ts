/** Holds a key to what it was limited to. People have no such limits. */
import { type KeyUse, beyondLimit } from '@countersign/core';
import { type AgentRow, type AgentVersionRow, type Scope, getApproval } from '@countersign/store';
import { Problem } from '../http/problem.ts';
import type { Principal } from './principal.ts';

/** @throws Problem `forbidden` */
export const holdToLimits = (principal: Principal, use: KeyUse): void => {
  if (principal.kind !== 'key') return;
  const limit = beyondLimit(principal.limits, use);
  if (limit) throw new Problem('forbidden', `This key is limited to other ${limit}.`, { limit });
};

/** The same for a stored request, which is read only for a key that has limits. Unknown ids are the handler's to refuse. */
export const holdApprovalToLimits = async (scope: Scope, principal: Principal, id: string): Promise<void> => {
  if (principal.kind !== 'key' || (!principal.limits.agents && !principal.limits.tools)) return;
  const row = await getApproval(scope, id);
  if (row) holdToLimits(principal, { agents: [row.agent_id, row.agent?.name], tools: [row.tool] });
};

/** The same for running an agent: with all that it may call. */
export const holdRunToLimits = (
  principal: Principal,
  agent: Pick<AgentRow, 'id' | 'name'>,
  version: Pick<AgentVersionRow, 'config'>,
): void =>
  holdToLimits(principal, {
    agents: [agent.id, agent.name],
    tools: (version.config as { readonly tools?: readonly string[] }).tools ?? [],
  });

/** The same for a workflow, which says nowhere which agents and tools it will use: a key with limits starts none. */
export const holdWorkflowToLimits = (principal: Principal): void =>
  holdToLimits(principal, { agents: [], tools: [null] });

/** @throws Problem `forbidden` for a key that is used from outside of its networks */
export const holdToNetworks = (principal: Principal, address: string): void => {
  if (principal.kind === 'key' && principal.networks && !principal.networks.has(address))
    throw new Problem('forbidden', 'This key may not be used from this address.', { address });
};

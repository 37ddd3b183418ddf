/** The agent or workflow that a schedule or a webhook starts, as it is checked when somebody sets it. */
import type { Json } from '@countersign/core';
import { eachText, parseTemplate } from '@countersign/core';
import { findTarget } from '@countersign/engine';
import { type Scope, getAgent, getMember, namesOf } from '@countersign/store';
import { holdRunToLimits, holdWorkflowToLimits } from '../auth/limits.ts';
import { type Principal, requestersOf } from '../auth/principal.ts';
import { invalid } from '../http/problem.ts';

type Named = {
  readonly agent_id?: string | undefined;
  readonly workflow_id?: string | undefined;
  readonly version?: number | undefined;
};

type TargetColumns = {
  readonly agent_id: string | null;
  readonly workflow_id: string | null;
  readonly version: number | null;
};

/** @throws Problem `invalid` unless exactly one is named */
export const targetOf = ({ agent_id: agentId, workflow_id: workflowId, version }: Named): TargetColumns => {
  if ((agentId === undefined) === (workflowId === undefined))
    throw invalid([{ pointer: '/workflow_id', detail: 'name either a workflow_id or an agent_id' }]);
  return { agent_id: agentId ?? null, workflow_id: workflowId ?? null, version: version ?? null };
};

/** @throws Problem `invalid` if nothing would run, `forbidden` for a key that may not start it by hand either */
export const checkTarget = async (scope: Scope, principal: Principal, target: TargetColumns): Promise<void> => {
  const found = await findTarget(scope, target);
  if (!found.ok)
    throw invalid([{ pointer: target.agent_id === null ? '/workflow_id' : '/agent_id', detail: found.refusal }]);
  if (found.value.kind === 'workflow') return holdWorkflowToLimits(principal);
  const agent = await getAgent(scope, found.value.version.agent_id);
  if (agent) holdRunToLimits(principal, agent, found.value.version);
};

/** @throws Problem `invalid` for an expression without its end */
export const checkTemplate = (input: Json): void => {
  eachText(input, (text, pointer) => {
    const parsed = parseTemplate(text);
    if (!parsed.ok) throw invalid([{ pointer: `/input${pointer}`, detail: parsed.refusal }]);
  });
};

/** @throws Problem `invalid` for a person who is no member */
export const checkOnBehalfOf = async (scope: Scope, personId: string | undefined): Promise<string | null> => {
  if (personId === undefined) return null;
  if (!(await getMember(scope, personId)))
    throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
  return personId;
};

/** Whoever says what is started is behind it, with those who said so before. */
export const askersWith = (principal: Principal, before: readonly string[] = []): string[] => [
  ...new Set([...before, ...requestersOf(principal)]),
];

/** The names of what these rows start. */
export const targetNames = (scope: Scope, rows: readonly TargetColumns[]): Promise<ReadonlyMap<string, string>> =>
  namesOf(
    scope,
    rows.flatMap(({ agent_id: agentId, workflow_id: workflowId }) => agentId ?? workflowId ?? []),
  );

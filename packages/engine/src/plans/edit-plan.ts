import { type JsonObject, type Result, isObject } from '@countersign/core';
import type { Scope } from '@countersign/store';
import { loadConfig } from '../executions/agent-config.ts';
import type { ArgumentProblem } from '../tools/validate-arguments.ts';
import { type CheckedPlan, type PlanTools, checkPlan } from './check-plan.ts';
import { toolsOfPlansBy } from './propose.ts';

/** A reviewer's edit of a plan is held to what the plan itself was held to. */
export const checkEditedPlan = async (
  scope: Scope,
  action: JsonObject,
  edited: JsonObject,
): Promise<Result<CheckedPlan, readonly ArgumentProblem[]>> => checkPlan(scope, edited, await toolsOf(scope, action));

const toolsOf = async (scope: Scope, { agent }: JsonObject): Promise<PlanTools> => {
  const version = isObject(agent ?? null) ? (agent as JsonObject)['version'] : null;
  return typeof version === 'string' ? toolsOfPlansBy(await loadConfig(scope, version, null)) : { type: 'any' };
};

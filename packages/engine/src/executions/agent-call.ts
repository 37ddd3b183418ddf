/**
 * An agent that another one calls as a tool: an execution of its own below the caller's, started in the transaction that
 * sets the step waiting, so it is started once. Its end wakes the caller, whose next round takes the answer. What it asks
 * people for shows on the outermost execution, with the highest risk of the chain (W12).
 */
import {
  type Json,
  type JsonObject,
  agentCycleWords,
  agentEndedWords,
  agentMissingWords,
  agentTooDeepWords,
  canonicalize,
  higherRisk,
  riskOf,
} from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  type StepRow,
  type ToolRow,
  agentsAbove,
  childrenOfSteps,
  finishStep,
  setStepWaiting,
  takeSignals,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { DEPTH_MAX, requestersOf, startChild } from '../workflows/child-node.ts';
import { findTarget } from '../triggers/start-target.ts';
import { textOf } from './finish.ts';

/** Starts the called agent. @returns why not, in words for the model, if it can not be */
export const beginAgentCall = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  step: Pick<StepRow, 'id'>,
  tool: ToolRow,
  args: JsonObject,
): Promise<string | null> => {
  const agentId = tool.agent?.agent_id ?? '';
  if (execution.depth >= DEPTH_MAX) return agentTooDeepWords(DEPTH_MAX);
  const found = await findTarget(scope, { agent_id: agentId, workflow_id: null, version: tool.agent?.version ?? null });
  if (!found.ok || found.value.kind !== 'agent') return agentMissingWords(tool.name);
  // Whatever the versions said when they were saved: a chain that came back to itself would never end.
  if ((await agentsAbove(scope, execution.id)).includes(agentId)) return agentCycleWords(found.value.name);
  const risk = riskOf(tool.annotations);
  await startChild(engine, scope, execution, step.id, {
    agent_id: agentId,
    agent_version_id: found.value.version.id,
    input: canonicalize(inputOf(args)),
    requesters: await requestersOf(scope, execution, found.value.version.created_by),
    gate: null,
    chain_risk: execution.chain_risk ? higherRisk(risk, execution.chain_risk) : risk,
  });
  await setStepWaiting(scope, step.id);
  return null;
};

/** A tool that takes a text alone gives the agent that text. */
const inputOf = (args: JsonObject): Json => {
  const { input, ...rest } = args;
  return typeof input === 'string' && Object.keys(rest).length === 0 ? input : args;
};

/** Takes the answers of called agents that have ended. @returns whether one of the others waits for people */
export const collectAgentCalls = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  waiting: readonly string[],
): Promise<boolean> => {
  if (waiting.length === 0) return false;
  // They only said that there is something to look at.
  await takeSignals(scope, execution.id);
  let isHeld = false;
  for (const child of await childrenOfSteps(scope, execution.id, waiting)) {
    switch (child.status) {
      case 'completed':
        await finishStep(scope, { id: child.parent_step_id, status: 'completed', result: textOf(child.output ?? '') });
        break;
      case 'failed':
      case 'rejected':
      case 'cancelled':
      case 'expired':
        await finishStep(scope, {
          id: child.parent_step_id,
          status: 'completed',
          result: agentEndedWords(child.status, child.error?.message ?? null),
          is_error: true,
        });
        break;
      case 'awaiting_approval':
        isHeld = true;
        break;
      case 'queued':
      case 'running':
      case 'waiting':
        break;
    }
  }
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
  return isHeld;
};

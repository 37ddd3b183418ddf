/** What a decision does to the execution that waits for it: in the decision's own transaction. */
import {
  type Decision,
  type JsonObject,
  canonicalize,
  expiredWords,
  hasEnded,
  rejectedWords,
  unknownResultWords,
} from '@countersign/core';
import {
  type ApprovalRow,
  type ExecutionRow,
  type Scope,
  appendEvent,
  approveStep,
  finishStep,
  saveExecution,
  sendSignal,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import type { DecidedNews } from '../workflows/approval-node.ts';
import { finishExecution } from './finish.ts';
import { goOn } from './go-on.ts';

/** The checkpoint of an approval that asks whether to repeat a call whose result is unknown. */
export const UNKNOWN_RESULT_CHECKPOINT = 'unknown_result';

/** @param execution the one that it belongs to, locked */
export const resumeAfterDecision = async (
  engine: Engine,
  scope: Scope,
  approval: ApprovalRow,
  decision: Decision,
  execution: ExecutionRow | undefined,
): Promise<void> => {
  if (!approval.step_id || !execution || hasEnded(execution.status)) return;
  const action = JSON.parse(approval.action) as JsonObject;
  if (execution.workflow_id !== null) return tellWorkflow(engine, scope, execution, approval, decision, action);
  if (approval.kind === 'output') return endWithOutput(engine, scope, execution, approval.step_id, decision, action);
  await settleStep(scope, approval, decision, action);
  await appendEvent(scope, {
    type: 'execution.resumed',
    subject: execution.id,
    actor: decision.by,
    data: { approval_id: approval.id, outcome: decision.outcome },
  });
  // One that runs, or waits for its next attempt, goes on doing so.
  const isAsleep = execution.status === 'awaiting_approval' && execution.pending_approvals <= 1;
  await saveExecution(scope, { ...execution, status: isAsleep ? 'queued' : execution.status });
  await goOn(engine, scope, execution);
};

/** A workflow takes the decision in with its next round, which begins at once. */
const tellWorkflow = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  approval: ApprovalRow,
  decision: Decision,
  action: JsonObject,
): Promise<void> => {
  const news: DecidedNews = {
    approvalId: approval.id,
    checkpoint: approval.checkpoint,
    outcome: decision.outcome,
    reason: decision.reason,
    by: decision.by.name,
    arguments: (action['arguments'] ?? null) as JsonObject | null,
    response: decision.response ?? null,
  };
  await sendSignal(scope, execution.id, { kind: 'decided', runId: approval.step_id, data: news });
  await appendEvent(scope, {
    type: 'execution.resumed',
    subject: execution.id,
    actor: decision.by,
    data: { approval_id: approval.id, outcome: decision.outcome },
  });
  await goOn(engine, scope, execution);
};

const settleStep = async (
  scope: Scope,
  approval: ApprovalRow,
  decision: Decision,
  action: JsonObject,
): Promise<void> => {
  const id = approval.step_id ?? '';
  switch (decision.outcome) {
    case 'approved':
      await approveStep(scope, id, canonicalize(action['arguments'] ?? {}));
      return;
    case 'rejected': {
      const result =
        approval.checkpoint === UNKNOWN_RESULT_CHECKPOINT ? unknownResultWords : rejectedWords(decision.reason);
      await finishStep(scope, { id, status: 'rejected', result, is_error: true });
      return;
    }
    case 'expired':
      await finishStep(scope, { id, status: 'expired', result: expiredWords, is_error: true });
      return;
    case 'cancelled':
      await finishStep(scope, {
        id,
        status: 'cancelled',
        result: rejectedWords('the request was withdrawn'),
        is_error: true,
      });
  }
};

const endWithOutput = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  stepId: string,
  decision: Decision,
  action: JsonObject,
): Promise<void> => {
  const by = decision.by;
  if (decision.outcome === 'approved') {
    const output = canonicalize(action['output'] ?? null);
    await finishStep(scope, { id: stepId, status: 'completed', result: output });
    return finishExecution(engine, scope, execution, { status: 'completed', output, by });
  }
  await finishStep(scope, { id: stepId, status: decision.outcome });
  const error = {
    code: `output_${decision.outcome}`,
    message: decision.reason ?? `The output was ${decision.outcome}.`,
  };
  return finishExecution(engine, scope, execution, { status: decision.outcome, error, by });
};

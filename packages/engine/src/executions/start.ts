import { type Actor, type Json, type Result, canonicalize, hasEnded, ok, refuse } from '@countersign/core';
import {
  type AgentVersionRow,
  type ConversationRow,
  type ExecutionRow,
  type Scope,
  appendEvent,
  getExecution,
  insertExecution,
  lockConversation,
  lockExecution,
  newId,
  reopenFailedSteps,
  saveExecution,
  sendSignal,
  setActiveExecution,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import type { Refusal } from '../refusal.ts';
import { finishExecution } from './finish.ts';
import { goOn } from './go-on.ts';

export type StartExecution = {
  readonly version: AgentVersionRow;
  readonly input: Json;
  readonly conversation: ConversationRow | null;
  readonly startedBy: Actor;
  readonly requesters: readonly string[];
  /** The schedule or webhook that starts it. */
  readonly triggerId?: string;
};

/** Starts an execution. For a conversation the caller holds its lock and has seen that none is active. */
export const startExecution = async (engine: Engine, scope: Scope, start: StartExecution): Promise<ExecutionRow> => {
  const id = newId('execution');
  const input = await engine.redaction.keep(scope, start.conversation?.id ?? id, start.input);
  const execution = await insertExecution(scope, {
    id,
    agent_id: start.version.agent_id,
    agent_version_id: start.version.id,
    conversation_id: start.conversation?.id ?? null,
    input: canonicalize(input),
    requesters: [...start.requesters],
    started_by: start.startedBy,
    trigger_id: start.triggerId ?? null,
  });
  if (start.conversation) await setActiveExecution(scope, start.conversation.id, execution.id);
  await appendEvent(scope, {
    type: 'execution.started',
    subject: execution.id,
    actor: start.startedBy,
    data: { agent_id: execution.agent_id, conversation_id: execution.conversation_id },
  });
  await goOn(engine, scope, execution);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
  return execution;
};

/** Ends it and withdraws its pending approvals. A call that runs this very moment ends, and its result is dropped. */
export const cancelExecution = async (
  engine: Engine,
  scope: Scope,
  id: string,
  by: Actor,
  reason: string | null,
): Promise<Result<ExecutionRow, Refusal>> => {
  const execution = await lockExecution(scope, id);
  if (!execution) return refuse({ type: 'not_found' });
  if (execution.status === 'cancelled') return ok(execution);
  if (hasEnded(execution.status)) return refuse({ type: 'execution_ended', status: execution.status });
  const error = reason === null ? null : { code: 'cancelled', message: reason };
  await finishExecution(engine, scope, execution, {
    status: 'cancelled',
    by,
    error,
    reason: reason ?? 'the execution was cancelled',
  });
  return ok((await getExecution(scope, id)) ?? execution);
};

/** Goes on with a failed execution from the step that failed. */
export const retryExecution = async (
  engine: Engine,
  scope: Scope,
  id: string,
  by: Actor,
): Promise<Result<ExecutionRow, Refusal>> => {
  const execution = await lockExecution(scope, id);
  if (!execution) return refuse({ type: 'not_found' });
  if (execution.status !== 'failed') return refuse({ type: 'execution_ended', status: execution.status });
  const conversation = execution.conversation_id ? await lockConversation(scope, execution.conversation_id) : undefined;
  if (conversation?.active_execution_id)
    return refuse({ type: 'conversation_busy', executionId: conversation.active_execution_id });
  if (execution.workflow_id === null) await reopenFailedSteps(scope, id);
  else await sendSignal(scope, id, { kind: 'retry', runId: null, data: null });
  await saveExecution(scope, { ...execution, status: 'queued', error: null });
  if (execution.conversation_id) await setActiveExecution(scope, execution.conversation_id, id);
  await appendEvent(scope, { type: 'execution.resumed', subject: id, actor: by, data: { retried: true } });
  await goOn(engine, scope, execution);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return ok((await getExecution(scope, id)) ?? execution);
};

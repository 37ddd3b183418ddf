import { type Actor, type Json, type Result, canonicalize, hasEnded, ok, refuse } from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  type WorkflowVersionRow,
  appendEvent,
  insertExecution,
  insertSentEvent,
  lockExecution,
  newId,
  sendSignal,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { goOn } from '../executions/go-on.ts';
import type { Refusal } from '../refusal.ts';
import { validateArguments } from '../tools/validate-arguments.ts';
import { loadWorkflow } from './live.ts';

export type StartWorkflow = {
  readonly version: WorkflowVersionRow;
  readonly input: Json;
  readonly startedBy: Actor;
  readonly requesters: readonly string[];
  /** The schedule or webhook that starts it. */
  readonly triggerId?: string;
};

/** Starts an execution of a workflow, if the input is what its schema says. */
export const startWorkflow = async (
  engine: Engine,
  scope: Scope,
  start: StartWorkflow,
): Promise<Result<ExecutionRow, Refusal>> => {
  const { graph } = await loadWorkflow(scope, start.version.id);
  const errors = graph.workflow.input_schema ? validateArguments(graph.workflow.input_schema, start.input) : [];
  if (errors.length > 0)
    return refuse({
      type: 'invalid',
      errors: errors.map(({ pointer, detail }) => ({ pointer: `/input${pointer}`, detail })),
    });
  const id = newId('execution');
  const input = await engine.redaction.keep(scope, id, start.input, graph.workflow.input_schema ?? null);
  const execution = await insertExecution(scope, {
    id,
    workflow_id: start.version.workflow_id,
    workflow_version_id: start.version.id,
    input: canonicalize(input),
    requesters: [...start.requesters],
    started_by: start.startedBy,
    trigger_id: start.triggerId ?? null,
  });
  await appendEvent(scope, {
    type: 'execution.started',
    subject: execution.id,
    actor: start.startedBy,
    data: { workflow_id: execution.workflow_id },
  });
  await goOn(engine, scope, execution);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
  return ok(execution);
};

/** Keeps an event for the step that waits for it, now or later. @returns when it came */
export const sendEvent = async (
  engine: Engine,
  scope: Scope,
  executionId: string,
  event: { readonly name: string; readonly data: string; readonly by: Actor },
): Promise<Result<Date, Refusal>> => {
  const execution = await lockExecution(scope, executionId);
  if (!execution) return refuse({ type: 'not_found' });
  if (execution.workflow_id === null)
    return refuse({ type: 'invalid', errors: [{ pointer: '', detail: 'only workflows wait for events' }] });
  if (hasEnded(execution.status)) return refuse({ type: 'execution_ended', status: execution.status });
  const row = await insertSentEvent(scope, { executionId, name: event.name, data: event.data, by: event.by });
  await sendSignal(scope, executionId, { kind: 'event', runId: null, data: { name: event.name } });
  await appendEvent(scope, {
    type: 'execution.event_received',
    subject: executionId,
    actor: event.by,
    data: { name: event.name },
    detail: { data: event.data },
  });
  await goOn(engine, scope, execution);
  return ok(row.created_at);
};

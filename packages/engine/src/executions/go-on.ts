/** Has an execution carried on: a job in the caller's transaction, held at once where this process runs executions. */
import { type ExecutionRow, type JobKind, type Scope, enqueue, enqueueLocked } from '@countersign/store';
import type { Engine } from '../engine.ts';

/** The job that carries an execution on. */
export const jobKindOf = (execution: Pick<ExecutionRow, 'workflow_id'>): JobKind =>
  execution.workflow_id === null ? 'advance_execution' : 'advance_workflow';

/** Under which the process that carries an execution on hears that something came for it. */
export const signalSubject = (executionId: string): string => `${executionId}/signals`;

/**
 * Enqueues the execution and, if this process runs agents, holds its job at once: it goes on in milliseconds, and the
 * queue is only the safety net.
 */
export const goOn = async (
  engine: Engine,
  scope: Scope,
  execution: Pick<ExecutionRow, 'id' | 'workflow_id' | 'workflow_version_id'>,
): Promise<void> => {
  const kind = jobKindOf(execution);
  const instance = engine.runner.instance();
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [signalSubject(execution.id)]));
  if (instance === undefined) {
    await enqueue(scope, kind, execution.id, null);
    scope.afterCommit(() => engine.wake.jobs());
    return;
  }
  const enqueued = enqueueLocked(scope, kind, execution.id, instance);
  scope.later(enqueued);
  // The commit was not before its answer.
  scope.afterCommit(
    () =>
      void enqueued.then((job) => {
        if (job) engine.runner.take({ ...job, version: execution.workflow_version_id });
      }),
  );
};

/**
 * An execution that a step of another one started tells it what became of it. Locks are taken from the outermost
 * execution inwards, so an inner one never waits for an outer one's lock: it leaves a note (a signal), and wakes the outer
 * one in a transaction of its own (W11).
 */
import {
  type ExecutionRow,
  type Job,
  type Scope,
  finishJob,
  getExecution,
  refreshJob,
  sendSignal,
  transaction,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import type { ChildNews } from '../workflows/child-node.ts';
import { goOn } from './go-on.ts';

/** Leaves the note, in the transaction of what it says. */
export const noteForParent = async (scope: Scope, execution: ExecutionRow, news: ChildNews): Promise<void> => {
  if (execution.parent_execution_id)
    await sendSignal(scope, execution.parent_execution_id, {
      kind: 'child',
      runId: execution.parent_step_id,
      data: news,
    });
};

/** The same, and wakes it soon: for news that nothing hangs on, such as that a person is waited for. */
export const tellParent = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  news: ChildNews,
): Promise<void> => {
  const parentId = execution.parent_execution_id;
  if (!parentId) return;
  await noteForParent(scope, execution, news);
  scope.afterCommit(() => {
    transaction(engine.worker, scope.workspaceId, (other) => wakeExecution(engine, other, parentId)).catch(
      (error: unknown) => engine.log.warn({ err: error, parentId }, 'an execution was not told of what waits below it'),
    );
  });
};

const wakeExecution = async (engine: Engine, scope: Scope, id: string): Promise<void> => {
  const execution = await getExecution(scope, id);
  if (execution) await goOn(engine, scope, execution);
};

/** Wakes the parent of an execution that has ended, and gives its job up: until then others would do the same. */
export const reportToParent = (engine: Engine, job: Job): Promise<void> =>
  transaction(engine.worker, job.workspace_id, async (scope) => {
    const execution = await getExecution(scope, job.subject);
    if (execution?.parent_execution_id) await wakeExecution(engine, scope, execution.parent_execution_id);
    const held = await refreshJob(scope, job);
    if (held) await finishJob(scope, held);
  });

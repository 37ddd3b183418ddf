import { type Actor, ID_PREFIXES, decideApproval, hasEnded } from '@countersign/core';
import type { ExecutionStatus } from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  activeChildrenOf,
  appendEvent,
  cancelOpenNodeRuns,
  cancelOpenSteps,
  dropJob,
  dropTurnDraft,
  enqueue,
  insertMessage,
  lockApproval,
  lockExecution,
  lockUnused,
  newId,
  pendingApprovalsOf,
  saveEnd,
  saveExecution,
  setActiveExecution,
} from '@countersign/store';
import { queueReceipt } from '../approvals/seal.ts';
import { toState } from '../approvals/state.ts';
import { revoke } from '../approvals/use.ts';
import type { Engine } from '../engine.ts';
import { isOnCall } from '../voice/held-in-call.ts';
import { noteForParent } from './parent.ts';
import { jobKindOf } from './go-on.ts';

export const EXECUTION_ACTOR = (execution: Pick<ExecutionRow, 'id'>): Actor => ({
  kind: 'execution',
  id: execution.id,
  name: 'the execution',
});

export type Ending = {
  readonly status: Extract<ExecutionStatus, 'completed' | 'failed' | 'rejected' | 'cancelled' | 'expired'>;
  readonly output?: string | null;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly by?: Actor;
  readonly reason?: string | null;
  /** Nobody is told then. */
  readonly isParentEnded?: boolean;
};

/**
 * Ends an execution, whose lock the caller holds: its pending approvals are withdrawn, its open steps cancelled, its
 * output put into the conversation. What has ended stays as it is.
 */
export const finishExecution = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  execution: ExecutionRow,
  ending: Ending,
): Promise<void> => {
  if (hasEnded(execution.status)) return;
  const actor = ending.by ?? EXECUTION_ACTOR(execution);
  const withdrawn = await withdrawApprovals(
    engine,
    scope,
    execution,
    actor,
    ending.reason ?? `the execution ended (${ending.status})`,
  );
  if (execution.workflow_id === null) await cancelOpenSteps(scope, execution.id);
  else await cancelOpenNodeRuns(scope, execution.id);
  await saveExecution(scope, {
    ...execution,
    status: ending.status,
    output: ending.output ?? null,
    error: ending.error ?? null,
    next_attempt_at: null,
  });
  if (execution.conversation_id) {
    dropTurnDraft(scope, execution.id);
    if (ending.status === 'completed')
      await insertMessage(scope, {
        id: newId('message'),
        conversation_id: execution.conversation_id,
        role: 'assistant',
        content: textOf(ending.output ?? ''),
        execution_id: execution.id,
      });
    await setActiveExecution(scope, execution.conversation_id, null);
  }
  await appendEvent(scope, {
    type: `execution.${ending.status}`,
    subject: execution.id,
    actor,
    data: { conversation_id: execution.conversation_id, error_code: ending.error?.code ?? null },
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id, ...withdrawn]));
  await finishBelow(engine, scope, execution);
  if (execution.trigger_id?.startsWith(ID_PREFIXES.schedule)) {
    // A run may wait for the end of this one.
    await enqueue(scope, 'run_schedule', execution.trigger_id, null);
    scope.afterCommit(() => engine.wake.jobs());
  }
  if (execution.conversation_id && isOnCall(execution)) {
    // A caller may wait to be called back about it.
    await enqueue(scope, 'call_back', execution.conversation_id, null);
    scope.afterCommit(() => engine.wake.jobs());
  }
  if (execution.parent_execution_id && ending.isParentEnded !== true) await reportEnd(engine, scope, execution, ending);
};

/** What its steps started is not wanted any more. */
const finishBelow = async (engine: Pick<Engine, 'wake'>, scope: Scope, execution: ExecutionRow): Promise<void> => {
  for (const id of await activeChildrenOf(scope, execution.id))
    await cancelChild(engine, scope, id, 'the execution above it ended', true);
};

export const cancelChild = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  id: string,
  reason: string,
  isParentEnded = false,
): Promise<void> => {
  const child = await lockExecution(scope, id);
  if (child) await finishExecution(engine, scope, child, { status: 'cancelled', reason, isParentEnded });
};

/** The parent hears of it from whoever runs the job: here its lock must not be waited for (W11). */
const reportEnd = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  execution: ExecutionRow,
  ending: Ending,
): Promise<void> => {
  await noteForParent(scope, execution, {
    executionId: execution.id,
    status: ending.status,
    output: ending.output ?? null,
    error: ending.error ?? (ending.reason ? { code: ending.status, message: ending.reason } : null),
  });
  await enqueue(scope, jobKindOf(execution), execution.id, null);
  scope.afterCommit(() => engine.wake.jobs());
};

/** The text of an output that is kept as JSON. */
export const textOf = (output: string): string => {
  if (output === '') return '';
  const value: unknown = JSON.parse(output);
  return typeof value === 'string' ? value : output;
};

const withdrawApprovals = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  execution: ExecutionRow,
  by: Actor,
  reason: string,
): Promise<string[]> => {
  const [pending, unused] = await Promise.all([
    pendingApprovalsOf(scope, execution.id),
    lockUnused(scope, execution.id),
  ]);
  // What was approved and not done will not be (trust.md, T22).
  for (const { id } of unused) await revoke(engine, scope, id, EXECUTION_ACTOR(execution), reason);
  const ids = pending.map(({ id }) => id);
  for (const id of ids) {
    const locked = await lockApproval(scope, id);
    if (!locked || locked.row.status !== 'pending') continue;
    const { row, now } = locked;
    const state = toState(row, [], null);
    const result = decideApproval(state, { type: 'cancel', atMs: now.getTime(), by, reason });
    const event = result.ok ? result.value.find(({ type }) => type === 'decided') : undefined;
    if (event?.type !== 'decided') continue;
    await saveEnd(scope, id, event.decision);
    if (row.expires_at) await dropJob(scope, 'expire_approval', id);
    if (row.remind_at.length > 0) await dropJob(scope, 'remind_approval', id);
    await appendEvent(scope, {
      type: 'approval.cancelled',
      subject: id,
      actor: by,
      data: { outcome: 'cancelled', execution_id: execution.id },
      detail: { reason },
    });
    await queueReceipt(engine, scope, id);
  }
  return [...ids, ...unused.map(({ id }) => id)];
};

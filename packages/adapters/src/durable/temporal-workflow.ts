/** Workflows of Temporal at the gate. This file runs in Temporal's sandbox: it imports nothing that could reach outside. */
import { type Engine, type Made, type Seen, runGate } from './run-gate.ts';

/** What `gateActivities` gives to a worker. */
export type GateActivities = {
  readonly lookAtGate: (call: TemporalCall, run: TemporalRun, approvalId: string | null) => Promise<Seen>;
  readonly makeCall: (call: TemporalCall, run: TemporalRun) => Promise<Made<unknown>>;
  readonly withdrawCall: (approvalId: string) => Promise<void>;
};

export type TemporalCall = { readonly id: string; readonly tool: string; readonly arguments: object };

export type TemporalRun = {
  /** The same when the workflow is retried or continued as new. */
  readonly runId: string;
  readonly workflowId: string;
};

/** The parts of `@temporalio/workflow` that a workflow needs: `import * as workflow from '@temporalio/workflow'`. */
export type TemporalWorkflow<S> = {
  readonly workflowInfo: () => { readonly workflowId: string; readonly firstExecutionRunId: string };
  readonly defineSignal: (name: string) => S;
  readonly setHandler: (signal: S, handler: () => void) => void;
  readonly condition: (isMet: () => boolean, milliseconds: number) => Promise<boolean>;
  readonly isCancellation: (error: unknown) => boolean;
  readonly CancellationScope: { readonly nonCancellable: <R>(work: () => Promise<R>) => Promise<R> };
};

/** A signal that comes before its handler is kept by Temporal until then. */
export const signalOf = (approvalId: string): string => `countersign/${approvalId}`;

/**
 * In a workflow: asks, waits for the signal, and acts once on what was approved. `activities` are those of
 * `proxyActivities<GateActivities>(…)`; `call.id` is another one for each call of the workflow.
 *
 * @throws Temporal's own cancellation: then the approval is withdrawn
 */
export const gateInTemporal = async <T, S>(
  workflow: TemporalWorkflow<S>,
  activities: GateActivities,
  call: TemporalCall,
): Promise<Made<T>> => {
  const { workflowId, firstExecutionRunId } = workflow.workflowInfo();
  const run = { workflowId, runId: `${workflowId}/${firstExecutionRunId}` };
  const engine: Engine = {
    step: (_, work) => work(), // Each is an activity.
    park: (approvalId, seconds) => {
      let isTold = false;
      workflow.setHandler(workflow.defineSignal(signalOf(approvalId)), () => {
        isTold = true;
      });
      return workflow.condition(() => isTold, seconds * 1000);
    },
    isCancellation: (error) => workflow.isCancellation(error),
    atLast: (_, work) => workflow.CancellationScope.nonCancellable(work),
  };
  return runGate<T>(engine, {
    id: call.id,
    look: (approvalId) => activities.lookAtGate(call, run, approvalId),
    make: () => activities.makeCall(call, run) as Promise<Made<T>>, // Of the act of this tool.
    withdraw: (approvalId) => activities.withdrawCall(approvalId),
  });
};

/** What a round of a workflow's execution works with: one transaction, and what it decides to do after it. */
import type { JsonObject, RunOutcome, WorkflowEvent } from '@countersign/core';
import { evolve, nodeAt, runAt, settle } from '@countersign/core';
import { type ExecutionRow, type Scope, type ToolRow, type getMcpServer, appendEvent } from '@countersign/store';
import type { Engine } from '../engine.ts';
import { EXECUTION_ACTOR } from '../executions/finish.ts';
import type { JudgedCall } from '../policies/judge.ts';
import { type Live, factsOf, setTimes } from './live.ts';

/** A call that is made after the commit. */
export type NodeCall = {
  readonly key: string;
  readonly stepId: string;
  readonly attempt: number;
  readonly tool: ToolRow;
  readonly server: Awaited<ReturnType<typeof getMcpServer>>;
  readonly arguments: JsonObject;
  /** Where the secrets that were taken out of them are kept. */
  readonly place: string;
  /** As the definition writes them: where in it secrets are put in. */
  readonly template: JsonObject;
  readonly timeoutSeconds: number | null;
  readonly origin: Record<string, string>;
};

export type Round = {
  readonly engine: Engine;
  readonly scope: Scope;
  readonly execution: ExecutionRow;
  readonly live: Live;
  readonly now: Date;
  /** Figures about the past that rules asked for in this transaction. */
  readonly figures: NonNullable<JudgedCall['known']>['figures'];
  /** Calls to begin after the commit. */
  readonly calls: NodeCall[];
  /** Executions that its steps started and that are no longer wanted. */
  readonly unwanted: string[];
};

export const later = (round: Round, seconds: number): Date => new Date(round.now.getTime() + seconds * 1000);

/** What events mean for the rows beside the state: moments, and children of runs that were withdrawn. */
export const follow = (round: Round, events: readonly WorkflowEvent[]): void => {
  const { live } = round;
  for (const event of events) {
    if (event.type !== 'ended') continue;
    const facts = factsOf(live, event.key);
    live.inFlight.delete(event.key);
    setTimes(live, event.key, {
      wakeAt: event.leadsTo !== null && event.delaySeconds > 0 ? later(round, event.delaySeconds) : null,
      timeoutAt: null,
    });
    if (event.status === 'cancelled' && facts.childId) round.unwanted.push(facts.childId);
  }
};

/** Ends a run with what came of it. */
export const settleRun = async (round: Round, key: string, outcome: RunOutcome): Promise<void> => {
  const { live, scope, execution } = round;
  const events = settle(live.graph, live.state, key, outcome);
  if (events.length === 0) return;
  follow(round, events);
  const run = runAt(live.state, key);
  await appendEvent(scope, {
    type: 'step.finished',
    subject: execution.id,
    actor: EXECUTION_ACTOR(execution),
    data: {
      step_id: factsOf(live, key).id,
      node: run.node,
      scope: run.scope,
      status: run.status,
      attempt: factsOf(live, key).attempt,
      is_error: run.status !== 'completed',
      ...(run.error ? { error_code: run.error.code } : {}),
    },
  });
};

export const failRun = (
  round: Round,
  key: string,
  code: string,
  message: string,
  status: 'failed' | 'rejected' | 'expired' = 'failed',
): Promise<void> => settleRun(round, key, { type: 'failed', status, error: { code, message } });

export const moveRun = (
  round: Round,
  key: string,
  status: 'ready' | 'running' | 'awaiting_approval' | 'waiting',
): void => evolve(round.live.state, { type: 'moved', key, status });

export const nodeOf = (round: Round, key: string) => nodeAt(round.live.graph, runAt(round.live.state, key).node);

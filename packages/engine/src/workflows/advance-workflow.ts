/**
 * The durable loop of a workflow's execution: each round is one transaction that takes in what came (results of calls,
 * decisions, ends of children, events, moments), steps the graph as far as it goes by itself (in core) and writes what
 * begins; then calls are made outside, many at once. docs/spec/workflow.md numbers the invariants.
 */
import { hasEnded, next } from '@countersign/core';
import {
  type ExecutionRow,
  type HeldExecution,
  type Job,
  type Scope,
  type SignalRow,
  appendEvent,
  finishJob,
  holdExecution,
  listNodeRuns,
  livePolicies,
  releaseJob,
  saveExecution,
  saveNodeRuns,
  takeSignals,
  toolsByName,
  transaction,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { EXECUTION_ACTOR, cancelChild, finishExecution } from '../executions/finish.ts';
import { reportToParent, tellParent } from '../executions/parent.ts';
import { signalSubject } from '../executions/go-on.ts';
import { type DecidedNews, beginApproval, recordDecision } from './approval-node.ts';
import { callNode } from './call-node.ts';
import { type ChildNews, beginChild, recordChild } from './child-node.ts';
import { type Live, changedRows, factsOf, loadWorkflow, makeLive, nextMoment, timeOf, toolsKnownOf } from './live.ts';
import { retryWorkflow } from './retry-workflow.ts';
import { type NodeCall, type Round, follow, nodeOf } from './round.ts';
import type { RoundWork } from './joint-rounds.ts';
import { type CallResult, beginTool, recordCall, settleUnknown } from './tool-node.ts';
import { beginDelay, beginWait, recordEvent, wakeDue } from './waiting-node.ts';

/** Calls of one execution at the same time, in this process. */
const CALLS_MAX = 50;
/** Of one round: a list of ten thousand items must not make one transaction of minutes. */
const STEPS_MAX = 2000;
/** While calls are on their way, signals and moments are also looked for this often. */
const LOOK_MS = 1000;

type Came = { readonly key: string; readonly result: CallResult };
type Turn =
  | { readonly type: 'calls'; readonly calls: readonly NodeCall[]; readonly nextAt: Date | null }
  | { readonly type: 'stop' }
  | { readonly type: 'report' }
  /** There is more to do at once. */
  | { readonly type: 'again' };

export const advanceWorkflow = async (engine: Engine, taken: Job): Promise<void> => {
  let job = taken;
  let live: Live | undefined;
  const came: Came[] = [];
  /** Runs whose call this process makes or whose answer it has, until that is written. */
  const inHand = new Set<string>();
  let isWoken = false;
  /** Whether something may have come from outside: then the next round reads. */
  let mayHaveSignals = true;
  let stopWaiting: (() => void) | undefined;
  const wake = (): void => {
    isWoken = true;
    stopWaiting?.();
  };
  const stopListening = engine.wake.onSubject(signalSubject(job.subject), () => {
    mayHaveSignals = true;
    wake();
  });

  /** A round of what is in memory: it reads nothing, and is written only if nothing has come from outside. */
  const goOnWith =
    (known: Live, results: readonly Came[]): RoundWork<Turn> =>
    (scope, figures) =>
      step(roundOf(engine, scope, known, figures), job, { results, signals: [] });

  const alone = (results: readonly Came[]): Promise<Turn> =>
    transaction(engine.worker, job.workspace_id, async (scope): Promise<Turn> => {
      const names = live?.workflow.tools ?? toolsKnownOf(job.version ?? '');
      // The locks come first, so that nothing is older than they are.
      const [held, signals, rows, policies, ahead] = await Promise.all([
        holdExecution(scope, job),
        takeSignals(scope, job.subject),
        live ? [] : listNodeRuns(scope, job.subject),
        livePolicies(scope),
        names && toolsByName(scope, names),
      ]);
      if (!held) throw new Released();
      job = asJob(job, held);
      if (hasEnded(held.status)) return held.parent_execution_id ? { type: 'report' } : sleep(scope, job);
      const workflow = await loadWorkflow(scope, held.workflow_version_id ?? '');
      const tools = ahead ?? (await toolsByName(scope, workflow.tools));
      const read = { execution: held, tools, policies, at: held.now, clockMs: performance.now() };
      const isNew = !live;
      live ??= makeLive(workflow, read, rows);
      live.read = read;
      const round = roundOf(engine, scope, live, new Map());
      if (isNew) {
        for (const key of inHand) live.inFlight.add(key);
        await settleLost(round);
      }
      return step(round, job, { results, signals });
    });

  /** With others where nothing has to be read; alone, from the rows, where that was taken back. */
  const takeRound = async (results: readonly Came[]): Promise<Turn> => {
    const isTold = mayHaveSignals;
    mayHaveSignals = false;
    if (live && !isTold && live.read.tools.length === live.workflow.tools.length) {
      const { execution, tools, policies } = live.read;
      const known = { job, status: execution.status, tools, policies };
      const shared = await engine.rounds.join(known, goOnWith(live, results));
      if (shared.type === 'done') return shared.value;
      live = undefined;
    }
    return alone(results);
  };

  try {
    for (;;) {
      const results = came.splice(0);
      isWoken = false;
      const turn = await takeRound(results);
      for (const { key } of results) inHand.delete(key);
      if (turn.type === 'stop') return;
      if (turn.type === 'report') {
        await reportToParent(engine, job);
        return;
      }
      if (turn.type === 'again') continue;
      for (const call of turn.calls) {
        inHand.add(call.key);
        void callNode(engine, job.workspace_id, call).then((result) => {
          came.push({ key: call.key, result });
          wake();
        });
      }
      const waitMs = turn.nextAt ? Math.min(Math.max(turn.nextAt.getTime() - Date.now(), 0), LOOK_MS) : LOOK_MS;
      if (!isWoken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          stopWaiting = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      stopWaiting = undefined;
      // Nobody said anything: a signal from another process may have been missed, or a moment has come.
      if (!isWoken) mayHaveSignals = true;
    }
  } catch (error) {
    if (!(error instanceof Released)) throw error;
  } finally {
    stopListening();
  }
};

const roundOf = (engine: Engine, scope: Scope, live: Live, figures: Round['figures']): Round => ({
  engine,
  scope,
  execution: live.read.execution,
  live,
  now: timeOf(live.read),
  figures,
  calls: [],
  unwanted: [],
});

/** The job as it is at this lock: what was wanted up to here is known. */
const asJob = (job: Job, held: HeldExecution): Job => ({
  ...job,
  wanted: held.job_wanted,
  attempt: held.job_attempt,
  failures: held.job_failures,
});

type News = { readonly results: readonly Came[]; readonly signals: readonly SignalRow[] };

/** Takes in what came, goes as far as it goes, and writes it. */
const step = async (round: Round, job: Job, { results, signals }: News): Promise<Turn> => {
  for (const { key, result } of results) await recordCall(round, key, result);
  for (const signal of signals) await takeSignal(round, signal);
  await wakeDue(round);
  await goAsFarAsPossible(round);
  return conclude(round, job);
};

/** The lease went to another process: what this one still has in hand is the other's to settle (E6). */
class Released extends Error {}

/** What was wanted meanwhile waits for the job's lock, which this round holds: nothing that came can be missed (W8). */
const sleep = async (scope: Scope, job: Job): Promise<Turn> => {
  if (!(await finishJob(scope, job))) throw new Error(`the job of ${job.subject} changed under its lock`);
  return { type: 'stop' };
};

/** Calls that another process began and whose answer is missing (E4). */
const settleLost = async (round: Round): Promise<void> => {
  for (const run of round.live.state.runs.values())
    if (run.status === 'running' && !round.live.inFlight.has(run.key) && nodeOf(round, run.key).type === 'tool')
      await settleUnknown(round, run.key, 'The process that made the call ended before an answer came.');
};

const takeSignal = async (round: Round, signal: SignalRow): Promise<void> => {
  const key = signal.run_id === null ? undefined : round.live.keys.get(signal.run_id);
  const data: unknown = signal.data === null ? null : JSON.parse(signal.data);
  if (signal.kind === 'retry') return retryWorkflow(round);
  if (signal.kind === 'event') return recordEvent(round, (data as { name: string }).name);
  if (key === undefined) return undefined;
  if (signal.kind === 'decided') return recordDecision(round, key, data as DecidedNews);
  return recordChild(round, key, data as ChildNews);
};

/** Every run that is ready takes its step; those that need a call wait while too many are on their way. */
const goAsFarAsPossible = async (round: Round): Promise<void> => {
  const { live, scope, execution } = round;
  const { state, graph } = live;
  let steps = 0;
  for (const key of state.ready) {
    if (state.ending || (steps += 1) > STEPS_MAX) break;
    const node = nodeOf(round, key);
    if (node.type === 'tool' && live.inFlight.size >= CALLS_MAX) continue;
    const { events, action, notification } = next(graph, state, key);
    follow(round, events);
    if (notification)
      await appendEvent(scope, {
        type: 'workflow.notification',
        subject: execution.id,
        actor: EXECUTION_ACTOR(execution),
        data: {
          step_id: factsOf(live, key).id,
          node: node.id,
          channels: notification.channels,
          title: notification.title,
          text: notification.text,
        },
      });
    if (!action) continue;
    switch (action.type) {
      case 'call_tool':
        await beginTool(round, key, action.node, action.arguments);
        break;
      case 'start_agent':
      case 'start_workflow':
        await beginChild(round, key, action.node, action.input);
        break;
      case 'ask':
        await beginApproval(round, key, action.node, action.request);
        break;
      case 'sleep':
        await beginDelay(round, key, action.seconds, action.until);
        break;
      case 'await_event':
        await beginWait(round, key, action.node);
    }
  }
};

/** Whether the round ended before all was done that can be done at once. */
const isCutShort = ({ state }: Live): boolean => state.ready.size > 0;

/** Writes what changed, and decides how the round ends. */
const conclude = async (round: Round, job: Job): Promise<Turn> => {
  const { engine, scope, execution, live, calls } = round;
  saveNodeRuns(scope, execution.id, changedRows(live));
  for (const id of round.unwanted) await cancelChild(engine, scope, id, 'the step that started it was withdrawn');
  const { ending } = live.state;
  if (ending) {
    await finishExecution(engine, scope, execution, {
      status: ending.status,
      output: ending.status === 'completed' ? JSON.stringify(ending.output) : null,
      error: ending.error,
    });
    // Its end was noted for the execution above, under its own job: that one is woken next.
    return execution.parent_execution_id ? { type: 'report' } : sleep(scope, job);
  }
  if (live.inFlight.size > 0) {
    await show(round, 'running');
    return { type: 'calls', calls, nextAt: nextMoment(live) };
  }
  if (isCutShort(live)) return { type: 'again' };
  const isHeld = [...live.state.runs.values()].some(({ status }) => status === 'awaiting_approval');
  await show(round, isHeld ? 'awaiting_approval' : 'waiting');
  const nextAt = nextMoment(live);
  if (nextAt === null) return sleep(scope, job);
  await releaseJob(scope, job, nextAt);
  scope.afterCommit(() => engine.wake.jobs());
  return { type: 'stop' };
};

/** Shows the execution as it is now, where that is news. */
const show = async (round: Round, status: 'running' | 'awaiting_approval' | 'waiting'): Promise<void> => {
  const { engine, scope, execution, live } = round;
  const before: ExecutionRow['status'] = execution.status;
  if (before === 'running' && status === 'running') return;
  await saveExecution(scope, { ...execution, status, next_attempt_at: nextMoment(live) });
  live.read = { ...live.read, execution: { ...execution, status } };
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
  if (status === before) return;
  if (status !== 'running')
    await appendEvent(scope, {
      type: status === 'waiting' ? 'execution.waiting' : 'execution.awaiting_approval',
      subject: execution.id,
      actor: EXECUTION_ACTOR(execution),
    });
  await tellParent(engine, scope, execution, {
    executionId: execution.id,
    status: status === 'awaiting_approval' ? status : 'running',
    output: null,
    error: null,
  });
};

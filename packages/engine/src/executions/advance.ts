/**
 * The durable loop. Each round is one transaction that records what the round before brought, decides what comes next
 * (in core) and writes that it begins; then the world is touched, outside of any transaction. A crash anywhere leaves
 * rows from which another process goes on. docs/spec/execution.md numbers the invariants.
 */
import {
  ATTEMPTS_MAX,
  type Json,
  type NextAction,
  PLAN_TOOL,
  type StepFacts,
  canonicalize,
  hasEnded,
  nextAction,
  retryDelayMs,
} from '@countersign/core';
import {
  type ExecutionRow,
  type Job,
  type Scope,
  type StepRow,
  appendEvent,
  dropTurnDraft,
  finishJob,
  finishStep,
  getStep,
  holdStep,
  insertStep,
  listStepFacts,
  lockExecution,
  newId,
  readClock,
  refreshJob,
  releaseJob,
  saveExecution,
  startStep,
  stillHeld,
  transaction,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { type AgentConfig, loadConfig } from './agent-config.ts';
import { EXECUTION_ACTOR, finishExecution } from './finish.ts';
import { reportToParent, tellParent } from './parent.ts';
import { approvedPlanWords } from '../plans/propose.ts';
import { beginAgentCall, collectAgentCalls } from './agent-call.ts';
import { type ActResult, type PlannedAct, act, planModelCall, planToolCall, unknownResultReason } from './act.ts';
import { holdCall, holdOutput, recordTurn, secretsOf } from './record-turn.ts';
import { UNKNOWN_RESULT_CHECKPOINT } from './resume.ts';
import type { KeptTurn } from './history.ts';

type Round =
  | { readonly type: 'act'; readonly act: PlannedAct }
  /** Asleep, ended, or no longer ours. */
  | { readonly type: 'stop' }
  /** It has ended, and another execution waits for it. */
  | { readonly type: 'report' }
  /** It was wanted again while it went to sleep. */
  | { readonly type: 'again'; readonly job: Job };

/** Carries an execution on until it ends, waits, or is taken over by another process. */
export const advance = async (engine: Engine, taken: Job): Promise<void> => {
  let job = taken;
  let result: ActResult | null = null;
  let config: AgentConfig | undefined;
  for (;;) {
    const done: ActResult | null = result;
    result = null;
    const round: Round = await transaction(engine.worker, job.workspace_id, async (scope): Promise<Round> => {
      const [execution, isHeld] = await Promise.all([lockExecution(scope, job.subject), stillHeld(scope, job)]);
      if (!execution || !isHeld) return { type: 'stop' };
      if (hasEnded(execution.status)) return execution.parent_execution_id ? { type: 'report' } : sleep(scope, job);
      config ??= await loadConfig(scope, execution.agent_version_id ?? '', execution.gate);
      const state = { ...execution };
      if (done) {
        const waitUntil = await recordResult(engine, scope, state, config, done);
        if (waitUntil === 'ended') return sleep(scope, job);
        if (waitUntil) {
          await saveExecution(scope, { ...state, status: 'waiting', next_attempt_at: waitUntil });
          await releaseJob(scope, job, waitUntil);
          scope.afterCommit(() => engine.wake.jobs());
          scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
          return { type: 'stop' };
        }
      } else if (state.next_attempt_at && state.next_attempt_at > (await readClock(scope))) {
        // Woken early, by a decision on another call: the failed step's time has not come.
        await releaseJob(scope, job, state.next_attempt_at);
        return { type: 'stop' };
      }
      return plan(engine, scope, job, state, config);
    });
    if (round.type === 'stop') return;
    if (round.type === 'report') return reportToParent(engine, job);
    if (round.type === 'again') job = round.job;
    else result = await act(engine, job.workspace_id, round.act);
  }
};

/** Ends an execution that a bug of ours keeps from going on: a person reads that, instead of it trying for ever. */
export const abandon = (engine: Engine, job: Job): Promise<void> =>
  transaction(engine.worker, job.workspace_id, async (scope) => {
    const execution = await lockExecution(scope, job.subject);
    if (!execution || !(await stillHeld(scope, job))) return;
    const message = 'An error inside Countersign kept it from going on; the server’s log has the details.';
    await finishExecution(engine, scope, execution, { status: 'failed', error: { code: 'internal_error', message } });
    await finishJob(scope, job);
  });

/** Gives the job up in the same transaction as the state that makes it unnecessary; unless it was wanted meanwhile. */
const sleep = async (scope: Scope, job: Job): Promise<Round> => {
  if (await finishJob(scope, job)) return { type: 'stop' };
  const fresh = await refreshJob(scope, job);
  return fresh ? { type: 'again', job: fresh } : { type: 'stop' };
};

const plan = async (
  engine: Engine,
  scope: Scope,
  job: Job,
  execution: ExecutionRow,
  config: AgentConfig,
): Promise<Round> => {
  for (;;) {
    const steps = (await listStepFacts(scope, execution.id)).map((row): StepFacts => ({
      ...row,
      wasHeld: row.gate?.outcome === 'hold',
    }));
    const waiting = steps.filter(({ status }) => status === 'waiting').map(({ id }) => id);
    const next = nextAction({ steps, turns: execution.turns, turnsMax: config.turnsMax, gate: config.gate });
    const round =
      next.type === 'await_agents'
        ? await awaitAgents(engine, scope, job, execution, waiting)
        : await carryOut(engine, scope, job, execution, config, steps, next);
    if (round) return round;
  }
};

/** Only called agents are at work: takes what they answered, or sleeps until one of them says something. */
const awaitAgents = async (
  engine: Engine,
  scope: Scope,
  job: Job,
  execution: ExecutionRow,
  waiting: readonly string[],
): Promise<Round | undefined> => {
  const isHeld = await collectAgentCalls(engine, scope, execution, waiting);
  const left = (await listStepFacts(scope, execution.id)).filter(({ status }) => status === 'waiting').length;
  if (left < waiting.length) return undefined;
  const status = isHeld ? 'awaiting_approval' : 'waiting';
  if (status !== execution.status) {
    await appendEvent(scope, {
      type: isHeld ? 'execution.awaiting_approval' : 'execution.waiting',
      subject: execution.id,
      actor: EXECUTION_ACTOR(execution),
    });
    const news = { executionId: execution.id, output: null, error: null };
    await tellParent(engine, scope, execution, { ...news, status: isHeld ? 'awaiting_approval' : 'running' });
  }
  await saveExecution(scope, { ...execution, status, next_attempt_at: null });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
  return sleep(scope, job);
};

/** @returns undefined where the rows changed and the next action has to be found anew */
const carryOut = async (
  engine: Engine,
  scope: Scope,
  job: Job,
  execution: ExecutionRow,
  config: AgentConfig,
  steps: readonly StepFacts[],
  next: Exclude<NextAction, { type: 'await_agents' }>,
): Promise<Round | undefined> => {
  switch (next.type) {
    case 'call_model': {
      const position = next.step?.position ?? steps.length;
      const stepId = next.step?.id ?? newId('step');
      if (!next.step)
        await insertStep(scope, {
          id: stepId,
          execution_id: execution.id,
          position,
          turn: next.turn,
          kind: 'model_turn',
          status: 'running',
          attempt: 1,
        });
      else await startStep(scope, stepId);
      execution.turns = next.turn;
      await saveExecution(scope, { ...execution, status: 'running', next_attempt_at: null });
      const attempt = (next.step?.attempt ?? 0) + 1;
      const hadHeldCall = steps.some((step) => step.kind === 'tool_call' && step.wasHeld);
      const place = { id: stepId, position, turn: next.turn, attempt };
      scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
      return { type: 'act', act: await planModelCall(scope, execution, config, place, hadHeldCall) };
    }
    case 'call_tool': {
      const step = await mustGetStep(scope, next.step.id);
      if (step.tool === PLAN_TOOL && step.tool_id === null) {
        const words = await approvedPlanWords(scope, step);
        await finishStep(scope, { id: step.id, status: 'completed', result: words });
        return undefined;
      }
      const planned = await planToolCall(engine, scope, execution, config, step, null);
      if (planned.type === 'held') {
        await holdStep(scope, step.id, planned.approvalId, null);
        return undefined;
      }
      if (planned.type === 'refused') {
        await finishStep(scope, { id: step.id, status: 'refused', result: planned.words, is_error: true });
        return undefined;
      }
      if (planned.act.tool.agent) {
        const words = await beginAgentCall(engine, scope, execution, step, planned.act.tool, planned.act.arguments);
        if (words !== null) await finishStep(scope, { id: step.id, status: 'refused', result: words, is_error: true });
        return undefined;
      }
      await startStep(scope, step.id);
      await saveExecution(scope, { ...execution, status: 'running', next_attempt_at: null });
      scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
      return { type: 'act', act: planned.act };
    }
    case 'settle_unknown':
      await settleUnknown(engine, scope, execution, config, await mustGetStep(scope, next.step.id), {
        code: 'result_unknown',
        message: 'The process that made the call ended before an answer came.',
      });
      return undefined;
    case 'await_approval': {
      await saveExecution(scope, { ...execution, status: 'awaiting_approval', next_attempt_at: null });
      await appendEvent(scope, {
        type: 'execution.awaiting_approval',
        subject: execution.id,
        actor: EXECUTION_ACTOR(execution),
      });
      await tellParent(engine, scope, execution, {
        executionId: execution.id,
        status: 'awaiting_approval',
        output: null,
        error: null,
      });
      scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
      return sleep(scope, job);
    }
    case 'hold_output': {
      const stepId = newId('step');
      const value = await lastOutput(scope, steps);
      const approvalId = await holdOutput(engine, scope, execution, config, { stepId, value, reason: next.reason });
      await insertStep(scope, {
        id: stepId,
        execution_id: execution.id,
        position: steps.length,
        turn: next.turn,
        kind: 'output',
        status: 'awaiting_approval',
        result: canonicalize(value),
        gate: { outcome: 'hold', reason: next.reason },
        approval_id: approvalId,
      });
      return undefined;
    }
    case 'complete':
      await finishExecution(engine, scope, execution, {
        status: 'completed',
        output: canonicalize(await lastOutput(scope, steps)),
      });
      return sleep(scope, job);
    case 'fail':
      await finishExecution(engine, scope, execution, {
        status: 'failed',
        error: { code: next.code, message: next.message },
      });
      return sleep(scope, job);
  }
};

const mustGetStep = async (scope: Scope, id: string): Promise<StepRow> => {
  const step = await getStep(scope, id);
  if (!step) throw new Error(`no step ${id}`);
  return step;
};

const lastOutput = async (scope: Scope, steps: readonly StepFacts[]): Promise<Json> => {
  const last = steps.findLast((step) => step.kind === 'model_turn');
  const step = last && (await getStep(scope, last.id));
  return (JSON.parse(step?.result ?? '{"text":""}') as KeptTurn).text;
};

/**
 * A call that began and whose answer is missing: repeated under the same key where that is harmless, otherwise put
 * before a person (E4).
 */
const settleUnknown = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  step: StepRow,
  error: { code: string; message: string },
): Promise<void> => {
  const planned = await planToolCall(engine, scope, execution, config, step, error.message);
  if (planned.type === 'call' && planned.act.isRepeatable) {
    await finishStep(scope, { id: step.id, status: 'ready', error });
    return;
  }
  if (planned.type === 'held') return holdStep(scope, step.id, planned.approvalId, error);
  if (planned.type === 'refused') {
    await finishStep(scope, { id: step.id, status: 'refused', result: planned.words, is_error: true, error });
    return;
  }
  const approvalId = await holdCall(engine, scope, execution, config, {
    stepId: step.id,
    tool: planned.act.tool,
    arguments: planned.act.arguments,
    reason: unknownResultReason(error.message, 'the tool is not marked idempotent'),
    explanation: null,
    checkpoint: UNKNOWN_RESULT_CHECKPOINT,
  });
  await holdStep(scope, step.id, approvalId, error);
};

/** @returns when to try again, `ended` if the execution failed for good, or null to go on at once */
const recordResult = async (
  engine: Engine,
  scope: Scope,
  execution: ExecutionRow,
  config: AgentConfig,
  result: ActResult,
): Promise<Date | 'ended' | null> => {
  if (result.type === 'turn') {
    execution.input_tokens += result.turn.usage.inputTokens ?? 0;
    execution.output_tokens += result.turn.usage.outputTokens ?? 0;
    await recordTurn(engine, scope, execution, config, result.step.id, result.step, result.turn);
    dropTurnDraft(scope, execution.id);
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
    return null;
  }
  if (result.type === 'tool_answer') {
    const content = await engine.redaction.keep(scope, secretsOf(execution), result.content);
    await finishStep(scope, {
      id: result.step.id,
      status: 'completed',
      result: content,
      is_error: result.isError,
    });
    await appendEvent(scope, {
      type: 'step.finished',
      subject: execution.id,
      actor: EXECUTION_ACTOR(execution),
      data: { step_id: result.step.id, tool: result.tool, is_error: result.isError, attempt: result.step.attempt },
      ...(config.gate.mode === 'disabled' && !result.isAudited
        ? {}
        : { detail: { arguments: result.arguments, result: content } }),
    });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [execution.id]));
    return null;
  }
  const { step, failure } = result;
  const message = await engine.redaction.mask(scope, failure.message);
  const error = { code: failure.code, message };
  if (failure.kind === 'unknown') {
    await settleUnknown(engine, scope, execution, config, await mustGetStep(scope, step.id), error);
    const isWithPerson = (await mustGetStep(scope, step.id)).status !== 'ready';
    if (isWithPerson) return null;
    if (step.attempt < ATTEMPTS_MAX) return retryAt(scope, step.attempt, failure.retryAfterSeconds);
  } else if (failure.kind === 'retryable' && step.attempt < ATTEMPTS_MAX) {
    await finishStep(scope, { id: step.id, status: 'ready', error });
    return retryAt(scope, step.attempt, failure.retryAfterSeconds);
  }
  await finishStep(scope, { id: step.id, status: 'failed', error });
  const tries = step.attempt > 1 ? ` (after ${step.attempt} attempts)` : '';
  await finishExecution(engine, scope, execution, {
    status: 'failed',
    error: { code: failure.code, message: `${message}${tries}` },
  });
  return 'ended';
};

const retryAt = async (scope: Scope, attempt: number, retryAfterSeconds: number | undefined): Promise<Date> =>
  new Date((await readClock(scope)).getTime() + retryDelayMs(attempt, Math.random(), retryAfterSeconds));

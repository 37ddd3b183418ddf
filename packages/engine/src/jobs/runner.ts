/**
 * Runs jobs in this process: those it is handed right after a commit, and those it finds due. While it lives it renews
 * its leases and holds an advisory lock under its number; when its connection goes, others see that at once and take over.
 */
import {
  type Job,
  type JobKind,
  type Scope,
  claimJobs,
  finishJob,
  isConnectionFailure,
  refreshJob,
  releaseJob,
  releaseJobFor,
  renewJobs,
  secondsToNextJob,
  transaction,
  unscoped,
} from '@countersign/store';
import { endRecall, expire } from '../approvals/handle.ts';
import { remind } from '../approvals/remind.ts';
import { sealLater } from '../approvals/seal.ts';
import { deliver } from '../channels/deliver.ts';
import { fanOut } from '../channels/fan-out.ts';
import { callOnCall } from '../channels/on-call.ts';
import type { Engine, Runner } from '../engine.ts';
import { abandon, advance } from '../executions/advance.ts';
import { runSchedule } from '../triggers/run-schedule.ts';
import { callBack } from '../voice/call-back.ts';
import { endHold } from '../voice/call.ts';
import { advanceWorkflow } from '../workflows/advance-workflow.ts';

/** Agents run in workers; timers end approvals, which a worker may not, and run where people's commands do. */
export const JOB_KINDS = {
  all: [
    'advance_execution',
    'advance_workflow',
    'expire_approval',
    'remind_approval',
    'seal_receipt',
    'seal_audit_logs',
    'end_recall',
    'run_schedule',
  ],
  api: ['expire_approval', 'remind_approval', 'seal_receipt', 'seal_audit_logs', 'end_recall', 'run_schedule'],
  worker: ['advance_execution', 'advance_workflow'],
  /** Those that speak to the outside for long: with slots of their own, so that they keep no agent waiting. */
  channels: ['fan_out', 'deliver', 'call_on_call', 'end_hold', 'call_back'],
} as const satisfies Record<string, readonly JobKind[]>;
const HEARTBEAT_MS = 1500;
/** Jobs are also looked for without being told, at least this often. */
const POLL_MS_MAX = 1000;
const RUNNING_MAX = 64;
/** A job that throws is tried again after this, doubling up to a minute. */
const FAILURE_DELAY_MS = 1000;

export type JobRunner = Runner & {
  /** Starts looking for work under this number, which stands for a live connection. */
  readonly start: (instance: number) => void;
  /** The connection that stood for the number is gone: nothing new is taken until `start` is called again. */
  readonly suspend: () => void;
  /** Takes nothing new and waits for what runs, at most this long; the rest is released for others. */
  readonly stop: (graceMs: number) => Promise<void>;
};

export const createRunner = (
  getEngine: () => Engine,
  role: keyof typeof JOB_KINDS = 'all',
  concurrency = RUNNING_MAX,
): JobRunner => {
  const kinds: readonly JobKind[] = JOB_KINDS[role];
  let instance: number | undefined;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let isLooking = false;
  let lookAgain = false;
  let stopListening: (() => void) | undefined;
  const running = new Map<string, { readonly job: Job; again: Job | undefined; done: Promise<void> }>();

  const run = (job: Job): void => {
    const key = `${job.kind}:${job.subject}`;
    const current = running.get(key);
    if (current) {
      // Handed over while the same job's last round is just ending here: run after it.
      current.again = job;
      return;
    }
    const entry = { job, again: undefined as Job | undefined, done: Promise.resolve() };
    running.set(key, entry);
    entry.done = execute(getEngine(), job).finally(() => {
      running.delete(key);
      if (entry.again && !isStopping) run(entry.again);
      else look();
    });
  };

  const look = (): void => {
    if (isStopping || instance === undefined) return;
    if (isLooking) {
      lookAgain = true;
      return;
    }
    clearTimeout(timer);
    isLooking = true;
    void lookOnce(getEngine(), instance).then((waitMs) => {
      isLooking = false;
      if (isStopping) return;
      if (lookAgain) {
        lookAgain = false;
        look();
      } else timer = setTimeout(look, waitMs);
    });
  };

  const lookOnce = async (engine: Engine, number: number): Promise<number> => {
    try {
      const room = concurrency - running.size;
      if (room <= 0) return POLL_MS_MAX;
      const subjects = [...running.values()].map(({ job }) => job.subject);
      const jobs = await claimJobs(engine.worker, number, room, kinds, subjects);
      for (const job of jobs) run(job);
      if (jobs.length === room) return POLL_MS_MAX;
      const seconds = await secondsToNextJob(engine.worker, kinds);
      return seconds === null ? POLL_MS_MAX : Math.min(Math.max(seconds * 1000, 1), POLL_MS_MAX);
    } catch (error) {
      if (!isConnectionFailure(error)) engine.log.error({ err: error }, 'looking for jobs failed');
      return POLL_MS_MAX;
    }
  };

  return {
    instance: () => (isStopping || role === 'api' || role === 'channels' ? undefined : instance),
    take: run,
    start: (number) => {
      instance = number;
      stopListening ??= getEngine().wake.onJobs(look);
      heartbeat ??= setInterval(() => {
        if (instance !== undefined && running.size > 0)
          renewJobs(
            getEngine().worker,
            instance,
            [...running.values()].map(({ job }) => job),
          ).catch(() => undefined);
      }, HEARTBEAT_MS);
      look();
    },
    suspend: () => {
      instance = undefined;
    },
    stop: async (graceMs) => {
      isStopping = true;
      stopListening?.();
      clearTimeout(timer);
      clearInterval(heartbeat);
      const all = Promise.all([...running.values()].map(({ done }) => done));
      let grace: NodeJS.Timeout | undefined;
      await Promise.race([
        all,
        new Promise((resolve) => {
          grace = setTimeout(resolve, graceMs);
        }),
      ]);
      clearTimeout(grace);
    },
  };
};

const execute = async (engine: Engine, job: Job): Promise<void> => {
  try {
    if (job.kind === 'advance_execution') await advance(engine, job);
    else if (job.kind === 'advance_workflow') await advanceWorkflow(engine, job);
    else if (job.kind === 'seal_audit_logs') await sealLogs(engine, job);
    else if (job.kind === 'deliver') await deliver(engine, job);
    else if (job.kind === 'call_back') await callBack(engine, job);
    else await runTimer(engine, job, TIMERS[job.kind]);
  } catch (error) {
    await giveBack(engine, job, error);
  }
};

/** The one job that never ends: each round says after how long the next one comes. */
const sealLogs = async (engine: Engine, job: Job): Promise<void> => {
  const waitMs = await engine.sealer.round();
  await unscoped(engine.api, (scope) => releaseJobFor(scope, job, waitMs));
};

const TIMERS = {
  expire_approval: expire,
  remind_approval: remind,
  seal_receipt: sealLater,
  end_recall: endRecall,
  run_schedule: runSchedule,
  fan_out: fanOut,
  call_on_call: callOnCall,
  end_hold: endHold,
} as const;

/** A timer says when it has to come again, in the transaction of what it did. */
const runTimer = (
  engine: Engine,
  job: Job,
  act: (engine: Engine, scope: Scope, id: string) => Promise<Date | null>,
): Promise<void> =>
  transaction(engine.api, job.workspace_id, async (scope) => {
    const again = await act(engine, scope, job.subject);
    if (again) await releaseJob(scope, job, again);
    else if (!(await finishJob(scope, job))) await releaseJob(scope, job, null);
  });

const DELAY_MS_MAX = 60_000;
/** An execution that a bug keeps from going on this often in a row ends as failed, with a reason that can be read. */
const FAILURES_MAX = 5;

const isExecution = (kind: JobKind): boolean => kind === 'advance_execution' || kind === 'advance_workflow';

const abandoned = async (engine: Engine, job: Job): Promise<boolean> => {
  try {
    await abandon(engine, job);
    return true;
  } catch (error) {
    engine.log.error({ err: error, job }, 'an execution could not even be ended');
    return false;
  }
};

/** After a bug or a lost database: others, or we, try again later. The lease ends by itself if even this fails. */
const giveBack = async (engine: Engine, job: Job, error: unknown): Promise<void> => {
  if (!isConnectionFailure(error)) engine.log.error({ err: error, job }, 'a job failed');
  const isBug = !isConnectionFailure(error);
  const failures = job.failures + (isBug ? 1 : 0);
  if (isExecution(job.kind) && isBug && failures >= FAILURES_MAX && (await abandoned(engine, job))) return;
  const delayMs = isBug ? Math.min(FAILURE_DELAY_MS * 2 ** (failures - 1), DELAY_MS_MAX) : 200;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      await unscoped(engine.worker, async (scope) => {
        if (await refreshJob(scope, job)) await releaseJob(scope, job, new Date(Date.now() + delayMs), failures);
      });
      engine.wake.jobs();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
};

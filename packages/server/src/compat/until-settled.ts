/** Waits for what a program waits for: that an execution has ended, or that a person is asked. */
import type { WireExecution } from '@countersign/contract';
import { Problem } from '../http/problem.ts';
import { nextChange } from '../stream/wait.ts';
import type { Asked } from './dialect.ts';

/** Below the 30 seconds after which the clients give up. */
const WAIT_MS = 25_000;
/** Without a hint it is looked at this often. */
const POLL_MS = 2000;

const AT_WORK: ReadonlySet<WireExecution['status']> = new Set(['queued', 'running', 'waiting']);

/** The execution as it is then, or as it is when the time is up; as it was given, for whoever may start it and not read it. */
export const untilSettled = async (asked: Asked, started: WireExecution): Promise<WireExecution> => {
  const endMs = Date.now() + WAIT_MS;
  let execution = started;
  while (AT_WORK.has(execution.status)) {
    const change = nextChange(
      (listener) => asked.app.engine.wake.onSubject(execution.id, listener),
      asked.request.signal,
    );
    try {
      execution = await asked.call('getExecution', { params: { id: execution.id } });
      const leftMs = endMs - Date.now();
      if (!AT_WORK.has(execution.status) || leftMs <= 0 || asked.request.signal.aborted) return execution;
      await change.wait(Math.min(leftMs, POLL_MS));
    } catch (error) {
      if (error instanceof Problem && error.code === 'forbidden') return execution;
      throw error;
    } finally {
      change.stop();
    }
  }
  return execution;
};

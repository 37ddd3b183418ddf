/**
 * The workflow, bundled for Temporal's sandbox by its own bundler, and replayed by its own worker: a history as its server
 * records it must be what the workflow does, command by command. The server itself is not on npm, so it is not run.
 */
import { fileURLToPath } from 'node:url';
import { temporal } from '@temporalio/proto';
import { Worker, bundleWorkflowCode } from '@temporalio/worker';
import { expect, test } from 'vitest';

const payload = (value: unknown) => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});
const payloads = (...values: unknown[]) => ({ payloads: values.map(payload) });

type Event = Record<string, unknown>;

/** Numbers events as they are added, with the task of the workflow around each. */
const historyOf = (signal: string, seen: unknown) => {
  const events: Event[] = [];
  const add = (eventType: string, attributes: Event): number => {
    const name = eventType.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    events.push({
      eventId: events.length + 1,
      eventTime: { seconds: 1_795_867_200 },
      eventType: `EVENT_TYPE_${eventType}`,
      [`${name}EventAttributes`]: attributes,
    });
    return events.length;
  };
  const task = (): number => {
    const scheduledEventId = add('WORKFLOW_TASK_SCHEDULED', { taskQueue: { name: 'refunds' } });
    const startedEventId = add('WORKFLOW_TASK_STARTED', { scheduledEventId: String(scheduledEventId) });
    return add('WORKFLOW_TASK_COMPLETED', {
      scheduledEventId: String(scheduledEventId),
      startedEventId: String(startedEventId),
    });
  };
  const activity = (id: string, name: string, after: number, result: unknown): void => {
    const scheduledEventId = add('ACTIVITY_TASK_SCHEDULED', {
      activityId: id,
      activityType: { name },
      taskQueue: { name: 'refunds' },
      workflowTaskCompletedEventId: String(after),
    });
    const startedEventId = add('ACTIVITY_TASK_STARTED', { scheduledEventId: String(scheduledEventId) });
    add('ACTIVITY_TASK_COMPLETED', {
      result: payloads(result),
      scheduledEventId: String(scheduledEventId),
      startedEventId: String(startedEventId),
    });
  };
  add('WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: 'refund' },
    taskQueue: { name: 'refunds' },
    input: payloads('A17', 4000),
    originalExecutionRunId: 'run-1',
    firstExecutionRunId: 'run-1',
    attempt: 1,
    workflowTaskTimeout: { seconds: 10 },
  });
  activity('1', 'lookAtGate', task(), { state: 'waiting', approvalId: 'apr_1', title: 'Refund A17' });
  const timer = add('TIMER_STARTED', {
    timerId: '1',
    startToFireTimeout: { seconds: 5 },
    workflowTaskCompletedEventId: String(task()),
  });
  add('WORKFLOW_EXECUTION_SIGNALED', { signalName: signal });
  const woken = task();
  add('TIMER_CANCELED', {
    timerId: '1',
    startedEventId: String(timer),
    workflowTaskCompletedEventId: String(woken),
  });
  activity('2', 'lookAtGate', woken, seen);
  return { add, task, activity, history: { events } };
};

const bundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)) });
const replay = (history: object) =>
  Worker.runReplayHistory(
    { workflowBundle: bundle },
    temporal.api.history.v1.History.fromObject(history),
    'refund-A17',
  );
const ended = (result: unknown, after: number) => ({
  result: payloads(result),
  workflowTaskCompletedEventId: String(after),
});

test('asks, waits for the signal of this approval or 5 s, looks, and acts once', async () => {
  const { add, task, activity, history } = historyOf('countersign/apr_1', { state: 'free' });
  activity('3', 'makeCall', task(), { isMade: true, result: 'refunded', note: null, approvalId: 'apr_1' });
  add('WORKFLOW_EXECUTION_COMPLETED', ended('refunded', task()));
  await replay(history);
});

test('does not act on what was refused', async () => {
  const refused = { state: 'refused', message: 'Rejected by a reviewer: the cap is 20 EUR.' };
  const { add, task, history } = historyOf('countersign/apr_1', refused);
  add('WORKFLOW_EXECUTION_COMPLETED', ended(refused.message, task()));
  await replay(history);
  // The same, as if it had acted all the same: no history of this workflow.
  const wrong = historyOf('countersign/apr_1', refused);
  wrong.activity('3', 'makeCall', wrong.task(), {});
  await expect(replay(wrong.history)).rejects.toThrow();
});

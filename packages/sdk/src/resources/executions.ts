import { type Answer, type Body, type Call, type Query, addressOf } from '../call.ts';
import { OPERATIONS } from '../operations.ts';
import { eachItem } from '../page.ts';
import { type Ending, type StreamOptions, streamEvents } from '../stream.ts';
import type { CallOptions, Transport } from '../transport.ts';

const ENDED: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'rejected',
  'cancelled',
  'expired',
] satisfies Answer<'getExecution'>['status'][]);

/** Over where it has ended and nothing more came: an ordinary end of the connection may cut the last events off. */
const isOver = async (
  call: Call,
  id: string,
  { last, wasQuiet }: Ending,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  const saysSo = last?.subject === id && ENDED.has(last.type.replace(/^execution\./, ''));
  return (saysSo || wasQuiet) && ENDED.has((await call('getExecution', { id }, { signal })).status);
};

export const executionMethods = (call: Call, transport: Transport) => ({
  list: (query: Query<'listExecutions'> = {}, options?: CallOptions) => call('listExecutions', { query }, options),
  iterate: (query: Omit<Query<'listExecutions'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listExecutions', { query: { ...query, ...cursor } }, options)),
  get: (id: string, options?: CallOptions) => call('getExecution', { id }, options),
  /** Its steps, in order. */
  steps: (id: string, options?: CallOptions) => call('listSteps', { id }, options),
  /** What it waits for. */
  pendingApprovals: (id: string, options?: CallOptions) => call('listPendingApprovals', { id }, options),
  /** Cancels it and withdraws its pending approvals. */
  cancel: (id: string, body: Body<'cancelExecution'> = {}, options?: CallOptions) =>
    call('cancelExecution', { id, body }, options),
  /** Sends an event to a workflow that waits for it; one that comes before the step that waits is kept for it. */
  sendEvent: (id: string, body: Body<'sendEvent'>, options?: CallOptions) => call('sendEvent', { id, body }, options),
  /** Goes on from the failed step; what is done stays done. */
  retry: (id: string, options?: CallOptions) => call('retryExecution', { id }, options),
  /** Its events as they happen, from the first on, over as many connections as it takes, until it has ended. */
  events: (id: string, options: StreamOptions = {}) =>
    streamEvents(transport, addressOf(OPERATIONS.streamExecution.path, { id }), options, (ending) =>
      isOver(call, id, ending, options.signal),
    ),
});

/** The live stream: events carry ids only, so each one says which answers are out of date, and those on screen are asked for again. */
import type { EventType, StreamEvent } from '@countersign/contract';
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

export type LiveState = 'live' | 'reconnecting' | 'offline';

const TYPES = [
  'approval.requested', 'approval.vote', 'approval.decided', 'approval.expired', 'approval.cancelled', 'approval.consumed',
  'execution.started', 'execution.awaiting_approval', 'execution.resumed', 'execution.completed', 'execution.failed',
  'execution.rejected', 'execution.cancelled', 'execution.expired', 'step.started', 'step.finished',
  'agent.created', 'agent.updated', 'agent.archived', 'agent.version_created', 'agent.version_promoted',
  'tool.created', 'tool.updated', 'tool.deleted', 'key.created', 'key.revoked',
  'approval.stage_passed', 'approval.escalated', 'approval.overdue', 'approval.extended', 'approval.claimed', 'approval.released',
  'approval.reassigned', 'approval.commented', 'approval.reopened', 'grant.created', 'grant.used', 'grant.revoked',
  'policy.created', 'policy.updated', 'policy.version_created', 'policy.promoted', 'policy.deleted', 'member.created', 'member.updated',
  'group.created', 'group.updated', 'group.deleted', 'delegation.created', 'delegation.deleted', 'calendar.put', 'calendar.deleted', 'settings.changed',
] as const satisfies readonly EventType[];

/** Many events at once cost one round of requests. */
const BATCH_MS = 250;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 20_000;

let state: LiveState = 'reconnecting';
let since = Date.now();
const listeners = new Set<() => void>();

const setState = (next: LiveState): void => {
  if (next === state) return;
  state = next;
  since = Date.now();
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state);
/** Since when the state is what it is, in milliseconds of this machine's clock. */
export const useLiveSince = (): number => useSyncExternalStore(subscribe, () => since);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The query keys that one event makes out of date. */
export const staleAfter = (event: Pick<StreamEvent, 'type' | 'subject' | 'data'>): readonly (readonly string[])[] => {
  const [family] = event.type.split('.');
  const executionId = text(event.data['execution_id']) ?? (family === 'execution' ? event.subject : undefined);
  const run = executionId === undefined ? [] : [['execution', executionId], ['steps', executionId]];
  switch (family) {
    case 'approval':
      return [['approvals'], ['counts'], ['approval', event.subject], ['timeline', event.subject], ...run];
    case 'execution':
      return [['executions'], ...run];
    case 'step':
      return run;
    case 'agent':
      return [['agents'], ['agent', event.subject], ['versions', event.subject]];
    case 'tool':
      return [['tools']];
    case 'key':
      return [['keys']];
    case 'grant':
      return [['grants']];
    case 'policy':
      return [['policies'], ['policy', event.subject]];
    case 'member':
    case 'group':
    case 'delegation':
    case 'calendar':
    case 'settings':
      return [['people']];
    default:
      return [];
  }
};

/** Opens the stream and keeps it open. @returns the function that closes it. */
export const followEvents = (client: QueryClient): (() => void) => {
  const stale = new Map<string, readonly string[]>();
  let batch: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;
  let lastEventId = '';
  let failures = 0;
  let wasOpen = false;

  const flush = (): void => {
    batch = undefined;
    const keys = [...stale.values()];
    stale.clear();
    for (const queryKey of keys) void client.invalidateQueries({ queryKey });
  };

  const take = (message: MessageEvent<string>): void => {
    if (message.lastEventId !== '') lastEventId = message.lastEventId;
    for (const key of staleAfter(JSON.parse(message.data) as StreamEvent)) stale.set(key.join('/'), key);
    batch ??= setTimeout(flush, BATCH_MS);
  };

  const close = (): void => {
    source?.close();
    source = undefined;
    clearTimeout(retry);
    retry = undefined;
  };

  const open = (): void => {
    close();
    const query = new URLSearchParams({ types: TYPES.join(','), ...(lastEventId === '' ? {} : { after: lastEventId }) });
    source = new EventSource(`/v1/events?${query}`);
    for (const type of TYPES) source.addEventListener(type, take);
    source.addEventListener('message', take);
    source.addEventListener('open', () => {
      failures = 0;
      setState('live');
      // Events may have been missed meanwhile, so everything on screen is asked for again.
      if (wasOpen) void client.invalidateQueries();
      wasOpen = true;
    });
    source.addEventListener('error', () => {
      setState(navigator.onLine ? 'reconnecting' : 'offline');
      if (source?.readyState !== EventSource.CLOSED) return;
      // A refusal: perhaps the session ended, which only an ordinary request can tell.
      void client.invalidateQueries({ queryKey: ['session'] });
      failures += 1;
      const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures);
      retry ??= setTimeout(open, wait * (0.5 + Math.random() / 2));
    });
  };

  const offline = (): void => setState('offline');
  addEventListener('offline', offline);
  addEventListener('online', open);
  open();
  return () => {
    close();
    clearTimeout(batch);
    removeEventListener('offline', offline);
    removeEventListener('online', open);
  };
};

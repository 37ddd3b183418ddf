/** The live stream: events carry ids only, so each one says which answers are out of date, and those on screen are asked for again. */
import type { EventType, StreamEvent } from '@countersign/contract';
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { isQueueLoading, refreshQueue } from '../approvals/live-queue.ts';
import { QUEUE_KEY } from '../approvals/queries.ts';
import { shareAmongTabs } from './share.ts';

export type LiveState = 'live' | 'reconnecting' | 'offline';

const TYPES = [
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.cancelled',
  'approval.consumed',
  'execution.started',
  'execution.awaiting_approval',
  'execution.resumed',
  'execution.completed',
  'execution.failed',
  'execution.rejected',
  'execution.cancelled',
  'execution.expired',
  'step.finished',
  'conversation.created',
  'conversation.updated',
  'conversation.archived',
  'agent.created',
  'agent.updated',
  'agent.archived',
  'agent.version_created',
  'agent.version_promoted',
  'voice_line.created',
  'voice_line.updated',
  'voice_line.deleted',
  'voice_call.started',
  'voice_call.held',
  'voice_call.fell_back',
  'voice_call.voicemail',
  'voice_call.callback_failed',
  'voice_call.ended',
  'incoming_webhook.created',
  'incoming_webhook.updated',
  'incoming_webhook.rotated',
  'incoming_webhook.deleted',
  'schedule.created',
  'schedule.updated',
  'schedule.paused',
  'schedule.resumed',
  'schedule.deleted',
  'schedule.ran',
  'execution.waiting',
  'workflow.created',
  'workflow.updated',
  'workflow.archived',
  'workflow.version_created',
  'workflow.version_promoted',
  'tool.created',
  'tool.updated',
  'tool.deleted',
  'key.created',
  'key.revoked',
  'approval.vote',
  'approval.revoked',
  'approval.snoozed',
  'approval.unsnoozed',
  'approval.stage_passed',
  'approval.escalated',
  'approval.overdue',
  'approval.held_back',
  'approval.recalled',
  'approval.extended',
  'approval.claimed',
  'approval.released',
  'approval.reassigned',
  'approval.commented',
  'approval.reopened',
  'grant.created',
  'grant.used',
  'grant.revoked',
  'policy.created',
  'policy.updated',
  'policy.version_created',
  'policy.promoted',
  'policy.deleted',
  'member.created',
  'member.updated',
  'group.created',
  'group.updated',
  'group.deleted',
  'delegation.created',
  'delegation.deleted',
  'calendar.put',
  'calendar.deleted',
  'settings.changed',
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
  const family = event.type.slice(0, event.type.indexOf('.'));
  const executionId = text(event.data['execution_id']) ?? (family === 'execution' ? event.subject : undefined);
  const run =
    executionId === undefined
      ? []
      : [
          ['execution', executionId],
          ['steps', executionId],
        ];
  switch (family) {
    case 'approval':
      // The lists are not among them: of those only what changed is asked for, see `flush`.
      return [['approval', event.subject], ['timeline', event.subject], ...run];
    case 'execution':
      return [['executions'], ['conversation'], ['conversations'], ...run];
    case 'conversation':
      return [['conversations'], ['conversation', event.subject]];
    case 'step':
      return run;
    case 'agent':
      return [['agents'], ['agent', event.subject], ['versions', event.subject]];
    case 'voice_line':
      return [['voice-lines']];
    case 'voice_call':
      return [['voice-lines'], ['conversations'], ['conversation']];
    case 'incoming_webhook':
      return [['incoming-webhooks']];
    case 'schedule':
      return [['schedules']];
    case 'workflow':
      return [['workflows'], ['workflow', event.subject], ['workflow-versions', event.subject]];
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
      // They say who is asked.
      return [['people'], QUEUE_KEY, ['counts']];
    case 'calendar':
    case 'settings':
      return [['people']];
    default:
      return [];
  }
};

type Told =
  | { readonly event: string; readonly id: string }
  | { readonly state: LiveState }
  | { readonly ask: true }
  | { readonly gap: true };

/** Follows the stream, alone or through the tab that does, and keeps what is on screen up to date. @returns what ends it */
export const followEvents = (client: QueryClient): (() => void) => {
  const stale = new Map<string, readonly string[]>();
  /** Approvals that changed. */
  const changed = new Set<string>();
  let isRefreshing = false;
  let batch: ReturnType<typeof setTimeout> | undefined;
  let lastEventId = '';
  let isLeading = false;

  const flush = (): void => {
    batch = undefined;
    for (const [name, queryKey] of stale) {
      // One that is being asked for already is asked for again afterwards: starting anew each time would never end.
      if (client.isFetching({ queryKey }) > 0) continue;
      stale.delete(name);
      void client.invalidateQueries({ queryKey });
    }
    // One after the other, and never beside pages that are on their way: the older answer would win.
    if (changed.size > 0 && !isRefreshing && !isQueueLoading(client)) {
      const ids = [...changed];
      changed.clear();
      isRefreshing = true;
      void refreshQueue(client, ids).finally(() => {
        isRefreshing = false;
      });
    }
    if (stale.size + changed.size > 0) batch = setTimeout(flush, BATCH_MS);
  };

  const take = (data: string, id: string): void => {
    if (id !== '') lastEventId = id;
    const event = JSON.parse(data) as StreamEvent;
    for (const key of staleAfter(event)) stale.set(key.join('/'), key);
    if (event.type.startsWith('approval.')) changed.add(event.subject);
    batch ??= setTimeout(flush, BATCH_MS);
  };
  const missed = (): void => void client.invalidateQueries();

  const lead = (): (() => void) => {
    isLeading = true;
    return listen({
      after: () => lastEventId,
      onEvent: (event, id) => {
        take(event, id);
        shared.tell({ event, id });
      },
      onState: (next) => {
        setState(next);
        shared.tell({ state: next });
      },
      onGap: () => {
        missed();
        shared.tell({ gap: true });
      },
      // A refusal: perhaps the session ended, which only an ordinary request can tell.
      onRefused: () => {
        // Or the last event is forgotten by now; then there is nothing to go on from.
        lastEventId = '';
        void client.invalidateQueries({ queryKey: ['session'] });
      },
    });
  };
  const hear = (told: Told): void => {
    if ('ask' in told) {
      if (isLeading) shared.tell({ state });
    } else if ('state' in told) setState(told.state);
    else if ('gap' in told) missed();
    else take(told.event, told.id);
  };
  const shared = shareAmongTabs<Told>(() => {
    // Deferred: `shared` has to exist before the first word.
    let end: (() => void) | undefined;
    const timer = setTimeout(() => {
      end = lead();
    });
    return () => {
      clearTimeout(timer);
      end?.();
    };
  }, hear);
  shared.tell({ ask: true });
  return () => {
    clearTimeout(batch);
    shared.stop();
  };
};

type Listener = {
  readonly after: () => string;
  readonly onEvent: (data: string, id: string) => void;
  readonly onState: (state: LiveState) => void;
  readonly onGap: () => void;
  readonly onRefused: () => void;
};

/** Opens the stream and opens it again whenever it breaks. @returns what closes it */
const listen = ({ after, onEvent, onState, onGap, onRefused }: Listener): (() => void) => {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let wasOpen = after() !== '';

  const close = (): void => {
    source?.close();
    source = undefined;
    clearTimeout(retry);
    retry = undefined;
  };
  const take = (message: MessageEvent<string>): void => onEvent(message.data, message.lastEventId);
  const open = (): void => {
    close();
    const from = after();
    const query = new URLSearchParams({ types: TYPES.join(','), ...(from === '' ? {} : { after: from }) });
    source = new EventSource(`/v1/events?${query}`);
    for (const type of TYPES) source.addEventListener(type, take);
    source.addEventListener('open', () => {
      failures = 0;
      onState('live');
      // Events may have been missed meanwhile, so everything on screen is asked for again.
      if (wasOpen) onGap();
      wasOpen = true;
    });
    source.addEventListener('error', () => {
      onState(navigator.onLine ? 'reconnecting' : 'offline');
      if (source?.readyState !== EventSource.CLOSED) return;
      onRefused();
      wasOpen = true;
      failures += 1;
      const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures);
      retry ??= setTimeout(open, wait * (0.5 + Math.random() / 2));
    });
  };
  const goOffline = (): void => onState('offline');
  addEventListener('offline', goOffline);
  addEventListener('online', open);
  open();
  return () => {
    close();
    removeEventListener('offline', goOffline);
    removeEventListener('online', open);
  };
};

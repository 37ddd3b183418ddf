/**
 * What AgentFlow tells of a run, in order and numbered: the run and each of its tool calls start and end, words come as deltas,
 * and a call that waits for a person says so.
 */
import type { WireApprovalSummary, WireExecution, WireStep } from '@countersign/contract';
import { showId } from './ids.ts';

export type RunEvent = {
  readonly type: 'start' | 'delta' | 'end' | 'error' | 'approval_required' | 'approval_resolved';
  readonly call_id: string;
  readonly parent_call_id: string | null;
  readonly root_call_id: string;
  readonly content: unknown;
  readonly timestamp: string;
  readonly seq: number;
  readonly metadata: unknown;
};

export const frameOf = (event: RunEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

const ENDED: ReadonlySet<WireExecution['status']> = new Set([
  'completed',
  'failed',
  'rejected',
  'cancelled',
  'expired',
]);
const OPEN: ReadonlySet<WireStep['status']> = new Set(['ready', 'running', 'awaiting_approval', 'waiting']);

/** @param name of what runs @param now for an event’s time */
export const createRunTeller = (executionId: string, name: string, role: 'agent' | 'tool', now = () => new Date()) => {
  const root = showId('call', executionId);
  const told = new Set<string>();
  let seq = 0;
  let said = '';

  const event = (type: RunEvent['type'], callId: string, content: unknown, metadata: unknown = null): RunEvent => {
    const parent = callId === root ? null : root;
    const facts = { type, call_id: callId, parent_call_id: parent, root_call_id: root, content, metadata };
    seq += 1;
    return { ...facts, timestamp: now().toISOString(), seq: seq - 1 };
  };
  const once = (key: string, make: () => RunEvent): RunEvent[] => {
    if (told.has(key) || told.has('end')) return [];
    told.add(key);
    return [make()];
  };

  return {
    hasEnded: () => told.has('end'),
    start: (input: unknown) => once('start', () => event('start', root, { name, role, input })),
    text: (offset: number, text: string): RunEvent[] => {
      if (told.has('end')) return [];
      const whole = said.slice(0, offset) + text;
      const fresh = whole.startsWith(said) ? whole.slice(said.length) : '';
      said = whole;
      return fresh === '' ? [] : [event('delta', root, { text: fresh })];
    },
    step: ({ id, kind, tool, status, arguments: input, result, error, is_error: isError }: WireStep): RunEvent[] => {
      if (kind === 'model_turn' || kind === 'output' || tool === null || status === 'ready') return [];
      const call = showId('call', id);
      const started = once(`start ${id}`, () => event('start', call, { name: tool, role: 'tool', input }));
      if (OPEN.has(status)) return started;
      const ended = once(`end ${id}`, () =>
        error || isError
          ? event('error', call, { message: error?.message ?? result ?? status })
          : event('end', call, { result, status }),
      );
      return [...started, ...ended];
    },
    approval: ({
      id,
      status,
      tool,
      checkpoint,
      title,
      decision,
      expires_at: expires,
    }: WireApprovalSummary): RunEvent[] => {
      const content = {
        approval_id: showId('approval', id),
        tool_name: tool ?? checkpoint,
        title,
        expires_at: expires,
      };
      if (status === 'pending') return once(`approval ${id}`, () => event('approval_required', root, content));
      const outcome = status === 'rejected' ? 'denied' : status;
      return once(`resolved ${id}`, () =>
        event('approval_resolved', root, { ...content, status: outcome, reason: decision?.reason ?? null }),
      );
    },
    ended: ({ status, output, error, tokens }: WireExecution): RunEvent[] => {
      if (!ENDED.has(status)) return [];
      const usage = { prompt_tokens: tokens.input, completion_tokens: tokens.output };
      return once('end', () =>
        status === 'completed'
          ? event(
              'end',
              root,
              { result: output, text: typeof output === 'string' ? output : JSON.stringify(output) },
              { usage },
            )
          : event('error', root, { message: error?.message ?? status, status }, { usage }),
      );
    },
  };
};

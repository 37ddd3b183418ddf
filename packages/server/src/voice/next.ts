/** What there is to say on a call that is asked for again and again, found from the rows: for accounts without ConversationRelay. */
import { hear, holdCaller, releaseCaller } from '@countersign/engine';
import {
  type VoiceCallRow,
  getConversation,
  getExecution,
  getVoiceCall,
  listMessages,
  noteSpoken,
  reading,
  transaction,
} from '@countersign/store';
import type { App } from '../http/context.ts';
import type { LineStand } from './line.ts';

/** Twilio gives an answer 15 seconds. */
const WAIT_MS = 8000;
const LOOK_MS = 500;
const PAGE = 50;

export type Next =
  | { readonly type: 'over' }
  | { readonly type: 'fallback'; readonly call: VoiceCallRow }
  /** `words` empty: it is the caller's turn. */
  | { readonly type: 'listen'; readonly call: VoiceCallRow; readonly words: string }
  | {
      readonly type: 'wait';
      readonly call: VoiceCallRow;
      readonly words: string;
      readonly updates: number;
      /** For a decision, with music; else for the agent. */
      readonly isHeld: boolean;
    };

type Look = Next | { readonly type: 'nothing'; readonly call: VoiceCallRow };

/** Waits a little for something to say. @param updates how many the caller has heard of what they wait for */
export const nextOf = async (app: App, stand: LineStand, callId: string, updates: number): Promise<Next> => {
  const endMs = Date.now() + WAIT_MS;
  for (;;) {
    const looked = await lookOnce(app, stand, callId, updates);
    if (looked.type !== 'nothing') return looked;
    if (Date.now() > endMs)
      return { type: 'wait', call: looked.call, words: '', updates, isHeld: looked.call.held_since !== null };
    await changed(app, looked.call);
  }
};

const changed = (app: App, call: VoiceCallRow): Promise<void> =>
  new Promise((resolve) => {
    const stops = [call.id, call.conversation_id].map((subject) => app.engine.wake.onSubject(subject, done));
    const timer = setTimeout(done, LOOK_MS);
    function done(): void {
      clearTimeout(timer);
      for (const stop of stops) stop();
      resolve();
    }
  });

const lookOnce = async (app: App, { workspaceId, line }: LineStand, callId: string, updates: number): Promise<Look> => {
  const { api } = app.engine;
  const state = await reading(api, workspaceId, async (scope) => {
    const call = await getVoiceCall(scope, callId);
    if (call?.status !== 'active') return undefined;
    const conversation = await getConversation(scope, call.conversation_id);
    const all = await listMessages(scope, call.conversation_id, call.spoken_position, PAGE);
    const activeId = conversation?.active_execution_id ?? null;
    const lastId = activeId ?? all.findLast(({ role }) => role === 'user')?.execution_id ?? null;
    return { call, all, activeId, execution: lastId === null ? undefined : await getExecution(scope, lastId) };
  });
  if (!state) return { type: 'over' };
  const { call, all, activeId, execution } = state;
  if (call.fallback !== null) return { type: 'fallback', call };
  const said = all.filter(({ role }) => role === 'assistant');
  const last = said.at(-1);
  if (last) {
    if (call.held_since) await transaction(api, workspaceId, (scope) => releaseCaller(app.engine, scope, callId));
    await transaction(api, workspaceId, (scope) => noteSpoken(scope, callId, last.position, last.execution_id));
    return { type: 'listen', call, words: said.map(({ content }) => content).join(' ') };
  }
  if (activeId === null) {
    if (call.unsaid !== '') {
      await transaction(api, workspaceId, (scope) => hear(app.engine, scope, callId, ''));
      return { type: 'nothing', call };
    }
    const hasFailed =
      execution !== undefined && execution.status !== 'completed' && execution.id !== call.spoken_execution_id;
    if (!hasFailed) return { type: 'listen', call, words: '' };
    const position = all.at(-1)?.position ?? call.spoken_position;
    await transaction(api, workspaceId, (scope) => noteSpoken(scope, callId, position, execution.id));
    return { type: 'listen', call, words: line.sorry_message };
  }
  if (execution?.status !== 'awaiting_approval') {
    if (call.held_since) await transaction(api, workspaceId, (scope) => releaseCaller(app.engine, scope, callId));
    return { type: 'nothing', call };
  }
  const isNew = await transaction(api, workspaceId, (scope) => holdCaller(app.engine, scope, callId, activeId));
  if (isNew) return { type: 'wait', call, words: line.hold_message, updates: 0, isHeld: true };
  const waitedMs = call.held_since ? Date.now() - call.held_since.getTime() : 0;
  const due = Math.floor(waitedMs / (line.update_seconds * 1000));
  return due > updates
    ? { type: 'wait', call, words: line.update_message, updates: due, isHeld: true }
    : { type: 'nothing', call };
};

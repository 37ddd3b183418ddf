/**
 * One connection of ConversationRelay: what the caller says goes into the conversation, and what its agent says goes out, as it is
 * written. It keeps nothing that another one could not read from the rows, so that a call that loses its server goes on with another.
 * https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
 */
import { randomUUID } from 'node:crypto';
import type { WireConversationEvent } from '@countersign/contract';
import { hear, holdCaller, releaseCaller, takeCall } from '@countersign/engine';
import { type VoiceCallRow, getVoiceCall, noteSpoken, reading, transaction } from '@countersign/store';
import type { App } from '../http/context.ts';
import { type Feed, createFeed } from '../stream/conversation-feed.ts';
import { placeFromId } from '../stream/place.ts';
import type { LineStand } from './line.ts';
import { Utterance } from './utterance.ts';

const LOOK_MS = 1000;
type Heard =
  | { readonly type: 'setup'; readonly callSid?: string }
  | { readonly type: 'prompt'; readonly voicePrompt?: string; readonly last?: boolean }
  | { readonly type: 'interrupt' }
  | { readonly type: 'dtmf'; readonly digit?: string }
  | { readonly type: 'error'; readonly description?: string };

type Out =
  | { readonly type: 'text'; readonly token: string; readonly last: boolean }
  | { readonly type: 'play'; readonly source: string; readonly loop: number; readonly preemptible: boolean }
  | { readonly type: 'end'; readonly handoffData: string };

export type Line = { readonly send: (message: Out) => void; readonly close: () => void };
export type Session = { readonly receive: (text: string) => void; readonly end: () => void };

type Shown = { readonly position: number; readonly event: WireConversationEvent };

const shownIn = (frame: string): Shown | undefined => {
  const [, id = '', data = ''] = /^id: (.*)\nevent: .*\ndata: (.*)\n/.exec(frame) ?? [];
  const place = placeFromId(id);
  return place && { position: place.position, event: JSON.parse(data) as WireConversationEvent };
};

export const startSession = (app: App, { workspaceId, line }: LineStand, callId: string, out: Line): Session => {
  const { engine } = app;
  const session = randomUUID();
  let feed: Feed | undefined;
  let isOver = false;
  let isLooking = false;
  let lookAgain = false;
  let turn: { readonly id: string; readonly status: string } | null = null;
  /** The execution that the caller was told is being checked, and how many updates they heard of it. */
  let held: { readonly id: string; updates: number } | null = null;
  let lastPosition = 0;
  let sorryFor = '';
  let before: Promise<unknown> = Promise.resolve();
  const stops: (() => void)[] = [];
  const utterance = new Utterance((token, last) => out.send({ type: 'text', token, last }));

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    for (const stop of stops) stop();
    out.close();
  };

  const say = (text: string): void => out.send({ type: 'text', token: text, last: true });
  const playMusic = (): void => {
    if (line.music_url !== null) out.send({ type: 'play', source: line.music_url, loop: 0, preemptible: true });
  };

  const setUp = async (sid: string | undefined): Promise<void> => {
    const call = await transaction(engine.api, workspaceId, async (scope) => {
      const found = await getVoiceCall(scope, callId);
      return found && found.sid === sid && found.line_id === line.id ? takeCall(scope, callId, session) : undefined;
    });
    if (!call) return end();
    lastPosition = call.spoken_position;
    feed = createFeed(
      call.conversation_id,
      { position: call.spoken_position, execution: call.spoken_execution_id, text: null },
      true,
    );
    sorryFor = call.spoken_execution_id ?? '';
    utterance.skip(call.spoken_execution_id);
    stops.push(engine.wake.onSubject(call.conversation_id, look), engine.wake.onSubject(callId, look));
    look();
  };

  const take = async ({ position, event }: Shown): Promise<void> => {
    if (event.type === 'text') utterance.piece(event);
    else if (event.type === 'turn') turn = { id: event.execution_id, status: event.status };
    else if (event.type === 'message') {
      lastPosition = position;
      if (event.message.role !== 'assistant') return;
      const executionId = event.message.execution_id;
      utterance.whole(executionId, event.message.content);
      await transaction(engine.api, workspaceId, (scope) => noteSpoken(scope, callId, position, executionId));
    }
  };

  const checkHold = async (call: VoiceCallRow): Promise<void> => {
    if (turn?.status === 'awaiting_approval') {
      if (held?.id === turn.id) return update(call);
      const { id } = turn;
      utterance.flush();
      const isNew = await transaction(engine.api, workspaceId, (scope) => holdCaller(engine, scope, callId, id));
      const waitedMs = call.held_since ? Date.now() - call.held_since.getTime() : 0;
      held = { id, updates: Math.floor(waitedMs / (line.update_seconds * 1000)) };
      say(isNew ? line.hold_message : line.update_message);
      playMusic();
    } else if (held || call.held_since) {
      held = null;
      await transaction(engine.api, workspaceId, (scope) => releaseCaller(engine, scope, callId));
    }
  };

  const update = ({ held_since: since }: VoiceCallRow): void => {
    if (!held || !since) return;
    const due = Math.floor((Date.now() - since.getTime()) / (line.update_seconds * 1000));
    if (due <= held.updates) return;
    held.updates = due;
    say(line.update_message);
    playMusic();
  };

  /** It ended, and there is nothing to say of it but that. */
  const checkEnd = async (): Promise<void> => {
    if (!turn || !['failed', 'rejected', 'cancelled', 'expired'].includes(turn.status) || sorryFor === turn.id) return;
    const { id } = turn;
    sorryFor = id;
    say(line.sorry_message);
    await transaction(engine.api, workspaceId, (scope) => noteSpoken(scope, callId, lastPosition, id));
  };

  const lookOnce = async (): Promise<void> => {
    const following = feed;
    if (!following) return;
    const now = await reading(engine.api, workspaceId, async (scope) => {
      const call = await getVoiceCall(scope, callId);
      const isOurs = call?.session === session && call.status === 'active';
      return isOurs ? { call, news: call.fallback === null ? await following.next(scope) : null } : undefined;
    });
    if (!now) return end();
    if (now.news === null) {
      out.send({ type: 'end', handoffData: JSON.stringify({ reason: now.call.fallback }) });
      return end();
    }
    for (const frame of now.news.frames) {
      const shown = shownIn(frame);
      if (shown) await take(shown);
    }
    const active = following.active();
    if (active !== null) follow(active);
    await checkHold(now.call);
    if (!now.news.isIdle) return;
    await checkEnd();
    if (now.call.unsaid !== '') await transaction(engine.api, workspaceId, (scope) => hear(engine, scope, callId, ''));
  };

  let followed = '';
  const follow = (executionId: string): void => {
    if (followed === executionId) return;
    followed = executionId;
    stops.push(engine.wake.onSubject(executionId, look));
  };

  const look = (): void => {
    if (isOver) return;
    if (isLooking) {
      lookAgain = true;
      return;
    }
    isLooking = true;
    lookOnce()
      .catch((error: unknown) => engine.log.warn({ err: error, call: callId }, 'a call could not be looked at'))
      .finally(() => {
        isLooking = false;
        if (!lookAgain) return;
        lookAgain = false;
        look();
      });
  };
  const timer = setInterval(look, LOOK_MS);

  const heard = async (message: Heard): Promise<void> => {
    if (message.type === 'setup') return setUp(message.callSid);
    if (!feed) return end();
    if (message.type === 'interrupt') return utterance.interrupt();
    if (message.type === 'error') return engine.log.warn({ call: callId, said: message.description }, 'Twilio says');
    if (message.type !== 'prompt' || message.last === false || !message.voicePrompt?.trim()) return;
    const words = message.voicePrompt;
    const call = await transaction(engine.api, workspaceId, (scope) => hear(engine, scope, callId, words));
    if (!call) return end();
    if (call.held_since && held) {
      say(line.update_message);
      playMusic();
    }
    look();
  };

  return {
    receive: (text) => {
      let message: Heard;
      try {
        message = JSON.parse(text) as Heard;
      } catch {
        return end();
      }
      // One after the other: what is said right after the setup waits for it.
      before = before
        .then(() => heard(message))
        .catch((error: unknown) => {
          engine.log.error({ err: error, call: callId }, 'what was said on a call was not taken');
          say(line.sorry_message);
        });
    },
    end,
  };
};

/**
 * What happens on a call, each in one transaction with the call's row locked: it begins, its caller is heard, it waits at a gate, it
 * goes on, it falls back, it ends. Whoever carries the words (a socket, Twilio's next request) reads from the rows what to say.
 */
import type { Actor } from '@countersign/core';
import {
  type ExecutionRow,
  type Scope,
  type VoiceCallRow,
  type VoiceLineRow,
  appendEvent,
  dropJob,
  enqueue,
  getConversation,
  getVoiceLine,
  insertConversation,
  insertVoiceCall,
  lockConversation,
  lockExecution,
  lockVoiceCall,
  newId,
  pendingApprovalsBelow,
  saveVoiceCall,
  voiceCallOfSid,
} from '@countersign/store';
import { act } from '../approvals/handle.ts';
import type { Engine } from '../engine.ts';
import { say } from '../executions/say.ts';
import { cancelExecution } from '../executions/start.ts';
import { findTarget, requestersOf } from '../triggers/start-target.ts';

/** A request that expires by itself does so first. */
const WITHDRAW_AFTER_MS = 5000;
/** Of what a caller says at once. */
const UNSAID_MAX = 10_000;

export const lineActor = ({ id, name }: Pick<VoiceLineRow, 'id' | 'name'>): Actor => ({
  kind: 'system',
  id,
  name: `the voice line ${name}`,
});

const tell = (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  call: Pick<VoiceCallRow, 'id' | 'conversation_id' | 'line_id'>,
): void =>
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [call.id, call.conversation_id, call.line_id]));

const note = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  line: VoiceLineRow,
  call: VoiceCallRow,
  type: string,
  data: Record<string, unknown> = {},
): Promise<void> => {
  await appendEvent(scope, {
    type,
    subject: call.id,
    actor: lineActor(line),
    data: { line_id: line.id, conversation_id: call.conversation_id, ...data },
  });
  tell(engine, scope, call);
};

/** A call that came, with a conversation of its own; asked for again, it is the same one. */
export const openCall = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  line: VoiceLineRow,
  { sid, number }: { readonly sid: string; readonly number: string },
): Promise<VoiceCallRow> => {
  const before = await voiceCallOfSid(scope, line.id, sid);
  if (before) return before;
  const conversation = await insertConversation(scope, {
    id: newId('conversation'),
    agent_id: line.agent_id,
    version: line.version,
    title: `Call from ${number || 'an unknown number'}`,
    on_behalf_of: null,
  });
  const call = await insertVoiceCall(scope, {
    id: newId('voiceCall'),
    line_id: line.id,
    sid,
    direction: 'inbound',
    number,
    conversation_id: conversation.id,
    status: 'active',
    spoken_position: 0,
    spoken_execution_id: null,
  });
  await appendEvent(scope, {
    type: 'conversation.created',
    subject: conversation.id,
    actor: lineActor(line),
    data: { agent_id: line.agent_id, call_id: call.id },
  });
  await note(engine, scope, line, call, 'voice_call.started', { direction: call.direction });
  return call;
};

/**
 * What was said is kept; it is answered as soon as nothing else is.
 * @param heard how often they had been heard when they were listened to; null: nobody hears the same twice there
 * @returns the call as it then is; undefined: it is over
 */
export const hear = async (
  engine: Engine,
  scope: Scope,
  callId: string,
  words: string,
  heard: number | null = null,
): Promise<VoiceCallRow | undefined> => {
  const locked = await lockVoiceCall(scope, callId);
  const line = locked && (await getVoiceLine(scope, locked.line_id));
  if (!locked || !line || locked.status !== 'active') return undefined;
  // Asked to hear the same once more.
  if (heard !== null && heard !== locked.heard) return locked;
  const call = heard === null ? locked : { ...locked, heard: heard + 1 };
  const unsaid = `${call.unsaid} ${words}`.trim().slice(0, UNSAID_MAX);
  const conversation = await lockConversation(scope, call.conversation_id);
  const isFree = conversation !== undefined && !conversation.active_execution_id && !conversation.archived_at;
  if (!isFree || unsaid === '') {
    await saveVoiceCall(scope, { ...call, unsaid });
    return { ...call, unsaid };
  }
  const target = { agent_id: line.agent_id, workflow_id: null, version: line.version };
  const found = await findTarget(scope, target);
  // Its agent was archived meanwhile: nobody answers here any more.
  if (!found.ok || found.value.kind !== 'agent') return undefined;
  const startedBy = lineActor(line);
  await say(engine, scope, conversation, {
    version: found.value.version,
    content: await engine.redaction.keep(scope, conversation.id, unsaid),
    startedBy,
    triggerId: line.id,
    requesters: await requestersOf(
      scope,
      { target, input: unsaid, startedBy, triggerId: line.id, askers: line.askers, onBehalfOf: null },
      found.value,
    ),
  });
  await saveVoiceCall(scope, { ...call, unsaid: '' });
  tell(engine, scope, call);
  return { ...call, unsaid: '' };
};

const deadlineOf = (line: VoiceLineRow, heldSince: Date): Date =>
  new Date(
    heldSince.getTime() + line.timeout_seconds * 1000 + (line.fallback === 'return_to_agent' ? WITHDRAW_AFTER_MS : 0),
  );

/** Its execution waits for a decision, and the caller with it. @returns false if they do so already, or the call is over */
export const holdCaller = async (
  engine: Engine,
  scope: Scope,
  callId: string,
  executionId: string,
): Promise<boolean> => {
  const call = await lockVoiceCall(scope, callId);
  const line = call && (await getVoiceLine(scope, call.line_id));
  if (!call || !line || call.status !== 'active' || call.fallback !== null || call.held_since) return false;
  await saveVoiceCall(scope, { ...call, held_since: call.now, held_execution_id: executionId });
  await enqueue(scope, 'end_hold', call.id, deadlineOf(line, call.now));
  await note(engine, scope, line, call, 'voice_call.held', { execution_id: executionId });
  return true;
};

/** It does not wait any longer. */
export const releaseCaller = async (engine: Engine, scope: Scope, callId: string): Promise<boolean> => {
  const call = await lockVoiceCall(scope, callId);
  if (!call?.held_since) return false;
  await saveVoiceCall(scope, { ...call, held_since: null, held_execution_id: null });
  await dropJob(scope, 'end_hold', call.id);
  tell(engine, scope, call);
  return true;
};

/** The job: nobody has decided for as long as a caller waits. @returns when it comes again */
export const endHold = async (engine: Engine, scope: Scope, callId: string): Promise<Date | null> => {
  const call = await lockVoiceCall(scope, callId);
  const line = call && (await getVoiceLine(scope, call.line_id));
  if (!call || !line || call.status !== 'active' || !call.held_since) return null;
  const deadline = deadlineOf(line, call.held_since);
  if (call.now < deadline) return deadline;
  const execution = await lockExecution(scope, call.held_execution_id ?? '');
  // It was decided just now: whoever carries the words goes on.
  if (execution?.status !== 'awaiting_approval') return null;
  await fallBack(engine, scope, line, call, execution);
  return null;
};

const fallBack = async (
  engine: Engine,
  scope: Scope,
  line: VoiceLineRow,
  call: VoiceCallRow,
  execution: ExecutionRow,
): Promise<void> => {
  const { fallback } = line;
  const reason = 'nobody decided while the caller waited';
  if (fallback === 'return_to_agent') {
    for (const { id } of await pendingApprovalsBelow(scope, execution.id))
      await act(engine, scope, id, { type: 'cancel', by: lineActor(line), reason });
  } else {
    await saveVoiceCall(scope, {
      ...call,
      fallback,
      held_since: null,
      held_execution_id: null,
      ...(fallback === 'callback' ? { callback: 'wanted' as const } : {}),
    });
    // Nobody waits for its answer on the phone. Where we call back, it stays open.
    if (fallback !== 'callback') await cancelExecution(engine, scope, execution.id, lineActor(line), reason);
  }
  await note(engine, scope, line, call, 'voice_call.fell_back', { fallback, execution_id: execution.id });
};

/** The line is down: as the line is set, what its caller asked for goes with it, or stays. */
export const endCall = async (engine: Engine, scope: Scope, callId: string, reason: string): Promise<void> => {
  const call = await lockVoiceCall(scope, callId);
  if (!call || call.status === 'ended') return;
  const ended = { ...call, status: 'ended' as const, ended_at: call.now, end_reason: reason, held_since: null };
  await saveVoiceCall(scope, { ...ended, held_execution_id: null });
  await dropJob(scope, 'end_hold', call.id);
  const line = await getVoiceLine(scope, call.line_id);
  if (!line) return tell(engine, scope, call);
  await note(engine, scope, line, call, 'voice_call.ended', { reason });
  const executionId = (await getConversation(scope, call.conversation_id))?.active_execution_id;
  if (executionId && call.status === 'active' && call.fallback === null && line.on_hangup === 'cancel')
    await cancelExecution(engine, scope, executionId, lineActor(line), 'the caller hung up');
};

/** A message that the caller left, which whoever reads the conversation finds there. */
export const keepVoicemail = async (engine: Engine, scope: Scope, callId: string, url: string): Promise<void> => {
  const call = await lockVoiceCall(scope, callId);
  const line = call && (await getVoiceLine(scope, call.line_id));
  if (!call || !line || call.voicemail_url !== null) return;
  await saveVoiceCall(scope, { ...call, voicemail_url: url });
  await note(engine, scope, line, call, 'voice_call.voicemail', {});
};

/** A call that lost who carried its words gets another: so often, and then it ends. @returns undefined: no more */
export const reconnectCall = async (scope: Scope, callId: string): Promise<VoiceCallRow | undefined> => {
  const call = await lockVoiceCall(scope, callId);
  if (call?.status !== 'active' || call.reconnects >= RECONNECTS_MAX) return undefined;
  await saveVoiceCall(scope, { ...call, reconnects: call.reconnects + 1 });
  return call;
};
const RECONNECTS_MAX = 20;

/** From now on this connection speaks, and no other. */
export const takeCall = async (scope: Scope, callId: string, session: string): Promise<VoiceCallRow | undefined> => {
  const call = await lockVoiceCall(scope, callId);
  if (call?.status !== 'active') return undefined;
  await saveVoiceCall(scope, { ...call, session });
  return { ...call, session };
};

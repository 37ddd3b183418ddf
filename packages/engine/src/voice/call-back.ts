/**
 * Calls back whoever waited in vain: once the answer stands, a few times, some minutes apart. The attempt is written down before
 * the call is made: a process that dies in between may call once more, and never more often than that.
 */
import { callTwilio, judgeTwilio } from '@countersign/channels';
import {
  type Job,
  type Scope,
  type VoiceCallRow,
  type VoiceLineRow,
  appendEvent,
  callWantingCallback,
  finishJob,
  getVoiceLine,
  holdJob,
  insertVoiceCall,
  lockVoiceCall,
  newId,
  releaseJobFor,
  saveVoiceCall,
  transaction,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { lineActor } from './call.ts';
import { accountOfLine, lineUrl } from './line-account.ts';

const ATTEMPTS_MAX = 3;
const AGAIN_AFTER_MS = 300_000;

type Placing = { readonly line: VoiceLineRow; readonly call: VoiceCallRow; readonly token: string };

/** The job of a conversation in which something ended. */
export const callBack = async (engine: Engine, job: Job): Promise<void> => {
  const placing = await transaction(engine.api, job.workspace_id, async (scope) => {
    if (!(await holdJob(scope, job))) return undefined;
    return prepare(engine, scope, job.subject);
  });
  if (placing) await place(engine, job.workspace_id, placing);
  await transaction(engine.api, job.workspace_id, async (scope) => {
    // Not answered by then: once more.
    if (placing) await releaseJobFor(scope, job, AGAIN_AFTER_MS);
    else if (!(await finishJob(scope, job))) await releaseJobFor(scope, job, 0);
  });
};

const prepare = async (engine: Engine, scope: Scope, conversationId: string): Promise<Placing | undefined> => {
  const id = await callWantingCallback(scope, conversationId);
  const before = id === undefined ? undefined : await lockVoiceCall(scope, id);
  const line = before && (await getVoiceLine(scope, before.line_id));
  if (!before || !line || before.callback !== 'wanted') return undefined;
  if (before.callback_attempts >= ATTEMPTS_MAX) {
    await saveVoiceCall(scope, { ...before, callback: 'failed' });
    await appendEvent(scope, {
      type: 'voice_call.callback_failed',
      subject: before.id,
      actor: lineActor(line),
      data: { line_id: line.id, conversation_id: conversationId },
    });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [before.id, conversationId]));
    return undefined;
  }
  await saveVoiceCall(scope, { ...before, callback_attempts: before.callback_attempts + 1 });
  const call = await insertVoiceCall(scope, {
    id: newId('voiceCall'),
    line_id: line.id,
    sid: null,
    direction: 'callback',
    number: before.number,
    conversation_id: conversationId,
    status: 'calling',
    spoken_position: before.spoken_position,
    spoken_execution_id: before.spoken_execution_id,
  });
  return { line, call, token: accountOfLine(engine, scope, line).token };
};

const place = async (engine: Engine, workspaceId: string, { line, call, token }: Placing): Promise<void> => {
  const account = { sid: line.account_sid, token, apiUrl: line.api_url };
  const status = lineUrl(engine, line.id, call.id, 'status');
  const sent = await callTwilio(engine.fetch, account, 'Calls', {
    To: call.number,
    From: line.number,
    Url: lineUrl(engine, line.id, call.id, 'answer'),
    Method: 'POST',
    StatusCallback: status,
    StatusCallbackEvent: ['completed'],
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const problem = sent instanceof Error ? sent.message : problemOf(judgeTwilio(sent));
  const sid = sent instanceof Error ? null : (sent.answer?.sid ?? null);
  if (problem !== null) engine.log.warn({ call: call.id, problem }, 'a caller could not be called back');
  await transaction(engine.api, workspaceId, async (scope) => {
    const now = await lockVoiceCall(scope, call.id);
    if (!now || now.status === 'ended') return;
    await saveVoiceCall(
      scope,
      problem === null
        ? { ...now, sid: now.sid ?? sid }
        : { ...now, status: 'ended', ended_at: now.now, end_reason: problem.slice(0, 300) },
    );
  });
};

const problemOf = (judged: ReturnType<typeof judgeTwilio>): string | null =>
  'problem' in judged ? judged.problem : null;

/** Who was called back has answered: what they waited for is told now. */
export const answerCallback = async (scope: Scope, callId: string, sid: string): Promise<VoiceCallRow | undefined> => {
  const call = await lockVoiceCall(scope, callId);
  if (!call || call.direction !== 'callback' || call.status === 'ended' || (call.sid !== null && call.sid !== sid))
    return undefined;
  const waitingId = await callWantingCallback(scope, call.conversation_id);
  const waiting = waitingId === undefined ? undefined : await lockVoiceCall(scope, waitingId);
  if (waiting) await saveVoiceCall(scope, { ...waiting, callback: 'done' });
  await saveVoiceCall(scope, { ...call, sid, status: 'active' });
  return { ...call, sid, status: 'active' };
};

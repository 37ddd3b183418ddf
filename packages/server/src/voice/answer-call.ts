/** `POST /voice/lines/{line}/…`: what Twilio asks and tells of the calls of a line, each signed by the line's account. */
import { type Element, element, twimlAnswer } from '@countersign/channels';
import { answerCallback, endCall, hear, keepVoicemail, openCall, reconnectCall } from '@countersign/engine';
import { type Scope, type VoiceCallRow, getVoiceCall, reading, transaction, voiceCallOfSid } from '@countersign/store';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { type LineStand, checkTwilio, findLine } from './line.ts';
import { nextOf } from './next.ts';
import { connect, fallenBack, hangUp, listen, lookAgain, spoken } from './script.ts';

const ENDED: Readonly<Record<string, string>> = {
  completed: 'the caller hung up',
  busy: 'the line was busy',
  'no-answer': 'nobody answered',
  failed: 'the call failed',
  canceled: 'the call was cancelled',
};

type Asked = {
  readonly app: App;
  readonly stand: LineStand;
  readonly form: URLSearchParams;
  readonly query: URLSearchParams;
};

const write = <T>({ app, stand }: Pick<Asked, 'app' | 'stand'>, work: (scope: Scope) => Promise<T>): Promise<T> =>
  transaction(app.engine.api, stand.workspaceId, work);

const atCall = ({ app, stand }: Asked, call: VoiceCallRow) => ({ engine: app.engine, line: stand.line, call });

/** The beginning of the talk. */
const begin = (asked: Asked, call: VoiceCallRow, greeting: string | null): Element[] => {
  const at = atCall(asked, call);
  if (asked.stand.line.mode === 'relay') return [connect(at, greeting)];
  return greeting === null ? [lookAgain(at)] : listen(at, greeting);
};

const answerNew = async (asked: Asked): Promise<Element[]> => {
  const { app, stand, form } = asked;
  const { line } = stand;
  if (line.disabled_at) return [element('Reject')];
  const sid = form.get('CallSid') ?? '';
  if (!/^CA[0-9a-f]{32}$/i.test(sid)) throw new Problem('invalid', 'There is no CallSid.');
  const call = await write(asked, (scope) =>
    openCall(app.engine, scope, line, { sid, number: (form.get('From') ?? '').slice(0, 50) }),
  );
  if (call.status === 'ended') throw new Problem('replayed', 'This call came before, and is over.');
  return begin(asked, call, call.spoken_position === 0 && call.session === null ? line.greeting : null);
};

const goOn = async (asked: Asked, call: VoiceCallRow): Promise<Element[]> => {
  const { line } = asked.stand;
  const at = atCall(asked, call);
  const next = await nextOf(asked.app, asked.stand, call.id, Number(asked.query.get('u') ?? 0) || 0);
  switch (next.type) {
    case 'over':
      return [element('Hangup')];
    case 'fallback':
      return fallenBack({ ...at, call: next.call });
    case 'listen':
      return listen({ ...at, call: next.call }, next.words);
    case 'wait':
      return [
        ...(next.words === '' ? [] : [spoken(line, next.words)]),
        ...(next.isHeld && line.music_url !== null ? [element('Play', {}, line.music_url)] : []),
        lookAgain(at, next.updates),
      ];
  }
};

/** The session is over: the caller hung up, we fell back, or it lost its server. */
const after = async (asked: Asked, call: VoiceCallRow): Promise<Element[]> => {
  const { app, form, stand } = asked;
  const ended = ENDED[form.get('CallStatus') ?? ''];
  const isHungUp = ended !== undefined || form.get('SessionStatus') === 'completed';
  if (isHungUp) {
    await write(asked, (scope) => endCall(app.engine, scope, call.id, ended ?? 'the caller hung up'));
    return [element('Hangup')];
  }
  if (call.fallback !== null) return fallenBack(atCall(asked, call));
  const again = await write(asked, (scope) => reconnectCall(scope, call.id));
  return again ? [connect(atCall(asked, again), null)] : hangUp(stand.line, stand.line.sorry_message);
};

const heard = async (asked: Asked, call: VoiceCallRow): Promise<Element[]> => {
  const words = asked.form.get('SpeechResult')?.trim() ?? '';
  // The same again is not heard twice.
  const isNew = words !== '' && asked.query.get('n') === String(call.heard);
  if (isNew) await write(asked, (scope) => hear(asked.app.engine, scope, call.id, words, call.heard));
  return goOn(asked, call);
};

const ofCall: Readonly<Record<string, (asked: Asked, call: VoiceCallRow) => Promise<Element[]>>> = {
  after,
  heard,
  turn: goOn,
  recorded: async (asked, call) => {
    const url = asked.form.get('RecordingUrl') ?? '';
    if (URL.canParse(url) && url.length <= 1000)
      await write(asked, (scope) => keepVoicemail(asked.app.engine, scope, call.id, url));
    return [element('Hangup')];
  },
  status: async (asked, call) => {
    const ended = ENDED[asked.form.get('CallStatus') ?? ''];
    if (ended !== undefined) await write(asked, (scope) => endCall(asked.app.engine, scope, call.id, ended));
    return [];
  },
};

const callOf = async (asked: Asked, id: string): Promise<VoiceCallRow> => {
  const { app, stand, form } = asked;
  const call = await reading(app.engine.api, stand.workspaceId, (scope) => getVoiceCall(scope, id));
  const isKnown = call?.line_id === stand.line.id && (call.sid === null || call.sid === form.get('CallSid'));
  if (!call || !isKnown) throw notFound('call');
  return call;
};

/** @param callId null: of the line as a whole */
const script = async (asked: Asked, callId: string | null, step: string): Promise<Element[]> => {
  const { app, stand, form } = asked;
  if (callId === null) {
    if (step === 'answer') return answerNew(asked);
    const sid = form.get('CallSid') ?? '';
    const known = await reading(app.engine.api, stand.workspaceId, (scope) =>
      voiceCallOfSid(scope, stand.line.id, sid),
    );
    // Also told of calls that we did not take.
    return step === 'status' && known ? (ofCall['status']?.(asked, known) ?? []) : [];
  }
  const call = await callOf(asked, callId);
  if (step === 'answer') {
    const answered = await write(asked, (scope) => answerCallback(scope, call.id, form.get('CallSid') ?? ''));
    if (!answered) throw new Problem('replayed', 'This call is over.');
    return begin(asked, answered, null);
  }
  const act = ofCall[step];
  if (!act) throw notFound('step of a call');
  return act(asked, call);
};

export const createVoice =
  (app: App, rateLimit: RateLimit) =>
  async (request: Request, params: Readonly<Record<string, string>>, address: string): Promise<Response> => {
    const found = await findLine(app, params['line'] ?? '');
    await rateLimit.take(found?.line.id ?? address);
    const checked = await checkTwilio(app, found, request);
    const { body, mediaType } = twimlAnswer(
      ...(await script({ app, ...checked }, params['call'] ?? null, params['step'] ?? '')),
    );
    return new Response(body, {
      headers: { 'content-type': mediaType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
  };

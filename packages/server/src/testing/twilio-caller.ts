/**
 * A caller at Twilio: asks our line what to do, speaks with it over ConversationRelay's socket, and tells how the session ended, each
 * signed as Twilio signs. https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
 */
import { randomBytes } from 'node:crypto';
import { twilioSignature } from '@countersign/channels';
import { WebSocket } from 'ws';
import { TWILIO, type TestTwilio } from './twilio.ts';

type Heard = {
  readonly type: string;
  readonly token?: string;
  readonly last?: boolean;
  readonly source?: string;
  readonly handoffData?: string;
};

export type TestCaller = {
  readonly sid: string;
  /** Everything that came over the socket. */
  readonly heard: Heard[];
  /** What was spoken, an entry an utterance. */
  readonly said: string[];
  readonly twiml: string;
  readonly say: (words: string) => void;
  readonly send: (message: object) => void;
  /** Tells that the session ended, as Twilio does when the caller hangs up or the socket is lost. @returns the answer */
  readonly after: (
    how: 'hung up' | 'lost' | 'handed off',
  ) => Promise<{ readonly status: number; readonly text: string }>;
  readonly isClosed: () => boolean;
  readonly drop: () => void;
};

export const attributeOf = (twiml: string, name: string): string =>
  (new RegExp(` ${name}="([^"]*)"`).exec(twiml)?.[1] ?? '').replaceAll('&amp;', '&');

export const newCallSid = (): string => `CA${randomBytes(16).toString('hex')}`;

/** The socket that a script asks for. */
export const openRelay = (url: string, token: string | null = TWILIO.token): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const headers = token === null ? {} : { 'x-twilio-signature': twilioSignature(token, url) };
    const socket = new WebSocket(url, { headers });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });

export const joinCall = async (
  twilio: TestTwilio,
  sid: string,
  twiml: string,
  from = '+4917000000001',
): Promise<TestCaller> => {
  const heard: Heard[] = [];
  const said: string[] = [];
  let open = '';
  const socket = await openRelay(attributeOf(twiml, 'url'));
  const send = (message: object): void => socket.send(JSON.stringify(message));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as Heard;
    heard.push(message);
    if (message.type !== 'text') return;
    open += message.token ?? '';
    if (message.last !== true) return;
    said.push(open);
    open = '';
  });
  send({
    type: 'setup',
    sessionId: `VX${randomBytes(16).toString('hex')}`,
    accountSid: TWILIO.sid,
    callSid: sid,
    from,
    to: TWILIO.number,
    direction: 'inbound',
    callStatus: 'RINGING',
    customParameters: {},
  });
  return {
    sid,
    heard,
    said,
    twiml,
    send,
    say: (words) => send({ type: 'prompt', voicePrompt: words, lang: 'en-US', last: true }),
    after: (how) =>
      twilio.post(attributeOf(twiml, 'action'), {
        CallSid: sid,
        CallStatus: how === 'hung up' ? 'completed' : 'in-progress',
        SessionStatus: how === 'hung up' ? 'completed' : how === 'lost' ? 'failed' : 'ended',
        ...(how === 'lost' ? { ErrorCode: '64105', ErrorMessage: 'WebSocket Ended' } : {}),
      }),
    isClosed: () => socket.readyState === WebSocket.CLOSED,
    drop: () => socket.terminate(),
  };
};

/** Somebody calls the line, and is connected. */
export const startCall = async (twilio: TestTwilio, answerUrl: string, from?: string): Promise<TestCaller> => {
  const sid = newCallSid();
  const answer = await twilio.post(answerUrl, {
    CallSid: sid,
    From: from ?? '+4917000000001',
    To: TWILIO.number,
    CallStatus: 'ringing',
    Direction: 'inbound',
  });
  if (answer.status !== 200) throw new Error(answer.text);
  return joinCall(twilio, sid, answer.text, from);
};

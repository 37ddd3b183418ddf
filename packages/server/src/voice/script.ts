/** What a call does next, as TwiML: https://www.twilio.com/docs/voice/twiml */
import { type Element, element } from '@countersign/channels';
import { type Engine, lineUrl } from '@countersign/engine';
import type { VoiceCallRow, VoiceLineRow } from '@countersign/store';

const VOICEMAIL_SECONDS = 180;
const DIAL_SECONDS = 30;
/** So long a caller may be silent before they are asked for again. */
const LISTEN_SECONDS = 8;

type At = { readonly engine: Pick<Engine, 'issuer'>; readonly line: VoiceLineRow; readonly call: VoiceCallRow };

const urlOf = ({ engine, line, call }: At, step: string): string => lineUrl(engine, line.id, call.id, step);

export const spoken = ({ language, voice }: VoiceLineRow, text: string): Element =>
  element('Say', { language, voice: voice === null ? null : voice }, text);

/** The talk goes on over a socket. A call that is connected anew is not greeted again. */
export const connect = (at: At, greeting: string | null): Element => {
  const { line } = at;
  return element(
    'Connect',
    { action: urlOf(at, 'after'), method: 'POST' },
    element('ConversationRelay', {
      url: urlOf(at, 'relay').replace(/^http/, 'ws'),
      welcomeGreeting: greeting,
      language: line.language,
      voice: line.voice,
      interruptible: 'speech',
    }),
  );
};

/** Listens once; what was heard, and silence too, come back as another request. */
export const listen = (at: At, words: string | null): Element[] => [
  element(
    'Gather',
    {
      input: 'speech',
      language: at.line.language,
      speechTimeout: 'auto',
      timeout: LISTEN_SECONDS,
      action: `${urlOf(at, 'heard')}?n=${at.call.heard}`,
      method: 'POST',
    },
    ...(words === null || words === '' ? [] : [spoken(at.line, words)]),
  ),
  lookAgain(at),
];

export const lookAgain = (at: At, updates = 0): Element =>
  element('Redirect', { method: 'POST' }, `${urlOf(at, 'turn')}?u=${updates}`);

export const hangUp = (line: VoiceLineRow, words: string): Element[] => [spoken(line, words), element('Hangup')];

/** What follows where nobody decided in time. */
export const fallenBack = (at: At): Element[] => {
  const { line, call } = at;
  const said = spoken(line, line.fallback_message);
  if (call.fallback === 'voicemail')
    return [
      said,
      element('Record', {
        action: urlOf(at, 'recorded'),
        method: 'POST',
        maxLength: VOICEMAIL_SECONDS,
        playBeep: true,
      }),
      element('Hangup'),
    ];
  if (call.fallback === 'transfer')
    return [said, element('Dial', { timeout: DIAL_SECONDS }, line.transfer_to ?? ''), element('Hangup')];
  return [said, element('Hangup')];
};

/** What a voice line is set to, as it is entered. */
import type { RouteInput, Routes, WireVoiceLine } from '@countersign/contract';

export type VoiceField = {
  readonly name: keyof WireVoiceLine | 'auth_token';
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly initial: string;
  readonly choices?: readonly (readonly [value: string, label: string])[];
  readonly isRequired?: boolean;
  readonly isLong?: boolean;
  /** In whole seconds. */
  readonly isNumber?: boolean;
  /** Empty says: none. */
  readonly isNullable?: boolean;
  readonly isSecret?: boolean;
};

export const ACCOUNT: readonly VoiceField[] = [
  { name: 'name', label: 'Name', initial: '', isRequired: true },
  {
    name: 'number',
    label: 'Number',
    hint: 'Of yours at Twilio. Callers are called back from it.',
    placeholder: '+4915112345678',
    initial: '',
    isRequired: true,
  },
  { name: 'account_sid', label: 'Account SID', placeholder: 'AC…', initial: '', isRequired: true },
  {
    name: 'auth_token',
    label: 'Auth token',
    hint: 'Kept sealed, and shown to nobody.',
    initial: '',
    isRequired: true,
    isSecret: true,
  },
  {
    name: 'mode',
    label: 'How it speaks',
    initial: 'relay',
    choices: [
      ['relay', 'word by word (ConversationRelay)'],
      ['gather', 'turn by turn, for accounts without it'],
    ],
  },
  { name: 'language', label: 'Language', hint: 'Such as en-US or de-DE.', initial: 'en-US', isRequired: true },
];

export const WORDS: readonly VoiceField[] = [
  { name: 'greeting', label: 'Greeting', initial: 'Hello, how can I help you?', isRequired: true, isLong: true },
  {
    name: 'hold_message',
    label: 'Said at a gate',
    initial: 'I need to check this with my team. One moment, please.',
    isRequired: true,
    isLong: true,
  },
  {
    name: 'update_message',
    label: 'Said while it waits',
    initial: 'I am still waiting for my team. Thank you for your patience.',
    isRequired: true,
    isLong: true,
  },
  {
    name: 'fallback_message',
    label: 'Said when nobody decided',
    initial: 'I am sorry, nobody could check this in time.',
    isRequired: true,
    isLong: true,
  },
  {
    name: 'sorry_message',
    label: 'Said where there is no answer',
    initial: 'I am sorry, I could not do that. Is there anything else?',
    isRequired: true,
    isLong: true,
  },
];

export const WAITING: readonly VoiceField[] = [
  {
    name: 'music_url',
    label: 'Music',
    hint: 'An address that Twilio plays while a caller waits. Empty: none.',
    initial: '',
    isNullable: true,
  },
  { name: 'update_seconds', label: 'An update every … seconds', initial: '30', isNumber: true, isRequired: true },
  {
    name: 'timeout_seconds',
    label: 'A caller waits at most … seconds',
    hint: '120 to 300. What is asked expires then.',
    initial: '180',
    isNumber: true,
    isRequired: true,
  },
  {
    name: 'fallback',
    label: 'What then',
    initial: 'return_to_agent',
    choices: [
      ['return_to_agent', 'the agent goes on without it'],
      ['voicemail', 'the caller leaves a message'],
      ['callback', 'they are called back once it is decided'],
      ['transfer', 'they are put through to a number'],
    ],
  },
  { name: 'transfer_to', label: 'Put through to', placeholder: '+4930123456', initial: '', isNullable: true },
  {
    name: 'on_hangup',
    label: 'When the caller hangs up',
    initial: 'cancel',
    choices: [
      ['cancel', 'what they asked for is withdrawn'],
      ['keep_open', 'what they asked for stays open'],
    ],
  },
];

const FIELDS: readonly VoiceField[] = [...ACCOUNT, ...WORDS, ...WAITING];

export type VoiceValues = Readonly<Record<string, string>>;

export const valuesOf = (line: WireVoiceLine | undefined): VoiceValues =>
  Object.fromEntries(
    FIELDS.map(({ name, initial }) => {
      const now = line === undefined || name === 'auth_token' ? undefined : line[name];
      return [
        name,
        typeof now === 'string' || typeof now === 'number' ? String(now) : line === undefined ? initial : '',
      ];
    }),
  );

/** Why it can't be saved yet; null: it can. */
export const faultOf = (values: VoiceValues, isNew: boolean): string | null => {
  const missing = FIELDS.find(
    ({ name, isRequired, isSecret }) => isRequired && !(isSecret && !isNew) && (values[name] ?? '').trim() === '',
  );
  if (missing) return `${missing.label} is needed`;
  if (values['fallback'] === 'transfer' && (values['transfer_to'] ?? '').trim() === '')
    return 'Say where callers are put through to';
  return null;
};

type Body = RouteInput<Routes['updateVoiceLine']>['body'];

/** As it is sent: what is empty and may be is null, and an untouched token stays out. */
export const bodyOf = (values: VoiceValues): Body =>
  Object.fromEntries(
    FIELDS.flatMap(({ name, isNumber, isNullable, isSecret }) => {
      const text = (values[name] ?? '').trim();
      if (isSecret && text === '') return [];
      return [[name, isNumber ? Number(text) : isNullable && text === '' ? null : text]];
    }),
  );

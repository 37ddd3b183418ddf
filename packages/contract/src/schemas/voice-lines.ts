/** Agents on the phone: numbers on which one answers, and their calls. */
import { z } from 'zod';
import { Actor, id, instant, listOf, phoneNumber } from './common.ts';

const sentence = z.string().trim().min(1).max(500);

const FALLBACKS = ['return_to_agent', 'voicemail', 'callback', 'transfer'] as const;

const settings = {
  name: z.string().trim().min(1).max(100),
  version: z.number().int().min(1).nullable().describe('null: the current one at each turn'),
  account_sid: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be an account’s SID, AC…'),
  api_url: z.url().max(500).describe('another one for another region'),
  number: phoneNumber.describe('the line’s own, from which callers are called back'),
  mode: z
    .enum(['relay', 'gather'])
    .describe('relay: ConversationRelay, word by word; gather: for accounts without it, a request a turn'),
  greeting: sentence,
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en-US'),
  voice: z.string().max(100).nullable().describe('one of Twilio’s; null: its own choice for the language'),
  hold_message: sentence.describe('said when a request waits for its decision'),
  music_url: z.url().max(1000).nullable().describe('played while the caller waits'),
  update_message: sentence.describe('said again and again while the caller waits'),
  update_seconds: z.number().int().min(10).max(120).describe('how often'),
  timeout_seconds: z
    .number()
    .int()
    .min(120)
    .max(300)
    .describe('how long a caller waits for a decision, which is also the deadline of what is asked'),
  fallback: z
    .enum(FALLBACKS)
    .describe(
      'what then: the agent goes on without it; the caller leaves a message; they are called back once it is decided; they are put through to `transfer_to`',
    ),
  fallback_message: sentence.describe('said before it, except where the agent goes on'),
  sorry_message: sentence.describe('said where there is no answer to give'),
  transfer_to: phoneNumber.nullable(),
  on_hangup: z
    .enum(['cancel', 'keep_open'])
    .describe('whether what the caller asked for is withdrawn when they hang up, or stays'),
};

const DEFAULTS = {
  greeting: 'Hello, how can I help you?',
  hold_message: 'I need to check this with my team. One moment, please.',
  update_message: 'I am still waiting for my team. Thank you for your patience.',
  fallback_message: 'I am sorry, nobody could check this in time.',
  sorry_message: 'I am sorry, I could not do that. Is there anything else?',
} as const;

const authToken = z.string().regex(/^[0-9a-f]{32}$/i, 'must be the account’s auth token');

export const CreateVoiceLine = z.strictObject({
  name: settings.name,
  agent_id: id('agent'),
  version: settings.version.default(null),
  account_sid: settings.account_sid,
  auth_token: authToken.describe('kept sealed; not shown again'),
  api_url: settings.api_url.default('https://api.twilio.com'),
  number: settings.number,
  mode: settings.mode.default('relay'),
  greeting: settings.greeting.default(DEFAULTS.greeting),
  language: settings.language.default('en-US'),
  voice: settings.voice.default(null),
  hold_message: settings.hold_message.default(DEFAULTS.hold_message),
  music_url: settings.music_url.default(null),
  update_message: settings.update_message.default(DEFAULTS.update_message),
  update_seconds: settings.update_seconds.default(30),
  timeout_seconds: settings.timeout_seconds.default(180),
  fallback: settings.fallback.default('return_to_agent'),
  fallback_message: settings.fallback_message.default(DEFAULTS.fallback_message),
  sorry_message: settings.sorry_message.default(DEFAULTS.sorry_message),
  transfer_to: settings.transfer_to.default(null),
  on_hangup: settings.on_hangup.default('cancel'),
});

export const UpdateVoiceLine = z.strictObject({ ...settings, auth_token: authToken, enabled: z.boolean() }).partial();

export const VoiceLine = z.object({
  id: id('voiceLine'),
  agent: z.object({ id: z.string(), name: z.string() }),
  ...settings,
  enabled: z.boolean(),
  answer_url: z.string().describe('where Twilio asks what to do when a call comes in'),
  status_url: z.string().describe('where it tells of calls that end'),
  created_at: instant,
  updated_at: instant,
  created_by: Actor,
});
export const VoiceLineList = listOf(VoiceLine);

export const VoiceCall = z.object({
  id: id('voiceCall'),
  line_id: id('voiceLine'),
  direction: z.enum(['inbound', 'callback']),
  number: z.string().describe('the caller’s, which proves nothing'),
  conversation_id: id('conversation'),
  status: z.enum(['calling', 'active', 'ended']),
  held_since: instant.nullable().describe('since then a request waits for its decision, and the caller with it'),
  fallback: z.enum(FALLBACKS).nullable().describe('what followed where nobody decided in time'),
  callback: z.enum(['wanted', 'calling', 'done', 'failed']).nullable(),
  voicemail_url: z.string().nullable().describe('the recording, at Twilio'),
  end_reason: z.string().nullable(),
  started_at: instant,
  ended_at: instant.nullable(),
});
export const VoiceCallList = listOf(VoiceCall);

/** What a conversation on the phone says of its last call. */
export const PhoneCall = VoiceCall.pick({ id: true, line_id: true, number: true, status: true, held_since: true });

import type { WireVoiceCall, WireVoiceLine } from '@countersign/contract';
import { type Engine, lineUrl } from '@countersign/engine';
import type { VoiceCallRow, VoiceLineRow } from '@countersign/store';

export const presentVoiceLine = (
  row: VoiceLineRow,
  names: ReadonlyMap<string, string>,
  engine: Pick<Engine, 'issuer'>,
): WireVoiceLine => ({
  id: row.id,
  name: row.name,
  agent: { id: row.agent_id, name: names.get(row.agent_id) ?? '' },
  version: row.version,
  account_sid: row.account_sid,
  api_url: row.api_url,
  number: row.number,
  mode: row.mode,
  greeting: row.greeting,
  language: row.language,
  voice: row.voice,
  hold_message: row.hold_message,
  music_url: row.music_url,
  update_message: row.update_message,
  update_seconds: row.update_seconds,
  timeout_seconds: row.timeout_seconds,
  fallback: row.fallback,
  fallback_message: row.fallback_message,
  sorry_message: row.sorry_message,
  transfer_to: row.transfer_to,
  on_hangup: row.on_hangup,
  enabled: row.disabled_at === null,
  answer_url: lineUrl(engine, row.id, null, 'answer'),
  status_url: lineUrl(engine, row.id, null, 'status'),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  created_by: { kind: row.created_by.kind, id: row.created_by.id, name: row.created_by.name },
});

export const presentVoiceCall = (row: VoiceCallRow): WireVoiceCall => ({
  id: row.id,
  line_id: row.line_id,
  direction: row.direction,
  number: row.number,
  conversation_id: row.conversation_id,
  status: row.status,
  held_since: row.held_since?.toISOString() ?? null,
  fallback: row.fallback,
  callback: row.callback,
  voicemail_url: row.voicemail_url,
  end_reason: row.end_reason,
  started_at: row.started_at.toISOString(),
  ended_at: row.ended_at?.toISOString() ?? null,
});

/** Calls of voice lines: each a conversation, and how far its caller has been told. */
import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { VoiceFallback } from './voice-lines.ts';

export type VoiceCallRow = {
  id: string;
  line_id: string;
  sid: string | null;
  direction: 'inbound' | 'callback';
  number: string;
  conversation_id: string;
  status: 'calling' | 'active' | 'ended';
  held_since: Date | null;
  held_execution_id: string | null;
  fallback: VoiceFallback | null;
  callback: 'wanted' | 'calling' | 'done' | 'failed' | null;
  callback_attempts: number;
  spoken_position: number;
  spoken_execution_id: string | null;
  unsaid: string;
  heard: number;
  session: string | null;
  reconnects: number;
  voicemail_url: string | null;
  end_reason: string | null;
  started_at: Date;
  ended_at: Date | null;
};

const columns = `id, line_id, sid, direction, number, conversation_id, status, held_since, held_execution_id, fallback, callback,
  callback_attempts, spoken_position, spoken_execution_id, unsaid, heard, session, reconnects, voicemail_url, end_reason,
  started_at, ended_at`;

const insert = statement<VoiceCallRow>(
  'voice_call_insert',
  `insert into voice_call (workspace_id, id, line_id, sid, direction, number, conversation_id, status, spoken_position, spoken_execution_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${columns}`,
);
export const insertVoiceCall = async (
  scope: Scope,
  row: Pick<
    VoiceCallRow,
    | 'id'
    | 'line_id'
    | 'sid'
    | 'direction'
    | 'number'
    | 'conversation_id'
    | 'status'
    | 'spoken_position'
    | 'spoken_execution_id'
  >,
): Promise<VoiceCallRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.line_id,
    row.sid,
    row.direction,
    row.number,
    row.conversation_id,
    row.status,
    row.spoken_position,
    row.spoken_execution_id,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<VoiceCallRow>(
  'voice_call_get',
  `select ${columns} from voice_call where workspace_id = $1 and id = $2`,
);
const lock = statement<VoiceCallRow & { now: Date }>(
  'voice_call_lock',
  `select ${columns}, clock_timestamp() as now from voice_call where workspace_id = $1 and id = $2 for update`,
);
const bySid = statement<VoiceCallRow>(
  'voice_call_by_sid',
  `select ${columns} from voice_call where workspace_id = $1 and line_id = $2 and sid = $3`,
);
export const getVoiceCall = (scope: Scope, id: string): Promise<VoiceCallRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockVoiceCall = (scope: Scope, id: string): Promise<(VoiceCallRow & { now: Date }) | undefined> =>
  lock.one(scope, scope.workspaceId, id);
export const voiceCallOfSid = (scope: Scope, lineId: string, sid: string): Promise<VoiceCallRow | undefined> =>
  bySid.one(scope, scope.workspaceId, lineId, sid);

const SET = [
  'sid',
  'status',
  'held_since',
  'held_execution_id',
  'fallback',
  'callback',
  'callback_attempts',
  'unsaid',
  'heard',
  'session',
  'reconnects',
  'voicemail_url',
  'end_reason',
  'ended_at',
] as const;
const update = statement(
  'voice_call_update',
  `update voice_call set ${SET.map((name, index) => `${name} = $${index + 3}`).join(', ')} where workspace_id = $1 and id = $2`,
);
/** Of a call whose lock the caller holds. How far it was spoken stays: that is written beside it. */
export const saveVoiceCall = (scope: Scope, row: VoiceCallRow): Promise<number> =>
  update.run(scope, scope.workspaceId, row.id, ...SET.map((name) => row[name]));

const spoken = statement(
  'voice_call_spoken',
  `update voice_call set spoken_position = $3, spoken_execution_id = $4
   where workspace_id = $1 and id = $2 and spoken_position <= $3`,
);
export const noteSpoken = (scope: Scope, id: string, position: number, executionId: string | null): Promise<number> =>
  spoken.run(scope, scope.workspaceId, id, position, executionId);

const list = statement<VoiceCallRow & { cursor_at: string }>(
  'voice_call_list',
  `select ${columns}, started_at::text as cursor_at from voice_call where workspace_id = $1 and line_id = $2
     and ($3::timestamptz is null or (started_at, id) < ($3, $4)) order by started_at desc, id desc limit $5`,
);
export const listVoiceCalls = (
  scope: Scope,
  lineId: string,
  after: PageStart,
  limit: number,
): Promise<(VoiceCallRow & { cursor_at: string })[]> =>
  list.all(scope, scope.workspaceId, lineId, after?.at ?? null, after?.id ?? '', limit + 1);

const ofConversations = statement<VoiceCallRow>(
  'voice_call_of_conversations',
  `select distinct on (conversation_id) ${columns} from voice_call where workspace_id = $1 and conversation_id = any ($2)
   order by conversation_id, started_at desc`,
);
/** The last call of each of these conversations that are on the phone. */
export const callsOfConversations = (scope: Scope, ids: readonly string[]): Promise<VoiceCallRow[]> =>
  ids.length === 0 ? Promise.resolve([]) : ofConversations.all(scope, scope.workspaceId, ids);

const wanted = statement<{ id: string }>(
  'voice_call_callback_wanted',
  `select id from voice_call where workspace_id = $1 and conversation_id = $2 and callback = 'wanted'`,
);
/** The call after which its caller waits to be called back about what ends now. */
export const callWantingCallback = async (scope: Scope, conversationId: string): Promise<string | undefined> =>
  (await wanted.one(scope, scope.workspaceId, conversationId))?.id;

const forgotten = statement<{ id: string }>(
  'voice_call_forgotten',
  `select id from voice_call where workspace_id = $1 and status <> 'ended' and started_at < clock_timestamp() - interval '5 hours'`,
);
/** No call lasts longer than four hours at Twilio: nobody told us of their end. */
export const forgottenCalls = async (scope: Scope): Promise<string[]> =>
  (await forgotten.all(scope, scope.workspaceId)).map(({ id }) => id);

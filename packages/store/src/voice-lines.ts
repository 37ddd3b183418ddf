/** Numbers on which an agent answers. */
import type { Actor } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Database, type Scope, asChannel, statement } from './database.ts';

export type VoiceFallback = 'return_to_agent' | 'voicemail' | 'callback' | 'transfer';

export type VoiceLineRow = {
  id: string;
  name: string;
  agent_id: string;
  version: number | null;
  account_sid: string;
  /** Sealed. */
  auth_token: Buffer;
  api_url: string;
  number: string;
  mode: 'relay' | 'gather';
  greeting: string;
  language: string;
  voice: string | null;
  hold_message: string;
  music_url: string | null;
  update_message: string;
  update_seconds: number;
  timeout_seconds: number;
  fallback: VoiceFallback;
  fallback_message: string;
  sorry_message: string;
  transfer_to: string | null;
  on_hangup: 'cancel' | 'keep_open';
  askers: string[];
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
  disabled_at: Date | null;
};

const SET = [
  'name',
  'version',
  'account_sid',
  'auth_token',
  'api_url',
  'number',
  'mode',
  'greeting',
  'language',
  'voice',
  'hold_message',
  'music_url',
  'update_message',
  'update_seconds',
  'timeout_seconds',
  'fallback',
  'fallback_message',
  'sorry_message',
  'transfer_to',
  'on_hangup',
  'askers',
] as const;
const columns = `id, agent_id, ${SET.join(', ')}, created_by, created_at, updated_at, disabled_at`;

type Settable = Pick<VoiceLineRow, (typeof SET)[number]>;
const valuesOf = (row: Settable): unknown[] => SET.map((name) => row[name]);

const insert = statement(
  'voice_line_insert',
  `insert into voice_line (workspace_id, id, agent_id, created_by, ${SET.join(', ')})
   values ($1, $2, $3, $4, ${SET.map((_, index) => `$${index + 5}`).join(', ')})`,
);
export const insertVoiceLine = (
  scope: Scope,
  row: Settable & Pick<VoiceLineRow, 'id' | 'agent_id' | 'created_by'>,
): Promise<number> => insert.run(scope, scope.workspaceId, row.id, row.agent_id, row.created_by, ...valuesOf(row));

const get = statement<VoiceLineRow>(
  'voice_line_get',
  `select ${columns} from voice_line where workspace_id = $1 and id = $2 and deleted_at is null`,
);
const lock = statement<VoiceLineRow>(
  'voice_line_lock',
  `select ${columns} from voice_line where workspace_id = $1 and id = $2 and deleted_at is null for update`,
);
export const getVoiceLine = (scope: Scope, id: string): Promise<VoiceLineRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockVoiceLine = (scope: Scope, id: string): Promise<VoiceLineRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'voice_line_update',
  `update voice_line set disabled_at = $3, updated_at = clock_timestamp(),
     ${SET.map((name, index) => `${name} = $${index + 4}`).join(', ')} where workspace_id = $1 and id = $2`,
);
export const saveVoiceLine = (scope: Scope, row: VoiceLineRow): Promise<number> =>
  update.run(scope, scope.workspaceId, row.id, row.disabled_at, ...valuesOf(row));

const remove = statement(
  'voice_line_delete',
  'update voice_line set deleted_at = clock_timestamp() where workspace_id = $1 and id = $2 and deleted_at is null',
);
export const deleteVoiceLine = (scope: Scope, id: string): Promise<number> => remove.run(scope, scope.workspaceId, id);

const list = statement<VoiceLineRow & { cursor_at: string }>(
  'voice_line_list',
  `select ${columns}, created_at::text as cursor_at from voice_line where workspace_id = $1 and deleted_at is null
     and ($2::timestamptz is null or (created_at, id) < ($2, $3)) order by created_at desc, id desc limit $4`,
);
export const listVoiceLines = (
  scope: Scope,
  after: PageStart,
  limit: number,
): Promise<(VoiceLineRow & { cursor_at: string })[]> =>
  list.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? '', limit + 1);

const workspaceNamed = statement<{ workspace_id: string }>(
  'voice_line_workspace',
  'select workspace_id from voice_line where id = $1 and deleted_at is null',
);
/** Where a line is, for its provider. */
export const workspaceOfVoiceLine = (database: Database, id: string): Promise<string | undefined> =>
  asChannel(database, id, async (scope) => (await workspaceNamed.one(scope, id))?.workspace_id);

const patience = statement<Pick<VoiceLineRow, 'timeout_seconds' | 'fallback'>>(
  'voice_line_patience',
  'select timeout_seconds, fallback from voice_line where workspace_id = $1 and id = $2',
);
/** How long a caller waits there, and what then. The role that runs agents may read no more. */
export const patienceOfLine = (
  scope: Scope,
  id: string,
): Promise<Pick<VoiceLineRow, 'timeout_seconds' | 'fallback'> | undefined> =>
  patience.one(scope, scope.workspaceId, id);

/** Short-lived credentials for pages of other people: one conversation, from one origin. Stored as their SHA-256. */
import { type Database, type Scope, byCredential, ofConversation, statement } from './database.ts';

export type ChatTokenRow = {
  workspace_id: string;
  id: string;
  conversation_id: string;
  origin: string;
  key_id: string;
  expires_at: Date;
};

const insert = statement<Pick<ChatTokenRow, 'expires_at'>>(
  'chat_token_insert',
  `insert into chat_token (workspace_id, id, secret_hash, conversation_id, origin, key_id, expires_at)
   values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7)) returning expires_at`,
);

export const insertChatToken = async (
  scope: Scope,
  row: Pick<ChatTokenRow, 'id' | 'conversation_id' | 'origin' | 'key_id'> & {
    secretHash: Buffer;
    validSeconds: number;
  },
): Promise<Date> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.secretHash,
    row.conversation_id,
    row.origin,
    row.key_id,
    row.validSeconds,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted.expires_at;
};

const byHash = statement<ChatTokenRow>(
  'chat_token_by_hash',
  `select workspace_id, id, conversation_id, origin, key_id, expires_at from chat_token
   where secret_hash = $1 and expires_at > now()`,
);

/** One that may be used now, as far as itself is concerned: its key may have ended. */
export const findChatToken = (database: Database, secretHash: Buffer): Promise<ChatTokenRow | undefined> =>
  byCredential(database, secretHash, 'read only', (scope) => byHash.one(scope, secretHash));

const known = statement<{ known: boolean }>(
  'chat_token_origin',
  `select exists (select from chat_token where conversation_id = $1 and origin = $2
     and expires_at > now() - interval '1 day') as known`,
);

/**
 * Whether a token was made for this conversation and origin: then its pages may read our answers, also the one that says
 * that the token has ended.
 */
export const isOriginOfConversation = async (
  database: Database,
  conversationId: string,
  origin: string,
): Promise<boolean> =>
  (await ofConversation(database, conversationId, (scope) => known.one(scope, conversationId, origin)))?.known ?? false;

import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { ConversationRow, MessageRow } from './rows.ts';

const columns = 'id, agent_id, version, title, on_behalf_of, active_execution_id, created_at';

const insert = statement<ConversationRow>(
  'conversation_insert',
  `insert into conversation (workspace_id, id, agent_id, version, title, on_behalf_of) values ($1, $2, $3, $4, $5, $6)
   returning ${columns}`,
);

export const insertConversation = async (
  scope: Scope,
  row: Pick<ConversationRow, 'id' | 'agent_id' | 'version' | 'title' | 'on_behalf_of'>,
): Promise<ConversationRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.agent_id,
    row.version,
    row.title,
    row.on_behalf_of,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<ConversationRow>(
  'conversation_get',
  `select ${columns} from conversation where workspace_id = $1 and id = $2`,
);
const lock = statement<ConversationRow>(
  'conversation_lock',
  `select ${columns} from conversation where workspace_id = $1 and id = $2 for update`,
);

export const getConversation = (scope: Scope, id: string): Promise<ConversationRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockConversation = (scope: Scope, id: string): Promise<ConversationRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const setActive = statement(
  'conversation_active',
  'update conversation set active_execution_id = $3 where workspace_id = $1 and id = $2',
);

/** Which execution works on the last message; null when it has ended. */
export const setActiveExecution = (scope: Scope, id: string, executionId: string | null): Promise<number> =>
  setActive.run(scope, scope.workspaceId, id, executionId);

const messageColumns = 'id, conversation_id, role, content, execution_id, position, created_at';

const insertOne = statement<MessageRow>(
  'message_insert',
  `insert into message (workspace_id, id, conversation_id, role, content, execution_id) values ($1, $2, $3, $4, $5, $6)
   returning ${messageColumns}`,
);

export const insertMessage = async (
  scope: Scope,
  row: Pick<MessageRow, 'id' | 'conversation_id' | 'role' | 'content' | 'execution_id'>,
): Promise<MessageRow> => {
  const inserted = await insertOne.one(
    scope,
    scope.workspaceId,
    row.id,
    row.conversation_id,
    row.role,
    row.content,
    row.execution_id,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const messages = statement<MessageRow>(
  'message_list',
  `select ${messageColumns} from message where workspace_id = $1 and conversation_id = $2 and position > $3
   order by position limit $4`,
);

/** A page, oldest first; one row more than the limit says that there is a next page. */
export const listMessages = (
  scope: Scope,
  conversationId: string,
  afterPosition: number,
  limit: number,
): Promise<MessageRow[]> => messages.all(scope, scope.workspaceId, conversationId, afterPosition, limit + 1);

export const listConversations = async (
  scope: Scope,
  agentId: string | undefined,
  after: PageStart,
  limit: number,
): Promise<(ConversationRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1'];
  if (agentId !== undefined) conditions.push(`agent_id = $${values.push(agentId)}`);
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<ConversationRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from conversation where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};

import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { ConversationRow, MessageRow } from './rows.ts';

const columns = 'id, agent_id, version, title, on_behalf_of, active_execution_id, created_at, archived_at';

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

const find = statement<MessageRow>(
  'message_get',
  `select ${messageColumns} from message where workspace_id = $1 and conversation_id = $2 and id = $3`,
);

export const getMessage = (scope: Scope, conversationId: string, id: string): Promise<MessageRow | undefined> =>
  find.one(scope, scope.workspaceId, conversationId, id);

export type ConversationFilter = {
  readonly agent_id?: string | undefined;
  readonly archived?: 'true' | 'false' | undefined;
  /** Words of its title or of what was said in it, in any case. */
  readonly q?: string | undefined;
};

export const listConversations = async (
  scope: Scope,
  filter: ConversationFilter,
  after: PageStart,
  limit: number,
): Promise<(ConversationRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1', `archived_at is ${filter.archived === 'true' ? 'not null' : 'null'}`];
  if (filter.agent_id !== undefined) conditions.push(`agent_id = $${values.push(filter.agent_id)}`);
  if (filter.q !== undefined) {
    const words = `strpos(lower(%), lower($${values.push(filter.q)})) > 0`;
    conditions.push(`(${words.replace('%', 'title')} or exists (select from message m where m.workspace_id = $1
      and m.conversation_id = conversation.id and ${words.replace('%', 'm.content')}))`);
  }
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<ConversationRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from conversation where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};

const setTitle = statement(
  'conversation_title',
  'update conversation set title = $3 where workspace_id = $1 and id = $2',
);

export const setConversationTitle = (scope: Scope, id: string, title: string): Promise<number> =>
  setTitle.run(scope, scope.workspaceId, id, title);

const archive = statement(
  'conversation_archive',
  'update conversation set archived_at = clock_timestamp() where workspace_id = $1 and id = $2 and archived_at is null',
);

/** @returns 0 if it was archived before */
export const archiveConversation = (scope: Scope, id: string): Promise<number> =>
  archive.run(scope, scope.workspaceId, id);

export type ConversationUsage = {
  readonly conversation_id: string;
  readonly config: unknown;
  readonly input_tokens: number;
  readonly output_tokens: number;
};

const usage = statement<ConversationUsage>(
  'conversation_usage',
  `select e.conversation_id, v.config, sum(e.input_tokens)::bigint as input_tokens, sum(e.output_tokens)::bigint as output_tokens
   from execution e join agent_version v on v.workspace_id = e.workspace_id and v.id = e.agent_version_id
   where e.workspace_id = $1 and e.conversation_id = any($2) group by e.conversation_id, v.workspace_id, v.id`,
);

/** What the executions of conversations used, by the version that used it. */
export const usageOfConversations = (scope: Scope, ids: readonly string[]): Promise<ConversationUsage[]> =>
  usage.all(scope, scope.workspaceId, ids);

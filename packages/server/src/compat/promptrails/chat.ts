import { type JsonObject, isObject } from '@countersign/core';
import {
  type ConversationRow,
  type MessageRow,
  type Scope,
  compatNotes,
  compatPage,
  getConversation,
  getMessage,
  putCompatNote,
} from '@countersign/store';
import { notFound } from '../../http/problem.ts';
import { presentMessage as toWire } from '../../present/work.ts';
import type { WireMessage } from '@countersign/contract';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, bareIdOrNull, ownId } from '../ids.ts';
import { mustStream } from '../sse.ts';
import { untilSettled } from '../until-settled.ts';
import { DIALECT, list, one, pageOf } from './answers.ts';
import { presentExecution } from './executions.ts';
import { streamTurn } from './stream.ts';

const idOf = (asked: Asked): string => ownId('conversation', asked.params['id'] ?? '');

const presentSession = (scope: Scope, row: ConversationRow, note: JsonObject = {}) => ({
  id: bareId(row.id),
  workspace_id: bareId(scope.workspaceId),
  agent_id: bareId(row.agent_id),
  user_id: bareIdOrNull(row.on_behalf_of),
  title: row.title,
  metadata: note['metadata'] ?? {},
  created_at: row.created_at.toISOString(),
  updated_at: row.created_at.toISOString(),
});

const presentMessage = (sessionId: string, message: WireMessage) => ({
  id: bareId(message.id),
  session_id: bareId(sessionId),
  role: message.role,
  content: message.content,
  metadata: {},
  token_count: null,
  execution_id: bareIdOrNull(message.execution_id),
  created_at: message.created_at,
});

const readSession = (asked: Asked, id: string) =>
  asked.read('getConversation', async (scope) => {
    const row = await getConversation(scope, id);
    // What was deleted there is archived here.
    if (!row || row.archived_at) throw notFound('session');
    return presentSession(scope, row, (await compatNotes(scope, DIALECT, [id])).get(id));
  });

const messagesOf = async (scope: Scope, id: string, ids: readonly string[]): Promise<MessageRow[]> =>
  (await Promise.all(ids.map((message) => getMessage(scope, id, message)))).filter((row) => row !== undefined);

/** The turn's two sides; the agent's is null while a person is asked, or where nothing may be said. */
const send = async (asked: Asked) => {
  const id = idOf(asked);
  const { content } = await asked.body();
  const { message, execution: started } = await asked.call('postMessage', { params: { id }, body: { content } });
  const execution = await untilSettled(asked, started);
  const reply = await asked.read('listMessages', async (scope) => {
    const { ids } = await compatPage(
      scope,
      'message',
      { conversation_id: id, execution_id: execution.id, role: 'assistant' },
      { page: 1, size: 100 },
    );
    const last = (await messagesOf(scope, id, ids)).at(-1);
    return { workspaceId: scope.workspaceId, message: last ? presentMessage(id, toWire(last)) : null };
  });
  const { status, error, execution_id: executionId } = presentExecution(reply.workspaceId, execution);
  return one(
    {
      user_message: presentMessage(id, message),
      assistant_message: reply.message,
      execution_id: executionId,
      status,
      error,
    },
    201,
  );
};

const SESSION = '/api/v1/chat/sessions/:id';

export const chatRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/chat/sessions',
    answer: (asked) =>
      asked.read('listConversations', async (scope) => {
        const page = pageOf(asked);
        const { agent_id: agent } = asked.query;
        const filter = { archived_at: null, agent_id: agent ? ownId('agent', agent) : undefined };
        const { ids, total } = await compatPage(scope, 'conversation', filter, page);
        const rows = await Promise.all(ids.map((id) => getConversation(scope, id)));
        const notes = await compatNotes(scope, DIALECT, ids);
        const shown = rows.flatMap((row) => (row ? [presentSession(scope, row, notes.get(row.id))] : []));
        return list(shown, total, page);
      }),
  },
  {
    method: 'POST',
    path: '/api/v1/chat/sessions',
    answer: async (asked) => {
      const { agent_id: agent, title, metadata } = await asked.body();
      const conversation = await asked.call('createConversation', {
        body: { agent_id: typeof agent === 'string' ? ownId('agent', agent) : agent, title: title || undefined },
      });
      if (isObject(metadata) && Object.keys(metadata).length > 0)
        await asked.write('createConversation', (scope) =>
          putCompatNote(scope, DIALECT, conversation.id, { metadata }),
        );
      return one(await readSession(asked, conversation.id), 201);
    },
  },
  { method: 'GET', path: SESSION, answer: async (asked) => one(await readSession(asked, idOf(asked))) },
  {
    method: 'PATCH',
    path: SESSION,
    answer: async (asked) => {
      const id = idOf(asked);
      const { title } = await asked.body();
      await asked.call('updateConversation', { params: { id }, body: { title } });
      return one(await readSession(asked, id));
    },
  },
  {
    method: 'DELETE',
    path: SESSION,
    answer: async (asked) => {
      await asked.call('archiveConversation', { params: { id: idOf(asked) } });
      return { status: 204, body: undefined };
    },
  },
  {
    method: 'GET',
    path: `${SESSION}/messages`,
    answer: (asked) =>
      asked.read('listMessages', async (scope) => {
        const id = idOf(asked);
        if (!(await getConversation(scope, id))) throw notFound('session');
        const page = pageOf(asked);
        const { ids, total } = await compatPage(scope, 'message', { conversation_id: id }, page);
        const shown = (await messagesOf(scope, id, ids)).map((row) => presentMessage(id, toWire(row)));
        return list(shown, total, page);
      }),
  },
  { method: 'POST', path: `${SESSION}/messages`, answer: send },
  {
    method: 'POST',
    path: `${SESSION}/messages/stream`,
    answer: async (asked) => {
      const { content } = await asked.body();
      const params = { id: idOf(asked) };
      return streamTurn(await mustStream(await asked.open('postMessageAndStream', { params, body: { content } })));
    },
  },
];

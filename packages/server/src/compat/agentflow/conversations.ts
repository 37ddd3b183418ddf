import type { WireConversation, WireMessage } from '@countersign/contract';
import { compatNotes, compatPage, getConversation, putCompatNote } from '@countersign/store';
import { Problem, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { ownId } from '../ids.ts';
import { type ServerEvent, mustStream, tellEvents } from '../sse.ts';
import { list, pageOf } from './answers.ts';
import { showId, showIdOrNull } from './ids.ts';

const DIALECT = 'agentflow';

const present = (conversation: WireConversation, messageCount: number | null = null) => ({
  id: showId('conversation', conversation.id),
  agent_id: showId('agent', conversation.agent.id),
  agent_name: conversation.agent.name,
  title: conversation.title === '' ? null : conversation.title,
  created_at: conversation.created_at,
  updated_at: conversation.created_at,
  is_active: conversation.archived_at === null,
  has_active_generation: conversation.active_execution_id !== null,
  message_count: messageCount,
  metadata: {},
});

const presentMessage = ({ id, role, content, created_at: at, execution_id: execution }: WireMessage) => ({
  id: showId('message', id),
  role,
  content,
  timestamp: at,
  call_id: showIdOrNull('call', execution),
});

/** A client may name a conversation before it is there; under that name it is found again. */
const notedAs = (given: string): string => `named ${given.slice(0, 200)}`;

/** Ours for an id of ours, or for a name that a client gave; undefined where there is none. */
export const findConversation = (asked: Asked, given: string): Promise<string | undefined> =>
  asked.read('getConversation', async (scope) => {
    const own = await getConversation(scope, ownId('conversation', given));
    if (own) return own.id;
    const note = (await compatNotes(scope, DIALECT, [notedAs(given)])).get(notedAs(given));
    const id = note?.['conversation_id'];
    return typeof id === 'string' ? id : undefined;
  });

const mustFindConversation = async (asked: Asked, given = asked.params['id'] ?? ''): Promise<string> => {
  const id = await findConversation(asked, given);
  if (id === undefined) throw notFound('conversation');
  return id;
};

/** @param given the client's name for it: the same name again is the same conversation */
export const createConversation = async (
  asked: Asked,
  agentId: string,
  { given, title }: { readonly given?: string | undefined; readonly title?: unknown },
): Promise<WireConversation> => {
  const conversation = await asked.call('createConversation', {
    body: { agent_id: agentId, title: title || undefined },
    once: given === undefined ? undefined : `conversation ${agentId} ${given}`,
  });
  if (given !== undefined)
    await asked.write('createConversation', (scope) =>
      putCompatNote(scope, DIALECT, notedAs(given), { conversation_id: conversation.id }),
    );
  return conversation;
};

/** The whole of it; theirs have no pages. */
const messagesOf = async (asked: Asked, id: string): Promise<WireMessage[]> => {
  const all: WireMessage[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 20; pages += 1) {
    const { data, next_cursor: next } = await asked.call('listMessages', {
      params: { id },
      query: { limit: 200, cursor },
    });
    all.push(...data);
    if (next === null) break;
    cursor = next;
  }
  return all;
};

const detailOf = async (asked: Asked, id: string) => {
  const conversation = await asked.call('getConversation', { params: { id } });
  // What was deleted there is archived here.
  if (conversation.archived_at !== null) throw notFound('conversation');
  const messages = await messagesOf(asked, id);
  return { conversation: present(conversation, messages.length), messages: messages.map(presentMessage) };
};

/** Each change is the whole state again, from which a reader that was away goes on. */
const watch = async (asked: Asked): Promise<Response> => {
  const id = await mustFindConversation(asked);
  const inner = await mustStream(await asked.open('streamConversation', { params: { id } }));
  const seen = new Set(['message', 'turn', 'approval']);
  const frame = (event: ServerEvent, content: unknown): string =>
    `id: ${event.id}\ndata: ${JSON.stringify({ type: 'conversation_update', content })}\n\n`;
  return tellEvents(
    inner,
    ['retry: 5000\n\n'],
    {
      tell: async (event) => (seen.has(event.type) ? [frame(event, await detailOf(asked, id))] : []),
      end: () => [],
    },
    ({ message }) => `data: ${JSON.stringify({ type: 'error', content: { message } })}\n\n`,
  );
};

const cancel = async (asked: Asked) => {
  const id = await mustFindConversation(asked);
  const { active_execution_id: execution } = await asked.call('getConversation', { params: { id } });
  if (execution === null) throw new Problem('execution_ended', 'Nothing is at work in this conversation.');
  await asked.call('cancelExecution', { params: { id: execution }, body: {} });
  return { body: { conversation_id: showId('conversation', id), cancelled: true } };
};

const search = async (asked: Asked) => {
  const { q, query, limit } = asked.query;
  const size = Number(limit ?? 20);
  const { data } = await asked.call('listConversations', {
    query: { q: q ?? query, limit: Number.isInteger(size) && size >= 1 && size <= 100 ? size : 20 },
  });
  return { body: { conversations: data.map((each) => present(each)), total: data.length } };
};

const CONVERSATIONS = '/api/v1/conversations';
const ONE = `${CONVERSATIONS}/:id`;

const rename = async (asked: Asked) => {
  const id = await mustFindConversation(asked);
  const { title } = await asked.body();
  return { body: present(await asked.call('updateConversation', { params: { id }, body: { title } })) };
};

export const conversationRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: CONVERSATIONS,
    answer: async (asked) => {
      const page = pageOf(asked);
      const { agent_id: agent } = asked.query;
      const { ids, total } = await asked.read('listConversations', (scope) =>
        compatPage(
          scope,
          'conversation',
          { archived_at: null, agent_id: agent ? ownId('agent', agent) : undefined },
          page,
        ),
      );
      const all = await Promise.all(ids.map((id) => asked.call('getConversation', { params: { id } })));
      return list(
        'conversations',
        all.map((each) => present(each)),
        total,
        page,
      );
    },
  },
  {
    method: 'POST',
    path: CONVERSATIONS,
    answer: async (asked) => {
      const { agent_id: agent, title, conversation_id: given } = await asked.body();
      const conversation = await createConversation(asked, typeof agent === 'string' ? ownId('agent', agent) : '', {
        given: typeof given === 'string' ? given : undefined,
        title,
      });
      return { status: 201, body: { conversation: present(conversation), created: true } };
    },
  },
  { method: 'GET', path: `${CONVERSATIONS}/search`, answer: search },
  {
    method: 'GET',
    path: ONE,
    answer: async (asked) => ({ body: await detailOf(asked, await mustFindConversation(asked)) }),
  },
  {
    method: 'GET',
    path: `${ONE}/messages`,
    answer: async (asked) => {
      const { messages } = await detailOf(asked, await mustFindConversation(asked));
      return { body: { messages, total: messages.length } };
    },
  },
  { method: 'GET', path: `${ONE}/watch`, answer: watch },
  { method: 'POST', path: `${ONE}/cancel`, answer: cancel },
  { method: 'PATCH', path: ONE, answer: rename },
  { method: 'PUT', path: ONE, answer: rename },
  {
    method: 'DELETE',
    path: ONE,
    answer: async (asked) => {
      await asked.call('archiveConversation', { params: { id: await mustFindConversation(asked) } });
      return { status: 204, body: undefined };
    },
  },
];

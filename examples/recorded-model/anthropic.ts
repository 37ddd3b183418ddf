/** The recorded model for clients of Anthropic's messages API: translated to chat completions and back. */
import { type Handler, type Incoming, type Reply, jsonReply } from './listen.ts';
import { textOf } from './transcript.ts';
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

/** Answers `/v1/messages` from `chat`, which speaks chat completions; everything else is left to it. */
export const anthropicHandler =
  (chat: Handler): Handler =>
  async (request) => {
    if (request.method === 'POST' && request.path === '/v1/messages/count_tokens')
      return jsonReply(200, { input_tokens: 1 });
    if (request.method !== 'POST' || request.path !== '/v1/messages') return chat(request);
    const asked = JSON.parse(request.body) as JsonObject;
    const reply = await chat(asChat(request, asked));
    const answer = JSON.parse(await wholeOf(reply)) as JsonObject;
    if (reply.status !== 200) return jsonReply(reply.status, { type: 'error', error: answer['error'] ?? null });
    const said = objects(answer['choices'])[0]?.['message'];
    const message = messageOf(asked, said && isObject(said) ? said : {});
    return asked['stream'] === true ? streamOf(message) : jsonReply(200, message);
  };

const objects = (value: Json | undefined): JsonObject[] =>
  value !== undefined && value !== null && isArray(value) ? value.filter((item) => isObject(item)) : [];

const wholeOf = async ({ chunks }: Reply): Promise<string> => {
  let whole = '';
  for await (const chunk of chunks) whole += chunk;
  return whole;
};

const asChat = (request: Incoming, asked: JsonObject): Incoming => {
  const messages: Said[] = [];
  for (const message of objects(asked['messages'])) {
    const added = remindersIn(message);
    messages.push(...chatMessages(message));
    // What comes after results is read with them, as a model does.
    const last = messages.at(-1);
    if (last?.role === 'tool') last.content += added;
  }
  return { ...request, path: '/v1/chat/completions', body: JSON.stringify({ model: asked['model'], messages }) };
};

type Said = { role: string; content: string; tool_call_id?: string };

const partsOf = ({ content }: JsonObject): JsonObject[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);

const textsOf = (message: JsonObject): string[] =>
  partsOf(message).flatMap((part) => (part['type'] === 'text' ? [textOf(part['text'])] : []));

/** What a coding agent adds to what its user said. */
const isReminder = (text: string): boolean => text.trimStart().startsWith('<system-reminder>');

const remindersIn = (message: JsonObject): string =>
  textsOf(message)
    .filter((text) => message['role'] === 'system' || isReminder(text))
    .join('\n');

const chatMessages = (message: JsonObject): Said[] => {
  const role = textOf(message['role']);
  if (role === 'system') return [];
  if (role === 'assistant') return [{ role, content: textsOf(message).join('') }];
  const results = partsOf(message).filter(({ type }) => type === 'tool_result');
  if (results.length > 0)
    return results.map((result) => ({
      role: 'tool',
      tool_call_id: textOf(result['tool_use_id']),
      content: textOf(result['content']),
    }));
  const said = textsOf(message).filter((text) => !isReminder(text));
  return said.length === 0 ? [] : [{ role, content: said.join('\n') }];
};

/** Clients prefix the tools of MCP servers. */
const offered = (asked: JsonObject, name: string): string => {
  const names = objects(asked['tools']).map((tool) => textOf(tool['name']));
  return names.find((each) => each === name || each.endsWith(`__${name}`)) ?? name;
};

type Block = { readonly type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: Json };

const USAGE = { input_tokens: 1, output_tokens: 1 };

const messageOf = (asked: JsonObject, said: JsonObject) => {
  const text = textOf(said['content']);
  const calls = objects(said['tool_calls']).map((call): Block => {
    const called = isObject(call['function'] ?? null) ? (call['function'] as JsonObject) : {};
    const input = JSON.parse(textOf(called['arguments'])) as Json;
    return { type: 'tool_use', id: textOf(call['id']), name: offered(asked, textOf(called['name'])), input };
  });
  const content: Block[] = [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...calls];
  return {
    id: `msg_${crypto.randomUUID()}`,
    type: 'message',
    role: 'assistant',
    model: textOf(asked['model']),
    content,
    stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  };
};

const streamOf = (message: ReturnType<typeof messageOf>): Reply => {
  const { stop_reason, stop_sequence } = message;
  const events: [string, object][] = [
    ['message_start', { message: { ...message, content: [], stop_reason: null } }],
    ...message.content.flatMap((block, index): [string, object][] => [
      ['content_block_start', { index, content_block: emptied(block) }],
      ['content_block_delta', { index, delta: deltaOf(block) }],
      ['content_block_stop', { index }],
    ]),
    ['message_delta', { delta: { stop_reason, stop_sequence }, usage: USAGE }],
    ['message_stop', {}],
  ];
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    chunks: events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`),
  };
};

const emptied = (block: Block): object =>
  block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };

const deltaOf = (block: Block): object =>
  block.type === 'text'
    ? { type: 'text_delta', text: block.text }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };

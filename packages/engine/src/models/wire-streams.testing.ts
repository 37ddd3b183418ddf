/** The same answers as `wire-formats.testing.ts`, as each provider documents its stream: server-sent events. */
import type { ModelProvider } from './model.ts';
import type { Said } from './wire-formats.testing.ts';

type Event = { readonly type?: string };

const named = (event: Event): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const plain = (event: object | string): string =>
  `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`;

/** As models do: in pieces that follow no words. */
const pieces = (text: string): string[] => text.match(/.{1,5}/gsu) ?? [];

const openaiCompatible = ({ text, calls }: Said): string[] => {
  const chunk = (delta: object, finish: string | null = null) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'local-model-2026',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(text).map((content) => chunk({ content })),
    ...calls.flatMap(({ id, name, argumentsText }, index) => [
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ...pieces(argumentsText).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
    {
      ...chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'),
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    },
    '[DONE]',
  ].map(plain);
};

const openai = ({ text, calls, signature }: Said): string[] => {
  const response = { id: 'resp_1', object: 'response', created_at: 1_790_000_000, model: 'gpt-4.1-2026' };
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] as object[] };
  const message = { type: 'message', id: 'msg_1', role: 'assistant' };
  let index = 0;
  return [
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
    ...(signature === undefined
      ? []
      : [
          {
            type: 'response.output_item.added',
            output_index: index,
            item: { ...reasoning, encrypted_content: '' },
          },
          { type: 'response.reasoning_summary_part.added', item_id: 'rs_1', output_index: index, summary_index: 0 },
          {
            type: 'response.reasoning_summary_text.delta',
            item_id: 'rs_1',
            output_index: index,
            summary_index: 0,
            delta: 'Hm.',
          },
          { type: 'response.reasoning_summary_part.done', item_id: 'rs_1', output_index: index, summary_index: 0 },
          {
            type: 'response.output_item.done',
            output_index: index++,
            item: {
              ...reasoning,
              summary: [{ type: 'summary_text', text: 'Hm.' }],
              encrypted_content: signature,
            },
          },
        ]),
    ...(text === ''
      ? []
      : [
          {
            type: 'response.output_item.added',
            output_index: index,
            item: { ...message, status: 'in_progress', content: [] },
          },
          ...pieces(text).map((delta) => ({
            type: 'response.output_text.delta',
            item_id: 'msg_1',
            output_index: index,
            content_index: 0,
            delta,
          })),
          {
            type: 'response.output_item.done',
            output_index: index++,
            item: { ...message, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] },
          },
        ]),
    ...calls.flatMap((call, at) => {
      const item = { type: 'function_call', id: `fc_${at}`, call_id: call.id, name: call.name };
      const place = index++;
      return [
        {
          type: 'response.output_item.added',
          output_index: place,
          item: { ...item, arguments: '', status: 'in_progress' },
        },
        ...pieces(call.argumentsText).map((delta) => ({
          type: 'response.function_call_arguments.delta',
          item_id: item.id,
          output_index: place,
          delta,
        })),
        {
          type: 'response.output_item.done',
          output_index: place,
          item: { ...item, arguments: call.argumentsText, status: 'completed' },
        },
      ];
    }),
    {
      type: 'response.completed',
      response: {
        ...response,
        status: 'completed',
        incomplete_details: null,
        usage: {
          input_tokens: 11,
          output_tokens: 7,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens_details: { reasoning_tokens: 0 },
        },
      },
    },
  ].map(named);
};

const anthropic = ({ text, calls, signature }: Said): string[] => {
  const blocks = [
    ...(signature === undefined
      ? []
      : [
          {
            start: { type: 'thinking', thinking: '', signature: '' },
            deltas: [
              { type: 'thinking_delta', thinking: 'Hm.' },
              { type: 'signature_delta', signature },
            ],
          },
        ]),
    ...(text === ''
      ? []
      : [
          {
            start: { type: 'text', text: '' },
            deltas: pieces(text).map((piece) => ({ type: 'text_delta', text: piece })),
          },
        ]),
    ...calls.map((call) => ({
      start: { type: 'tool_use', id: call.id, name: call.name, input: {} },
      deltas: pieces(call.argumentsText).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    })),
  ];
  return [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-2026',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 11, output_tokens: 1 },
      },
    },
    ...blocks.flatMap(({ start, deltas }, index) => [
      { type: 'content_block_start', index, content_block: start },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 7 },
    },
    { type: 'message_stop' },
  ].map(named);
};

const google = ({ text, calls, signature }: Said): string[] => {
  const chunk = (parts: object[], finish?: string) => ({
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(finish ? { finishReason: finish } : {}) }],
    modelVersion: 'gemini-2.5-pro-2026',
    usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
  });
  return [
    ...pieces(text).map((piece) => chunk([{ text: piece }])),
    ...calls.map((call) =>
      chunk([
        {
          functionCall: { name: call.name, args: JSON.parse(call.argumentsText) as unknown },
          ...(signature === undefined ? {} : { thoughtSignature: signature }),
        },
      ]),
    ),
    chunk([{ text: '' }], 'STOP'),
  ].map(plain);
};

/** The pieces of an answer as they go over the wire. */
export const STREAMS: Record<ModelProvider, (said: Said) => string[]> = {
  openai_compatible: openaiCompatible,
  openai,
  anthropic,
  google,
};

/** Said in the middle of a stream by a provider that is overloaded. */
export const STREAM_ERRORS: Record<ModelProvider, string> = {
  openai_compatible: plain({ error: { message: 'overloaded', type: 'server_error', param: null, code: null } }),
  openai: named({
    type: 'error',
    sequence_number: 3,
    error: { type: 'server_error', code: 'server_error', message: 'overloaded', param: null },
  } as Event),
  anthropic: named({ type: 'error', error: { type: 'overloaded_error', message: 'overloaded' } } as Event),
  google: plain({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }),
};

/**
 * The providers' documented wire formats, as far as the tests speak them: OpenAI chat completions and responses,
 * Anthropic messages, Gemini generateContent.
 */
import type { ModelProvider, ModelToolCall } from './model.ts';

export type Said = { text: string; calls: ModelToolCall[]; signature?: string };

type Body = Record<string, unknown>;

export type Wire = {
  model: string;
  /** One that gives signed reasoning. */
  reasoningModel: string;
  path: string;
  keyHeader: string;
  keepsIds: boolean;
  carriesText: boolean;
  answer: (said: Said) => object;
  error: (message: string) => object;
  /** The conversation in a request, one line a part. */
  conversation: (body: Body) => string[];
  /** Signatures in a request. */
  signatures: (body: Body) => unknown[];
};

/** A value deep inside a request, undefined where the shape is another: a wrong shape then fails the comparison. */
const get = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Body)[key] : undefined), value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const str = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const openaiCompatible: Wire = {
  model: 'local-model',
  reasoningModel: 'local-model',
  path: '/v1/chat/completions',
  keyHeader: 'authorization',
  keepsIds: true,
  carriesText: true,
  answer: ({ text, calls }) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'local-model-2026',
    choices: [
      {
        index: 0,
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map((call) => ({
                  id: call.id,
                  type: 'function',
                  function: { name: call.name, arguments: call.argumentsText },
                })),
              }),
        },
      },
    ],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  }),
  error: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  conversation: (body) =>
    list(body['messages']).flatMap((message) => {
      const [role, content] = [get(message, 'role'), get(message, 'content')];
      if (role === 'system') return [];
      if (role === 'tool') return [`result: ${str(content)}`];
      const calls = list(get(message, 'tool_calls')).map((call) => `call: ${str(get(call, 'function', 'arguments'))}`);
      return [...(content ? [`${str(role)}: ${str(content)}`] : []), ...calls];
    }),
  signatures: () => [],
};

const openai: Wire = {
  model: 'gpt-4.1',
  reasoningModel: 'gpt-5',
  path: '/v1/responses',
  keyHeader: 'authorization',
  keepsIds: true,
  carriesText: true,
  answer: ({ text, calls, signature }) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_790_000_000,
    status: 'completed',
    model: 'gpt-4.1-2026',
    error: null,
    incomplete_details: null,
    output: [
      ...(signature === undefined
        ? []
        : [
            {
              type: 'reasoning',
              id: 'rs_1',
              summary: [{ type: 'summary_text', text: 'Hm.' }],
              encrypted_content: signature,
            },
          ]),
      ...(text === ''
        ? []
        : [
            {
              type: 'message',
              id: 'msg_1',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text, annotations: [] }],
            },
          ]),
      ...calls.map((call, at) => ({
        type: 'function_call',
        id: `fc_${at}`,
        call_id: call.id,
        name: call.name,
        arguments: call.argumentsText,
        status: 'completed',
      })),
    ],
    usage: {
      input_tokens: 11,
      output_tokens: 7,
      total_tokens: 18,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }),
  error: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  conversation: (body) =>
    list(body['input']).flatMap((item) => {
      const [type, role, content] = [get(item, 'type'), get(item, 'role'), get(item, 'content')];
      if (type === 'function_call') return [`call: ${str(get(item, 'arguments'))}`];
      if (type === 'function_call_output') return [`result: ${str(get(item, 'output'))}`];
      if (role !== 'user' && role !== 'assistant') return [];
      const parts = list(content).map((part) => str(get(part, 'text')));
      return [`${role}: ${typeof content === 'string' ? content : parts.join('')}`];
    }),
  signatures: (body) =>
    list(body['input']).flatMap((item) => (get(item, 'type') === 'reasoning' ? [get(item, 'encrypted_content')] : [])),
};

const anthropic: Wire = {
  model: 'claude-sonnet-4-5',
  reasoningModel: 'claude-sonnet-4-5',
  path: '/v1/messages',
  keyHeader: 'x-api-key',
  keepsIds: true,
  carriesText: false,
  answer: ({ text, calls, signature }) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-2026',
    stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    content: [
      ...(signature === undefined ? [] : [{ type: 'thinking', thinking: 'Hm.', signature }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map((call) => ({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: JSON.parse(call.argumentsText) as unknown,
      })),
    ],
    usage: { input_tokens: 11, output_tokens: 7 },
  }),
  error: (message) => ({ type: 'error', error: { type: 'some_error', message } }),
  conversation: (body) =>
    list(body['messages']).flatMap((message) =>
      list(get(message, 'content')).map((part) => {
        if (get(part, 'type') === 'tool_use') return `call: ${str(get(part, 'input'))}`;
        if (get(part, 'type') === 'tool_result') return `result: ${str(get(part, 'content'))}`;
        return `${str(get(message, 'role'))}: ${str(get(part, 'text'))}`;
      }),
    ),
  signatures: (body) =>
    list(body['messages']).flatMap((message) =>
      list(get(message, 'content')).flatMap((part) =>
        get(part, 'type') === 'thinking' ? [get(part, 'signature')] : [],
      ),
    ),
};

const google: Wire = {
  model: 'gemini-2.5-pro',
  reasoningModel: 'gemini-2.5-pro',
  path: '/v1/models/gemini-2.5-pro:generateContent',
  keyHeader: 'x-goog-api-key',
  keepsIds: false,
  carriesText: false,
  answer: ({ text, calls, signature }) => ({
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: [
            ...(text === '' ? [] : [{ text }]),
            ...calls.map((call) => ({
              functionCall: { name: call.name, args: JSON.parse(call.argumentsText) as unknown },
              ...(signature === undefined ? {} : { thoughtSignature: signature }),
            })),
          ],
        },
      },
    ],
    modelVersion: 'gemini-2.5-pro-2026',
    usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
  }),
  error: (message) => ({ error: { code: 400, message, status: 'SOME_ERROR' } }),
  conversation: (body) =>
    list(body['contents']).flatMap((content) =>
      list(get(content, 'parts')).map((part) => {
        if (get(part, 'functionCall')) return `call: ${str(get(part, 'functionCall', 'args'))}`;
        const response = get(part, 'functionResponse', 'response');
        if (response) return `result: ${str(get(response, 'content') ?? get(response, 'error'))}`;
        return `${get(content, 'role') === 'model' ? 'assistant' : 'user'}: ${str(get(part, 'text'))}`;
      }),
    ),
  signatures: (body) =>
    list(body['contents']).flatMap((content) =>
      list(get(content, 'parts')).flatMap((part) => get(part, 'thoughtSignature') ?? []),
    ),
};

export const WIRES: Record<ModelProvider, Wire> = { openai_compatible: openaiCompatible, openai, anthropic, google };

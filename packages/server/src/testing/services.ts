/** A model and a tool as real HTTP servers, whose answers the test scripts. */
import { type Json, type JsonObject } from '@countersign/core';
import { completion, completionChunks } from '../../../../examples/recorded-model/completion.ts';
import { jsonReply, listen } from '../../../../examples/recorded-model/listen.ts';
import type { TestApp, Who } from './test-app.ts';

export type ModelRequest = {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools: readonly JsonObject[];
};

/** What the model says: a text, calls of tools (arguments as JSON, or as text to write them wrongly), or an HTTP error. */
export type ModelAnswer =
  | { readonly text: string }
  /** Said piece by piece, to whoever asks for a stream. */
  | { readonly pieces: AsyncIterable<string> }
  | {
      readonly text?: string;
      readonly calls: readonly {
        readonly tool: string;
        readonly arguments: Json | { readonly text: string };
        readonly id?: string;
      }[];
    }
  | { readonly status: number; readonly error?: string };

/** Answers one after another (the last one again and again), or as a function of the request. */
export type ModelScript =
  | readonly ModelAnswer[]
  | ((request: ModelRequest, turn: number) => ModelAnswer | Promise<ModelAnswer>);

export type TestModel = {
  readonly url: string;
  readonly requests: ModelRequest[];
  readonly close: () => Promise<void>;
};

const isWrittenText = (value: Json | { readonly text: string }): value is { readonly text: string } =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === 'text';

const allOf = async (pieces: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
};

/** The chunks of an answer; the pieces that are still to come stand after the first of them. */
async function* asStream(
  chunks: ReturnType<typeof completionChunks>,
  pieces: AsyncIterable<string> | null,
): AsyncGenerator<string> {
  const line = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
  const [first, ...rest] = chunks;
  if (first) yield line(first);
  for await (const content of pieces ?? [])
    yield line({ ...first, choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }] });
  for (const chunk of rest) yield line(chunk);
  yield 'data: [DONE]\n\n';
}

/** An OpenAI-compatible server on the loopback address; `url` ends in /v1, as `base_url` wants it. */
export const startModel = async (script: ModelScript): Promise<TestModel> => {
  const requests: ModelRequest[] = [];
  const server = await listen(async ({ body }) => {
    const {
      messages,
      tools = [],
      model,
      stream = false,
    } = JSON.parse(body) as Partial<Pick<ModelRequest, 'tools'>> &
      Omit<ModelRequest, 'tools'> & { model: string; stream?: boolean };
    const request = { messages, tools };
    const turn = requests.push(request) - 1;
    const answer =
      typeof script === 'function'
        ? await script(request, turn)
        : (script[Math.min(turn, script.length - 1)] ?? { text: '' });
    if ('status' in answer)
      return jsonReply(answer.status, {
        error: { message: answer.error ?? 'no', type: 'server_error', param: null, code: null },
      });
    const calls = 'calls' in answer ? answer.calls : [];
    const pieces = 'pieces' in answer ? answer.pieces : null;
    const spoken = {
      model,
      promptLength: body.length,
      content: 'text' in answer ? (answer.text ?? null) : pieces && !stream ? await allOf(pieces) : null,
      calls: calls.map((call, index) => ({
        id: call.id ?? `call_${turn}_${index}`,
        name: call.tool,
        argumentsText: isWrittenText(call.arguments) ? call.arguments.text : JSON.stringify(call.arguments),
        result: null,
      })),
    };
    if (!stream) return jsonReply(200, completion(spoken));
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      chunks: asStream(completionChunks(spoken, true), pieces),
    };
  });
  return { url: `${server.url}/v1`, requests, close: server.close };
};

export type ToolCall = {
  readonly path: string;
  readonly key: string | null;
  readonly arguments: Json;
  readonly headers: Readonly<Record<string, unknown>>;
};
export type TestTool = {
  /** Any path below it is answered. */
  readonly url: string;
  /** Every call that arrived, in order. */
  readonly ledger: ToolCall[];
  readonly close: () => Promise<void>;
};

/** @param answer of a call: a text, or a status with a text; "done" unless given */
export const startTool = async (
  answer: (call: ToolCall) => string | { readonly status: number; readonly text: string } | Promise<string> = () =>
    'done',
): Promise<TestTool> => {
  const ledger: ToolCall[] = [];
  const server = await listen(async ({ path, headers, body }) => {
    const key = headers['idempotency-key'];
    const call = {
      path,
      headers,
      key: typeof key === 'string' ? key : null,
      arguments: (body === '' ? null : JSON.parse(body)) as Json,
    };
    ledger.push(call);
    const said = await answer(call);
    const { status, text } = typeof said === 'string' ? { status: 200, text: said } : said;
    return { status, headers: { 'content-type': 'text/plain' }, chunks: [text] };
  });
  return { url: server.url, ledger, close: server.close };
};

const ANY_ARGUMENTS = {
  type: 'object',
  properties: { amount: { type: 'number', maximum: 1000 }, order: { type: 'string' } },
};

/** Defines tools named as the keys of `tools`, and an agent that has them; merges `config` into its version. */
export const defineAgent = async (
  app: Pick<TestApp, 'call'>,
  who: Who,
  model: Pick<TestModel, 'url'>,
  tools: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly http: { readonly url: string } }>>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly id: string }> => {
  const made = async (path: string, body: unknown): Promise<{ id: string }> => {
    const answer = await app.call<{ id: string }>(who, 'POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  for (const [name, tool] of Object.entries(tools))
    await made('/v1/tools', { name, parameters: ANY_ARGUMENTS, ...tool });
  return made('/v1/agents', {
    name: `Agent ${Math.random().toString(36).slice(2)}`,
    config: {
      provider: 'openai_compatible',
      model: 'scripted',
      base_url: model.url,
      tools: Object.keys(tools),
      ...config,
    },
  });
};

/** Asks again until the answer is as wanted. @throws after `timeoutMs` with what came last */
export const until = async <T>(
  ask: () => Promise<T>,
  isWanted: (value: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> => {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    if (Date.now() > endMs) throw new Error(`waited in vain; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/**
 * An OpenAI-compatible model server that answers from recorded runs.
 *
 *     node examples/recorded-model/server.ts --runs FILE [--port N]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closeOnSignal, jsonReply, listen, type Handler, type Listening, type Reply } from './listen.ts';
import { completion, completionChunks, type Spoken } from './completion.ts';
import { type ChatMessage, type Next, findNext } from './find-next.ts';
import { type Run, readRuns, textOf } from './transcript.ts';
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

/** Said where the recording has nothing further for this turn. */
export const AT_THE_END = 'That is all I have to say to this.';

export type RecordedModelOptions = {
  readonly runs: readonly Run[];
  /** What to say in a conversation that was not recorded; without it, such a request is a 404. */
  readonly otherwise?: string;
  /** Between the pieces of a stream, as a real model takes its time; none unless given. */
  readonly pauseMs?: number;
};

export const recordedModelHandler =
  (options: RecordedModelOptions): Handler =>
  ({ method, path, body }) => {
    if (method === 'GET' && path === '/v1/models') return modelList(options.runs);
    if (method === 'POST' && path === '/v1/chat/completions') return answer(options, body);
    return problem(404, 'unknown_url', `no ${method} ${path} here`);
  };

/** Starts the server on 127.0.0.1; port 0 or none takes a free one. The `url` is without `/v1`. */
export const startRecordedModel = async (
  options: RecordedModelOptions & { readonly port?: number },
): Promise<Listening> => listen(recordedModelHandler(options), options.port);

const answer = ({ runs, otherwise, pauseMs = 0 }: RecordedModelOptions, body: string): Reply => {
  const request = parseRequest(body);
  if (!request) return problem(400, 'invalid_request', 'the body must be a JSON object with `model` and `messages`');
  const next = findNext(runs, request.model, request.messages);
  if (next.found === 'none' && otherwise === undefined) return problem(404, 'no_such_recording', next.why);
  const spoken: Spoken = {
    model: request.model,
    promptLength: request.messages.reduce((sum, { content }) => sum + content.length, 0),
    ...saying(next, otherwise ?? ''),
  };
  if (!request.stream) return jsonReply(200, completion(spoken));
  const chunks = completionChunks(spoken, request.includeUsage);
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
    chunks: spaced([...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'], pauseMs),
  };
};

async function* spaced(chunks: readonly string[], pauseMs: number): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    if (pauseMs > 0) await pause(pauseMs);
  }
}

const saying = (next: Next, otherwise: string): Pick<Spoken, 'content' | 'calls'> => {
  if (next.found === 'answer') return next.answer;
  return { content: next.found === 'end' ? AT_THE_END : otherwise, calls: [] };
};

type ChatRequest = {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
};

const parseRequest = (body: string): ChatRequest | undefined => {
  const request = parseObject(body);
  const messages = request?.['messages'];
  if (!request || typeof request['model'] !== 'string' || messages === undefined || messages === null) return undefined;
  if (!isArray(messages)) return undefined;
  const options = request['stream_options'];
  return {
    model: request['model'],
    messages: messages.flatMap((message) =>
      isObject(message) ? [{ role: textOf(message['role']), content: textOf(message['content']) }] : [],
    ),
    stream: request['stream'] === true,
    includeUsage: isObject(options) && options['include_usage'] === true,
  };
};

const parseObject = (text: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const modelList = (runs: readonly Run[]): Reply => {
  const ids = ['recorded', ...runs.map(({ runId }) => `recorded/${runId}`)];
  return jsonReply(200, {
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'recorded-model' })),
  });
};

const problem = (status: number, code: string, message: string): Reply =>
  jsonReply(status, { error: { message, type: 'invalid_request_error', param: null, code } });

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, port: { type: 'string', default: '0' } } });
  if (values.runs === undefined) throw new Error('say which recorded runs: --runs FILE');
  const runs = await readRuns(values.runs);
  const server = await startRecordedModel({ runs, port: Number(values.port) });
  console.log(`recorded model: ${runs.length} runs at ${server.url}/v1`);
  closeOnSignal(server.close);
};

if (import.meta.main) await main();

import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { generateText, jsonSchema, tool, wrapLanguageModel, type ToolSet } from 'ai';
import { collectStream } from './collect-stream.ts';
import { toModelFailure } from './failure.ts';
import { toLibraryMessages } from './messages.ts';
import type { ModelConfig, ModelFailure, ModelMessage, ModelTool, ModelTurn } from './model.ts';
import { openModel } from './provider.ts';
import { toTurn } from './turn.ts';

export type ModelCall = {
  config: ModelConfig;
  apiKey: string | undefined;
  instructions: string;
  messages: ModelMessage[];
  tools: ModelTool[];
  /** The guarded fetch, with a deadline long enough for a model that thinks. */
  fetch: typeof globalThis.fetch;
  signal?: AbortSignal;
  /** Hears the text as the model says it: the answer is then asked for as a stream. */
  onText?: (piece: string) => void;
};

export type ModelOutcome = { ok: true; turn: ModelTurn } | { ok: false; failure: ModelFailure };

// The library prints warnings to standard error by default; ours are part of the turn.
globalThis.AI_SDK_LOG_WARNINGS = false;

const toToolSet = (tools: ModelTool[]): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      // No `execute`: the loop is ours, and nothing runs before its gate.
      tool({ description, inputSchema: jsonSchema(parameters) }),
    ]),
  );

/** Thrown into the library where a stream was asked for and the answer came whole. */
const CAME_WHOLE = new Error('the answer came whole');

const isEventStream = (response: Response): boolean =>
  (response.headers.get('content-type') ?? '').includes('text/event-stream');

/**
 * Asks a model for one turn. Never retries and never runs a tool. Tool calls come back as the model wrote them, also
 * when they name an unknown tool or their arguments are no JSON: what to do about that is the loop's decision.
 */
export const callModel = async (call: ModelCall): Promise<ModelOutcome> => {
  const { config, apiKey, instructions, messages, tools, fetch, signal, onText } = call;
  let status: number | undefined;
  let whole: Response | undefined;
  const observedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (whole) return whole;
    const response = await fetch(input, init);
    status = response.status;
    // Not every compatible server streams. Its answer is good all the same, and is not asked for twice.
    if (onText && response.ok && !isEventStream(response)) {
      whole = response;
      throw CAME_WHOLE;
    }
    return response;
  };
  const model = openModel({ config, apiKey, fetch: observedFetch });
  if ('kind' in model) return { ok: false, failure: model };

  let answer: LanguageModelV4GenerateResult | undefined;
  const observed = wrapLanguageModel({
    model,
    middleware: {
      specificationVersion: 'v4',
      wrapGenerate: async ({ doGenerate, doStream }) => {
        const given = onText
          ? await doStream().then(
              (stream) => collectStream(stream, onText),
              (error: unknown) => (whole ? doGenerate() : Promise.reject(error as Error)),
            )
          : await doGenerate();
        answer = given;
        return given;
      },
    },
  });
  try {
    await generateText({
      model: observed,
      messages: toLibraryMessages(messages, config),
      allowSystemInMessages: true, // they are our own, persisted ones; a user's text always has the role `user`
      maxRetries: 0,
      // Stored items vanish at the provider after some weeks; an approval may take longer. Everything needed to go on
      // is in our messages instead.
      providerOptions: { openai: { store: false } },
      ...(instructions === '' ? {} : { instructions }),
      ...(tools.length === 0 ? {} : { tools: toToolSet(tools) }),
      ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
      ...(config.maxOutputTokens === undefined ? {} : { maxOutputTokens: config.maxOutputTokens }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
  } catch (error) {
    if (signal?.aborted === true)
      return { ok: false, failure: { kind: 'permanent', code: 'cancelled', message: 'The model call was cancelled.' } };
    const failure = toModelFailure(error, { config, apiKey, status });
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
  if (answer === undefined) throw new Error('generateText returned without asking the model');
  const turn = toTurn(answer, config);
  // Some adapters make an empty turn of an answer that they did not understand.
  if (
    turn.text === '' &&
    turn.toolCalls.length === 0 &&
    (turn.finishReason === 'other' || turn.finishReason === 'error')
  ) {
    const message = `${config.provider} ${config.model} answered with nothing, and no reason that is known.`;
    return { ok: false, failure: { kind: 'retryable', code: 'invalid_response', message } };
  }
  return { ok: true, turn };
};

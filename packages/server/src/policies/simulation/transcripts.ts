/**
 * Recorded agent runs as the tool calls that were made in them. A line of a file is either a run (`messages` in the OpenAI
 * chat format, perhaps with the `expected_actions` that were right) or a single call (`tool`, `arguments`, `expected`).
 */
import { type Json, type JsonObject, canonicalize, isArray, isObject, parseStrict } from '@countersign/core';

export type RecordedCall = {
  /** In the file, from 1. */
  readonly line: number;
  /** What belongs together: a run, or all the single calls of the file. */
  readonly run: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly agentName: string | null;
  /** RFC 3339, where the recording says when. */
  readonly at: string | null;
  /** Whether it was right to make this call; null where the recording does not say. */
  readonly expected: boolean | null;
};

export type Transcripts = {
  readonly calls: readonly RecordedCall[];
  readonly runs: number;
  /** Calls whose arguments are no JSON object: the product refuses them before any policy is asked. */
  readonly unreadable: readonly { readonly line: number; readonly tool: string }[];
};

/** What is wrong with a file, in a sentence. */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError';
}

/** The calls of all single-call lines, which are no run. */
const SINGLE_CALLS = 'calls';

export const readTranscripts = (text: string): Transcripts => {
  const calls: RecordedCall[] = [];
  const unreadable: { line: number; tool: string }[] = [];
  const runs = new Set<string>();
  for (const [index, lineText] of text.split('\n').entries()) {
    if (lineText.trim() === '') continue;
    const number = index + 1;
    const line = parseLine(lineText, number);
    const tool = line['tool'];
    if (typeof tool === 'string') {
      calls.push(singleCall(line, tool, number));
      continue;
    }
    const messages = line['messages'];
    if (messages === undefined || !isArray(messages))
      throw new TranscriptError(`line ${number} is neither a run (messages) nor a call (tool)`);
    const name = textIn(line, 'run_id') ?? `line ${number}`;
    const run = runs.has(name) ? `${name}, line ${number}` : name;
    runs.add(run);
    const expectation = expectedIn(line);
    for (const made of callsIn(messages)) {
      const args = parseStrict(made.argumentsText.trim() === '' ? '{}' : made.argumentsText);
      if (!args.ok || !isObject(args.value)) {
        unreadable.push({ line: number, tool: made.tool });
        continue;
      }
      const expected = expectation?.(made.tool, args.value) ?? null;
      calls.push({
        line: number,
        run,
        tool: made.tool,
        arguments: args.value,
        agentName: textIn(line, 'agent_name'),
        at: momentIn(line, number),
        expected,
      });
    }
  }
  return { calls, runs: runs.size, unreadable };
};

const parseLine = (text: string, number: number): JsonObject => {
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch {
    throw new TranscriptError(`line ${number} is not JSON`);
  }
  if (!isObject(line)) throw new TranscriptError(`line ${number} is not a JSON object`);
  return line;
};

const textIn = (line: JsonObject, name: string): string | null => {
  const value = line[name];
  return typeof value === 'string' ? value : null;
};

const momentIn = (line: JsonObject, number: number): string | null => {
  const at = textIn(line, 'at');
  if (at === null) return null;
  if (Number.isNaN(Date.parse(at)))
    throw new TranscriptError(`line ${number}: "at" is not a moment like 2026-05-04T09:00:00Z`);
  return new Date(at).toISOString();
};

const singleCall = (line: JsonObject, tool: string, number: number): RecordedCall => {
  const args = line['arguments'] ?? {};
  if (!isObject(args)) throw new TranscriptError(`line ${number}: "arguments" is not an object`);
  const { expected } = line;
  if (expected !== undefined && typeof expected !== 'boolean')
    throw new TranscriptError(`line ${number}: "expected" is neither true nor false`);
  return {
    line: number,
    run: textIn(line, 'run_id') ?? SINGLE_CALLS,
    tool,
    arguments: args,
    agentName: textIn(line, 'agent_name'),
    at: momentIn(line, number),
    expected: expected ?? null,
  };
};

type MadeCall = { readonly tool: string; readonly argumentsText: string };

const callsIn = (messages: readonly Json[]): MadeCall[] =>
  messages.flatMap((message) => {
    const made = isObject(message) && message['role'] === 'assistant' ? message['tool_calls'] : undefined;
    if (made === undefined || made === null || !isArray(made)) return [];
    return made.flatMap((call) => {
      const { name, arguments: args } = (
        isObject(call) && isObject(call['function'] ?? null) ? call['function'] : {}
      ) as JsonObject;
      if (typeof name !== 'string') return [];
      return [{ tool: name, argumentsText: typeof args === 'string' ? args : JSON.stringify(args ?? {}) }];
    });
  });

/** Calls are the same if name and canonical arguments are; each expected one is met once. Undefined: none are named. */
const expectedIn = (line: JsonObject): ((tool: string, args: JsonObject) => boolean) | undefined => {
  const actions = line['expected_actions'];
  if (actions === undefined || !isArray(actions)) return undefined;
  const left = actions.flatMap((action) =>
    isObject(action) && typeof action['name'] === 'string'
      ? [`${action['name']} ${canonicalize(action['kwargs'] ?? {})}`]
      : [],
  );
  return (tool, args) => {
    const at = left.indexOf(`${tool} ${canonicalize(args)}`);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  };
};

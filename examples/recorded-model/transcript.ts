/**
 * Recorded agent runs: one JSON object a line, with `run_id` and `messages` in the OpenAI chat format. A run is read
 * as turns (what the user said, and every answer of the model until the user spoke again), because a conversation with
 * an agent is played turn by turn.
 */
import { readFile } from 'node:fs/promises';
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

/** A tool call as recorded, with the result that the tool gave then. */
export type RecordedCall = {
  /** Ours, unique in all runs: recordings use one id twice in a run. */
  readonly id: string;
  readonly name: string;
  /** The text as the model wrote it, not parsed. */
  readonly argumentsText: string;
  /** Null where the recording ends before the result. */
  readonly result: string | null;
};

/** What the model says instead when the tool message before it matches `when`; `{{name}}` holds a named group. */
export type Alternative = {
  readonly when: RegExp;
  readonly content: string | null;
  readonly calls: readonly RecordedCall[];
};

export type Answer = {
  readonly content: string | null;
  readonly calls: readonly RecordedCall[];
  readonly alternatives: readonly Alternative[];
};

type Turn = { readonly user: string; readonly answers: readonly Answer[] };

export type Run = {
  readonly runId: string;
  readonly system: string;
  readonly turns: readonly Turn[];
  /** The whole line, for members that only its reader knows. */
  readonly line: JsonObject;
};

/** Stands for a user message without words, which a conversation can't carry. */
const WORDLESS = '(no words)';
/** Stands for the user where the recorded model speaks twice, or first. */
const GO_ON = '(go on)';

/** Reads a file of runs. Throws with the number of the line that is not a run. */
export const readRuns = async (file: string): Promise<Run[]> => parseRuns(await readFile(file, 'utf8'));

export const parseRuns = (text: string): Run[] => {
  const taken = new Set<string>();
  return text.split('\n').flatMap((lineText, index) => {
    if (lineText.trim() === '') return [];
    const line = parseLine(lineText, index + 1);
    const recordedId = typeof line['run_id'] === 'string' ? line['run_id'] : `line-${index + 1}`;
    const runId = taken.has(recordedId) ? `${recordedId}~line-${index + 1}` : recordedId;
    taken.add(runId);
    return [parseRun(runId, line)];
  });
};

const parseLine = (text: string, number: number): JsonObject => {
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`line ${number} is not JSON`, { cause: error });
  }
  if (!isObject(line) || !isArray(line['messages'] ?? null))
    throw new Error(`line ${number} holds no list of messages`);
  return line;
};

/** Call ids travel in headers, where little more than letters and digits is safe. */
const plain = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9_-]/gu, (character) => `:${Buffer.from(character).toString('hex')}`);

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type DraftCall = Draft<RecordedCall> & { readonly recordedId: string | null };
type DraftAnswer = { content: string | null; calls: DraftCall[]; alternatives: Alternative[] };

const parseRun = (runId: string, line: JsonObject): Run => {
  const turns: { user: string; answers: DraftAnswer[] }[] = [];
  const system: string[] = [];
  let answerCount = 0;

  for (const message of objectsIn(line['messages'])) {
    const said = textOf(message['content']);
    const last = turns.at(-1)?.answers.at(-1);
    switch (message['role']) {
      case 'system':
      case 'developer':
        system.push(said);
        break;
      case 'user':
        turns.push({ user: said.trim() === '' ? WORDLESS : said, answers: [] });
        break;
      case 'assistant': {
        if (turns.length === 0 || (last && endsTurn(last))) turns.push({ user: GO_ON, answers: [] });
        turns.at(-1)?.answers.push(parseAnswer(message, `${plain(runId)}_${answerCount}`));
        answerCount += 1;
        break;
      }
      case 'tool':
        keepResult(last?.calls ?? [], message['tool_call_id'], said);
        break;
      default:
        // Other roles say nothing that a model would answer to.
        break;
    }
  }
  return { runId, system: system.join('\n\n'), turns, line };
};

/** Words alone end a turn, unless another thing that the model might have said calls a tool. */
const endsTurn = (answer: DraftAnswer): boolean =>
  answer.calls.length === 0 && answer.alternatives.every((alternative) => alternative.calls.length === 0);

const parseAnswer = (message: JsonObject, place: string): DraftAnswer => ({
  content: typeof message['content'] === 'string' || message['content'] ? textOf(message['content']) : null,
  calls: parseCalls(message['tool_calls'], place),
  alternatives: objectsIn(message['alternatives']).map((alternative, index) => ({
    when: new RegExp(textOf(alternative['when'])),
    content: alternative['content'] ? textOf(alternative['content']) : null,
    calls: parseCalls(alternative['tool_calls'], `${place}.${index}`),
  })),
});

const parseCalls = (calls: Json | undefined, place: string): DraftCall[] =>
  objectsIn(calls).map((call, index) => {
    const called = isObject(call['function']) ? call['function'] : {};
    const text = called['arguments'] ?? '';
    return {
      id: `call_${place}_${index}`,
      recordedId: typeof call['id'] === 'string' ? call['id'] : null,
      name: textOf(called['name']),
      argumentsText: typeof text === 'string' ? text : JSON.stringify(text),
      result: null,
    };
  });

/** By id, and by order where ids are missing or used twice. */
const keepResult = (calls: readonly DraftCall[], recordedId: Json | undefined, result: string): void => {
  const open = calls.filter((call) => call.result === null);
  const call = open.find((candidate) => candidate.recordedId === recordedId) ?? open[0];
  if (call) call.result = result;
};

const objectsIn = (value: Json | undefined): JsonObject[] =>
  value !== undefined && value !== null && isArray(value) ? value.filter((item) => isObject(item)) : [];

/** Of a message's `content`: a text, or a list of parts of which the texts count. */
export const textOf = (content: Json | undefined): string => {
  if (typeof content === 'string') return content;
  return objectsIn(content)
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
};

/** A recorded answer in the shapes of OpenAI's chat completions: whole, or as the chunks of a stream. */
import { createHash } from 'node:crypto';
import type { RecordedCall } from './transcript.ts';

export type Spoken = {
  readonly model: string;
  readonly content: string | null;
  readonly calls: readonly RecordedCall[];
  /** Characters of all messages of the request. */
  readonly promptLength: number;
};

/** About four characters are a token; nothing depends on the exact figure, only on its being the same each time. */
const tokensOf = (characters: number): number => Math.ceil(characters / 4);

const PIECE_LENGTH = 8;

const usageOf = ({ promptLength, content, calls }: Spoken) => {
  const answerLength = calls.reduce(
    (sum, call) => sum + call.name.length + call.argumentsText.length,
    content?.length ?? 0,
  );
  const prompt = tokensOf(promptLength);
  const completionTokens = tokensOf(answerLength);
  return { prompt_tokens: prompt, completion_tokens: completionTokens, total_tokens: prompt + completionTokens };
};

/** Made from the content, so that the same request gets the very same answer again. */
const headOf = (spoken: Spoken, object: string) => ({
  id: `chatcmpl-${createHash('sha256').update(JSON.stringify(spoken)).digest('hex').slice(0, 24)}`,
  object,
  created: 0,
  model: spoken.model,
});

const finishOf = ({ calls }: Spoken): string => (calls.length > 0 ? 'tool_calls' : 'stop');

/** `chat.completion`. */
export const completion = (spoken: Spoken) => ({
  ...headOf(spoken, 'chat.completion'),
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: spoken.content ?? (spoken.calls.length > 0 ? null : ''),
        ...(spoken.calls.length > 0 && {
          tool_calls: spoken.calls.map(({ id, name, argumentsText }) => ({
            id,
            type: 'function',
            function: { name, arguments: argumentsText },
          })),
        }),
      },
      logprobs: null,
      finish_reason: finishOf(spoken),
    },
  ],
  usage: usageOf(spoken),
});

/** `chat.completion.chunk`, as many as a stream has; texts come in pieces, as a real model sends them. */
export const completionChunks = (spoken: Spoken, includeUsage: boolean) => {
  const head = headOf(spoken, 'chat.completion.chunk');
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });
  return [
    chunk({ role: 'assistant', content: spoken.content === null ? null : '' }),
    ...piecesOf(spoken.content ?? '').map((content) => chunk({ content })),
    ...spoken.calls.flatMap(({ id, name, argumentsText }, index) => [
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ...piecesOf(argumentsText).map((text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] })),
    ]),
    chunk({}, finishOf(spoken)),
    ...(includeUsage ? [{ ...head, choices: [], usage: usageOf(spoken) }] : []),
  ];
};

const piecesOf = (text: string): string[] => {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / PIECE_LENGTH) }, (_, index) =>
    characters.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH).join(''),
  );
};

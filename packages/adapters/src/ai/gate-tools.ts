/** Tools of the AI SDK that ask before they act. */
import type { GateClient } from '@countersign/sdk';
import type { ToolSet } from 'ai';
import { type GatingOptions, clear, gateEach } from '../clear.ts';
import { withNote } from '../words.ts';

/** A tool's output where its call was not made; the model sees it as denied, with the message as the reason. */
export type Refusal = { readonly type: 'countersign-refusal'; readonly message: string };

const isRefusal = (output: unknown): output is Refusal =>
  typeof output === 'object' && output !== null && 'type' in output && output.type === 'countersign-refusal';

type Tool = ToolSet[string];

/**
 * The same tools, whose `execute` first asks, waits, and takes the approval; it runs on what was approved. Several calls of
 * one turn are before people together. Aborting the generation withdraws what still waits.
 *
 * @throws TypeError for a gated tool without `execute`: it would run where no gate stands
 */
export const gateTools = <T extends ToolSet>(client: GateClient, tools: T, options: GatingOptions = {}): T => {
  return gateEach<Tool, T>(tools, options, (name, tool) => gateTool(client, name, tool, options));
};

const gateTool = (client: GateClient, name: string, tool: Tool, options: GatingOptions): Tool => {
  const { execute, toModelOutput } = tool;
  if (!execute) throw new TypeError(`"${name}" has no execute of its own, so it can not be gated here.`);
  const gated = {
    ...tool,
    execute: async (input: object, running: Parameters<typeof execute>[1]): Promise<unknown> => {
      const call = { id: running.toolCallId, tool: name, arguments: input };
      const clearance = await clear(client, call, options, running.abortSignal);
      if (!clearance.isCleared) return { type: 'countersign-refusal', message: clearance.message } satisfies Refusal;
      return withNote(clearance.note, await lastOf(execute(clearance.arguments, running)));
    },
    toModelOutput: async (made: Parameters<NonNullable<typeof toModelOutput>>[0]) => {
      const output: unknown = made.output;
      if (isRefusal(output)) return { type: 'execution-denied' as const, reason: output.message };
      if (toModelOutput) return toModelOutput(made);
      return typeof output === 'string'
        ? { type: 'text' as const, value: output }
        : { type: 'json' as const, value: (output ?? null) as never }; // Of the tool; what is no JSON fails in the SDK, as without us.
    },
  };
  return gated;
};

/** Of a tool that streams, the last output is its result. */
const lastOf = async (made: unknown): Promise<unknown> => {
  if (typeof made !== 'object' || made === null || !(Symbol.asyncIterator in made)) return made;
  let last: unknown;
  for await (const output of made as AsyncIterable<unknown>) last = output;
  return last;
};

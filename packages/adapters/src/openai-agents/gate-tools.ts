/** Function tools of the OpenAI Agents SDK that ask before they act. */
import type { GateClient } from '@countersign/sdk';
import type { Agent } from '@openai/agents';
import { type GatingOptions, clear, isGated } from '../clear.ts';
import { withNote } from '../words.ts';

/** Whatever the tool's context and parameters are. */
export type AnyTool = Extract<Agent['tools'][number], { type: 'function' }>;

/** @throws SyntaxError for what is no JSON: such a call is never made */
export const argumentsOf = (text: string): object => {
  const args: unknown = JSON.parse(text === '' ? '{}' : text);
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    throw new SyntaxError('The arguments are no JSON object.');
  return args;
};

/**
 * The same tools, which first ask, wait, and take the approval, and run on what was approved. Several calls of one turn are
 * before people together. Aborting the run (`signal`) withdraws what still waits.
 */
export const gateTools = (client: GateClient, tools: readonly AnyTool[], options: GatingOptions = {}): AnyTool[] => {
  for (const name of options.only ?? [])
    if (!tools.some((tool) => tool.name === name)) throw new TypeError(`There is no tool "${name}" to gate.`);
  return tools.map((tool) => (isGated(options, tool.name) ? gateTool(client, tool, options) : tool));
};

const gateTool = (client: GateClient, tool: AnyTool, options: GatingOptions): AnyTool => ({
  ...tool,
  invoke: async (context, input, details) => {
    const callId = details?.toolCall?.callId;
    if (callId === undefined) throw new TypeError('A call without an id can not be gated.');
    const call = { id: callId, tool: tool.name, arguments: argumentsOf(input) };
    const clearance = await clear(client, call, options, details?.signal);
    if (!clearance.isCleared) return clearance.message;
    const result: unknown = await tool.invoke(context, JSON.stringify(clearance.arguments), details);
    return withNote(clearance.note, result);
  },
});

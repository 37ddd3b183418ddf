/** The airline of the recordings: which of its tools change nothing, its tools and its agent as the API creates them. */
import { readFile } from 'node:fs/promises';
import type { RouteInput, Routes } from '@countersign/contract';
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

export type CreateTool = RouteInput<Routes['createTool']>['body'];
export type AgentConfig = NonNullable<RouteInput<Routes['createVersion']>['body']>['config'];

/** From the data's README. A tool that is not named here counts as one that writes, so that it is held. */
const READING_TOOLS: ReadonlySet<string> = new Set([
  'calculate',
  'get_reservation_details',
  'get_user_details',
  'list_all_airports',
  'search_direct_flight',
  'search_onestop_flight',
  'think',
]);

/** Hands the customer over: neither reads nor changes the database, and goes ahead. */
const HANDOVER_TOOLS: ReadonlySet<string> = new Set(['transfer_to_human_agents']);

export const writes = (tool: string): boolean => !READING_TOOLS.has(tool) && !HANDOVER_TOOLS.has(tool);

type FunctionDefinition = { readonly name: string; readonly description: string; readonly parameters: JsonObject };

/** Reads `tools.json`: a list of OpenAI function definitions. */
export const readToolDefinitions = async (file: string): Promise<FunctionDefinition[]> => {
  const list = JSON.parse(await readFile(file, 'utf8')) as Json;
  if (!isArray(list)) throw new Error(`${file} is not a list`);
  return list.map((entry, index) => {
    const definition = isObject(entry) ? entry['function'] : undefined;
    const { name, description, parameters } = isObject(definition) ? definition : {};
    if (typeof name !== 'string' || !isObject(parameters))
      throw new Error(`entry ${index} of ${file} is not a function`);
    return { name, description: typeof description === 'string' ? description : '', parameters };
  });
};

export const toolAt = (toolsUrl: string, { name, description, parameters }: FunctionDefinition): CreateTool => ({
  name,
  description,
  parameters,
  annotations: {
    read_only: READING_TOOLS.has(name),
    destructive: writes(name),
    // The tool server answers a key that it knows with its first result.
    idempotent: true,
    open_world: false,
  },
  http: { url: `${toolsUrl}/tools/${encodeURIComponent(name)}`, idempotency_header: 'Idempotency-Key' },
});

/** The longest recorded turn needs 26; the most that is allowed, so that none is cut off. */
const MODEL_TURNS_MAX = 200;

export const agentConfig = (options: {
  modelUrl: string;
  model: string;
  instructions: string;
  tools: readonly string[];
}): AgentConfig => ({
  provider: 'openai_compatible',
  base_url: `${options.modelUrl}/v1`,
  model: options.model,
  instructions: options.instructions,
  tools: [...options.tools],
  max_turns: MODEL_TURNS_MAX,
  hitl_mode: 'confirm_tools',
  hitl_config: { allowed_tools: options.tools.filter((tool) => !writes(tool)) },
});

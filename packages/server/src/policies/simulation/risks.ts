/** What a file of tools says about their risk; a tool that nobody describes can not be undone, as in the product. */
import {
  type Json,
  type JsonObject,
  RISK_CLASSES,
  type RiskClass,
  isArray,
  isObject,
  matchesGlob,
  riskOf,
} from '@countersign/core';

export type RiskOf = (tool: string) => RiskClass;

/** What is wrong with a file of tools, in a sentence. */
export class ToolsError extends Error {
  override readonly name = 'ToolsError';
}

const isRisk = (value: Json | undefined): value is RiskClass => RISK_CLASSES.some((risk) => risk === value);

/** Our annotations or MCP's hints, with the same defaults: what is not said is destructive and reaches outside. */
const riskIn = (annotations: JsonObject): RiskClass => {
  const said = (ours: string, hint: string): boolean | undefined => {
    const value = annotations[ours] ?? annotations[hint];
    return typeof value === 'boolean' ? value : undefined;
  };
  return riskOf({
    read_only: said('read_only', 'readOnlyHint') ?? false,
    destructive: said('destructive', 'destructiveHint') ?? true,
    open_world: said('open_world', 'openWorldHint') ?? true,
  });
};

/**
 * Reads a list of tools: OpenAI's function definitions, MCP's tools, or `{ name, risk }`. What has neither `risk` nor
 * `annotations` is left out.
 */
export const readRisks = (text: string): ReadonlyMap<string, RiskClass> => {
  let list: Json;
  try {
    list = JSON.parse(text) as Json;
  } catch {
    throw new ToolsError('is not JSON');
  }
  if (isObject(list) && list['tools'] !== undefined) list = list['tools'];
  if (!isArray(list)) throw new ToolsError('holds no list of tools');
  const risks = new Map<string, RiskClass>();
  for (const [index, entry] of list.entries()) {
    if (!isObject(entry)) throw new ToolsError(`entry ${index + 1} is not an object`);
    const definition = isObject(entry['function'] ?? null) ? (entry['function'] as JsonObject) : entry;
    const { name } = definition;
    if (typeof name !== 'string') throw new ToolsError(`entry ${index + 1} has no name`);
    const risk = entry['risk'] ?? definition['risk'];
    const annotations = entry['annotations'] ?? definition['annotations'];
    if (risk !== undefined && !isRisk(risk))
      throw new ToolsError(`${name}: the risk must be one of ${RISK_CLASSES.join(', ')}`);
    if (risk !== undefined) risks.set(name, risk);
    else if (annotations !== undefined && isObject(annotations)) risks.set(name, riskIn(annotations));
  }
  return risks;
};

/** @param readOnly names, with * for any characters; they win over the file */
export const riskLookup =
  (risks: ReadonlyMap<string, RiskClass>, readOnly: readonly string[]): RiskOf =>
  (tool) =>
    readOnly.some((pattern) => matchesGlob(pattern, tool)) ? 'read_only' : (risks.get(tool) ?? 'irreversible');

import { type JsonObject, canonicalize } from '../json.ts';

const TITLE_LENGTH_MAX = 300;

/**
 * The request in a sentence, from the tool's own template (`Refund {amount} to {customer}`) or, without one, from the
 * name of the tool: never from the agent's words.
 */
export const titleOf = (tool: string, template: string | null, args: JsonObject): string => {
  if (!template) return `Call ${tool}`;
  const text = template.replace(/\{([A-Za-z0-9_]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    if (value === undefined) return '(none)';
    return typeof value === 'string' ? value : canonicalize(value);
  });
  return text.length > TITLE_LENGTH_MAX ? `${text.slice(0, TITLE_LENGTH_MAX - 1)}…` : text;
};

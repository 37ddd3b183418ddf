/** A plan in words. Apart from its schema, so that whoever only reads plans does not carry that. */
import { type Json, canonicalize } from '../json.ts';
import type { Plan, PlanBound, PlanLine } from './plan.ts';

/** The request in a sentence, of what can not be said wrongly: the tools. */
export const planTitle = (plan: Plan): string => {
  const names = [...new Set(plan.lines.map(({ tool }) => tool))];
  const shown = names.slice(0, 5).join(', ');
  return `Plan of calls: ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
};

const TEXT_LENGTH_MAX = 200;

export const shortJson = (value: Json): string => {
  const text = typeof value === 'string' ? value : canonicalize(value);
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX - 1)}…` : text;
};

/** What a bound allows, without the argument's name. */
export const boundWords = (bound: PlanBound): string => {
  if (bound.equals !== undefined) return `exactly ${shortJson(bound.equals)}`;
  if (bound.one_of) return `one of ${bound.one_of.map(shortJson).join(', ')}`;
  if (bound.like !== undefined) return `like ${bound.like}`;
  if (bound.at_least !== undefined && bound.at_most !== undefined) return `from ${bound.at_least} to ${bound.at_most}`;
  if (bound.at_most !== undefined) return `at most ${bound.at_most}`;
  return bound.at_least === undefined ? 'anything' : `at least ${bound.at_least}`;
};

export const lineWords = ({ tool, bounds, uses_max: uses }: PlanLine): string => {
  const words = bounds.map((bound) => `${bound.argument} ${boundWords(bound)}`).join(', ');
  return `${tool}${words === '' ? ' without arguments' : ` with ${words}`}, ${uses === 1 ? 'once' : `${uses} times`}`;
};

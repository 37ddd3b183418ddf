/** Whether a call is one that a plan names, and if not, how it departs. */
import { argumentAt } from '../grant/grant.ts';
import { type Json, type JsonObject, canonicalize, isObject } from '../json.ts';
import { matchesGlob } from '../policy/evaluate.ts';
import type { Plan, PlanBound, PlanLine } from './plan.ts';
import { boundWords, shortJson } from './plan-words.ts';

export type PlanState = {
  readonly plan: Plan;
  readonly endsAtMs: number;
  readonly isRevoked: boolean;
  /** How often each line was used. */
  readonly uses: readonly number[];
  /** Names of tools that are not any more what they were when the plan was approved. */
  readonly changedTools: readonly string[];
};

export type PlanCall = { readonly tool: string; readonly arguments: JsonObject };

/** One way in which a call departs from a plan. Lines count from 1, as people do; without one it is about all of them. */
export type Departure =
  | { readonly line: null; readonly why: 'revoked' | 'over' | 'no_line' | 'tool_changed' }
  | { readonly line: number; readonly why: 'used_up'; readonly uses: number }
  | { readonly line: number; readonly why: 'bound'; readonly argument: string }
  /** The line has no bound for an argument that the call carries. */
  | { readonly line: number; readonly why: 'unbound'; readonly argument: string };

export type PlanAnswer =
  | { readonly matches: true; readonly line: number }
  | { readonly matches: false; readonly departures: readonly Departure[] };

const isEqual = (one: Json, other: Json): boolean => canonicalize(one) === canonicalize(other);

export const isWithin = (bound: PlanBound, value: Json | undefined): boolean => {
  if (bound.anything) return true;
  if (value === undefined) return false;
  if (bound.equals !== undefined) return isEqual(value, bound.equals);
  if (bound.one_of) return bound.one_of.some((one) => isEqual(value, one));
  if (bound.like !== undefined) return typeof value === 'string' && matchesGlob(bound.like, value);
  if (typeof value !== 'number') return false;
  return value >= (bound.at_least ?? -Infinity) && value <= (bound.at_most ?? Infinity);
};

/** Arguments that no bound speaks of, by path. A name with a dot in it is never meant by a path: it could be read as another. */
const unboundIn = (args: JsonObject, bounds: readonly PlanBound[], above = ''): string[] =>
  Object.entries(args).flatMap(([name, value]) => {
    const path = above + name;
    if (name.includes('.')) return [path];
    if (bounds.some(({ argument }) => argument === path)) return [];
    const isBoundWithin = bounds.some(({ argument }) => argument.startsWith(`${path}.`));
    return isBoundWithin && isObject(value) ? unboundIn(value, bounds, `${path}.`) : [path];
  });

const departuresFrom = (line: PlanLine, number: number, used: number, args: JsonObject): Departure[] => [
  ...line.bounds
    .filter((bound) => !isWithin(bound, argumentAt(args, bound.argument)))
    .map(({ argument }) => ({ line: number, why: 'bound', argument }) as const),
  ...unboundIn(args, line.bounds).map((argument) => ({ line: number, why: 'unbound', argument }) as const),
  ...(used >= line.uses_max ? [{ line: number, why: 'used_up', uses: used } as const] : []),
];

/** The first line with a use left that the call is within. */
export const matchPlan = (state: PlanState, call: PlanCall, nowMs: number): PlanAnswer => {
  const no = (why: 'revoked' | 'over' | 'no_line' | 'tool_changed'): PlanAnswer => ({
    matches: false,
    departures: [{ line: null, why }],
  });
  if (state.isRevoked) return no('revoked');
  if (nowMs >= state.endsAtMs) return no('over');
  const departures: Departure[] = [];
  for (const [index, line] of state.plan.lines.entries()) {
    if (line.tool !== call.tool) continue;
    if (state.changedTools.includes(line.tool)) return no('tool_changed');
    const found = departuresFrom(line, index + 1, state.uses[index] ?? 0, call.arguments);
    if (found.length === 0) return { matches: true, line: index + 1 };
    departures.push(...found);
  }
  return departures.length === 0 ? no('no_line') : { matches: false, departures };
};

/** A departure as a reviewer reads it. */
export type DepartureWords = {
  readonly line: number | null;
  readonly argument: string | null;
  readonly allowed: string | null;
  readonly asked: string | null;
  readonly text: string;
};

const GENERAL = {
  revoked: 'the plan was revoked',
  over: 'the time of the plan is over',
  no_line: 'no line of the plan is about this tool',
  tool_changed: 'the tool was changed after the plan had been proposed',
} as const;

/** Words for it, from the plan and the call as people may see them. */
export const departureWords = (departure: Departure, plan: Plan, call: PlanCall): DepartureWords => {
  if (departure.line === null)
    return { line: null, argument: null, allowed: null, asked: null, text: GENERAL[departure.why] };
  const { line: number } = departure;
  const line = plan.lines[number - 1];
  if (departure.why === 'used_up') {
    const allowed = departure.uses === 1 ? 'once' : `${departure.uses} times`;
    return { line: number, argument: null, allowed, asked: null, text: `line ${number} is used up: ${allowed}` };
  }
  const { argument } = departure;
  const value = argumentIn(call.arguments, argument);
  const asked = value === undefined ? 'nothing' : shortJson(value);
  const bound = departure.why === 'bound' && line?.bounds.find((one) => one.argument === argument);
  const allowed = bound ? boundWords(bound) : 'nothing';
  return {
    line: number,
    argument,
    allowed,
    asked,
    text: `line ${number} allows ${bound ? `${argument} ${allowed}` : `no ${argument}`}, asked ${asked}`,
  };
};

/** Also where the name of an argument has a dot in it. */
const argumentIn = (args: JsonObject, path: string): Json | undefined =>
  Object.hasOwn(args, path) ? args[path] : argumentAt(args, path);

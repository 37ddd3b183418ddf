/** CEL (cel.dev) over an execution's own data. Numbers mix freely, since JSON knows one kind. No clock, no randomness. */
import { celEnv, celFunc, CelScalar, isCelError, isCelList, isCelMap, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { Json } from '../json.ts';
import { type Bindings, peopleFunctions } from '../policy/expression.ts';
import { type Result, ok, refuse } from '../result.ts';

const { INT, DOUBLE } = CelScalar;

/** JSON's numbers come as doubles: `input.amount + 1` must not fail for the 1 being an int. */
const mixed = (operator: string, apply: (a: number, b: number) => number) => [
  celFunc(operator, [INT, DOUBLE], DOUBLE, (a, b) => apply(Number(a), b)),
  celFunc(operator, [DOUBLE, INT], DOUBLE, (a, b) => apply(a, Number(b))),
];

const environment = celEnv({
  funcs: [
    ...strings,
    ...peopleFunctions,
    ...mixed('_+_', (a, b) => a + b),
    ...mixed('_-_', (a, b) => a - b),
    ...mixed('_*_', (a, b) => a * b),
    ...mixed('_/_', (a, b) => a / b),
    ...mixed('_%_', (a, b) => a % b),
    celFunc('_%_', [DOUBLE, DOUBLE], DOUBLE, (a, b) => a % b),
  ],
});

export type Expr = NonNullable<ReturnType<typeof parse>['expr']>;

type Compiled = { readonly expr: Expr; readonly evaluate: (bindings: Bindings) => unknown };

/** Compiled once: a loop evaluates its expressions for every item. */
const known = new Map<string, Result<Compiled, string>>();
const KNOWN_MAX = 5000;

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]
    ?.replace(/^_?CelError:\s*/, '')
    .replace(/^<input>:1:(\d+): /, 'at character $1: ')
    .replace(/^<input>:(\d+):(\d+): /, 'at line $1, character $2: ') ?? 'not valid';

export const compileExpression = (source: string): Result<Compiled, string> => {
  const before = known.get(source);
  if (before) return before;
  const made = build(source);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(source, made);
  return made;
};

const build = (source: string): Result<Compiled, string> => {
  try {
    const parsed = parse(source);
    if (!parsed.expr) return refuse('is empty');
    return ok({ expr: parsed.expr, evaluate: plan(environment, parsed) as Compiled['evaluate'] });
  } catch (error) {
    return refuse(firstLine(error));
  }
};

/** What an expression gives, as JSON; refuses with the reason. */
export const evaluateExpression = (source: string, bindings: Bindings): Result<Json, string> => {
  const compiled = compileExpression(source);
  if (!compiled.ok) return compiled;
  try {
    const value = compiled.value.evaluate(bindings);
    return isCelError(value) ? refuse(firstLine(value)) : toJson(value);
  } catch (error) {
    return refuse(firstLine(error));
  }
};

const toJson = (value: unknown): Result<Json, string> => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return ok(value);
  if (typeof value === 'bigint') return numberOf(Number(value), Number.isSafeInteger(Number(value)));
  if (typeof value === 'number') return numberOf(value, Number.isFinite(value));
  if (isCelList(value)) return listOf([...value]);
  if (isCelMap(value)) return objectOf([...value.entries()]);
  if (Array.isArray(value)) return listOf(value);
  return typeof value === 'object' ? ofMessage(value) : refuse('gives no JSON value');
};

const numberOf = (value: number, isExact: boolean): Result<Json, string> =>
  isExact ? ok(value) : refuse('gives a number that JSON can not hold');

const listOf = (values: readonly unknown[]): Result<Json, string> => {
  const items: Json[] = [];
  for (const value of values) {
    const item = toJson(value);
    if (!item.ok) return item;
    items.push(item.value);
  }
  return ok(items);
};

const objectOf = (entries: readonly (readonly [unknown, unknown])[]): Result<Json, string> => {
  const members: [string, Json][] = [];
  for (const [key, value] of entries) {
    const member = toJson(value);
    if (!member.ok) return member;
    members.push([String(key), member.value]);
  }
  return ok(Object.fromEntries(members));
};

/** A timestamp becomes its RFC 3339 text, a duration its seconds; plain objects are JSON already. */
const ofMessage = (value: object): Result<Json, string> => {
  const { message, desc } = value as {
    message?: { seconds?: bigint; nanos?: number; value?: bigint };
    desc?: { typeName?: string };
  };
  if (desc?.typeName === 'google.protobuf.Timestamp')
    return ok(new Date(Number(message?.seconds ?? 0n) * 1000 + Math.floor((message?.nanos ?? 0) / 1e6)).toISOString());
  if (desc?.typeName === 'google.protobuf.Duration')
    return ok(Number(message?.seconds ?? 0n) + (message?.nanos ?? 0) / 1e9);
  if (desc === undefined && 'value' in value && typeof value.value === 'bigint') return toJson(value.value);
  if (Object.getPrototypeOf(value) === Object.prototype) return objectOf(Object.entries(value));
  return refuse('gives no JSON value');
};

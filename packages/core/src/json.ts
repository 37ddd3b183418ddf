/** JSON that means one thing: a strict parser for what comes in, and RFC 8785 for what is digested. */
import { type Result, ok, refuse } from './result.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type JsonProblem = { readonly pointer: string; readonly detail: string };

export const JSON_DEPTH_MAX = 64;
export const JSON_MEMBERS_MAX = 10_000;
export const JSON_STRING_LENGTH_MAX = 256 * 1024;

/** Names that reach an object's prototype when they are assigned carelessly (prototype pollution). */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

class Malformed extends Error {
  readonly problem: JsonProblem;
  constructor(pointer: string, detail: string) {
    super(detail);
    this.problem = { pointer, detail };
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_STRING = /"[^"\\\u0000-\u001f]*"/y;
const ANY_STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Parses one JSON text (RFC 8259) and refuses what two parsers could read differently: duplicate keys, numbers that
 * lose digits or vanish in a double, lone surrogates, U+0000; and what would hurt us: depth over 64, over 10,000 members,
 * strings over 256 Ki characters, prototype names.
 */
export const parseStrict = (text: string): Result<Json, JsonProblem> => {
  let at = 0;
  let members = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return undefined;
    at = pattern.lastIndex;
    return found[0];
  };
  const skipSpace = (): void => void match(SPACE);
  const fail = (pointer: string, detail: string): never => {
    throw new Malformed(pointer, detail);
  };

  const string = (pointer: string): string => {
    const raw = match(PLAIN_STRING) ?? match(ANY_STRING) ?? fail(pointer, `not a valid string at character ${at}`);
    const value = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    if (value.length > JSON_STRING_LENGTH_MAX) fail(pointer, 'string is longer than 262,144 characters');
    if (!value.isWellFormed()) fail(pointer, 'string holds a lone surrogate');
    if (value.includes('\u0000')) fail(pointer, 'string holds U+0000');
    return value;
  };

  const number = (pointer: string): number => {
    const raw = match(NUMBER) ?? fail(pointer, `unexpected character at ${at}`);
    const value = Number(raw);
    if (!Number.isFinite(value)) fail(pointer, 'number is too large');
    // 5e-400 is 0 here, and is not elsewhere.
    if (value === 0 && /[1-9]/.test(raw.replace(/[eE].*/, ''))) fail(pointer, 'number is too small and would become 0');
    const isInteger = !/[.eE]/.test(raw);
    if ((isInteger || Number.isInteger(value)) && !Number.isSafeInteger(value))
      fail(pointer, 'number is beyond 2^53 − 1 and would lose digits: send it as a string');
    return value;
  };

  const value = (pointer: string, depth: number): Json => {
    if (depth > JSON_DEPTH_MAX) fail(pointer, `nested deeper than ${JSON_DEPTH_MAX} levels`);
    skipSpace();
    switch (text[at]) {
      case '{':
        return object(pointer, depth);
      case '[':
        return array(pointer, depth);
      case '"':
        return string(pointer);
      case 't':
      case 'f':
      case 'n':
        return literal(pointer);
      default:
        return number(pointer);
    }
  };

  const literal = (pointer: string): Json => {
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const)
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    return fail(pointer, `unexpected character at ${at}`);
  };

  const count = (pointer: string): void => {
    members += 1;
    if (members > JSON_MEMBERS_MAX) fail(pointer, 'more than 10,000 members');
  };

  const object = (pointer: string, depth: number): Json => {
    const result: Record<string, Json> = {};
    at += 1;
    skipSpace();
    if (text[at] === '}') {
      at += 1;
      return result;
    }
    for (;;) {
      skipSpace();
      const key = string(pointer);
      const inner = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (FORBIDDEN_KEYS.has(key)) fail(inner, `the key ${JSON.stringify(key)} is not allowed`);
      if (Object.hasOwn(result, key)) fail(inner, `the key ${JSON.stringify(key)} occurs twice`);
      count(inner);
      skipSpace();
      if (text[at] !== ':') fail(inner, `expected ":" at character ${at}`);
      at += 1;
      result[key] = value(inner, depth + 1);
      skipSpace();
      const next = text[at];
      at += 1;
      if (next === '}') return result;
      if (next !== ',') fail(pointer, `expected "," or "}" at character ${at - 1}`);
    }
  };

  const array = (pointer: string, depth: number): Json => {
    const result: Json[] = [];
    at += 1;
    skipSpace();
    if (text[at] === ']') {
      at += 1;
      return result;
    }
    for (;;) {
      const inner = `${pointer}/${result.length}`;
      count(inner);
      result.push(value(inner, depth + 1));
      skipSpace();
      const next = text[at];
      at += 1;
      if (next === ']') return result;
      if (next !== ',') fail(pointer, `expected "," or "]" at character ${at - 1}`);
    }
  };

  try {
    const result = value('', 0);
    skipSpace();
    if (at < text.length) fail('', `unexpected text after the value at character ${at}`);
    return ok(result);
  } catch (error) {
    if (error instanceof Malformed) return refuse(error.problem);
    throw error;
  }
};

/**
 * The canonical text of a JSON value by RFC 8785 (JCS): members sorted by UTF-16 code units, no white space, numbers
 * and strings as ECMAScript writes them.
 */
export const canonicalize = (value: Json): string => {
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a non-finite number has no JSON');
    return JSON.stringify(value);
  }
  if (isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((key) => `${JSON.stringify(key)}:${canonicalize(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
};

export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One place where two JSON values differ, by JSON Pointer (RFC 6901); a missing side means it was not there. */
export type JsonDifference = { readonly pointer: string; readonly before?: Json; readonly after?: Json };

/** Where two values differ, deepest differing members first found in key order; arrays are compared by position. */
export const diffJson = (before: Json | undefined, after: Json | undefined, pointer = ''): JsonDifference[] => {
  if (before !== undefined && after !== undefined && canonicalize(before) === canonicalize(after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    // Own members only: a member named `valueOf` must not be compared with what every object inherits.
    const own = (value: JsonObject, key: string): Json | undefined =>
      Object.hasOwn(value, key) ? value[key] : undefined;
    return keys.flatMap((key) =>
      diffJson(own(before, key), own(after, key), `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  }
  if (before !== undefined && after !== undefined && isArray(before) && isArray(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      diffJson(before[index], after[index], `${pointer}/${index}`),
    ).flat();
  return [{ pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
};

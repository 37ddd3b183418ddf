/** SCIM filters (RFC 7644, 3.4.2.2): `userName eq "ann"`, `members[value eq "usr_…"]`, with `and`, `or`, `not`. */
import type { Json, JsonObject } from '../json.ts';
import { type Result, ok, refuse } from '../result.ts';

export type ScimFilter =
  | { readonly type: 'and' | 'or'; readonly parts: readonly ScimFilter[] }
  | { readonly type: 'not'; readonly part: ScimFilter }
  | { readonly type: 'compare'; readonly path: readonly string[]; readonly op: string; readonly value: Json }
  | { readonly type: 'some'; readonly path: readonly string[]; readonly part: ScimFilter };

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[()[\]]|[^\s()[\]"]+)/y;
const OPERATORS = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const TOKENS_MAX = 200;

const tokensOf = (text: string): string[] | null => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const found = TOKEN.exec(text)?.[1];
    if (found === undefined || tokens.length >= TOKENS_MAX) return null;
    tokens.push(found);
  }
  return tokens;
};

/** `urn:…:User:name.givenName` as `['name', 'givenName']`. */
export const attributePath = (text: string): string[] => text.replace(/^urn:[^ ]*:/i, '').split('.');

class Malformed extends Error {}

const valueOf = (token: string | undefined): Json => {
  try {
    return JSON.parse(token ?? '') as Json;
  } catch {
    throw new Malformed();
  }
};

/** Recursive descent: `or` binds least, then `and`, then `not`. */
const parser = (tokens: readonly string[]) => {
  let at = 0;
  const next = (): string | undefined => tokens[at]?.toLowerCase();
  const take = (wanted: string): boolean => {
    if (next() !== wanted) return false;
    at += 1;
    return true;
  };
  const mustTake = (wanted: string): void => {
    if (!take(wanted)) throw new Malformed();
  };
  const list = (word: 'and' | 'or', inner: () => ScimFilter): ScimFilter => {
    const parts = [inner()];
    while (take(word)) parts.push(inner());
    return parts.length === 1 && parts[0] ? parts[0] : { type: word, parts };
  };
  const grouped = (open: string, close: string): ScimFilter => {
    mustTake(open);
    const inner = any();
    mustTake(close);
    return inner;
  };
  const single = (): ScimFilter => {
    if (take('not')) return { type: 'not', part: grouped('(', ')') };
    if (next() === '(') return grouped('(', ')');
    const name = tokens[at];
    if (name === undefined || !/^[A-Za-z]/.test(name)) throw new Malformed();
    at += 1;
    const path = attributePath(name);
    if (next() === '[') return { type: 'some', path, part: grouped('[', ']') };
    const op = next() ?? '';
    at += 1;
    if (op === 'pr') return { type: 'compare', path, op, value: null };
    if (!OPERATORS.has(op)) throw new Malformed();
    const value = valueOf(tokens[at]);
    at += 1;
    return { type: 'compare', path, op, value };
  };
  const any = (): ScimFilter => list('or', () => list('and', single));
  return { whole: any, isDone: () => at === tokens.length };
};

export const parseScimFilter = (text: string): Result<ScimFilter, 'malformed'> => {
  const tokens = tokensOf(text);
  if (!tokens) return refuse('malformed');
  try {
    const { whole, isDone } = parser(tokens);
    const filter = whole();
    return isDone() ? ok(filter) : refuse('malformed');
  } catch (error) {
    if (error instanceof Malformed) return refuse('malformed');
    throw error;
  }
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name as the resource writes it: attribute names have no case (RFC 7643, 2.1). */
export const attributeNamed = (object: JsonObject, name: string): string | undefined =>
  Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());

const read = (value: Json | undefined, name: string): Json | undefined => {
  if (!isObject(value)) return undefined;
  const key = attributeNamed(value, name);
  return key === undefined ? undefined : value[key];
};

/** Every value at the path: of a list that of each item, of an item without a further name its `value`. */
const valuesAt = (resource: JsonObject, path: readonly string[]): Json[] => {
  let found: Json[] = [resource];
  for (const name of path)
    found = found
      .flatMap((value) => (Array.isArray(value) ? value : [value]))
      .flatMap((value) => read(value, name) ?? []);
  return found
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .map((value) => read(value, 'value') ?? value);
};

/** Ids are told apart by case, what people write is not (RFC 7643, 4.1). */
const CASE_EXACT = new Set(['id', 'externalid', 'value']);

const holds = (op: string, left: Json, right: Json, isExact: boolean): boolean => {
  const fold = (value: Json): Json => (typeof value === 'string' && !isExact ? value.toLowerCase() : value);
  const [a, b] = [fold(left), fold(right)];
  if (op === 'eq') return a === b;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  if (op === 'co') return a.includes(b);
  if (op === 'sw') return a.startsWith(b);
  if (op === 'ew') return a.endsWith(b);
  return op === 'gt' ? a > b : op === 'ge' ? a >= b : op === 'lt' ? a < b : a <= b;
};

export const matchesScim = (filter: ScimFilter, resource: JsonObject): boolean => {
  switch (filter.type) {
    case 'and':
      return filter.parts.every((part) => matchesScim(part, resource));
    case 'or':
      return filter.parts.some((part) => matchesScim(part, resource));
    case 'not':
      return !matchesScim(filter.part, resource);
    case 'some': {
      const [name = ''] = filter.path;
      const items = read(resource, name);
      return (Array.isArray(items) ? items : [items]).some((item) => isObject(item) && matchesScim(filter.part, item));
    }
    case 'compare': {
      const values = valuesAt(resource, filter.path).filter((value) => value !== null);
      if (filter.op === 'pr') return values.length > 0;
      const isExact = CASE_EXACT.has(filter.path.at(-1)?.toLowerCase() ?? '');
      if (filter.op === 'ne') return !values.some((value) => holds('eq', value, filter.value, isExact));
      return values.some((value) => holds(filter.op, value, filter.value, isExact));
    }
  }
};

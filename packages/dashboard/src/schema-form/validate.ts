/** Checks edited arguments before they are sent. The server checks again, and its word counts. */
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';
import { Validator } from '@cfworker/json-schema';

/** What is wrong, in words, by JSON Pointer into the value. */
export type Faults = ReadonlyMap<string, string>;

/** These only repeat that something further inside is wrong. */
const WRAPPERS = new Set([
  'properties',
  'items',
  'prefixItems',
  '$ref',
  'allOf',
  'additionalProperties',
  'if',
  'then',
  'else',
  'patternProperties',
  'dependentSchemas',
  '$dynamicRef',
]);

const at = (schema: Json, location: string): Json | undefined =>
  location
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((value, part) => {
      if (isObject(value)) return value[part];
      return value !== undefined && isArray(value) ? value[Number(part)] : undefined;
    }, schema);

const words = (keyword: string, limit: Json | undefined, fallback: string): string => {
  const said = typeof limit === 'string' || typeof limit === 'number' ? String(limit) : JSON.stringify(limit);
  switch (keyword) {
    case 'type':
      return `must be ${Array.isArray(limit) ? limit.join(' or ') : `of type ${said}`}`;
    case 'enum':
      return 'must be one of the choices';
    case 'const':
      return `must be ${said}`;
    case 'minimum':
      return `must be ${said} or more`;
    case 'maximum':
      return `must be ${said} or less`;
    case 'exclusiveMinimum':
      return `must be more than ${said}`;
    case 'exclusiveMaximum':
      return `must be less than ${said}`;
    case 'multipleOf':
      return `must be a multiple of ${said}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${said} characters`;
    case 'maxLength':
      return `must have at most ${said} characters`;
    case 'pattern':
      return `must match ${said}`;
    case 'format':
      return `must be a valid ${said}`;
    case 'minItems':
      return `needs at least ${said} items`;
    case 'maxItems':
      return `may have at most ${said} items`;
    case 'uniqueItems':
      return 'must not hold the same item twice';
    case 'false':
      return 'is not allowed';
    default:
      return fallback;
  }
};

export const faultsOf = (schema: JsonObject | null, value: Json): Faults => {
  const faults = new Map<string, string>();
  if (schema === null) return faults;
  const result = new Validator(schema, '2020-12', false).validate(value);
  for (const { keyword, keywordLocation, instanceLocation, error } of result.errors) {
    if (WRAPPERS.has(keyword)) continue;
    const base = instanceLocation.replace(/^#/, '');
    const missing = keyword === 'required' ? /"(.+)"/.exec(error)?.[1] : undefined;
    const pointer = missing === undefined ? base : `${base}/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!faults.has(pointer))
      faults.set(pointer, missing === undefined ? words(keyword, at(schema, keywordLocation), error) : 'is needed');
  }
  return faults;
};

import { isArray, isObject, type Json, type JsonObject } from '@countersign/core';
import type { ArgumentProblem } from './validate-arguments.ts';

const SCHEMA_LENGTH_MAX = 64 * 1024;
const SCHEMA_DEPTH_MAX = 32;
/** Long patterns are where regular expressions with exponential time hide. */
const PATTERN_LENGTH_MAX = 256;

const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
const SCHEMA_MAPS = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const SCHEMAS = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];

const escape = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');
const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const resolves = (root: JsonObject, reference: string): boolean => {
  let at: Json | undefined = root;
  for (const token of decode(reference.slice(1)).split('/').slice(1).map(unescape)) {
    if (at === undefined) return false;
    if (isArray(at)) at = at[Number(token)];
    else at = isObject(at) && Object.hasOwn(at, token) ? at[token] : undefined;
  }
  return isObject(at) || typeof at === 'boolean';
};

const checkReference = (reference: Json, root: JsonObject): string | undefined => {
  if (typeof reference !== 'string') return 'must be a string';
  // A remote schema would be fetched from an address that a workspace chose, and could change after the approval.
  if (!reference.startsWith('#')) return 'may only refer to a place in this schema, such as #/$defs/name';
  if (reference !== '#' && !reference.startsWith('#/')) return 'must be a JSON Pointer, such as #/$defs/name';
  return resolves(root, reference) ? undefined : `refers to ${reference}, which is not there`;
};

const checkPattern = (pattern: Json): string | undefined => {
  if (typeof pattern !== 'string') return 'must be a string';
  if (pattern.length > PATTERN_LENGTH_MAX) return `is longer than ${PATTERN_LENGTH_MAX} characters`;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return 'is not a valid regular expression';
  }
};

const checkType = (type: Json): string | undefined => {
  const names = isArray(type) ? type : [type];
  const unknown = names.find((name) => typeof name !== 'string' || !TYPES.has(name));
  return unknown === undefined ? undefined : `names an unknown type: ${JSON.stringify(unknown)}`;
};

const isListOfStrings = (value: Json): boolean => isArray(value) && value.every((item) => typeof item === 'string');

const KEYWORD_CHECKS: Record<string, (value: Json, root: JsonObject) => string | undefined> = {
  $ref: checkReference,
  $dynamicRef: checkReference,
  $recursiveRef: checkReference,
  pattern: checkPattern,
  type: checkType,
  required: (value) => (isListOfStrings(value) ? undefined : 'must be a list of strings'),
  enum: (value) => (isArray(value) ? undefined : 'must be a list'),
};

const checkPart = (part: Json, pointer: string, depth: number, root: JsonObject): ArgumentProblem[] => {
  if (typeof part === 'boolean') return [];
  if (!isObject(part)) return [{ pointer, detail: 'must be a schema: an object, true or false' }];
  if (depth > SCHEMA_DEPTH_MAX) return [{ pointer, detail: `is nested deeper than ${SCHEMA_DEPTH_MAX} levels` }];

  const problems: ArgumentProblem[] = [];
  const report = (at: string, detail: string | undefined): void => {
    if (detail !== undefined) problems.push({ pointer: at, detail });
  };
  // An inner identifier would move the base of every reference below it.
  if (depth > 0 && part['$id'] !== undefined) report(`${pointer}/$id`, 'is only allowed at the top');
  for (const [keyword, check] of Object.entries(KEYWORD_CHECKS)) {
    const value = part[keyword];
    if (value !== undefined) report(`${pointer}/${keyword}`, check(value, root));
  }
  for (const keyword of SCHEMA_MAPS) {
    const map = part[keyword];
    if (map === undefined) continue;
    const at = `${pointer}/${keyword}`;
    if (!isObject(map)) {
      report(at, 'must be an object of schemas');
      continue;
    }
    for (const [key, inner] of Object.entries(map)) {
      if (keyword === 'patternProperties') report(`${at}/${escape(key)}`, checkPattern(key));
      problems.push(...checkPart(inner, `${at}/${escape(key)}`, depth + 1, root));
    }
  }
  for (const keyword of SCHEMA_LISTS) {
    const list = part[keyword];
    if (list === undefined || (keyword === 'items' && !isArray(list))) continue;
    if (!isArray(list)) report(`${pointer}/${keyword}`, 'must be a list of schemas');
    else
      list.forEach((inner, at) => problems.push(...checkPart(inner, `${pointer}/${keyword}/${at}`, depth + 1, root)));
  }
  for (const keyword of SCHEMAS) {
    const inner = part[keyword];
    if (inner === undefined || isArray(inner)) continue;
    problems.push(...checkPart(inner, `${pointer}/${keyword}`, depth + 1, root));
  }
  return problems;
};

/** Is this a JSON schema that can describe a tool's arguments? An empty list means yes. */
export const checkSchema = (schema: Json): ArgumentProblem[] => {
  if (!isObject(schema)) return [{ pointer: '', detail: 'must be a JSON schema object' }];
  if (JSON.stringify(schema).length > SCHEMA_LENGTH_MAX)
    return [{ pointer: '', detail: `is larger than ${SCHEMA_LENGTH_MAX} characters` }];
  if (schema['type'] !== 'object') return [{ pointer: '/type', detail: 'must be "object": arguments have names' }];
  return checkPart(schema, '', 0, schema);
};

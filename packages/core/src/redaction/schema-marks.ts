/** What a JSON schema says about where secrets are, followed down beside a value. */
import { type Json, type JsonObject, isArray, isObject } from '../json.ts';

export type Marks = {
  /** The value here is secret as a whole. */
  readonly isSecret: boolean;
  readonly schemas: readonly JsonObject[];
  readonly root: JsonObject | null;
};

/** A schema that refers to itself is followed this far in one place. */
const EXPANSIONS_MAX = 16;

const objects = (value: Json | undefined): JsonObject[] =>
  value === undefined ? [] : isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : [];

const pointed = (root: JsonObject, reference: string): JsonObject[] => {
  if (!reference.startsWith('#')) return [];
  let at: Json | undefined = root;
  for (const token of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return objects(at);
};

/** The schemas themselves, and all that they are made of: any of them may mark the value. */
const expand = (schemas: readonly JsonObject[], root: JsonObject | null): JsonObject[] => {
  const all = [...schemas];
  for (const schema of all) {
    if (all.length > EXPANSIONS_MAX) break;
    const reference = schema['$ref'];
    if (typeof reference === 'string' && root) all.push(...pointed(root, reference));
    for (const member of ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else']) all.push(...objects(schema[member]));
  }
  return all;
};

const marks = (schemas: readonly JsonObject[], root: JsonObject | null): Marks => {
  const all = expand(schemas, root);
  const isSecret = all.some(
    (schema) => schema['x-secret'] === true || schema['writeOnly'] === true || schema['format'] === 'password',
  );
  return { isSecret, schemas: all, root };
};

export const rootMarks = (schema: JsonObject | null): Marks => marks(schema ? [schema] : [], schema);

const matches = (pattern: string, key: string): boolean => {
  try {
    return new RegExp(pattern, 'u').test(key);
  } catch {
    return false;
  }
};

const below = (schema: JsonObject, key: string | number): JsonObject[] => {
  if (typeof key === 'number') {
    const prefix = schema['prefixItems'];
    const own = prefix !== undefined && isArray(prefix) ? prefix[key] : undefined;
    return own === undefined ? objects(schema['items']) : objects(own);
  }
  const properties = schema['properties'];
  const own = isObject(properties) && Object.hasOwn(properties, key) ? objects(properties[key]) : [];
  const patterns = schema['patternProperties'];
  const byPattern = isObject(patterns)
    ? Object.entries(patterns).flatMap(([pattern, member]) => (matches(pattern, key) ? objects(member) : []))
    : [];
  return own.length + byPattern.length > 0 ? [...own, ...byPattern] : objects(schema['additionalProperties']);
};

/** What holds for a member or an item. */
export const marksOf = (at: Marks, key: string | number): Marks =>
  at.schemas.length === 0
    ? at
    : marks(
        at.schemas.flatMap((schema) => below(schema, key)),
        at.root,
      );

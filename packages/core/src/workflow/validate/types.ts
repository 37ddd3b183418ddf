/** The types of values in expressions, as far as a JSON Schema or a node says them. `dyn` is what nobody knows. */
import type { Json, JsonObject } from '../../json.ts';

export type Kind = 'dyn' | 'bool' | 'number' | 'string' | 'null' | 'bytes' | 'timestamp' | 'duration' | 'type';
export type ValueType =
  | { readonly kind: Kind }
  | { readonly kind: 'list'; readonly of: ValueType }
  | {
      readonly kind: 'object';
      readonly members: ReadonlyMap<string, ValueType>;
      /** What further members hold; null if there are none. */
      readonly rest: ValueType | null;
    };

export const DYN: ValueType = { kind: 'dyn' };
export const BOOL: ValueType = { kind: 'bool' };
export const NUMBER: ValueType = { kind: 'number' };
export const STRING: ValueType = { kind: 'string' };
export const NULL: ValueType = { kind: 'null' };
export const listType = (of: ValueType): ValueType => ({ kind: 'list', of });
export const objectType = (members: Readonly<Record<string, ValueType>>, rest: ValueType | null = null): ValueType => ({
  kind: 'object',
  members: new Map(Object.entries(members)),
  rest,
});

/** For people: `list of string`. */
export const nameOf = (type: ValueType): string => {
  if (type.kind === 'list') return 'of' in type && type.of.kind !== 'dyn' ? `list of ${nameOf(type.of)}` : 'list';
  return type.kind === 'dyn' ? 'any value' : type.kind;
};

/** What a value is that is one or the other. */
export const joined = (a: ValueType, b: ValueType): ValueType => {
  if (a.kind === 'list' && b.kind === 'list' && 'of' in a && 'of' in b) return listType(joined(a.of, b.of));
  if (a.kind === b.kind && a.kind !== 'object' && a.kind !== 'list') return a;
  return a === b ? a : DYN;
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const DEPTH_MAX = 30;

/**
 * The type that a JSON Schema describes. Where it lists properties and says nothing of others, a name outside of the
 * list is taken for a mistake: that is what a typing error in an expression looks like.
 */
export const typeOfSchema = (schema: Json | undefined, root: Json | undefined = schema, depth = 0): ValueType => {
  if (!isObject(schema) || depth > DEPTH_MAX) return DYN;
  const ref = schema['$ref'];
  if (typeof ref === 'string') return typeOfSchema(pointed(root, ref), root, depth + 1);
  if (schema['const'] !== undefined) return typeOfValue(schema['const']);
  const options = schema['enum'];
  if (Array.isArray(options) && options.length > 0)
    return options.map((value) => typeOfValue(value as Json)).reduce(joined);
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives) && alternatives.length > 0)
    return alternatives.map((one) => typeOfSchema(one as Json, root, depth + 1)).reduce(joined);
  const { type } = schema;
  // A value that may be null is used as what it is otherwise.
  const names = (Array.isArray(type) ? type : [type]).filter((name) => name !== 'null');
  return names.length === 1 ? typeNamed(names[0], schema, root, depth) : DYN;
};

const typeNamed = (name: Json | undefined, schema: JsonObject, root: Json | undefined, depth: number): ValueType => {
  switch (name) {
    case 'string':
      return STRING;
    case 'number':
    case 'integer':
      return NUMBER;
    case 'boolean':
      return BOOL;
    case 'null':
      return NULL;
    case 'array':
      return listType(typeOfSchema(schema['items'], root, depth + 1));
    default:
      return name === 'object' || isObject(schema['properties']) ? typeOfObject(schema, root, depth) : DYN;
  }
};

const typeOfObject = (schema: JsonObject, root: Json | undefined, depth: number): ValueType => {
  const properties = schema['properties'];
  const more = schema['additionalProperties'];
  if (!isObject(properties)) return objectType({}, isObject(more) ? typeOfSchema(more, root, depth + 1) : DYN);
  const rest = more === true ? DYN : isObject(more) ? typeOfSchema(more, root, depth + 1) : null;
  return {
    kind: 'object',
    members: new Map(Object.entries(properties).map(([name, value]) => [name, typeOfSchema(value, root, depth + 1)])),
    rest: isObject(schema['patternProperties']) ? DYN : rest,
  };
};

const pointed = (root: Json | undefined, ref: string): Json | undefined => {
  if (!ref.startsWith('#')) return undefined;
  let at: Json | undefined = root;
  for (const part of ref.slice(1).split('/').slice(1))
    at = isObject(at) ? at[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return at;
};

/** The type of a value that is there. */
export const typeOfValue = (value: Json): ValueType => {
  if (value === null) return DYN;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string') return STRING;
  if (Array.isArray(value))
    return listType(value.length === 0 ? DYN : value.map((item) => typeOfValue(item as Json)).reduce(joined));
  return {
    kind: 'object',
    members: new Map(Object.entries(value).map(([key, member]) => [key, typeOfValue(member)])),
    rest: null,
  };
};

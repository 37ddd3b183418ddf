/** What the dashboard needs of a JSON Schema: names, order and types of properties. Anything else it hands on untouched. */
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

export type Widget = 'text' | 'long' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'object' | 'json';

const typesOf = (schema: JsonObject): readonly string[] => {
  const type = schema['type'];
  if (typeof type === 'string') return [type];
  return type !== undefined && isArray(type) ? type.filter((item): item is string => typeof item === 'string') : [];
};

/** The properties by name, in the schema's own order. */
export const propertiesOf = (schema: JsonObject | null): Readonly<Record<string, JsonObject>> => {
  const properties = schema?.['properties'];
  if (!isObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, isObject(value) ? value : {}]));
};

export const requiredOf = (schema: JsonObject | null): readonly string[] => {
  const required = schema?.['required'];
  return required !== undefined && isArray(required)
    ? required.filter((name): name is string => typeof name === 'string')
    : [];
};

/** One property as a row: what the schema says of it, and what was given. */
export type Row = { readonly name: string; readonly schema: JsonObject | null; readonly value: Json | undefined };

/** All properties in the schema's order, then whatever was given beyond the schema. */
export const rowsOf = (schema: JsonObject | null, value: JsonObject): readonly Row[] => {
  const known = propertiesOf(schema);
  const extra = Object.keys(value).filter((name) => !Object.hasOwn(known, name));
  return [
    ...Object.entries(known).map(([name, inner]) => ({
      name,
      schema: inner,
      value: Object.hasOwn(value, name) ? value[name] : undefined,
    })),
    ...extra.map((name) => ({ name, schema: null, value: value[name] })),
  ];
};

export const choicesOf = (schema: JsonObject): readonly Json[] | null => {
  const values = schema['enum'];
  if (values !== undefined && isArray(values) && values.every((item) => item === null || typeof item !== 'object'))
    return values;
  return null;
};

export const itemsOf = (schema: JsonObject): JsonObject => (isObject(schema['items']) ? schema['items'] : {});

const isScalarWidget = (widget: Widget): boolean =>
  ['text', 'long', 'number', 'integer', 'boolean', 'choice'].includes(widget);

/** Keywords that tie fields together or name other schemas: a row of inputs would show them wrongly. */
const BEYOND_A_FORM = ['oneOf', 'anyOf', 'allOf', 'not', 'if', '$ref', 'patternProperties'];

/** The input that can express every value of the schema and no wrong type; `json` where there is none. */
export const widgetFor = (schema: JsonObject, value: Json | undefined): Widget => {
  if (BEYOND_A_FORM.some((keyword) => keyword in schema)) return 'json';
  if (choicesOf(schema)) return 'choice';
  const [type, ...others] = typesOf(schema);
  if (others.length > 0) return 'json';
  switch (type) {
    case 'string':
      return isLong(schema, value) ? 'long' : 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return type;
    case 'array': {
      const item = widgetFor(itemsOf(schema), undefined);
      return 'prefixItems' in schema || !(isScalarWidget(item) || item === 'object') ? 'json' : 'list';
    }
    case 'object':
      return Object.keys(propertiesOf(schema)).length > 0 ? 'object' : 'json';
    case undefined:
    default:
      return 'json';
  }
};

const isLong = (schema: JsonObject, value: Json | undefined): boolean =>
  (typeof value === 'string' && (value.length > 80 || value.includes('\n'))) ||
  (typeof schema['maxLength'] === 'number' && schema['maxLength'] > 200);

/** The type in a word for the reader, such as `integer` or `list of text`. */
export const typeWord = (schema: JsonObject | null, value: Json | undefined): string => {
  const type = schema === null ? undefined : typesOf(schema).join(' or ');
  if (type !== undefined && type !== '') {
    if (schema !== null && choicesOf(schema)) return 'choice';
    return type === 'array' && schema !== null ? `list of ${typeWord(itemsOf(schema), undefined)}` : type;
  }
  if (value === undefined) return 'any';
  if (value === null) return 'null';
  return isArray(value) ? 'list' : typeof value;
};

/** An empty value to start from when a field or a list item is added. */
export const blankFor = (schema: JsonObject): Json => {
  const fallback = schema['default'];
  if (fallback !== undefined) return fallback;
  switch (widgetFor(schema, undefined)) {
    case 'choice':
      return choicesOf(schema)?.[0] ?? null;
    case 'number':
    case 'integer':
      return 0;
    case 'boolean':
      return false;
    case 'list':
      return [];
    case 'object':
      return Object.fromEntries(
        Object.entries(propertiesOf(schema))
          .filter(([name]) => requiredOf(schema).includes(name))
          .map(([name, inner]) => [name, blankFor(inner)]),
      );
    case 'json':
      return null;
    case 'text':
    case 'long':
      return '';
  }
};

/** Forms that people fill in right in a channel, made of what is decided on, and what they filled in as JSON again. */
import type { Json, JsonObject } from '@countersign/core';

/** By which something is decided. */
export type DecisionForm = 'reject' | 'edit' | 'answer';
export type FormKind = DecisionForm | 'link';

/** The one field of the form by which people say who they are. */
export const CODE_FIELD = 'code';

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly hint: string | null;
  readonly type: 'text' | 'long_text' | 'number' | 'boolean' | 'choice';
  readonly choices: readonly string[];
  /** As text, as it stands now. */
  readonly value: string;
  readonly isRequired: boolean;
};

export type Form = {
  readonly kind: FormKind;
  readonly title: string;
  readonly lines: readonly string[];
  readonly submit: string;
  readonly fields: readonly Field[];
  /** Null for `link`. */
  readonly about: { readonly approvalId: string; readonly digest: string } | null;
};

export type FormValues = Readonly<Record<string, string>>;

const FIELDS_MAX = 20;
const NAME_MAX = 100;
const CHOICES_MAX = 25;
const CHOICE_MAX = 75;
const VALUE_MAX = 3000;
const LONG_FROM = 120;

const isScalar = (value: Json | undefined): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

type Property = JsonObject & { readonly type?: Json; readonly enum?: Json };

const TYPES: Readonly<Record<string, Field['type']>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};

const choicesOf = ({ enum: values }: Property): readonly string[] | null => {
  if (!Array.isArray(values)) return [];
  const fits = values.every((value) => typeof value === 'string' && value !== '' && value.length <= CHOICE_MAX);
  return fits && values.length <= CHOICES_MAX ? (values as string[]) : null;
};

const typeOf = (property: Property | undefined, value: Json | undefined): Field['type'] | null => {
  const named = typeof property?.type === 'string' ? TYPES[property.type] : undefined;
  if (property?.type !== undefined && !named) return null;
  const type = named ?? (property?.enum === undefined ? TYPES[typeof value] : 'text');
  if (!type) return null;
  // A secret's marker stands where a number was: only its page can show that.
  const isOfType = value === undefined || TYPES[typeof value] === type;
  return isOfType ? type : null;
};

const fieldOf = (
  name: string,
  property: Property | undefined,
  value: Json | undefined,
  isRequired: boolean,
): Field | null => {
  const type = typeOf(property, value);
  const choices = property ? choicesOf(property) : [];
  if (!type || !choices || name.length > NAME_MAX || (value !== undefined && !isScalar(value))) return null;
  const text = value === undefined ? '' : String(value);
  if (text.length > VALUE_MAX) return null;
  const isLong = type === 'text' && (text.length > LONG_FROM || text.includes('\n'));
  const { title, description } = property ?? {};
  return {
    name,
    label: typeof title === 'string' && title !== '' ? title : name,
    hint: typeof description === 'string' ? description : null,
    type: choices.length > 0 ? 'choice' : isLong ? 'long_text' : type,
    choices,
    value: text,
    isRequired,
  };
};

/**
 * A field for each member, of its schema where it has one and else of its value.
 * @returns null where the content is not flat, or holds what a form can't show: it is edited on its page
 */
export const fieldsOf = (schema: JsonObject | null, values: JsonObject): readonly Field[] | null => {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, Property>>;
  const required = Array.isArray(schema?.['required']) ? schema['required'] : [];
  const names = [...new Set([...Object.keys(properties), ...Object.keys(values)])];
  if (names.length === 0 || names.length > FIELDS_MAX) return null;
  const fields = names.map((name) => fieldOf(name, properties[name], values[name], required.includes(name)));
  return fields.every((field) => field !== null) ? fields : null;
};

const parse = (type: Field['type'], text: string): Json => {
  if (type === 'boolean') return text === 'true';
  if (type !== 'number') return text;
  const number = Number(text);
  // What is no number goes on as it is, and the schema says so.
  return text.trim() !== '' && Number.isFinite(number) ? number : text;
};

/** What was filled in as JSON: an untouched field keeps its very value, an emptied one that need not be there goes. */
export const valuesOf = (fields: readonly Field[], before: JsonObject, given: FormValues): JsonObject => {
  const entries = fields.flatMap((field): [string, Json][] => {
    const old = before[field.name];
    const text = given[field.name] ?? (field.type === 'boolean' ? field.value : '');
    if (old !== undefined && text === field.value) return [[field.name, old]];
    if (text === '' && (old === undefined || !field.isRequired)) return [];
    return [[field.name, parse(field.type, text)]];
  });
  return Object.fromEntries(entries);
};

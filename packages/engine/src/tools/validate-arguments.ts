import { Validator, type OutputUnit } from '@cfworker/json-schema';
import { isObject, parseStrict, type Json, type JsonObject } from '@countersign/core';

/** One thing that is wrong, and where: a JSON Pointer (RFC 6901), empty for the whole. */
export type ArgumentProblem = { pointer: string; detail: string };

/**
 * Parses a call's arguments as the model wrote them. An empty text means no arguments, as many models write it. Refuses
 * what two parsers could read differently, such as a duplicate key: what is approved would not be what is sent.
 */
export const parseArguments = (text: string): { ok: true; value: JsonObject } | { ok: false; problem: string } => {
  if (text.trim() === '') return { ok: true, value: {} };
  const parsed = parseStrict(text);
  if (!parsed.ok) {
    const { pointer, detail } = parsed.refusal;
    const place = pointer === '' ? '' : `${pointer}: `;
    return { ok: false, problem: `The arguments are not valid JSON: ${place}${detail}.` };
  }
  if (!isObject(parsed.value)) return { ok: false, problem: 'The arguments must be a JSON object.' };
  return { ok: true, value: parsed.value };
};

/** A schema that says which draft it follows is read by that one, any other by 2020-12, MCP's default. */
const draftOf = (schema: JsonObject): '4' | '7' | '2019-09' | '2020-12' => {
  const declared = typeof schema['$schema'] === 'string' ? schema['$schema'] : '';
  if (declared.includes('draft-04')) return '4';
  if (declared.includes('draft-06') || declared.includes('draft-07')) return '7';
  if (declared.includes('2019-09')) return '2019-09';
  // `items` as a list was replaced by `prefixItems`; only older drafts give it a meaning.
  return declared === '' && JSON.stringify(schema).includes('"items":[') ? '7' : '2020-12';
};

/** Keywords that only report that something below them failed, which is in the list by itself. */
const WRAPPING_KEYWORDS = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'dependentSchemas',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
]);

const toProblem = ({ keyword, instanceLocation, error }: OutputUnit): ArgumentProblem => {
  const pointer = decodeURI(instanceLocation.replace(/^#/, ''));
  const [, missing] = keyword === 'required' ? (/"(.*)"\.$/s.exec(error) ?? []) : [];
  if (missing !== undefined) {
    const token = missing.replaceAll('~', '~0').replaceAll('/', '~1');
    return { pointer: `${pointer}/${token}`, detail: 'is required' };
  }
  return { pointer, detail: keyword === 'false' ? 'is not a property of this tool' : error };
};

/**
 * Compares arguments with a tool's schema; an empty list means that they fit. Never throws: a schema that can't be
 * evaluated (see `checkSchema`) fits nothing.
 */
export const validateArguments = (schema: JsonObject, value: Json): ArgumentProblem[] => {
  try {
    // Readonly JSON is the same at run time; the library only reads it.
    const { valid, errors } = new Validator(schema, draftOf(schema), false).validate(value);
    return valid ? [] : errors.filter(({ keyword }) => !WRAPPING_KEYWORDS.has(keyword)).map(toProblem);
  } catch (error) {
    // RangeError: the schema refers to itself without end.
    const reason = error instanceof RangeError ? 'it refers to itself without end' : String(error).split('\n')[0];
    return [{ pointer: '', detail: `can't be checked, because the tool's schema is unusable: ${reason}` }];
  }
};
